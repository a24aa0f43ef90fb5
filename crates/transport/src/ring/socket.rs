//! A stream's handle on its connection.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::HIGH_WATER;
use crate::chunk::Chunk;
use crate::output::Span;
use crate::stream::SocketState;
use crate::worker::Worker;

use super::Driver;
use super::connection::{Connection, End};

/// A connected socket.
pub(crate) struct Socket {
    connection: Rc<Connection>,
    worker: Rc<Worker>,
    driver: Rc<Driver>,
}

impl Socket {
    /// Takes over a connected, blocking socket.
    pub(crate) fn new(worker: &Rc<Worker>, driver: &Rc<Driver>, socket: socket2::Socket) -> Self {
        let connection = Connection::open(driver, socket);
        Self { connection, worker: Rc::clone(worker), driver: Rc::clone(driver) }
    }

    pub(crate) fn socket(&self) -> &socket2::Socket {
        self.connection.socket()
    }

    pub(crate) fn state(&self) -> &SocketState {
        &self.connection.state
    }

    /// Has the connection looked at before the next submission. Nothing of it may be borrowed.
    fn unsettle(&self) {
        self.connection.unsettle(&self.driver);
        self.driver.submit_if_many();
        self.worker.turn.schedule();
    }

    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        self.worker.count_poll();
        let mut input = self.connection.input.borrow_mut();
        let chunk = input.pop();
        let wants_more = input.wants_more();
        let outcome = match (chunk, input.end()) {
            (Some(chunk), _) => Poll::Ready(Ok(chunk)),
            (None, Some(End::Closed)) => Poll::Ready(Ok(Chunk::new())),
            (None, Some(End::Failed(number))) => Poll::Ready(Err(io::Error::from_raw_os_error(number))),
            (None, None) => {
                input.wait(cx.waker());
                Poll::Pending
            }
        };
        drop(input);
        if wants_more {
            self.unsettle();
        }
        outcome
    }

    pub(crate) fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.worker.count_poll();
        let mut input = self.connection.input.borrow_mut();
        if input.end().is_some() {
            return Poll::Ready(());
        }
        input.wait(cx.waker());
        let wants_more = input.wants_more();
        drop(input);
        if wants_more {
            self.unsettle();
        }
        Poll::Pending
    }

    pub(crate) fn held(&self) -> usize {
        self.connection.input.borrow().held()
    }

    pub(crate) fn has_input(&self) -> bool {
        let input = self.connection.input.borrow();
        !input.is_empty() || input.end().is_some()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.connection.input.borrow().end().is_some()
    }

    pub(crate) fn queue(&mut self, bytes: &[u8]) {
        self.connection.sender.borrow_mut().output.push(bytes);
    }

    pub(crate) fn queue_with(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.connection.sender.borrow_mut().output.push_with(write)
    }

    pub(crate) fn queue_chunk(&mut self, chunk: Chunk) {
        self.connection.sender.borrow_mut().output.push_chunk(chunk);
    }

    pub(crate) fn queue_file(&mut self, span: Span) {
        self.connection.sender.borrow_mut().output.push_file(span);
    }

    pub(crate) fn queued(&self) -> usize {
        self.connection.sender.borrow().queued()
    }

    pub(crate) fn start_sending(&mut self) -> io::Result<()> {
        self.worker.count_poll();
        self.connection.state.check_sendable()?;
        if self.connection.sender.borrow().wants_to_send() || self.connection.state.wants_shutdown() {
            self.unsettle();
        }
        Ok(())
    }

    pub(crate) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, HIGH_WATER - 1)
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_below(cx, 0)
    }

    /// Ready when no more than `limit` bytes are left.
    fn poll_below(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<io::Result<()>> {
        self.start_sending()?;
        let mut sender = self.connection.sender.borrow_mut();
        if sender.queued() <= limit {
            return Poll::Ready(Ok(()));
        }
        sender.wait(cx.waker(), limit);
        Poll::Pending
    }

    pub(crate) fn shutdown_write(&mut self) {
        self.connection.state.want_shutdown();
        self.unsettle();
    }

    pub(crate) fn discard_output(&mut self) {
        self.connection.discard();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.connection.orphan(&self.driver);
        self.worker.turn.schedule();
    }
}
