//! A connection's life: its requests one after the other, then its end.

use super::arrival::Wait;
use super::ending::Manners;
use super::standing::Standing;
use super::{Accepted, Connection, Hall};
use crate::client::{Client, Disposition};
use crate::exchange::Exchange;
use crate::registry::Entry;
use crate::serve::error_page::HEADER_TOO_LARGE;
use protocol::RequestHead;
use protocol::h1::{Cause, HeadError, ServerConnection};
use std::rc::Rc;
use telemetry::error_log::Level;
use transport::Deadline;

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
                Wait::Bad(head, error) => (head, Some(error)),
                Wait::TimedOut(head) => {
                    self.record_timeout(head);
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
        let Some((listener, site)) = self.standing.place() else { return Disposition::CloseNow };
        let (worker, connection) = (&self.standing.worker, &self.connection);
        worker.shared.counters.requests.add(1);
        connection.requests.set(connection.requests() + 1);
        let mut client = Client::new(&mut self.server, &mut self.deadline, bad.is_none() && head.expects_continue());
        worker.shared.counters.writing.add(1);
        let mut exchange = Exchange::new(worker, connection, site, head);
        let disposition = match bad {
            None => exchange.enter(listener, &mut client).await,
            Some(error) => Box::pin(exchange.refuse_head(&error, &mut client)).await,
        };
        self.manners = Manners::of(exchange.place.section);
        worker.shared.counters.writing.subtract(1);
        exchange.reclaim();
        self.hall.return_head(exchange.request.head);
        connection.pipelined.set(self.server.has_pipelined_input());
        disposition
    }

    /// A head that did not come in time is logged, not answered.
    fn record_timeout(&self, head: Box<RequestHead>) {
        let Some((_, site)) = self.standing.place() else { return };
        let mut exchange = Exchange::new(&self.standing.worker, &self.connection, site, head);
        exchange.log(Level::Info, || "client timed out while reading client request headers".into());
        exchange.sent.status = 408;
        exchange.record(0, 0);
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
