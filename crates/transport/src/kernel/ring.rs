//! The ring: what is submitted to the kernel and what it says is complete.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::rc::Rc;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::Fd;
use io_uring::{EnterFlags, IoUring, Probe, cqueue, opcode};
use rustix::event::{EventfdFlags, eventfd};

use super::pool::{BUFFER_SIZE, Pool};
use super::request::Request;
use super::sending::Sending;

/// Submissions that fit before one must be made early.
const SUBMISSIONS: u32 = 1024;
/// Completions that fit before the kernel must set some aside.
const COMPLETIONS: u32 = 8192;
/// The number under which the receive buffers are known to the kernel.
const BUFFERS: u16 = 0;
/// What one receive of a stream that gets much may fill at once.
const BULK: u32 = 4 * BUFFER_SIZE as u32;
/// `IORING_RECVSEND_BUNDLE`: one receive may fill several buffers.
const BUNDLE: u16 = 1 << 4;
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
    pool: Rc<Pool>,
    bell: OwnedFd,
    bundles: bool,
    muted: Cell<bool>,
    enters: Cell<u64>,
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
    buffer: Option<u16>,
}

/// How a stream receives.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Receive {
    /// Again and again, whatever arrives.
    Stream,
    /// Once, several buffers full if so much has arrived.
    Bulk,
}

impl Ring {
    /// Makes a ring that receives into the published buffers of `pool`.
    pub(crate) fn new(pool: Rc<Pool>) -> io::Result<Self> {
        let uring = IoUring::builder()
            .setup_cqsize(COMPLETIONS)
            .setup_submit_all()
            .setup_coop_taskrun()
            .setup_taskrun_flag()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .build(SUBMISSIONS)?;
        check_operations(&uring)?;
        let table = pool.table().ok_or(io::ErrorKind::InvalidInput)?;
        let count = u16::try_from(super::pool::BUFFER_COUNT).unwrap_or(u16::MAX);
        // SAFETY: the table lives in the pool, which the ring holds until it is closed.
        unsafe { uring.submitter().register_buf_ring_with_flags(table.address(), count, BUFFERS, 0) }?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        uring.submitter().register_eventfd(bell.as_raw_fd())?;
        // Spares each enter the look-up of the descriptor; an old kernel goes without.
        let _ = uring.submitter().register_ring_fd();
        let bundles = uring.params().is_feature_recvsend_bundle();
        let ring = Self { uring: RefCell::new(uring), pool, bell, bundles, muted: Cell::new(false), enters: Cell::new(0) };
        ring.mute(true);
        Ok(ring)
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
            Receive::Stream => opcode::RecvMulti::new(descriptor, BUFFERS).build(),
            Receive::Bulk if self.bundles => {
                let receive = opcode::Recv::new(descriptor, std::ptr::null_mut(), BULK).buf_group(BUFFERS);
                receive.ioprio(BUNDLE).build().flags(Flags::BUFFER_SELECT)
            }
            Receive::Bulk => {
                let receive = opcode::Recv::new(descriptor, std::ptr::null_mut(), BUFFER_SIZE as u32).buf_group(BUFFERS);
                receive.build().flags(Flags::BUFFER_SELECT)
            }
        };
        self.push(&entry.user_data(token));
    }

    pub(crate) fn send(&self, socket: BorrowedFd<'_>, sending: &mut Sending, flags: i32, token: u64) {
        let entry = sending.entry(socket, flags).user_data(token);
        self.push(&entry);
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
        let due = !submissions.is_empty() || submissions.taskrun() || submissions.cq_overflow();
        drop(submissions);
        due || !uring.completion().is_empty()
    }

    /// Submits what is queued and lets the kernel complete what it can, in one system call.
    pub(crate) fn enter(&self) -> io::Result<()> {
        let mut uring = self.uring.borrow_mut();
        let queued = u32::try_from(uring.submission().len()).unwrap_or(u32::MAX);
        self.enters.set(self.enters.get() + 1);
        let flags = EnterFlags::GETEVENTS.bits();
        // SAFETY: no argument is passed, and every entry was pushed under the rules that `push` states.
        let entered = unsafe { uring.submitter().enter::<libc::sigset_t>(queued, 0, flags, None) };
        entered.map(drop)
    }

    /// Waits until something completes, and completes what it can.
    pub(crate) fn wait(&self) -> io::Result<()> {
        self.uring.borrow().submit_and_wait(1).map(drop)
    }

    /// Moves all completions to `to`.
    pub(crate) fn reap(&self, to: &mut Vec<Completion>) {
        let mut uring = self.uring.borrow_mut();
        to.extend(uring.completion().map(|entry| Completion {
            token: entry.user_data(),
            result: entry.result(),
            more: cqueue::more(entry.flags()),
            buffer: cqueue::buffer_select(entry.flags()),
        }));
    }

    /// Takes over the buffers that a receive has filled.
    pub(crate) fn received(&self, completion: Completion, each: impl FnMut(super::Lease)) {
        if let Some(buffer) = completion.buffer {
            let length = usize::try_from(completion.result).unwrap_or_default();
            self.pool.claim(buffer, length, each);
        }
    }

    /// Keeps the buffers for ever: requests could not be ended, and the kernel may yet write to them.
    pub(crate) fn leak_buffers(&self) {
        std::mem::forget(Rc::clone(&self.pool));
    }
}

fn check_operations(uring: &IoUring) -> io::Result<()> {
    let mut probe = Probe::new();
    uring.submitter().register_probe(&mut probe)?;
    if NEEDED.iter().all(|code| probe.is_supported(*code)) { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}
