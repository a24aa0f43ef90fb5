//! The ring: what is submitted to the kernel and what it says is complete.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{EnterFlags, IoUring, Probe, cqueue, opcode};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::pool::{BULK, Lease, Pool, SMALL};
use super::request::Request;
use super::sending::Sending;

/// Submissions that fit before one must be made early.
const SUBMISSIONS: u32 = 1024;
/// Completions that fit before the kernel must set some aside.
const COMPLETIONS: u32 = 8192;
/// What one receive that goes on takes in all before it ends; what a stream may hold is not much more.
const LONGEST_RUN: u32 = 64 * 1024;
/// `IORING_RECVSEND_POLL_FIRST`: nothing has arrived yet, so that trying at once would be in vain.
const POLL_FIRST: u16 = 1;
/// What the ring is asked to do; a kernel that lacks one of them is too old.
const NEEDED: [u8; 9] = [
    opcode::Recv::CODE,
    opcode::Send::CODE,
    opcode::SendMsg::CODE,
    opcode::Accept::CODE,
    opcode::Connect::CODE,
    opcode::AsyncCancel::CODE,
    opcode::Close::CODE,
    opcode::OpenAt::CODE,
    opcode::Statx::CODE,
];

/// A ring with its buffers.
pub(crate) struct Ring {
    uring: RefCell<IoUring>,
    pools: Pools,
    bell: OwnedFd,
    /// Whether the kernel can end a run of receives by itself.
    limits_runs: bool,
    /// Whether a run of receives tells of every end.
    tells_ends: bool,
    muted: Cell<bool>,
    /// Whether the last system call had nothing to submit and brought nothing.
    in_vain: Cell<bool>,
    enters: Cell<u64>,
}

/// The receive buffers of both sizes.
#[derive(Clone)]
pub(crate) struct Pools {
    pub(crate) small: Rc<Pool>,
    pub(crate) bulk: Rc<Pool>,
}

impl Pools {
    /// Buffers that this process receives into by itself.
    pub(crate) fn new() -> Self {
        Self { small: Pool::new(SMALL), bulk: Pool::new(BULK) }
    }

    /// Buffers that are published to the kernel.
    pub(crate) fn published() -> Self {
        Self { small: Pool::published(SMALL), bulk: Pool::published(BULK) }
    }

    /// Those that `how` fills.
    pub(crate) fn of(&self, how: Receive) -> &Rc<Pool> {
        match how {
            Receive::Stream => &self.small,
            Receive::Bulk { .. } => &self.bulk,
        }
    }
}

/// Something that the kernel has completed.
#[derive(Copy, Clone)]
pub(crate) struct Completion {
    /// What the submission was marked with.
    pub(crate) token: u64,
    /// What the system call would have returned: an error number is negative.
    pub(crate) result: i32,
    /// Whether the submission goes on and will complete again.
    pub(crate) more: bool,
    /// Whether more has arrived than was received.
    pub(crate) nonempty: bool,
    buffer: Option<u16>,
}

/// How a stream receives.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Receive {
    /// Again and again, into small buffers; once where the kernel would lose ends.
    #[default]
    Stream,
    /// Once, into a large buffer, which is taken when something has arrived.
    Bulk {
        /// Whether something is known to have arrived.
        arrived: bool,
    },
}

impl Receive {
    pub(crate) fn is_bulk(self) -> bool {
        matches!(self, Self::Bulk { .. })
    }

    /// The number under which the kernel knows the buffers.
    fn group(self) -> u16 {
        match self {
            Self::Stream => 0,
            Self::Bulk { .. } => 1,
        }
    }
}

impl Ring {
    /// Makes a ring that receives into the published buffers of `pools`.
    pub(crate) fn new(pools: Pools) -> io::Result<Self> {
        let mut uring = IoUring::builder()
            .setup_cqsize(COMPLETIONS)
            .setup_submit_all()
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .build(SUBMISSIONS)?;
        check_operations(&uring)?;
        for how in [Receive::Stream, Receive::Bulk { arrived: true }] {
            let table = pools.of(how).table().ok_or(io::ErrorKind::InvalidInput)?;
            let (address, capacity) = (table.address(), table.capacity());
            // SAFETY: the table lives in its pool, which the ring holds until it is closed.
            unsafe { uring.submitter().register_buf_ring_with_flags(address, capacity, how.group(), 0) }?;
        }
        let limits_runs = limits_runs(&mut uring)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        uring.submitter().register_eventfd(bell.as_raw_fd())?;
        let mut ring = Self {
            uring: RefCell::new(uring),
            pools,
            bell,
            limits_runs,
            tells_ends: true,
            muted: Cell::new(false),
            in_vain: Cell::new(false),
            enters: Cell::new(0),
        };
        ring.mute(true);
        ring.tells_ends = ring.try_an_end()?;
        ring.enters.set(0);
        Ok(ring)
    }

    /// Whether a run of receives tells of an end that has come right behind data. Some kernels take what woke the run
    /// twice for one thing, receive the data, and never look again.
    fn try_an_end(&self) -> io::Result<bool> {
        const TOKEN: u64 = 0;
        let (near, mut far) = UnixStream::pair()?;
        self.pools.small.replenish();
        self.receive(near.as_fd(), Receive::Stream, TOKEN);
        self.enter()?;
        far.write_all(b"data")?;
        far.shutdown(Shutdown::Write)?;
        self.enter()?;
        let mut completions = Vec::new();
        self.reap(&mut completions);
        let told = completions.iter().any(|completion| !completion.more);
        if !told {
            self.cancel(TOKEN, TOKEN);
            self.enter()?;
            self.reap(&mut completions);
        }
        for completion in completions {
            drop(self.received(completion, Receive::Stream));
        }
        Ok(told)
    }

    /// Rings (as an event for epoll) when something completes while it is not muted.
    pub(crate) fn bell(&self) -> io::Result<OwnedFd> {
        self.bell.try_clone()
    }

    /// Silences the bell while the worker runs.
    pub(crate) fn mute(&self, mute: bool) {
        if self.muted.replace(mute) != mute {
            let mut uring = self.uring.borrow_mut();
            let completions = uring.completion();
            if mute { completions.disable_eventfd() } else { completions.enable_eventfd() }
        }
    }

    /// How many system calls the ring has made.
    pub(crate) fn enters(&self) -> u64 {
        self.enters.get()
    }

    pub(crate) fn receive(&self, socket: BorrowedFd<'_>, how: Receive, token: u64) {
        let descriptor = Fd(socket.as_raw_fd());
        let entry = match how {
            Receive::Stream if self.tells_ends => {
                let entry = opcode::RecvMulti::new(descriptor, how.group()).build();
                if self.limits_runs { limit_run(entry, LONGEST_RUN) } else { entry }
            }
            Receive::Stream => receive_once(descriptor, SMALL.size, how, 0),
            Receive::Bulk { arrived } => receive_once(descriptor, BULK.size, how, if arrived { 0 } else { POLL_FIRST }),
        };
        self.push(&entry.user_data(token));
    }

    pub(crate) fn send(&self, socket: BorrowedFd<'_>, sending: &mut Sending, flags: i32, token: u64) {
        let entry = sending.entry(socket, flags).user_data(token);
        self.push(&entry);
    }

    /// Completes when the socket takes more.
    pub(crate) fn await_room(&self, socket: BorrowedFd<'_>, sending: &mut Sending, token: u64) {
        sending.wait_for_room();
        let events = u32::from(libc::POLLOUT.cast_unsigned());
        let entry = opcode::PollAdd::new(Fd(socket.as_raw_fd()), events).build();
        self.push(&entry.user_data(token));
    }

    pub(crate) fn accept(&self, listener: BorrowedFd<'_>, token: u64) {
        let entry = opcode::AcceptMulti::new(Fd(listener.as_raw_fd())).flags(libc::SOCK_CLOEXEC).build();
        self.push(&entry.user_data(token));
    }

    /// Completes when the listener has a connection to accept.
    pub(crate) fn poll_listener(&self, listener: BorrowedFd<'_>, token: u64) {
        let events = u32::from(libc::POLLIN.cast_unsigned());
        let entry = opcode::PollAdd::new(Fd(listener.as_raw_fd()), events).build();
        self.push(&entry.user_data(token));
    }

    /// Submits `request`, which the caller keeps whole until it completes.
    pub(crate) fn request(&self, request: &mut Request, token: u64) {
        let entry = request.entry().user_data(token);
        self.push(&entry);
    }

    /// Cancels what was submitted with `target`; that completes in any case.
    pub(crate) fn cancel(&self, target: u64, token: u64) {
        let entry = opcode::AsyncCancel::new(target).build().flags(Flags::SKIP_SUCCESS);
        self.push(&entry.user_data(token));
    }

    /// Closes a descriptor with the next submission.
    pub(crate) fn close(&self, descriptor: OwnedFd, token: u64) {
        let entry = opcode::Close::new(Fd(descriptor.into_raw_fd())).build().flags(Flags::SKIP_SUCCESS);
        self.push(&entry.user_data(token));
    }

    fn push(&self, entry: &Entry) {
        let mut uring = self.uring.borrow_mut();
        while {
            // SAFETY: whatever the entry refers to is kept by its owner until it completes: the buffers by the pool, pieces
            // by `Sending`, everything else by `Request`.
            let pushed = unsafe { uring.submission().push(entry) };
            pushed.is_err()
        } {
            // Submitting makes room; the kernel refuses only while completions overflow, and then sets them aside.
            let _ = uring.submit();
            self.enters.set(self.enters.get() + 1);
        }
    }

    /// Whether the kernel has anything to be told, or to tell.
    pub(crate) fn is_due(&self) -> bool {
        let mut uring = self.uring.borrow_mut();
        let submissions = uring.submission();
        let queued = !submissions.is_empty() || submissions.cq_overflow();
        let flagged = submissions.taskrun();
        drop(submissions);
        if !flagged {
            self.in_vain.set(false);
        }
        // The kernel raises its flag after it has queued the work, and lowers it only when it finds work to do. Where the
        // worker comes in between, the work is done and the flag stays up: that must neither keep the worker from its tasks
        // nor from its sleep. Whoever was called in vain asks whether there is work at all.
        queued || !uring.completion().is_empty() || (flagged && (!self.in_vain.get() || has_work(&uring)))
    }

    /// Submits what is queued.
    pub(crate) fn submit(&self) -> io::Result<()> {
        self.mute(true);
        self.enters.set(self.enters.get() + 1);
        self.uring.borrow().submit().map(drop)
    }

    /// Submits what is queued and lets the kernel complete what it can, in one system call.
    pub(crate) fn enter(&self) -> io::Result<()> {
        let mut uring = self.uring.borrow_mut();
        let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
        self.enters.set(self.enters.get() + 1);
        self.in_vain.set(queued == 0);
        let flags = EnterFlags::GETEVENTS.bits();
        // SAFETY: no argument is passed, and every entry was pushed under the rules that `push` states.
        let entered = unsafe { uring.submitter().enter::<libc::sigset_t>(queued, 0, flags, None) };
        entered.map(drop)
    }

    /// Waits until something completes, or for `limit`.
    pub(crate) fn wait(&self, limit: Duration) -> io::Result<()> {
        let limit = Timespec::from(limit);
        let arguments = SubmitArgs::new().timespec(&limit);
        self.uring.borrow().submitter().submit_with_args(1, &arguments).map(drop)
    }

    /// Moves all completions to `to`.
    pub(crate) fn reap(&self, to: &mut Vec<Completion>) {
        let mut uring = self.uring.borrow_mut();
        to.extend(uring.completion().map(|entry| Completion {
            token: entry.user_data(),
            result: entry.result(),
            more: cqueue::more(entry.flags()),
            nonempty: cqueue::sock_nonempty(entry.flags()),
            buffer: cqueue::buffer_select(entry.flags()),
        }));
        if !to.is_empty() {
            self.in_vain.set(false);
        }
    }

    /// Takes over the buffer that a receive has filled.
    pub(crate) fn received(&self, completion: Completion, how: Receive) -> Option<Lease> {
        let length = u32::try_from(completion.result).unwrap_or_default();
        completion.buffer.map(|buffer| self.pools.of(how).claim(buffer, length))
    }

    /// Keeps the buffers for ever: requests could not be ended, and the kernel may yet write to them.
    pub(crate) fn leak_buffers(&self) {
        std::mem::forget(self.pools.clone());
    }
}

/// Whether the kernel has completions, or work of this ring to do: what polling the ring tells, whatever its flags say.
fn has_work(uring: &IoUring) -> bool {
    // SAFETY: the ring keeps its descriptor open for as long as it is borrowed.
    let ring = unsafe { BorrowedFd::borrow_raw(uring.as_raw_fd()) };
    let mut sources = [PollFd::from_borrowed_fd(ring, PollFlags::IN)];
    // Where polling fails, the flag has the last word.
    poll(&mut sources, Some(&rustix::event::Timespec::default())).map_or(true, |ready| ready > 0)
}

/// Receives into one buffer of at most `size` bytes.
fn receive_once(descriptor: Fd, size: u32, how: Receive, flags: u16) -> Entry {
    opcode::Recv::new(descriptor, std::ptr::null_mut(), size)
        .buf_group(how.group())
        .ioprio(flags)
        .build()
        .flags(Flags::BUFFER_SELECT)
}

/// Has a run of receives end by itself after `length` bytes.
fn limit_run(entry: Entry, length: u32) -> Entry {
    /// Where a submission holds this (`optlen`), which the ring's crate has no name for.
    const OFFSET: usize = 44;
    const _: () = assert!(size_of::<Entry>() == 64, "a submission has 64 bytes");
    let mut entry = entry;
    // SAFETY: a submission is 64 bytes of plain integers, all initialised, and has no other reference.
    let bytes = unsafe { &mut *(&raw mut entry).cast::<[u8; 64]>() };
    if let Some(place) = bytes.get_mut(OFFSET..OFFSET + 4) {
        place.copy_from_slice(&length.to_ne_bytes());
    }
    entry
}

/// Whether the kernel (6.17) can end a run of receives by itself. One that cannot finds the submission invalid before it finds
/// that the descriptor is.
fn limits_runs(uring: &mut IoUring) -> io::Result<bool> {
    let entry = limit_run(opcode::RecvMulti::new(Fd(-1), Receive::Stream.group()).build(), LONGEST_RUN);
    // SAFETY: the entry refers to no memory.
    unsafe { uring.submission().push(&entry) }.map_err(io::Error::other)?;
    uring.submit_and_wait(1)?;
    Ok(uring.completion().any(|completion| completion.result() == -libc::EBADF))
}

fn check_operations(uring: &IoUring) -> io::Result<()> {
    let mut probe = Probe::new();
    uring.submitter().register_probe(&mut probe)?;
    if NEEDED.iter().all(|code| probe.is_supported(*code)) { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}
