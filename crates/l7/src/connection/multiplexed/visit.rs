//! What a task does for one stream: its exchange, and then what is left of the response.

use super::super::population::Inhabitant;
use super::super::standing::Standing;
use super::super::{Connection, Hall};
use crate::client::taking::Taking;
use crate::client::{Client, Disposition};
use protocol::RequestHead;
use protocol::h1::HeadError;
use protocol::h2::ServerStream;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;
use transport::{Deadline, clock};

/// A request that came on a stream.
pub(super) struct Visit {
    pub(super) hall: Rc<Hall>,
    pub(super) connection: Rc<Connection>,
    pub(super) standing: Standing,
    pub(super) stream: ServerStream,
    /// It counts among the connection's streams while it lives.
    pub(super) _place: Inhabitant,
}

impl Visit {
    /// Runs the exchange and sends what it queued.
    pub(super) async fn serve(mut self, head: Box<RequestHead>, bad: Option<HeadError>, deadline: &mut Deadline) {
        if bad.is_none() && self.connection.security.doubts(&head) && !self.await_handshake(deadline).await {
            return self.stream.reset();
        }
        let expects_continue = bad.is_none() && head.expects_continue();
        let mut client = Client::of_stream(&mut self.stream, deadline, expects_continue);
        let served = self.standing.exchange(&self.hall, &self.connection, (head, bad), &mut client).await;
        if let Some((disposition, manners)) = served
            && disposition != Disposition::CloseNow
        {
            self.flush(deadline, manners.sending).await;
        }
        if !self.stream.is_complete() {
            // What was handed over goes first: a reset takes with it what is still there.
            tokio::task::yield_now().await;
            self.stream.reset();
        }
    }

    /// Waits while the connection reads on; false: the handshake does not come to an end.
    async fn await_handshake(&self, deadline: &mut Deadline) -> bool {
        let Some((_, site)) = self.standing.place() else { return false };
        deadline.set(clock::now() + site.head.timeout);
        poll_fn(|cx| self.connection.security.poll_proven(cx, deadline)).await
    }

    /// Waits until the client has taken what was queued, as long as it takes something now and then.
    async fn flush(&mut self, deadline: &mut Deadline, patience: Duration) {
        let mut taking = Taking::new();
        poll_fn(|cx| {
            if let Poll::Ready(_end) = self.stream.poll_flush(cx) {
                return Poll::Ready(());
            }
            deadline.set(taking.since(self.stream.waiting()) + patience);
            deadline.poll_expired(cx)
        })
        .await;
    }
}
