//! Moves an answer from its server into the store, whether or not its client is there.

use super::rest::Rest;
use crate::body::Body;
use crate::client::Client;
use crate::failure::Failure;
use crate::serve::proxy::{Relay, Tally, complaint};
use cache::Sink;
use protocol::{BodyKind, Frame};
use std::cell::Cell;
use std::future::{Future as _, poll_fn};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use telemetry::Level;
use tokio::task::spawn_local;
use transport::{Chunk, Deadline};

/// Keeps an answer that is all there. It is found at once, also by a request that its client has sent already.
pub fn keep_whole(mut opening: impl Sink + 'static, body: Chunk) {
    let mut keeping = Box::pin(async move {
        if opening.push(body.into_bytes()).await.is_ok() {
            opening.finish().await;
        }
    });
    // Its file is written behind.
    if keeping.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        spawn_local(keeping);
    }
}

/// Keeps an answer that comes; what came over the server's connection is told. One that breaks off is completed where its
/// rest can be had.
pub fn keep_coming(
    mut opening: impl Sink + 'static,
    relay: Box<Relay>,
    mut rest: Option<Box<Rest>>,
) -> Rc<Cell<Tally>> {
    let tally = Rc::new(Cell::new(relay.tally()));
    let told = Rc::clone(&tally);
    spawn_local(async move {
        let mut deadline = Deadline::new();
        let mut client = Client::inside(&mut deadline, BodyKind::None);
        let mut source = Body::Relay(relay);
        loop {
            let piece = next(&mut source, &mut client).await;
            if let Some(relay) = source.relay() {
                told.set(relay.tally());
                if !matches!(piece, Ok(Some(_))) {
                    log_complaints(relay);
                }
            }
            match piece {
                // What failed was logged where it failed.
                Err(failure) => {
                    let Some(rest) = &mut rest else { return };
                    let Some(body) = Box::pin(rest.fetch(opening.received(), failure)).await else { return };
                    source = body;
                }
                Ok(None) => return opening.finish().await,
                Ok(Some(piece)) => {
                    if opening.push(piece.into_bytes()).await.is_err() {
                        return;
                    }
                }
            }
        }
    });
    tally
}

/// What a program complained of; the exchange that asked it may be over.
fn log_complaints(relay: &Relay) {
    for text in relay.complaints() {
        telemetry::error_log::process().log(Level::Error, format_args!("{}", complaint(text)));
    }
}

/// The next piece of a body.
async fn next(source: &mut Body, client: &mut Client<'_>) -> Result<Option<Chunk>, Failure> {
    poll_fn(|cx| {
        loop {
            source.poll_source(cx, client, true)?;
            match source.poll_frame(cx)? {
                Poll::Ready(Some(Frame::Bytes(chunk))) => return Poll::Ready(Ok(Some(chunk))),
                Poll::Ready(Some(Frame::Trailers(_))) => {}
                Poll::Ready(None) => return Poll::Ready(Ok(None)),
                Poll::Pending => {
                    match source.deadline() {
                        Some(end) => client.deadline.set(end),
                        None => client.deadline.clear(),
                    }
                    if client.deadline.poll_expired(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    })
    .await
}
