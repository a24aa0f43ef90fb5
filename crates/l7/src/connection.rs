//! A client's connection: its requests one after the other.

use crate::client::{Client, Disposition};
use crate::exchange::Exchange;
use crate::plan::{Listener, Plan, Site};
use crate::registry::{Entry, Registry};
use crate::serve::error_page::HEADER_TOO_LARGE;
use crate::worker::Worker;
use protocol::h1::{Arrival, HeadError, HeadLimits, ServerConnection};
use protocol::{ConnectionFacts, RequestHead};
use std::cell::Cell;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};
use telemetry::error_log::Level;
use transport::{Address, Chunk, Deadline, Stream, clock};

/// A client's connection as its exchanges see it.
pub struct Connection {
    /// Facts that stay the same.
    pub facts: ConnectionFacts,
    opened: Instant,
    requests: Cell<u64>,
    /// Another request of the same connection had come already when this one was read.
    pub pipelined: Cell<bool>,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new(facts: ConnectionFacts) -> Self {
        Self { facts, opened: clock::now(), requests: Cell::new(0), pipelined: Cell::new(false) }
    }

    /// How many requests it has carried, the present one included.
    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// How old it is.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened)
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        "http"
    }

    /// The local port, unless it is the scheme's own.
    pub fn odd_port(&self) -> Option<u16> {
        self.facts.local.inet().map(|local| local.port()).filter(|port| *port != 80)
    }

    /// The client's address, if it has one.
    pub fn client_address(&self) -> Option<SocketAddr> {
        self.facts.peer.inet()
    }

    /// Appends the address that the client reached, without port.
    pub fn append_server_address(&self, out: &mut Vec<u8>) {
        append_address(&self.facts.local, out);
    }
}

/// Appends an address without port: an IP address, or `unix:` and a path.
pub fn append_address(address: &Address, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing to memory cannot fail.
    let _ = match address {
        Address::Inet(address) => write!(out, "{}", address.ip().to_canonical()),
        Address::Unix(_) => write!(out, "unix:"),
    };
}

/// What connections of one worker share: the present plan's state, and who is open.
pub struct Hall {
    /// The worker's state for the present plan; replaced by a reload.
    pub worker: std::cell::RefCell<Rc<Worker>>,
    /// Open connections.
    pub registry: Rc<Registry>,
}

impl Hall {
    /// The present plan's state.
    pub fn current(&self) -> Rc<Worker> {
        Rc::clone(&self.worker.borrow())
    }
}

/// Serves a connection that was accepted on a listener, until it ends.
pub async fn serve_connection(hall: Rc<Hall>, stream: Stream, buffered: Chunk, facts: ConnectionFacts, listener: model::ListenAddress) {
    let connection = Connection::new(facts);
    let entry = hall.registry.enter();
    let mut server = ServerConnection::new(stream, buffered);
    let mut deadline = Deadline::new();
    let mut head = RequestHead::default();
    let disposition = loop {
        let worker = hall.current();
        let Some(place) = Arrivals::of(&worker.plan, &listener) else { break Disposition::Close };
        let arrived = place.await_head(&mut server, &mut deadline, &connection, &entry, &mut head).await;
        let outcome = match arrived {
            Wait::Head => None,
            Wait::Bad(error) => Some(error),
            Wait::TimedOut => {
                head_timed_out(&worker, &connection, place, std::mem::take(&mut head));
                break Disposition::CloseNow;
            }
            Wait::Over => break Disposition::Close,
        };
        connection.requests.set(connection.requests() + 1);
        connection.pipelined.set(server.has_pipelined_input());
        let disposition = {
            let mut client = Client::new(&mut server, &mut deadline, outcome.is_none() && head.expects_continue());
            let (back, disposition) = exchange(&worker, &connection, place, std::mem::take(&mut head), outcome, &mut client).await;
            head = back;
            disposition
        };
        if disposition != Disposition::KeepAlive {
            break disposition;
        }
    };
    close(server, deadline, disposition, &hall).await;
}

/// Where requests of a listener begin.
#[derive(Clone, Copy)]
struct Arrivals<'p> {
    listener: &'p Listener,
    site: &'p Site,
}

/// What waiting for a request came to.
enum Wait {
    Head,
    Bad(HeadError),
    TimedOut,
    Over,
}

impl<'p> Arrivals<'p> {
    fn of(plan: &'p Plan, address: &model::ListenAddress) -> Option<Self> {
        let listener = plan.listeners.iter().find(|listener| listener.address == *address)?;
        Some(Self { listener, site: plan.sites.get(listener.default_site)? })
    }

    /// Waits for a request's head: idle for the keep-alive time, then for the time that a head may take.
    async fn await_head(
        self,
        server: &mut ServerConnection,
        deadline: &mut Deadline,
        connection: &Connection,
        entry: &Entry,
        head: &mut RequestHead,
    ) -> Wait {
        let limits = limits(&self.site.head);
        let idle = self.site.section.keep_alive.timeout;
        let first = connection.requests() == 0;
        let began = clock::now();
        let mut in_head = None;
        let send_limit = began + self.site.section.send_timeout;
        poll_fn(|cx| {
            match server.poll_head(cx, &limits, head) {
                Poll::Ready(Ok(Arrival::Head)) => return Poll::Ready(Wait::Head),
                Poll::Ready(Ok(Arrival::Closed)) => return Poll::Ready(Wait::Over),
                Poll::Ready(Err(error)) => return Poll::Ready(Wait::Bad(error)),
                Poll::Pending => {}
            }
            let started = server.head_started();
            if !started && entry.must_leave(cx) {
                return Poll::Ready(Wait::Over);
            }
            let limit = if started || first {
                *in_head.get_or_insert_with(|| if first { began } else { clock::now() }) + self.site.head.timeout
            } else if server.stream().queued() > 0 {
                send_limit
            } else {
                began + idle
            };
            deadline.set(limit);
            match deadline.poll_expired(cx) {
                Poll::Ready(()) if started => Poll::Ready(Wait::TimedOut),
                Poll::Ready(()) => Poll::Ready(Wait::Over),
                Poll::Pending => Poll::Pending,
            }
        })
        .await
    }
}

fn limits(reading: &model::HeadReading) -> HeadLimits {
    HeadLimits {
        buffer: reading.buffer.as_usize(),
        large_count: usize::try_from(reading.large_count).unwrap_or(usize::MAX),
        large_size: reading.large_size.as_usize(),
        ignore_invalid: reading.drop_invalid,
        underscores: reading.underscores,
        fields: usize::try_from(reading.max_fields).unwrap_or(usize::MAX),
    }
}

/// Runs one exchange; gives the head's memory back.
async fn exchange(
    worker: &Rc<Worker>,
    connection: &Connection,
    place: Arrivals<'_>,
    head: RequestHead,
    bad: Option<HeadError>,
    client: &mut Client<'_>,
) -> (RequestHead, Disposition) {
    worker.shared.counters.requests.add(1);
    let mut exchange = Exchange::new(worker, connection, place.site, head);
    let disposition = match bad {
        None => exchange.enter(place.listener, client).await,
        Some(error) => exchange.refuse_head(&error, client).await,
    };
    (std::mem::take(&mut exchange.request.head), disposition)
}

impl Exchange<'_> {
    /// Answers a head that cannot be served, where there is still someone to answer.
    async fn refuse_head(&mut self, error: &HeadError, client: &mut Client<'_>) -> Disposition {
        self.log(Level::Info, || format!("{error} while reading client request headers"));
        let status = match error {
            HeadError::Truncated | HeadError::Io(_) => return self.record_unanswered(400, client),
            HeadError::HeaderTooLarge => HEADER_TOO_LARGE,
            other => other.status(),
        };
        let outcome = self.refuse(status);
        self.run_from(outcome, client).await
    }

    fn record_unanswered(&mut self, status: u16, client: &Client<'_>) -> Disposition {
        self.sent.status = status;
        self.record(client.request_bytes(), 0);
        Disposition::CloseNow
    }
}

/// A head that did not come in time is logged, not answered.
fn head_timed_out(worker: &Worker, connection: &Connection, place: Arrivals<'_>, head: RequestHead) {
    let mut exchange = Exchange::new(worker, connection, place.site, head);
    exchange.log(Level::Info, || "client timed out while reading client request headers".into());
    exchange.sent.status = 408;
    exchange.record(0, 0);
}

/// Ends a connection as its last exchange asks.
async fn close(mut server: ServerConnection, mut deadline: Deadline, disposition: Disposition, hall: &Hall) {
    if disposition == Disposition::CloseNow {
        return;
    }
    let worker = hall.current();
    let lingering = worker.plan.sites.first().map(|site| site.section.lingering.clone()).unwrap_or_default();
    let send_limit = clock::now() + Duration::from_secs(60);
    let flushed = poll_fn(|cx| match server.poll_flush(cx) {
        Poll::Ready(outcome) => Poll::Ready(outcome.is_ok()),
        Poll::Pending => {
            deadline.set(send_limit);
            deadline.poll_expired(cx).map(|()| false)
        }
    })
    .await;
    if flushed && disposition == Disposition::Linger {
        linger(server, deadline, &lingering).await;
    }
}

/// Reads and discards what the client still sends, so that it can read the answer before the reset.
async fn linger(mut server: ServerConnection, mut deadline: Deadline, rule: &model::Lingering) {
    server.stream_mut().shutdown_write();
    let end = clock::now() + rule.time;
    let mut pause = clock::now() + rule.timeout;
    poll_fn(|cx| {
        loop {
            match server.stream_mut().poll_receive(cx) {
                Poll::Ready(Ok(chunk)) if !chunk.is_empty() => pause = clock::now() + rule.timeout,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => {
                    deadline.set(end.min(pause));
                    return deadline.poll_expired(cx);
                }
            }
            if clock::now() >= end {
                return Poll::Ready(());
            }
        }
    })
    .await;
}
