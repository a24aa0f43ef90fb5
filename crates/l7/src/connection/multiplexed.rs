//! A connection of HTTP/2: each request is a stream that a task of the crew serves; this one moves their frames.

mod crew;
mod visit;

use super::arrival::limits;
use super::ending::Manners;
use super::population::Population;
use super::session::Session;
use super::standing::Standing;
use super::{Connection, Hall};
use crate::plan::Site;
use crate::registry::Entry;
use crew::Order;
use protocol::RequestHead;
use protocol::h2::{Arrived, ServerConnection, Settings};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use telemetry::error_log::Level;
use transport::{Deadline, clock, runtime};
use visit::Visit;

pub(super) use crew::Crew;

/// How long a client that was told that the connection ends may take to leave.
const FAREWELL: Duration = Duration::from_secs(5);

/// A connection while its streams are served.
pub(super) struct Multiplexed {
    hall: Rc<Hall>,
    entry: Entry,
    connection: Rc<Connection>,
    server: ServerConnection,
    deadline: Deadline,
    standing: Standing,
    manners: Manners,
    streams: Rc<Population>,
    /// Since when no stream is served.
    idle_since: Option<Instant>,
    /// Since when a head has been on its way.
    head_since: Option<Instant>,
    /// The client knows that the connection ends.
    finishing: bool,
}

impl Multiplexed {
    /// The connection of a session whose client speaks HTTP/2.
    pub(super) fn new(session: Session) -> Self {
        let Session { hall, entry, connection, server, deadline, standing, manners } = session;
        let (stream, buffered) = server.into_stream();
        let settings = standing.place().map(|(_, site)| settings(site)).unwrap_or_default();
        let server = ServerConnection::new(stream, buffered, &settings);
        let connection = Rc::new(connection);
        Self {
            hall,
            entry,
            connection,
            server,
            deadline,
            standing,
            manners,
            streams: Rc::default(),
            idle_since: Some(clock::now()),
            head_since: None,
            finishing: false,
        }
    }

    /// Serves until the connection has ended.
    pub(super) async fn run(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
        // Whoever sees the end finds the log written.
        runtime::before_closing().await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match self.poll_request(cx) {
                Poll::Ready(true) => continue,
                Poll::Ready(false) => return Poll::Ready(()),
                Poll::Pending => {}
            }
            if !self.finishing && self.server.is_open() && self.is_to_end() {
                self.finish();
                continue;
            }
            self.streams.wake_at_end(cx);
            self.entry.wake_when_idle(cx);
            let Some(limit) = self.limit() else { return Poll::Pending };
            self.deadline.set(limit);
            ready!(self.deadline.poll_expired(cx));
            if self.finishing || !self.server.is_open() {
                return Poll::Ready(());
            }
            if self.head_since.is_some() {
                self.server.abort();
                self.finishing = true;
                continue;
            }
            self.finish();
        }
    }

    /// Takes the next request; false when the connection is over.
    fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let Some((listener, site)) = self.standing.place() else { return Poll::Ready(false) };
        let limits = limits(&site.head, listener.field_names);
        let mut head = self.hall.take_head();
        let polled = self.server.poll_request(cx, &limits, &mut head);
        for _ in 0..self.server.take_refused() {
            let text = "client sent malformed request while reading client request headers";
            self.standing.record_unserved(&self.connection, Box::default(), 400, text);
        }
        if let Poll::Ready(Ok(Some(arrived))) = polled {
            self.begin(arrived, head);
            return Poll::Ready(true);
        }
        self.hall.return_head(head);
        ready!(polled).map_or_else(
            |error| {
                let (log, serial) = (&self.standing.worker.shared.error_log, self.connection.facts.serial);
                log.log(Level::Info, format_args!("*{serial} {error} while processing HTTP/2 connection"));
                Poll::Ready(false)
            },
            |_| Poll::Ready(false),
        )
    }

    /// Has a task of the crew serve a request, with the present plan.
    fn begin(&mut self, arrived: Arrived, head: Box<RequestHead>) {
        self.standing.catch_up(&self.hall, &self.connection.facts.local);
        let Arrived { mut stream, outcome } = arrived;
        let most = self.standing.place().map_or(0, |(_, site)| site.http2.streams.saturating_mul(2));
        if self.streams.count() >= most {
            // What the client has given up may still be worked on: that has a bound too.
            stream.refuse();
            self.hall.return_head(head);
            return;
        }
        self.idle_since = None;
        let (hall, connection) = (Rc::clone(&self.hall), Rc::clone(&self.connection));
        let visit = Visit { hall, connection, standing: self.standing.clone(), stream, _place: self.streams.enter() };
        self.hall.crew.serve(Order { visit, head, bad: outcome.err() });
    }

    /// Whether no other request is to come.
    fn is_to_end(&mut self) -> bool {
        let listens = self.standing.catch_up(&self.hall, &self.connection.facts.local);
        let Some((_, site)) = self.standing.place() else { return true };
        let rule = &site.section.keep_alive;
        !listens
            || self.hall.registry.is_leaving()
            || self.connection.requests() >= rule.requests
            || !self.connection.is_younger(rule.time, clock::now())
    }

    fn finish(&mut self) {
        self.server.finish();
        self.finishing = true;
        self.idle_since = None;
    }

    /// Until when there is nothing to do if nothing comes; `None`: requests are being served.
    fn limit(&mut self) -> Option<Instant> {
        if self.server.in_head() {
            let since = *self.head_since.get_or_insert_with(clock::now);
            // Nothing else can come in meanwhile, but answers go out.
            return (self.streams.count() == 0).then(|| since + self.head_time());
        }
        self.head_since = None;
        if self.streams.count() > 0 {
            self.idle_since = None;
            return None;
        }
        let since = *self.idle_since.get_or_insert_with(clock::now);
        let time = if self.finishing {
            FAREWELL
        } else if self.server.is_open() {
            self.manners.idle
        } else {
            self.head_time()
        };
        Some(since + time)
    }

    /// How long a head may take.
    fn head_time(&self) -> Duration {
        self.standing.place().map_or(FAREWELL, |(_, site)| site.head.timeout)
    }
}

fn settings(site: &Site) -> Settings {
    let head = &site.head;
    let head_size = u64::from(head.large_count).saturating_mul(head.large_size.0);
    Settings {
        streams: site.http2.streams,
        head_size: u32::try_from(head_size).unwrap_or(u32::MAX),
        fields: head.max_fields,
        window: u32::try_from(site.http2.window.0).unwrap_or(u32::MAX),
    }
}
