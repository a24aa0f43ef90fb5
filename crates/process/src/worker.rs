//! The worker's side: what it hears from the parent, and what it answers.

use crate::message::{self, FromWorker, ToWorker};
use crate::setup::Setup;
use crate::signals::{Signals, WORKER};
use crate::{channel, identity, system};
use nix::sys::signal::Signal;
use rustix::event::{PollFd, PollFlags, poll};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// As much as a process's first thread usually has.
const STACK: usize = 8 << 20;

/// What a worker does from its start to its end; the result is its exit code.
pub type Body = fn(Link) -> i32;

/// A worker's line to the parent.
#[derive(Debug)]
pub struct Link {
    /// What the parent says.
    pub commands: Commands,
    /// What the worker answers.
    pub replies: Replies,
    /// How many workers took the place of others that died.
    pub respawns: u64,
}

/// What the parent says, one after another.
#[derive(Debug)]
pub struct Commands {
    socket: Arc<OwnedFd>,
    signals: Option<Signals>,
    orphaned: bool,
}

/// What the worker answers; can be copied to where answers arise.
#[derive(Clone, Debug)]
pub struct Replies {
    socket: Arc<OwnedFd>,
}

impl Link {
    fn new(socket: OwnedFd, signals: Option<Signals>) -> Self {
        let socket = Arc::new(socket);
        Self {
            commands: Commands { socket: Arc::clone(&socket), signals, orphaned: false },
            replies: Replies { socket },
            respawns: 0,
        }
    }
}

impl Commands {
    /// Waits for the next command. A worker whose parent is gone is told to drain, then hears nothing more (`None`):
    /// what it serves is finished, and its sockets become free for a new parent.
    pub fn receive(&mut self) -> Option<ToWorker> {
        if self.orphaned {
            return None;
        }
        if let Ok(Some(command)) = self.wait() {
            return Some(command);
        }
        self.orphaned = true;
        Some(ToWorker::Drain)
    }

    fn wait(&self) -> io::Result<Option<ToWorker>> {
        loop {
            if let Some(command) = self.signalled()? {
                return Ok(Some(command));
            }
            if !self.readable()? {
                continue;
            }
            let Some(frame) = channel::receive(self.socket.as_fd())? else {
                return Ok(None);
            };
            if frame.complete {
                return ToWorker::try_from(frame).map(Some);
            }
            let line = "too many open files: the descriptors of the configuration were not received";
            Replies { socket: Arc::clone(&self.socket) }.refused(vec![line.to_owned()]);
        }
    }

    /// nginx's workers too obey signals that are sent to them directly.
    fn signalled(&self) -> io::Result<Option<ToWorker>> {
        let Some(signals) = &self.signals else {
            return Ok(None);
        };
        Ok(signals.next()?.map(|received| match received.signal {
            Signal::SIGQUIT => ToWorker::Drain,
            _ => ToWorker::Stop,
        }))
    }

    /// Waits for the socket or a signal; whether it is the socket.
    fn readable(&self) -> io::Result<bool> {
        let mut sources = vec![PollFd::new(&self.socket, PollFlags::IN)];
        if let Some(signals) = &self.signals {
            sources.push(PollFd::new(signals, PollFlags::IN));
        }
        match poll(&mut sources, None) {
            Ok(_) => Ok(sources.first().is_some_and(|socket| !socket.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Replies {
    /// The configuration is in force.
    pub fn applied(&self) {
        self.send(&FromWorker::Applied);
    }

    /// The configuration is not in force, and why.
    pub fn refused(&self, lines: Vec<String>) {
        self.send(&FromWorker::Refused(lines));
    }

    /// Nothing is left to serve.
    pub fn drained(&self) {
        self.send(&FromWorker::Drained);
    }

    fn send(&self, answer: &FromWorker) {
        // A parent that is gone needs no answer; Commands notices it.
        drop(message::send_answer(&*self.socket, answer));
    }
}

/// Goes on as a worker process; never returns into the parent's code.
pub(crate) fn become_worker(socket: OwnedFd, setup: &Setup, body: Body, respawns: u64) -> ! {
    system::close_all_but(socket.as_fd());
    let code = catch_unwind(AssertUnwindSafe(|| work(socket, setup, body, respawns))).unwrap_or(70);
    std::process::exit(code)
}

fn work(socket: OwnedFd, setup: &Setup, body: Body, respawns: u64) -> i32 {
    let entered = identity::enter(setup.identity.as_ref(), &setup.limits);
    system::replace_environment(&setup.environment);
    let signals = entered
        .and_then(|()| Signals::block(WORKER).map_err(|error| format!("signalfd() failed {}", crate::reason(&error))));
    match signals {
        Ok(signals) => body(Link { respawns, ..Link::new(socket, Some(signals)) }),
        Err(line) => {
            Link::new(socket, None).replies.refused(vec![line]);
            2
        }
    }
}

/// The worker as a thread of this process.
pub(crate) fn start_thread(socket: OwnedFd, body: Body) -> io::Result<()> {
    let thread = std::thread::Builder::new().name("worker".into()).stack_size(STACK);
    thread.spawn(move || {
        let link = Link::new(socket, None);
        let replies = link.replies.clone();
        let code = catch_unwind(AssertUnwindSafe(|| body(link))).unwrap_or(70);
        replies.send(&FromWorker::Exited(code));
    })?;
    Ok(())
}
