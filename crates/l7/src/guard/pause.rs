//! Letting a client wait.

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use telemetry::Level;
use transport::clock;

impl Exchange<'_> {
    /// Lets the client wait.
    ///
    /// # Errors
    /// When it leaves.
    pub(super) async fn pause(&self, span: Duration, client: &mut Client<'_>) -> Result<(), Failure> {
        let end = clock::now() + span;
        let left = poll_fn(|cx| {
            client.deadline.set(end);
            if client.deadline.poll_expired(cx).is_ready() {
                return Poll::Ready(false);
            }
            client.poll_closed(cx).map(|()| true)
        });
        if left.await {
            self.log(Level::Info, || "client prematurely closed connection".into());
            return Err(Failure::new(Cause::ClientLeft));
        }
        Ok(())
    }
}
