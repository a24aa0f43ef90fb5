//! A tunnel: after 101 bytes flow both ways until both sides have ended.

mod end;

pub use end::End;

use crate::client::{Client, Disposition};
use crate::exchange::Exchange;
use crate::failure::Cause;
use crate::serve::proxy::Answering;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Persistence, ProxyTimeouts};
use protocol::h1::Length;
use protocol::{Announced, Carrier, Name, ResponseHead};
use sha1::{Digest as _, Sha1};
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Instant;
use transport::{Deadline, clock};
use upstream::Permit;

/// What is proven is that the server knows this (RFC 6455 §1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The field that proves it.
const ACCEPT: &[u8] = b"Sec-WebSocket-Accept";

/// A connection that becomes a tunnel.
pub struct Tunnel {
    head: ResponseHead,
    server: Carrier,
    permit: Permit,
    timeouts: ProxyTimeouts,
}

/// One direction of a tunnel.
#[derive(Default)]
struct Flow {
    /// The sender has ended.
    ended: bool,
    /// The receiver was told so.
    closed: bool,
    /// Bytes that went.
    bytes: u64,
}

impl Tunnel {
    /// A tunnel over what a server answered 101 on.
    pub fn new(head: ResponseHead, answering: Box<Answering>, timeouts: ProxyTimeouts) -> Self {
        Self { head, server: answering.pooled.connection, permit: answering.permit, timeouts }
    }
}

impl Exchange<'_> {
    /// Passes the 101 on and relays until the tunnel ends.
    pub async fn relay_tunnel(&mut self, tunnel: Tunnel, client: &mut Client<'_>) -> Disposition {
        let Tunnel { mut head, server, permit, timeouts } = tunnel;
        // Over HTTP/2 a tunnel is open when its request succeeded, and nothing was proven (RFC 8441 §5).
        let is_stream = self.request.head.opens_tunnel();
        if is_stream {
            head.status = 200;
            head.fields.remove(ACCEPT);
        } else if matches!(server, Carrier::Stream(_)) {
            self.prove(&mut head);
        }
        let mut shaped = crate::response::Response::empty(101);
        std::mem::swap(&mut shaped.head, &mut head);
        self.add_fields(&mut shaped);
        if self.place.section.style.persistence == Persistence::Asked {
            shaped.head.announced = Announced::Silent;
        } else {
            self.name_server(&mut shaped);
        }
        client.queue_head(&shaped.head, if is_stream { Length::Unknown } else { Length::None }, false);
        self.sent.status = shaped.head.status;
        self.sent.head_bytes = client.bytes_sent();
        self.sent.fields.clone_from(&shaped.head.fields);
        let early = client.take_input();
        let Some((mut end, deadline)) = client.tunnel_parts() else { return Disposition::CloseNow };
        let (mut connection, mut stream);
        let mut other = match server {
            Carrier::Connection(carrier) => {
                let buffered;
                (connection, buffered) = carrier.into_stream();
                if !buffered.is_empty() {
                    end.queue(buffered);
                }
                End::Connection(&mut connection)
            }
            Carrier::Stream(carrier) => {
                stream = carrier;
                End::Server(&mut stream)
            }
            // A program switches no protocols.
            Carrier::Gateway(_) => return Disposition::CloseNow,
        };
        if !early.is_empty() {
            other.queue(early);
        }
        let idle = timeouts.read;
        let outcome = relay(&mut end, &mut other, deadline, idle).await;
        let (up, down) = (outcome.up.bytes, outcome.down.bytes);
        self.note(|attempted| {
            attempted.length = down;
            attempted.received += down;
            attempted.sent += up;
        });
        self.sent.body_bytes = down;
        self.sent.complete = !outcome.timed_out;
        if outcome.timed_out {
            self.log_broken_delivery(crate::failure::Failure::new(Cause::Upstream(
                upstream::FailureCause::BodyTimeout,
            )));
        }
        permit.add_traffic(up, down);
        permit.succeeded(clock::now());
        Disposition::CloseNow
    }
}

impl Exchange<'_> {
    /// What a client of HTTP/1.1 that would speak WebSocket looks for in a 101 (RFC 6455 §4.2.2); over HTTP/2 nobody gave it.
    fn prove(&self, head: &mut ResponseHead) {
        if let Some(key) = self.request.head.fields.get_known(Name::SecWebsocketKey) {
            let digest = Sha1::new().chain_update(key).chain_update(GUID).finalize();
            head.fields.remove(ACCEPT);
            head.fields.push(ACCEPT, STANDARD.encode(digest).as_bytes());
        }
    }
}

/// How a tunnel went.
struct Relayed {
    up: Flow,
    down: Flow,
    timed_out: bool,
}

async fn relay(
    client: &mut End<'_>,
    server: &mut End<'_>,
    deadline: &mut Deadline,
    idle: std::time::Duration,
) -> Relayed {
    let (mut up, mut down) = (Flow::default(), Flow::default());
    let mut last = clock::now();
    let timed_out = poll_fn(|cx| {
        let moved = [up.poll(cx, client, server), down.poll(cx, server, client)];
        for outcome in moved {
            match outcome {
                Ok(true) => last = clock::now(),
                Ok(false) => {}
                Err(_) => return Poll::Ready(false),
            }
        }
        if up.closed && down.closed {
            return Poll::Ready(false);
        }
        poll_idle(cx, deadline, last + idle)
    })
    .await;
    Relayed { up, down, timed_out }
}

fn poll_idle(cx: &mut Context<'_>, deadline: &mut Deadline, limit: Instant) -> Poll<bool> {
    deadline.set(limit);
    deadline.poll_expired(cx).map(|()| true)
}

impl Flow {
    /// Moves what can be moved; true if something was.
    fn poll(&mut self, cx: &mut Context<'_>, from: &mut End<'_>, to: &mut End<'_>) -> io::Result<bool> {
        let mut moved = false;
        while !self.ended {
            if let Poll::Ready(outcome) = to.poll_ready(cx) {
                outcome?;
            } else {
                return Ok(moved);
            }
            match from.poll_receive(cx) {
                Poll::Ready(chunk) => {
                    // What came before it broke off is passed on.
                    let chunk = chunk.inspect_err(|_| drop(to.start_sending()))?;
                    self.ended = chunk.is_empty();
                    self.bytes += chunk.len() as u64;
                    moved = true;
                    if !self.ended {
                        to.queue(chunk);
                    }
                }
                Poll::Pending => {
                    to.start_sending()?;
                    return Ok(moved);
                }
            }
        }
        if !self.closed
            && let Poll::Ready(outcome) = to.poll_close(cx)
        {
            outcome?;
            self.closed = true;
        }
        Ok(moved)
    }
}
