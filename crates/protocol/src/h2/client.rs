//! A connection to a server: exchanges are its streams, and one task moves their frames.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use h2::client::{Builder, SendRequest};
use transport::{Deadline, Stream, clock};

use super::exchange::ClientStream;
use super::io::Io;
use super::piece::{Offered, Piece};

/// Streams that a connection carries at a time, whatever the server allows.
const MOST_STREAMS: u32 = 128;
/// Streams that are taken to be allowed until the server says it (RFC 9113 §6.5.2 advises no less).
const FIRST_STREAMS: usize = 100;
/// Bytes of one body that may come before they are asked for.
const WINDOW: u32 = 128 << 10;
/// Bytes of one message that the library holds until the server's window takes them.
const SEND_BUFFER: usize = 64 << 10;
/// How long a connection that nobody wants any more may take to end.
const FAREWELL: Duration = Duration::from_secs(5);
/// Bytes of all fields of a head; what a place takes of it is for it to say.
const HEAD: u32 = 1 << 20;

/// The client's side of an HTTP/2 connection: a handle, from which streams are opened. When it and all its streams are
/// gone the connection ends.
pub struct ClientConnection {
    sender: SendRequest<Piece>,
    standing: Rc<Standing>,
    secured: bool,
    offered: Offered,
}

/// What a connection and its streams know of each other.
pub(super) struct Standing {
    streams: Cell<u32>,
    /// No other stream is to be opened.
    retired: Cell<bool>,
    /// The handle is gone.
    left: Cell<bool>,
    /// Since when there is no stream.
    idle_since: Cell<Instant>,
    /// The server has said what it is like, or never will.
    settled: Rc<Cell<bool>>,
    /// Who waits for that.
    waiting: RefCell<Vec<Waker>>,
}

impl ClientConnection {
    /// A connection over a stream that was just made, and the task that moves its frames, which must run for as long as it
    /// does. `secured`: the stream is TLS.
    ///
    /// # Errors
    /// When the stream has failed already.
    pub async fn open(stream: Stream, secured: bool) -> Result<(Self, impl Future<Output = ()>), h2::Error> {
        let settled = Rc::new(Cell::new(false));
        let offered = Offered::default();
        let (sender, connection) = Builder::new()
            .enable_push(false)
            .initial_max_send_streams(FIRST_STREAMS)
            .initial_window_size(WINDOW)
            // A body that nobody takes holds up no other.
            .initial_connection_window_size(WINDOW * MOST_STREAMS)
            .max_header_list_size(HEAD)
            .max_send_buffer_size(SEND_BUFFER)
            .handshake(Io::to_server(stream, Rc::clone(&settled), offered.clone()))
            .await?;
        let standing = Rc::new(Standing {
            streams: Cell::new(0),
            retired: Cell::new(false),
            left: Cell::new(false),
            idle_since: Cell::new(clock::now()),
            settled,
            waiting: RefCell::default(),
        });
        let moved = Rc::clone(&standing);
        let (mut connection, mut deadline) = (connection, Deadline::new());
        let drive = poll_fn(move |cx| {
            // Why it ended is told to those whose streams it ends.
            let ended = Pin::new(&mut connection).poll(cx).map(drop);
            if ended.is_ready() {
                moved.settled.set(true);
            }
            moved.wake_if_settled();
            if ended.is_pending() && moved.is_over() {
                // The library is woken when the last of them goes. A server that takes no goodbye is left without.
                deadline.set(moved.idle_since.get() + FAREWELL);
                ready!(deadline.poll_expired(cx));
            } else {
                ready!(ended);
            }
            moved.retired.set(true);
            Poll::Ready(())
        });
        Ok((Self { sender, standing, secured, offered }, drive))
    }

    /// Whether another stream may be opened at some time: the server has not said goodbye, and the connection stands.
    pub fn is_good(&self) -> bool {
        // A handle of its own: it waits for no stream.
        let mut sender = self.sender.clone();
        !self.standing.retired.get()
            && matches!(sender.poll_ready(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())))
    }

    /// Whether another stream may be opened now.
    pub fn has_room(&self) -> bool {
        let streams = self.standing.streams.get();
        streams < MOST_STREAMS && (streams as usize) < self.sender.current_max_send_streams()
    }

    /// Opens a stream.
    pub fn stream(&self) -> ClientStream {
        ClientStream::new(self.sender.clone(), Place::take(&self.standing), self.secured, self.offered.clone())
    }

    /// Since when there has been no stream; `None`: there are some.
    pub fn idle_since(&self) -> Option<Instant> {
        (self.standing.streams.get() == 0).then(|| self.standing.idle_since.get())
    }
}

impl Standing {
    /// Whether nobody wants anything of the connection any more.
    fn is_over(&self) -> bool {
        self.left.get() && self.streams.get() == 0
    }

    fn wake_if_settled(&self) {
        if self.settled.get() {
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
    }
}

impl Drop for ClientConnection {
    fn drop(&mut self) {
        self.standing.left.set(true);
        if self.standing.streams.get() == 0 {
            self.standing.idle_since.set(clock::now());
        }
    }
}

/// A stream's part in its connection, while it lasts.
pub(super) struct Place(Rc<Standing>);

impl Place {
    fn take(standing: &Rc<Standing>) -> Self {
        standing.streams.set(standing.streams.get() + 1);
        Self(Rc::clone(standing))
    }

    /// Ready when the server has said what it is like, or never will.
    pub(super) fn poll_settled(&self, cx: &Context<'_>) -> Poll<()> {
        if self.0.settled.get() {
            return Poll::Ready(());
        }
        let mut waiting = self.0.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// No other stream is to be opened on the connection.
    pub(super) fn retire(&self) {
        self.0.retired.set(true);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.streams.set(self.0.streams.get() - 1);
        self.0.idle_since.set(clock::now());
    }
}
