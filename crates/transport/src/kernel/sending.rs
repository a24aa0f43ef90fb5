//! Pieces on their way to the kernel: what a send reads stays where it is until the send is done.

use std::collections::VecDeque;
use std::os::fd::{AsRawFd, BorrowedFd};

use io_uring::opcode;
use io_uring::squeue::Entry;
use io_uring::types::Fd;

use crate::output::{Output, Piece};

/// Tries without waiting for room: what a stream that is being dropped leaves behind.
pub(crate) const ONCE: i32 = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
/// More follows at once: what is sent may wait for it.
pub(crate) const MORE: i32 = libc::MSG_MORE;
/// Waits for room, and is done with whatever then fits: a slow receiver's progress shows.
pub(crate) const SOME: i32 = libc::MSG_NOSIGNAL;

/// The pieces of one send. While it is busy they are neither changed nor dropped.
#[derive(Default)]
pub(crate) struct Sending {
    pieces: VecDeque<Piece>,
    length: usize,
    slices: Vec<libc::iovec>,
    header: Option<Box<libc::msghdr>>,
    busy: bool,
    /// Nothing is sent: it is waited until something can be.
    waits_for_room: bool,
}

impl Sending {
    /// Bytes that are not yet sent.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn is_busy(&self) -> bool {
        self.busy
    }

    /// Takes the next pieces, unless some are left of the send before.
    pub(crate) fn load(&mut self, output: &mut Output) {
        debug_assert!(!self.busy, "a send is under way");
        if !self.busy && self.length == 0 {
            self.pieces.clear();
            self.length = output.take(&mut self.pieces);
        }
    }

    /// Nothing more is taken until the socket has room.
    pub(crate) fn wait_for_room(&mut self) {
        self.busy = true;
        self.waits_for_room = true;
    }

    /// The send is done, or there is room: how many bytes have gone.
    pub(crate) fn done(&mut self, result: i32) -> usize {
        let sent = if self.waits_for_room { 0 } else { usize::try_from(result).unwrap_or_default() };
        self.busy = false;
        self.waits_for_room = false;
        self.forget(sent);
        sent
    }

    fn forget(&mut self, sent: usize) {
        self.length = self.length.saturating_sub(sent);
        let mut left = sent;
        while let Some(piece) = self.pieces.front_mut() {
            let held = piece.as_slice().len();
            if left < held {
                piece.advance(left);
                return;
            }
            left -= held;
            self.pieces.pop_front();
        }
    }

    /// Gives up what is not sent.
    pub(crate) fn clear(&mut self) {
        if !self.busy {
            self.pieces.clear();
            self.length = 0;
        }
    }

    /// The submission that sends the pieces. It must be submitted, and [`Sending::done`] called when it completes.
    pub(super) fn entry(&mut self, socket: BorrowedFd<'_>, flags: i32) -> Entry {
        self.busy = true;
        let descriptor = Fd(socket.as_raw_fd());
        if let (Some(piece), 1) = (self.pieces.front(), self.pieces.len()) {
            let bytes = piece.as_slice();
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            return opcode::Send::new(descriptor, bytes.as_ptr(), length).flags(flags).build();
        }
        self.slices.clear();
        self.slices.extend(self.pieces.iter().map(|piece| {
            let bytes = piece.as_slice();
            libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() }
        }));
        let header = self.header.get_or_insert_with(|| Box::new(empty_header()));
        header.msg_iov = self.slices.as_mut_ptr();
        header.msg_iovlen = self.slices.len();
        opcode::SendMsg::new(descriptor, &raw const **header).flags(flags.cast_unsigned()).build()
    }
}

fn empty_header() -> libc::msghdr {
    // SAFETY: a message header of zeroes is valid: no address, no pieces, no control data.
    unsafe { std::mem::zeroed() }
}

impl Drop for Sending {
    fn drop(&mut self) {
        if self.busy {
            // The kernel may still read them; a leak is the lesser evil. Only a ring that could not be emptied gets here.
            std::mem::forget(std::mem::take(&mut self.pieces));
            std::mem::forget(std::mem::take(&mut self.slices));
            std::mem::forget(self.header.take());
        }
    }
}
