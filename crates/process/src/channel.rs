//! Messages with descriptors over a socket pair between the parent and a worker.
//!
//! A frame is a fixed head (kind, lengths, number of descriptors), a header in JSON and an opaque body; then the
//! descriptors, in batches that ride on one byte each. The parent trusts nothing that comes back: it accepts small
//! frames without descriptors only.

use crate::clock;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// Descriptors in one message; the kernel takes at most 253.
const BATCH: usize = 128;
/// A worker reads at once; one that does not for so long is broken.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes that the parent accepts in a worker's frame.
const ANSWER_LIMIT: usize = 1 << 20;
const HEAD: usize = 16;

/// One message.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u32,
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) descriptors: Vec<OwnedFd>,
    /// False: this process may not open as many descriptors as were sent.
    pub(crate) complete: bool,
}

/// The parent's end (never blocks) and the worker's end (blocks).
pub(crate) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    rustix::io::ioctl_fionbio(&ours, true)?;
    Ok((ours, theirs))
}

/// Sends a whole frame, waiting for room.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    kind: u32,
    header: &[u8],
    body: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let head = encode_head(kind, [header.len(), body.len(), descriptors.len()])?;
    for part in [&head, header, body] {
        send_bytes(socket, part, &mut SendAncillaryBuffer::default())?;
    }
    for batch in descriptors.chunks(BATCH) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if !control.push(SendAncillaryMessage::ScmRights(batch)) {
            return Err(io::Error::other("no room for descriptors"));
        }
        send_bytes(socket, b"#", &mut control)?;
    }
    Ok(())
}

fn send_bytes(
    socket: BorrowedFd<'_>,
    mut bytes: &[u8],
    control: &mut SendAncillaryBuffer<'_, '_, '_>,
) -> io::Result<()> {
    let deadline = clock::now() + PATIENCE;
    while !bytes.is_empty() {
        match sendmsg(socket, &[IoSlice::new(bytes)], control, SendFlags::NOSIGNAL) {
            Ok(sent) => {
                bytes = bytes.get(sent..).unwrap_or_default();
                control.clear();
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                let left = deadline.saturating_duration_since(clock::now());
                if left.is_zero() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                wait(socket, PollFlags::OUT, left)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn wait(socket: BorrowedFd<'_>, what: PollFlags, limit: Duration) -> io::Result<()> {
    let limit = Timespec::try_from(limit).map_err(|_| io::ErrorKind::InvalidInput)?;
    match poll(&mut [PollFd::new(&socket, what)], Some(&limit)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Waits for a whole frame on a blocking socket; `None` when the other end is gone.
pub(crate) fn receive(socket: BorrowedFd<'_>) -> io::Result<Option<Frame>> {
    let mut head = [0; HEAD];
    if !receive_exact(socket, &mut head)? {
        return Ok(None);
    }
    let (kind, [header, body, count]) = decode_head(head);
    let mut frame = Frame {
        kind,
        header: vec![0; header],
        body: vec![0; body],
        descriptors: Vec::with_capacity(count),
        complete: true,
    };
    if !receive_exact(socket, &mut frame.header)? || !receive_exact(socket, &mut frame.body)? {
        return Ok(None);
    }
    for _ in 0..count.div_ceil(BATCH) {
        receive_batch(socket, &mut frame.descriptors)?;
    }
    frame.complete = frame.descriptors.len() == count;
    Ok(Some(frame))
}

/// Fills the buffer; false when the other end is gone before that.
fn receive_exact(socket: BorrowedFd<'_>, mut buffer: &mut [u8]) -> io::Result<bool> {
    while !buffer.is_empty() {
        match rustix::io::read(socket, &mut *buffer) {
            // A reset: the parent was killed with bytes unread.
            Ok(0) | Err(Errno::CONNRESET) => return Ok(false),
            Ok(count) => buffer = buffer.get_mut(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

fn receive_batch(socket: BorrowedFd<'_>, descriptors: &mut Vec<OwnedFd>) -> io::Result<()> {
    let mut byte = [0; 1];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(BATCH))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    while let Err(error) = recvmsg(socket, &mut [IoSliceMut::new(&mut byte)], &mut control, flags) {
        if error != Errno::INTR {
            return Err(error.into());
        }
    }
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(found) = message {
            descriptors.extend(found);
        }
    }
    Ok(())
}

/// What has come from a worker so far.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    bytes: Vec<u8>,
}

impl Incoming {
    /// Reads what is there. False: nothing more will come.
    pub(crate) fn fill(&mut self, socket: impl AsFd) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        loop {
            match rustix::io::read(&socket, &mut buffer) {
                Ok(0) | Err(Errno::CONNRESET) => return Ok(false),
                Ok(count) => self.bytes.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(true),
                Err(error) => return Err(error.into()),
            }
            if self.bytes.len() > ANSWER_LIMIT {
                return Err(io::Error::other("the worker's answer is too long"));
            }
        }
    }

    /// The next whole frame.
    pub(crate) fn next(&mut self) -> io::Result<Option<Frame>> {
        let Some((head, rest)) = self.bytes.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let (kind, [header, body, count]) = decode_head(*head);
        if header > ANSWER_LIMIT || body != 0 || count != 0 {
            return Err(io::Error::other("the worker's answer makes no sense"));
        }
        let Some(text) = rest.get(..header) else {
            return Ok(None);
        };
        let frame = Frame { kind, header: text.to_vec(), body: Vec::new(), descriptors: Vec::new(), complete: true };
        self.bytes.drain(..HEAD + header);
        Ok(Some(frame))
    }
}

fn encode_head(kind: u32, lengths: [usize; 3]) -> io::Result<[u8; HEAD]> {
    let mut head = [0; HEAD];
    let mut words = vec![kind];
    for length in lengths {
        words.push(u32::try_from(length).map_err(|_| io::Error::other("the message is too long"))?);
    }
    for (place, word) in head.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    Ok(head)
}

fn decode_head(head: [u8; HEAD]) -> (u32, [usize; 3]) {
    let mut words = head.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
    let kind = words.next().unwrap_or_default();
    let mut length = || usize::try_from(words.next().unwrap_or_default()).unwrap_or(usize::MAX);
    (kind, [length(), length(), length()])
}

#[cfg(test)]
mod tests;
