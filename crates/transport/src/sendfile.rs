//! Files that the kernel sends by itself, out of its memory: no byte is copied to the worker and back.

use std::io::{self, IoSlice};

use rustix::fs::sendfile;
use rustix::io::ioctl_fionbio;
use socket2::Socket;

use crate::kernel::{MORE, ONCE};
use crate::output::{GATHER, Output, Span};

/// Sends as much of a span as a non-blocking socket takes now.
///
/// # Errors
/// `WouldBlock`: it takes nothing now. `UnexpectedEof`: the file has become shorter.
pub(crate) fn send(socket: &Socket, span: &Span) -> io::Result<usize> {
    loop {
        let mut offset = span.offset;
        match sendfile(socket, &span.file, Some(&mut offset), span.length) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(sent) => return Ok(sent),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends the next part of a file, or what is queued before one, as far as a socket takes it now whose mode is blocking, as the
/// ring needs it; `None`: no file is queued.
pub(crate) fn send_up_to_file(socket: &Socket, output: &Output) -> Option<io::Result<usize>> {
    if !output.has_file() {
        return None;
    }
    let Some(span) = output.next_file() else {
        let mut slices = [IoSlice::new(&[]); GATHER];
        let (count, _) = output.gather(&mut slices);
        return Some(socket.send_vectored_with_flags(slices.get(..count)?, ONCE | MORE));
    };
    Some(send_from_blocking(socket, span))
}

fn send_from_blocking(socket: &Socket, span: &Span) -> io::Result<usize> {
    ioctl_fionbio(socket, true)?;
    let outcome = send(socket, span);
    ioctl_fionbio(socket, false)?;
    outcome
}
