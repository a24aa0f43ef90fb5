//! A stream watched by epoll: reads into the worker's buffers, writes at once what the kernel takes.

use std::cell::Cell;
use std::io::{self, IoSlice, Read};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use socket2::SockAddr;
use tokio::io::Interest;
use tokio::io::Ready;
use tokio::io::unix::AsyncFd;

use crate::HIGH_WATER;
use crate::chunk::Chunk;
use crate::kernel::{MORE, SMALL, watch};
use crate::output::{GATHER, Output, Span};
use crate::sendfile;
use crate::stream::SocketState;
use crate::worker::Worker;

/// A connected socket.
pub(crate) struct Socket {
    watched: AsyncFd<socket2::Socket>,
    worker: Rc<Worker>,
    output: Output,
    /// Input was announced and left in the kernel while only the peer's leaving was waited for.
    input_waits: Cell<bool>,
    /// The kernel has taken everything so far: what is sent need not wait until epoll says that there is room.
    fresh: bool,
    /// The last read filled its buffer: the next gets a larger one.
    bulk: bool,
    state: SocketState,
}

impl Socket {
    /// Takes over a connected, non-blocking socket.
    pub(crate) fn new(socket: socket2::Socket) -> io::Result<Self> {
        Ok(Self {
            watched: watch(socket, Interest::READABLE | Interest::WRITABLE)?,
            worker: Worker::current(),
            output: Output::default(),
            input_waits: Cell::new(false),
            fresh: true,
            bulk: false,
            state: SocketState::default(),
        })
    }

    pub(crate) fn socket(&self) -> &socket2::Socket {
        self.watched.get_ref()
    }

    pub(crate) fn state(&self) -> &SocketState {
        &self.state
    }

    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        self.worker.count_poll();
        if self.state.ended() {
            return Poll::Ready(Ok(Chunk::new()));
        }
        loop {
            if !self.input_waits.get() {
                drop(ready!(self.watched.poll_read_ready(cx))?);
            }
            match self.receive() {
                Ok(chunk) => {
                    self.state.received(chunk.len());
                    return Poll::Ready(Ok(chunk));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.input_waits.set(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    /// Reads once. A read that does not fill the buffer has drained the socket, so that no second one is needed to learn it.
    fn receive(&mut self) -> io::Result<Chunk> {
        let pool = if self.bulk { &self.worker.pools.bulk } else { &self.worker.pools.small };
        let (chunk, length) = if let Some(mut buffer) = pool.take() {
            let length = self.read(|mut socket| socket.read(buffer.space()))?;
            (Chunk::from_lease(buffer.lease(length)), length)
        } else {
            let mut bytes = vec![0; pool.size()];
            let length = self.read(|mut socket| socket.read(&mut bytes))?;
            bytes.truncate(length);
            (Chunk::from(bytes), length)
        };
        let (low, filled) = (pool.is_low(), length == pool.size());
        self.bulk = filled || (self.bulk && length > SMALL.size as usize);
        if length > 0 && !filled {
            self.input_waits.set(false);
            self.clear_readable();
        }
        if low { Ok(chunk.into_owned()) } else { Ok(chunk) }
    }

    fn read(&self, read: impl FnOnce(&socket2::Socket) -> io::Result<usize>) -> io::Result<usize> {
        if self.input_waits.get() {
            read(self.watched.get_ref())
        } else {
            self.watched.try_io(Interest::READABLE, read)
        }
    }

    /// Tells tokio that the socket is drained; it is watched by edges, so that more input is a new event.
    fn clear_readable(&self) {
        let _ = self.watched.try_io(Interest::READABLE, |_| Err::<(), _>(io::ErrorKind::WouldBlock.into()));
    }

    /// Whether tokio holds an event for reading; unlike polling, this leaves the waker that is registered alone.
    fn is_readable(&self) -> bool {
        self.watched.try_io(Interest::READABLE, |_| Ok(())).is_ok()
    }

    pub(crate) fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.count_poll();
        if self.state.ended() {
            return Poll::Ready(());
        }
        loop {
            let Ok(mut guard) = ready!(self.watched.poll_read_ready(cx)) else { return Poll::Ready(()) };
            let ready = guard.ready();
            if ready.is_read_closed() || ready.is_error() {
                return Poll::Ready(());
            }
            // The input stays in the kernel, which bounds it; the end comes as an event of its own.
            self.input_waits.set(true);
            guard.clear_ready_matching(Ready::READABLE);
        }
    }

    /// Whether input, an end or an error was announced. Asks nothing of the kernel.
    pub(crate) fn has_input(&self) -> bool {
        self.input_waits.get() || self.state.ended() || self.is_readable()
    }

    /// Whether the end or an error was announced. Asks nothing of the kernel.
    pub(crate) fn is_closed(&self) -> bool {
        if self.state.ended() {
            return true;
        }
        if !self.is_readable() {
            return false;
        }
        // Input can be cleared and the end cannot: what is still announced afterwards is the end.
        self.input_waits.set(true);
        self.clear_readable();
        self.is_readable()
    }

    pub(crate) fn queue(&mut self, bytes: &[u8]) {
        self.output.push(bytes);
    }

    pub(crate) fn queue_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.output.push_with(write)
    }

    pub(crate) fn queue_chunk(&mut self, chunk: Chunk) {
        self.output.push_chunk(chunk);
    }

    pub(crate) fn queue_file(&mut self, span: Span) {
        self.output.push_file(span);
    }

    pub(crate) fn queued(&self) -> usize {
        self.output.len()
    }

    pub(crate) fn start_sending(&mut self) -> io::Result<()> {
        self.worker.count_poll();
        self.send()
    }

    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.start_sending()?;
            if self.output.is_empty() {
                return Poll::Ready(Ok(()));
            }
            // The rest goes when the kernel has room again, so the task is woken then even if more may be queued now.
            match self.watched.poll_write_ready(cx) {
                Poll::Ready(guard) => drop(guard?),
                Poll::Pending if self.output.len() < HIGH_WATER => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.start_sending()?;
            if self.output.is_empty() {
                return Poll::Ready(Ok(()));
            }
            drop(ready!(self.watched.poll_write_ready(cx))?);
        }
    }

    /// Sends until the kernel takes no more.
    fn send(&mut self) -> io::Result<()> {
        self.state.check_sendable()?;
        while !self.output.is_empty() {
            match self.send_once() {
                Ok(sent) => {
                    self.output.advance(sent);
                    self.state.sent(sent);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.output.clear();
                    return Err(self.state.fail(&error));
                }
            }
        }
        if self.state.wants_shutdown() {
            self.state.shut_down(self.watched.get_ref())?;
        }
        Ok(())
    }

    fn send_once(&mut self) -> io::Result<usize> {
        if let Some(span) = self.output.next_file() {
            let (outcome, fresh) = self.try_send(span.length, |socket| sendfile::send(socket, span));
            self.fresh = fresh;
            return outcome;
        }
        if let Some(piece) = self.output.only_piece() {
            let (outcome, fresh) =
                self.try_send(piece.len(), |socket| socket.send_with_flags(piece, libc::MSG_NOSIGNAL));
            self.fresh = fresh;
            return outcome;
        }
        let mut slices = [IoSlice::new(&[]); GATHER];
        let (count, length) = self.output.gather(&mut slices);
        let slices = slices.get(..count).unwrap_or_default();
        let flags = if length < self.output.len() { libc::MSG_NOSIGNAL | MORE } else { libc::MSG_NOSIGNAL };
        let (outcome, fresh) = self.try_send(length, |socket| socket.send_vectored_with_flags(slices, flags));
        self.fresh = fresh;
        outcome
    }

    /// Sends `length` bytes by `send`; says also whether the kernel has still taken everything.
    fn try_send(
        &self,
        length: usize,
        send: impl Fn(&socket2::Socket) -> io::Result<usize>,
    ) -> (io::Result<usize>, bool) {
        let mut sent = 0;
        let mut send = |socket: &socket2::Socket| {
            sent = send(socket)?;
            // A short write says that the kernel is full, which asking again would only confirm.
            if sent < length { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(sent) }
        };
        let outcome =
            if self.fresh { send(self.watched.get_ref()) } else { self.watched.try_io(Interest::WRITABLE, send) };
        let fresh = self.fresh && outcome.is_ok();
        (if sent > 0 { Ok(sent) } else { outcome }, fresh)
    }

    pub(crate) fn shutdown_write(&mut self) {
        self.state.want_shutdown();
        // An error is kept, and told by the next call that can tell one.
        let _ = self.send();
    }
}

/// Connects `socket`, which is non-blocking, to `address`.
pub(crate) async fn connect(socket: socket2::Socket, address: &SockAddr) -> io::Result<Socket> {
    let started = socket.connect(address);
    let connected = Socket::new(socket)?;
    match started {
        Ok(()) => return Ok(connected),
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    drop(connected.watched.writable().await?);
    match connected.socket().take_error()? {
        Some(error) => Err(error),
        None => Ok(connected),
    }
}
