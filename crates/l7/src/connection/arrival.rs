//! Waiting for a request: idle for the keep-alive time, then for the time that a head may take.

use super::session::Session;
use crate::client::taking::Taking;
use crate::plan::FieldNames;
use protocol::RequestHead;
use protocol::h1::{Arrival, HeadError, HeadLimits};
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use transport::clock;

/// A connection that carried a request so lately is not closed for good: a client in the midst of its requests would meet the
/// close with its next one, and so is told with the answer to that one instead.
const FAREWELL: Duration = Duration::from_millis(250);

/// What waiting for a request came to.
pub(super) enum Wait {
    Head(Box<RequestHead>),
    Bad(Box<RequestHead>, HeadError),
    TimedOut(Box<RequestHead>),
    Over,
}

/// What is known of the request that is waited for.
struct Waiting {
    began: Instant,
    /// What is left of the last answer.
    taking: Taking,
    /// The connection's first request: its time runs from the start.
    first: bool,
    head_began: Option<Instant>,
    /// Held only while part of it has come.
    head: Option<Box<RequestHead>>,
    /// It is counted as one whose head is on its way.
    reading: bool,
}

impl Session {
    /// Waits for a request's head.
    pub(super) async fn await_head(&mut self) -> Wait {
        let (began, first) = (clock::now(), self.connection.requests() == 0);
        let (taking, head_began) = (Taking::new(), first.then_some(began));
        let mut waiting = Waiting { began, taking, first, head_began, head: None, reading: false };
        let arrived = poll_fn(|cx| self.poll_head(cx, &mut waiting)).await;
        if waiting.reading {
            self.standing.worker.shared.counters.reading.subtract(1);
        }
        arrived
    }

    fn poll_head(&mut self, cx: &mut Context<'_>, waiting: &mut Waiting) -> Poll<Wait> {
        let Some((listener, site)) = self.standing.place() else { return Poll::Ready(Wait::Over) };
        let (limits, head_time) = (limits(&site.head, listener.field_names), site.head.timeout);
        let mut head = waiting.head.take().unwrap_or_else(|| self.hall.take_head());
        if self.server.stream().queued() > 0 {
            // What is left of the last answer goes on; that it fails, reading tells too.
            let _ = self.server.poll_ready(cx);
        }
        match self.server.poll_head(cx, &limits, &mut head) {
            Poll::Ready(Ok(Arrival::Head)) => return Poll::Ready(Wait::Head(head)),
            Poll::Ready(Ok(Arrival::Closed)) => return Poll::Ready(Wait::Over),
            Poll::Ready(Err(error)) => return Poll::Ready(Wait::Bad(head, error)),
            Poll::Pending => {}
        }
        let mut now = clock::now();
        if self.server.head_started() {
            waiting.head = Some(head);
            if !std::mem::replace(&mut waiting.reading, true) {
                self.standing.worker.shared.counters.reading.add(1);
            }
            self.deadline.set(*waiting.head_began.get_or_insert(now) + head_time);
            ready!(self.deadline.poll_expired(cx));
            return Poll::Ready(waiting.head.take().map_or(Wait::Over, Wait::TimedOut));
        }
        self.hall.return_head(head);
        self.entry.wake_when_idle(cx);
        while let Some(until) = self.idle_until(now, waiting, head_time) {
            self.deadline.set(until);
            ready!(self.deadline.poll_expired(cx));
            // The turn's clock may be behind the timer's.
            now = now.max(until);
        }
        Poll::Ready(Wait::Over)
    }

    /// Until when there is nothing to do if nothing comes; `None`: the connection is to close. What changes that wakes it.
    fn idle_until(&mut self, now: Instant, waiting: &mut Waiting, head_time: Duration) -> Option<Instant> {
        let Self { standing, hall, manners, server, connection, .. } = self;
        let listens = standing.catch_up(hall, &connection.facts.local);
        let after = |since: Instant, time: Duration| Some(since + time).filter(|until| now < *until);
        if waiting.first {
            // Whoever has just connected may count on an answer, whatever changes.
            return after(waiting.began, head_time);
        }
        if !listens || hall.registry.is_leaving() {
            return after(waiting.began, manners.idle_while_leaving.max(FAREWELL));
        }
        let queued = server.stream().queued();
        let since = waiting.taking.since(queued);
        if queued == 0 {
            return after(since, manners.idle);
        }
        // That all is sent wakes nobody.
        after(since, manners.idle.min(manners.sending)).or_else(|| after(since, manners.sending))
    }
}

pub(super) fn limits(reading: &model::HeadReading, names: FieldNames) -> HeadLimits {
    HeadLimits {
        buffer: reading.buffer.as_usize(),
        large_count: usize::try_from(reading.large_count).unwrap_or(usize::MAX),
        large_size: reading.large_size.as_usize(),
        line: (reading.max_line.0 > 0).then(|| reading.max_line.as_usize()),
        ignore_invalid: names.drop_invalid,
        underscores: names.underscores,
        fields: usize::try_from(reading.max_fields).unwrap_or(usize::MAX),
    }
}
