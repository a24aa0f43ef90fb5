//! The worker's runtime: a single-threaded tokio runtime over `io_uring` or epoll.

use std::future::Future;
use std::io;
use std::rc::Rc;

use tokio::runtime::{Builder, LocalOptions, LocalRuntime};

use crate::turn;
use crate::worker::Worker;

/// Threads that file operations may block at once on epoll.
const BLOCKING_THREADS: usize = 8;
/// Task polls after which the runtime looks at its timers and at epoll although tasks are ready.
const POLLS_PER_EVENT_CHECK: u32 = 128;

/// What the operator asked for (`transport epoll|uring|auto`).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Choice {
    /// `io_uring` where the kernel allows it, epoll otherwise.
    #[default]
    Auto,
    /// Epoll.
    Epoll,
    /// `io_uring`, or an error where the kernel does not allow it.
    Uring,
}

/// What a worker runs on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Sockets watched by epoll.
    Epoll,
    /// Sockets on an `io_uring`.
    Uring,
}

impl Kind {
    /// The name that the log and the configuration use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::Uring => "uring",
        }
    }
}

/// Runs a worker on this thread until the future that `body` makes is done; tasks that are left are dropped.
///
/// Tasks are spawned with [`tokio::task::spawn_local`] and need not be `Send`. Fails when the runtime cannot be built, and, for
/// [`Choice::Uring`], when the kernel refuses the ring.
pub fn run<F, T>(choice: Choice, body: impl FnOnce(Kind) -> F) -> io::Result<T>
where
    F: Future<Output = T>,
{
    let (worker, kind) = start(choice)?;
    let runtime = build()?;
    let installed = worker.install();
    let output = runtime.block_on(async {
        tokio::task::spawn_local(turn::drive(Rc::clone(&worker)));
        body(kind).await
    });
    worker.turn.clear();
    // Tasks own streams, which need their worker to the last.
    drop(runtime);
    drop(installed);
    if let Some(driver) = &worker.driver {
        driver.shut_down();
    }
    Ok(output)
}

/// Whether the kernel allows what [`Choice::Uring`] needs; the error says why not.
pub fn probe() -> io::Result<()> {
    Worker::uring().map(drop)
}

/// Calls `hook` at the end of every turn of this worker's loop: before it sleeps, or after each round of ready tasks while it
/// never does. What the tasks queued on streams of the ring is handed to the kernel afterwards.
pub fn at_turn_end(hook: Box<dyn FnMut()>) {
    Worker::current().turn.add_hook(hook);
}

/// Lets the turn end first where closing a stream is seen at once: what the hooks write is then written before. Streams of a
/// ring are closed after the hooks in any case.
pub async fn before_closing() {
    let worker = Worker::current();
    if worker.driver.is_none() {
        worker.turn.schedule();
        tokio::task::yield_now().await;
    }
}

/// What the transport of a worker holds, for telemetry and tests.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// System calls that the ring has made; none on epoll.
    pub ring_enters: u64,
    /// Connections, listeners and requests that the ring knows of; none on epoll.
    pub ring_entries: usize,
    /// Receive buffers that nobody holds.
    pub free_buffers: usize,
    /// Receive buffers in all.
    pub buffers: usize,
}

/// This worker's counters. Costs a few loads.
pub fn counters() -> Counters {
    let worker = Worker::current();
    let pools = [&worker.pools.small, &worker.pools.bulk];
    let driver = worker.driver.as_ref();
    Counters {
        ring_enters: driver.map_or(0, |driver| driver.enters()),
        ring_entries: driver.map_or(0, |driver| driver.open()),
        free_buffers: pools.iter().map(|pool| pool.free()).sum(),
        buffers: pools.iter().map(|pool| pool.count()).sum(),
    }
}

fn start(choice: Choice) -> io::Result<(Rc<Worker>, Kind)> {
    match choice {
        Choice::Epoll => Ok((Worker::epoll(), Kind::Epoll)),
        Choice::Uring => Ok((Worker::uring()?, Kind::Uring)),
        Choice::Auto => start(Choice::Uring).or_else(|_| start(Choice::Epoll)),
    }
}

fn build() -> io::Result<LocalRuntime> {
    Builder::new_current_thread()
        .enable_all()
        .event_interval(POLLS_PER_EVENT_CHECK)
        .max_blocking_threads(BLOCKING_THREADS)
        .on_thread_park(turn::before_park)
        .on_thread_unpark(turn::after_park)
        .build_local(LocalOptions::default())
}
