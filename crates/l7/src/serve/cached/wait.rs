//! Waiting for an answer that another request fetches.

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use cache::{Entry, Fill};
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use transport::clock;

/// What came of waiting.
pub enum Waited {
    /// The answer is on its way, and may be read as it comes.
    Joined(Arc<Fill>),
    /// There may be an answer now.
    Changed,
    /// The other one gave up, or got nothing that others may have.
    Refused,
    /// It took too long.
    TooLong,
}

impl Exchange<'_> {
    /// Waits until something comes of another request's fetching, at most until a time.
    ///
    /// # Errors
    /// When the client leaves.
    pub async fn wait_for_other(
        &mut self,
        entry: &Arc<Entry>,
        age: Duration,
        until: Instant,
        client: &mut Client<'_>,
    ) -> Result<Waited, Failure> {
        let mut changed = pin!(entry.changed());
        if let Some(fill) = entry.fill() {
            return Ok(Waited::Joined(fill));
        }
        if entry.object().is_some() {
            return Ok(Waited::Changed);
        }
        let now = clock::now();
        if until <= now {
            return Ok(Waited::TooLong);
        }
        // Whoever fetches may be too slow: then another may.
        let patience = entry.claimed_for(clock::unix_time()).map(|since| now + age.saturating_sub(since));
        let Some(patience) = patience else { return Ok(Waited::Changed) };
        let woken = poll_fn(|cx| {
            if changed.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(true));
            }
            if client.poll_closed(cx).is_ready() {
                return Poll::Ready(Err(Failure::new(Cause::ClientLeft)));
            }
            client.deadline.set(until.min(patience));
            client.deadline.poll_expired(cx).map(|()| Ok(false))
        })
        .await?;
        if !woken {
            return Ok(if until <= clock::now() { Waited::TooLong } else { Waited::Changed });
        }
        Ok(match entry.fill() {
            Some(fill) => Waited::Joined(fill),
            None if entry.object().is_some() || entry.is_claimed() => Waited::Changed,
            None => Waited::Refused,
        })
    }
}
