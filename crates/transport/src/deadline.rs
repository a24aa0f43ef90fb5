//! `Deadline`: one timer for a connection, set on every read and write at the cost of a store.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::time::{Sleep, sleep_until};

use crate::clock;

/// A time limit that moves often and passes seldom.
///
/// [`Deadline::set`] only stores. The one timer behind it is armed when the caller is about to wait, and armed again when it
/// wakes before the limit that holds by then.
#[derive(Default)]
pub struct Deadline {
    limit: Option<Instant>,
    timer: Option<Timer>,
}

struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// Who will be woken, so that a timer that is armed for this task already is not touched.
    waker: Option<Waker>,
}

impl Deadline {
    /// A deadline that is not set: it never passes.
    pub const fn new() -> Self {
        Self { limit: None, timer: None }
    }

    /// Sets the limit to `limit`, earlier or later than before.
    pub fn set(&mut self, limit: Instant) {
        self.limit = Some(limit);
    }

    /// Takes the limit away.
    pub fn clear(&mut self) {
        self.limit = None;
    }

    /// The limit, if one is set.
    pub fn limit(&self) -> Option<Instant> {
        self.limit
    }

    /// Ready once the limit has passed. Poll it last, when everything else the task waits for is pending.
    pub fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(limit) = self.limit else { return Poll::Pending };
        if clock::now() >= limit {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Timer { sleep: Box::pin(sleep_until(limit.into())), waker: None });
        ready!(timer.poll(limit, cx));
        // The timer's clock is ahead of the turn's; the limit has passed by either within this turn.
        Poll::Ready(())
    }

    /// Waits until the limit passes; for ever when none is set.
    pub async fn expired(&mut self) {
        std::future::poll_fn(|cx| self.poll_expired(cx)).await;
    }
}

impl Timer {
    fn poll(&mut self, limit: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.sleep.is_elapsed() || self.sleep.deadline().into_std() > limit {
            self.sleep.as_mut().reset(limit.into());
            self.waker = None;
        }
        // Armed no later than the limit: it wakes this task in time, and is set anew then.
        if self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if self.sleep.deadline().into_std() >= limit {
                self.waker = None;
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(limit.into());
        }
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
