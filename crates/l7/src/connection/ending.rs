//! The end of a connection: what was queued is sent, and what the client still sends may be read for a while.

use super::session::Session;
use crate::client::Disposition;
use crate::client::taking::Taking;
use crate::plan::Section;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;
use transport::{clock, runtime};

/// How a connection behaves between and after exchanges: as the last one's section says.
#[derive(Clone, Copy)]
pub(super) struct Manners {
    /// How long it may be idle.
    pub(super) idle: Duration,
    /// How long it may be idle although the worker is to end.
    pub(super) idle_while_leaving: Duration,
    /// How long the client may take nothing of what is queued.
    pub(super) sending: Duration,
    /// How long input is discarded in all, and without any coming.
    lingering: (Duration, Duration),
}

impl Manners {
    pub(super) fn of(section: &Section) -> Self {
        Self {
            idle: section.keep_alive.timeout,
            idle_while_leaving: section.keep_alive.min_timeout,
            sending: section.send_timeout,
            lingering: (section.lingering.time, section.lingering.timeout),
        }
    }
}

impl Session {
    /// Ends the connection as its last exchange asks.
    pub(super) async fn close(&mut self, disposition: Disposition) {
        if disposition != Disposition::CloseNow {
            self.server.stream_mut().queue_end();
        }
        if disposition != Disposition::CloseNow && self.flush().await && disposition == Disposition::Linger {
            self.linger().await;
        }
        // Whoever sees the end finds the log written.
        runtime::before_closing().await;
    }

    /// Whether all that was queued is sent.
    async fn flush(&mut self) -> bool {
        let Self { server, deadline, manners, .. } = self;
        let mut taking = Taking::new();
        poll_fn(|cx| match server.poll_flush(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome.is_ok()),
            Poll::Pending => {
                deadline.set(taking.since(server.stream().queued()) + manners.sending);
                deadline.poll_expired(cx).map(|()| false)
            }
        })
        .await
    }

    /// Reads and discards what the client still sends, so that it can read the answer before the reset.
    async fn linger(&mut self) {
        let Self { server, deadline, manners, .. } = self;
        let (time, timeout) = manners.lingering;
        server.stream_mut().shutdown_write();
        let end = clock::now() + time;
        let mut pause = clock::now() + timeout;
        poll_fn(|cx| {
            loop {
                match server.stream_mut().poll_receive(cx) {
                    Poll::Ready(Ok(chunk)) if !chunk.is_empty() => pause = clock::now() + timeout,
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
}
