//! A connection's life: its requests one after the other, then its end.

use super::arrival::Wait;
use super::ending::Manners;
use super::standing::Standing;
use super::{Accepted, Connection, Hall, Security};
use crate::client::{Client, Disposition};
use crate::exchange::Exchange;
use crate::registry::Entry;
use crate::serve::error_page::HEADER_TOO_LARGE;
use protocol::RequestHead;
use protocol::h1::{Cause, HeadError, ServerConnection};
use protocol::h2::{NO_PREFACE, PREFACE};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use telemetry::error_log::Level;
use transport::{Deadline, clock};

/// A connection while it is served.
pub(super) struct Session {
    pub(super) hall: Rc<Hall>,
    pub(super) entry: Entry,
    pub(super) connection: Connection,
    pub(super) server: ServerConnection,
    pub(super) deadline: Deadline,
    pub(super) standing: Standing,
    pub(super) manners: Manners,
}

impl Session {
    /// `None`: the plan does not have its listener.
    pub(super) fn new(hall: Rc<Hall>, accepted: Accepted) -> Option<Self> {
        let Accepted { stream, buffered, facts, security, listener, worker, entry } = accepted;
        let standing = Standing::new(worker, listener, &facts.local)?;
        let manners = Manners::of(&standing.place()?.1.section);
        let connection = Connection::new(facts, security, &standing.worker.plan);
        let server = ServerConnection::new(stream, buffered);
        Some(Self { hall, entry, connection, server, deadline: Deadline::new(), standing, manners })
    }

    /// Serves until the connection has ended.
    pub(super) async fn run(&mut self) {
        let disposition = loop {
            let arrived = match self.await_head().await {
                Wait::Head(head) => (head, None),
                Wait::Bad(head, error) if self.is_no_preface(&head, &error) => {
                    self.standing.record_unserved(
                        &self.connection,
                        head,
                        400,
                        "client sent no HTTP/2 connection preface",
                    );
                    self.server.stream_mut().queue(NO_PREFACE);
                    break Disposition::Close;
                }
                Wait::Bad(head, error) => (head, Some(error)),
                Wait::TimedOut(head) => {
                    self.standing.record_unserved(
                        &self.connection,
                        head,
                        408,
                        "client timed out while reading client request headers",
                    );
                    break Disposition::CloseNow;
                }
                Wait::Over => break Disposition::Close,
            };
            // Only while it works does a connection take the memory for that.
            let disposition = Box::pin(self.exchange(arrived)).await;
            if disposition != Disposition::KeepAlive {
                break disposition;
            }
        };
        self.close(disposition).await;
    }

    /// Runs one exchange.
    async fn exchange(&mut self, (head, bad): (Box<RequestHead>, Option<HeadError>)) -> Disposition {
        // The next exchange is the new plan's, also where the connection has waited since before.
        self.standing.catch_up(&self.hall, &self.connection.facts.local);
        if bad.is_none() && self.connection.security.doubts(&head) && !self.await_handshake().await {
            return Disposition::CloseNow;
        }
        let expects_continue = bad.is_none() && head.expects_continue();
        let mut client = Client::new(&mut self.server, &mut self.deadline, expects_continue);
        let served = self.standing.exchange(&self.hall, &self.connection, (head, bad), &mut client).await;
        let Some((disposition, manners)) = served else { return Disposition::CloseNow };
        self.manners = manners;
        self.connection.pipelined.set(self.server.has_pipelined_input());
        disposition
    }

    /// Reads on until the handshake is over; false: it does not come to an end.
    async fn await_handshake(&mut self) -> bool {
        let Some((_, site)) = self.standing.place() else { return false };
        self.deadline.set(clock::now() + site.head.timeout);
        let Self { server, deadline, connection, .. } = self;
        poll_fn(|cx| {
            // What it sends behind its request is bounded, as all that it may send early is.
            while let Poll::Ready(more) = server.poll_more(cx) {
                if more.is_err() || !connection.security.is_early() {
                    return Poll::Ready(!connection.security.is_early());
                }
            }
            connection.security.poll_proven(cx, deadline)
        })
        .await
    }

    /// Whether a client may speak HTTP/2 here: over TLS, whether that was settled.
    pub(super) fn may_speak_http2(&self) -> bool {
        match &self.connection.security {
            Security::Tls(secured) => secured.facts.application == tls::HTTP2,
            // A port for TLS answers in the clear only that it is one.
            Security::Missing => false,
            Security::None => {
                self.standing.place().is_some_and(|(listener, site)| listener.http2 || site.http2.offered)
            }
        }
    }

    /// Whether this client does: its first bytes show it, unless the handshake settled it.
    pub(super) async fn speaks_http2(&mut self) -> bool {
        if matches!(self.connection.security, Security::Tls(_)) {
            return true;
        }
        let Some((_, site)) = self.standing.place() else { return false };
        self.deadline.set(clock::now() + site.head.timeout);
        let Self { server, deadline, .. } = self;
        poll_fn(|cx| match server.poll_begins_with(cx, PREFACE) {
            Poll::Ready(outcome) => Poll::Ready(outcome.unwrap_or(false)),
            Poll::Pending => deadline.poll_expired(cx).map(|()| false),
        })
        .await
    }

    /// Whether what came first is of neither version that may be spoken here (RFC 9113 §3.4).
    fn is_no_preface(&self, head: &RequestHead, error: &HeadError) -> bool {
        let strange = matches!(error, HeadError::BadRequest(Cause::InvalidVersion))
            && !head.request_line().split(|byte| *byte == b' ').any(|word| word.starts_with(b"HTTP/1."));
        strange && self.connection.requests() == 0 && self.may_speak_http2()
    }
}

impl Standing {
    /// Logs a head that no exchange answers.
    pub(super) fn record_unserved(&self, connection: &Connection, head: Box<RequestHead>, status: u16, text: &str) {
        let Some((_, site)) = self.place() else { return };
        let mut exchange = Exchange::new(&self.worker, connection, site, head);
        exchange.log(Level::Info, || text.into());
        exchange.sent.status = status;
        exchange.record(0, 0);
    }

    /// Runs one exchange on a connection or one of its streams.
    pub(super) async fn exchange(
        &self,
        hall: &Hall,
        connection: &Connection,
        (head, bad): (Box<RequestHead>, Option<HeadError>),
        client: &mut Client<'_>,
    ) -> Option<(Disposition, Manners)> {
        let (listener, site) = self.place()?;
        let worker = &self.worker;
        worker.shared.counters.requests.add(1);
        connection.requests.set(connection.requests() + 1);
        worker.shared.counters.writing.add(1);
        let mut exchange = Exchange::new(worker, connection, site, head);
        let disposition = match bad {
            None => exchange.enter(listener, client).await,
            Some(error) => Box::pin(exchange.refuse_head(&error, client)).await,
        };
        let manners = Manners::of(exchange.place.section);
        worker.shared.counters.writing.subtract(1);
        exchange.reclaim();
        hall.return_head(exchange.request.head);
        Some((disposition, manners))
    }
}

impl Exchange<'_> {
    /// Answers a head that cannot be served, where there is still someone to answer.
    async fn refuse_head(&mut self, error: &HeadError, client: &mut Client<'_>) -> Disposition {
        self.log(Level::Info, || format!("{error} while reading client request headers"));
        let status = match error {
            HeadError::Truncated | HeadError::Io(_) => return self.record_unanswered(400, client),
            HeadError::HeaderTooLarge | HeadError::BadRequest(Cause::TooManyFields) => HEADER_TOO_LARGE,
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
