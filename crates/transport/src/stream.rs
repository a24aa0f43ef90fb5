//! `Stream`: a connected TCP or Unix socket on this worker, whichever way the kernel is asked.

mod async_io;
mod layer;
mod options;
mod state;

use std::cell::OnceCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::HIGH_WATER;
use crate::address::Address;
use crate::chunk::Chunk;
use crate::epoll;
use crate::file::File;
use crate::output::Span;
use crate::ring;
use crate::worker::Worker;

pub use layer::Layer;
use layer::Layered;
pub use options::Keepalive;
pub(crate) use state::SocketState;

/// A connected stream.
///
/// What is queued goes out together: on the ring when the loop's turn ends, on epoll when sending is started. Only one task
/// polls a stream. Dropping it closes the connection; what was queued and not yet flushed may be lost.
pub struct Stream {
    inner: Inner,
    /// Received and given back by [`Stream::unread`].
    unread: Chunk,
    peer: Address,
    local: OnceCell<Address>,
}

enum Inner {
    Ring(ring::Socket),
    Epoll(epoll::Socket),
    Layered(Layered),
}

/// Calls a method on whichever stream it is.
macro_rules! each {
    ($inner:expr, $stream:ident => $call:expr) => {
        match $inner {
            Inner::Ring($stream) => $call,
            Inner::Epoll($stream) => $call,
            Inner::Layered($stream) => $call,
        }
    };
}

impl Stream {
    /// Takes over a connected socket: blocking for the ring, non-blocking for epoll.
    pub(crate) fn from_socket(worker: &Rc<Worker>, socket: socket2::Socket, peer: Address) -> io::Result<Self> {
        let inner = match &worker.driver {
            Some(driver) => Inner::Ring(ring::Socket::new(worker, driver, socket)),
            None => Inner::Epoll(epoll::Socket::new(socket)?),
        };
        Ok(Self::from_inner(inner, peer))
    }

    pub(crate) fn from_epoll(socket: epoll::Socket, peer: Address) -> Self {
        Self::from_inner(Inner::Epoll(socket), peer)
    }

    fn from_inner(inner: Inner, peer: Address) -> Self {
        Self { inner, unread: Chunk::new(), peer, local: OnceCell::new() }
    }

    /// A stream whose bytes go through `layer`.
    pub fn layered(layer: Box<dyn Layer>) -> Self {
        let peer = layer.inner().peer_address().clone();
        Self::from_inner(Inner::Layered(Layered::new(layer)), peer)
    }

    /// Receives what has arrived. An empty chunk is the end of the stream, and stays so.
    pub fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        if !self.unread.is_empty() {
            return Poll::Ready(Ok(std::mem::take(&mut self.unread)));
        }
        each!(&mut self.inner, stream => stream.poll_receive(cx))
    }

    /// Gives back what was received and not used: the next [`Stream::poll_receive`] returns it.
    pub fn unread(&mut self, chunk: Chunk) {
        debug_assert!(self.unread.is_empty() || chunk.is_empty(), "one chunk can be given back at a time");
        if !chunk.is_empty() {
            self.unread = chunk;
        }
    }

    /// Queues a copy of `bytes`: for heads and other small things. It is sent when sending is started.
    pub fn queue(&mut self, bytes: &[u8]) {
        each!(&mut self.inner, stream => stream.queue(bytes));
    }

    /// Queues what `write` appends to the bytes it is given, which it must not change otherwise; says how many bytes that were.
    pub fn queue_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        each!(&mut self.inner, stream => stream.queue_with(write))
    }

    /// Queues `chunk`, without a copy unless it is small. It is sent when sending is started.
    pub fn queue_chunk(&mut self, chunk: Chunk) {
        each!(&mut self.inner, stream => stream.queue_chunk(chunk));
    }

    /// Whether the kernel can send files by itself here: nothing has to be done to what is sent.
    pub fn sends_files(&self) -> bool {
        !matches!(self.inner, Inner::Layered(_))
    }

    /// Queues `length` bytes of `file` at `offset`, which the kernel sends by itself; see [`Stream::sends_files`]. They should be in
    /// memory ([`File::held_in_memory`]), or the worker waits for the disk. A file that becomes shorter meanwhile ends the stream.
    pub fn queue_file(&mut self, file: &File, offset: u64, length: usize) {
        let span = Span { file: file.clone(), offset, length };
        match &mut self.inner {
            Inner::Ring(stream) => stream.queue_file(span),
            Inner::Epoll(stream) => stream.queue_file(span),
            Inner::Layered(_) => debug_assert!(false, "a layer has bytes to work on"),
        }
    }

    /// Bytes that are queued or under way to the kernel.
    pub fn queued(&self) -> usize {
        each!(&self.inner, stream => stream.queued())
    }

    /// Begins to send what is queued, without waiting.
    pub fn start_sending(&mut self) -> io::Result<()> {
        each!(&mut self.inner, stream => stream.start_sending())
    }

    /// Begins or continues to send. Ready when less than [`HIGH_WATER`] bytes are queued: more may be queued.
    ///
    /// While anything is queued the task is woken when it can go on; polling this or [`Stream::poll_flush`] is what goes on.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.inner, stream => stream.poll_ready(cx))
    }

    /// Ready when the kernel has taken everything that was queued.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.inner, stream => stream.poll_flush(cx))
    }

    /// Ready when the peer has closed its sending side, or an error has ended the stream.
    ///
    /// Input that came before stays readable, and is not gathered without bound: a peer that sends much and then leaves may not
    /// be seen to leave until some of it is received.
    pub fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        each!(&mut self.inner, stream => stream.poll_peer_closed(cx))
    }

    /// Whether there is something to receive: bytes, the end, or an error. Asks nothing of the kernel, so that a pool can look
    /// at an idle connection for nothing; what arrived since the last turn of the loop may not show yet.
    pub fn has_input(&self) -> bool {
        !self.unread.is_empty() || each!(&self.inner, stream => stream.has_input())
    }

    /// Bytes that were received and wait to be read. A stream whose reader stalls holds about 64 KiB and then receives no more.
    pub fn unread_length(&self) -> usize {
        let inner = match &self.inner {
            Inner::Ring(socket) => socket.held(),
            Inner::Epoll(_) => 0,
            Inner::Layered(layer) => layer.held(),
        };
        self.unread.len() + inner
    }

    /// Whether the peer is known to have closed its sending side, or an error to have ended the stream; see [`Stream::has_input`].
    pub fn is_closed(&self) -> bool {
        each!(&self.inner, stream => stream.is_closed())
    }

    /// Queues what tells the peer that nothing more comes, where a layer has such words; nothing may be queued afterwards.
    pub fn queue_end(&mut self) {
        match &mut self.inner {
            Inner::Ring(_) | Inner::Epoll(_) => {}
            Inner::Layered(layer) => layer.queue_end(),
        }
    }

    /// Shuts the sending side down once everything queued is sent.
    pub fn shutdown_write(&mut self) {
        each!(&mut self.inner, stream => stream.shutdown_write());
    }

    /// Sends everything, shuts the sending side down, and is ready when that is done.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shutdown_write();
        ready!(self.poll_flush(cx))?;
        Poll::Ready(Ok(()))
    }

    /// The other end.
    pub fn peer_address(&self) -> &Address {
        &self.peer
    }

    /// This end. The kernel is asked the first time.
    pub fn local_address(&self) -> &Address {
        self.local.get_or_init(|| match self.socket().local_addr() {
            Ok(address) => Address::from_kernel(&address),
            Err(_) => Address::unnamed(),
        })
    }

    /// Bytes received from the socket so far.
    pub fn bytes_received(&self) -> u64 {
        self.state().bytes_received()
    }

    /// Bytes that the kernel took from this stream so far.
    pub fn bytes_sent(&self) -> u64 {
        self.state().bytes_sent()
    }

    /// Receives what has arrived; see [`Stream::poll_receive`].
    pub async fn receive(&mut self) -> io::Result<Chunk> {
        std::future::poll_fn(|cx| self.poll_receive(cx)).await
    }

    /// Waits until less than [`HIGH_WATER`] bytes are queued; see [`Stream::poll_ready`].
    pub async fn ready(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Waits until the kernel has taken everything; see [`Stream::poll_flush`].
    pub async fn flush(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.poll_flush(cx)).await
    }

    fn discard_output(&mut self) {
        match &mut self.inner {
            Inner::Ring(socket) => socket.discard_output(),
            Inner::Epoll(_) => {}
            Inner::Layered(layer) => layer.discard_output(),
        }
    }

    fn socket(&self) -> &socket2::Socket {
        match &self.inner {
            Inner::Ring(socket) => socket.socket(),
            Inner::Epoll(socket) => socket.socket(),
            Inner::Layered(layer) => layer.inner().socket(),
        }
    }

    fn state(&self) -> &SocketState {
        match &self.inner {
            Inner::Ring(socket) => socket.state(),
            Inner::Epoll(socket) => socket.state(),
            Inner::Layered(layer) => layer.inner().state(),
        }
    }
}

const _: () = assert!(HIGH_WATER <= u32::MAX as usize, "one send's length must fit the ring's entry");
