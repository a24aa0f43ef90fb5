//! Signals as a descriptor to wait for: blocked for good, so that none is lost between two waits.

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

/// Signals that the parent obeys.
pub(crate) const PARENT: &[Signal] = &[
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGWINCH,
    Signal::SIGCHLD,
];

/// Signals that a worker process obeys when it is sent them by hand; the parent speaks to it over the channel.
/// Not SIGINT: Ctrl-C reaches all processes of a terminal, and what it means is for the parent to say.
pub(crate) const WORKER: &[Signal] = &[Signal::SIGQUIT, Signal::SIGTERM];

/// Blocked signals that can be read one by one.
#[derive(Debug)]
pub(crate) struct Signals(SignalFd);

/// One signal, and who sent it (0: the kernel).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received {
    pub(crate) signal: Signal,
    pub(crate) sender: u32,
}

impl Signals {
    /// Blocks the signals in this thread, and so in every thread that it starts later. With them goes the one that ends a
    /// process whose file may not grow any more: the write fails, and that is enough.
    pub(crate) fn block(signals: &[Signal]) -> io::Result<Self> {
        let set: SigSet = signals.iter().copied().collect();
        let mut blocked = set;
        blocked.add(Signal::SIGXFSZ);
        blocked.thread_block()?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        Ok(Self(SignalFd::with_flags(&set, flags)?))
    }

    /// The next signal that has arrived, without waiting.
    pub(crate) fn next(&self) -> io::Result<Option<Received>> {
        loop {
            match self.0.read_signal() {
                Ok(None) => return Ok(None),
                Ok(Some(found)) => {
                    let number = i32::try_from(found.ssi_signo).unwrap_or(0);
                    if let Ok(signal) = Signal::try_from(number) {
                        return Ok(Some(Received { signal, sender: found.ssi_pid }));
                    }
                }
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
