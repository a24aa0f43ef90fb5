//! What a socket of either kind remembers: how far each direction has come, and the error that ended it.

use std::cell::Cell;
use std::io;
use std::net::Shutdown;

/// Counters and ends of a socket's two directions.
#[derive(Default)]
pub(crate) struct SocketState {
    received: Cell<u64>,
    sent: Cell<u64>,
    ended: Cell<bool>,
    /// The error number that ended sending.
    failed: Cell<Option<i32>>,
    shutdown: Cell<ShutdownState>,
}

#[derive(Copy, Clone, PartialEq, Eq, Default)]
enum ShutdownState {
    #[default]
    Open,
    Wanted,
    Done,
}

impl SocketState {
    /// Counts what was received; nothing is the end of the stream.
    pub(crate) fn received(&self, length: usize) {
        if length == 0 {
            self.ended.set(true);
        }
        self.received.set(self.received.get() + length as u64);
    }

    pub(crate) fn sent(&self, length: usize) {
        self.sent.set(self.sent.get() + length as u64);
    }

    pub(crate) fn bytes_received(&self) -> u64 {
        self.received.get()
    }

    pub(crate) fn bytes_sent(&self) -> u64 {
        self.sent.get()
    }

    pub(crate) fn ended(&self) -> bool {
        self.ended.get()
    }

    /// The error that ended sending, again.
    pub(crate) fn check_sendable(&self) -> io::Result<()> {
        self.failed.get().map_or(Ok(()), |number| Err(io::Error::from_raw_os_error(number)))
    }

    /// Remembers that sending failed, and why.
    pub(crate) fn fail(&self, error: &io::Error) -> io::Error {
        let number = error.raw_os_error().unwrap_or(libc::EPIPE);
        self.failed.set(Some(number));
        io::Error::from_raw_os_error(number)
    }

    /// The sending side is to be shut down once everything is sent.
    pub(crate) fn want_shutdown(&self) {
        if self.shutdown.get() == ShutdownState::Open {
            self.shutdown.set(ShutdownState::Wanted);
        }
    }

    pub(crate) fn wants_shutdown(&self) -> bool {
        self.shutdown.get() == ShutdownState::Wanted
    }

    pub(crate) fn shut_down(&self, socket: &socket2::Socket) -> io::Result<()> {
        self.shutdown.set(ShutdownState::Done);
        match socket.shutdown(Shutdown::Write) {
            // The peer has reset the connection: there is nothing left to shut down.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            outcome => outcome,
        }
    }
}
