//! Files that the kernel sends by itself, out of its memory: no byte is copied to the worker and back.

use std::io;

use rustix::fs::sendfile;
use rustix::io::ioctl_fionbio;
use socket2::Socket;

use crate::output::Span;

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

/// The same on a socket whose mode is blocking, as the ring needs it, without being blocked.
pub(crate) fn send_from_blocking(socket: &Socket, span: &Span) -> io::Result<usize> {
    ioctl_fionbio(socket, true)?;
    let outcome = send(socket, span);
    ioctl_fionbio(socket, false)?;
    outcome
}
