//! Accepting connections: the PROXY protocol header is read, then HTTP takes over.

mod handshake;
mod handshakes;

use handshake::serve_secured;
use handshakes::Handshakes;
use l7::{Accepted, Hall, Security, Worker, serve_connection};
use model::{ListenAddress, ListenerOptions};
use protocol::ConnectionFacts;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use telemetry::{Level, SystemError};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_local};
use transport::proxy_protocol::{self, Header, Parsed};
use transport::{Address, Chunk, Deadline, Keepalive, Listener, Stream, clock};

/// How long accepting rests when there are no descriptors left.
const REST: Duration = Duration::from_millis(500);

/// How long a PROXY protocol header may take, where no `client_header_timeout` says so.
const PATIENCE: Duration = Duration::from_mins(1);

/// Numbers of connections, unique in the process.
static SERIAL: AtomicU64 = AtomicU64::new(1);

/// A listener that is accepted from.
pub struct Acceptor {
    stop: oneshot::Sender<Rc<Worker>>,
    task: JoinHandle<()>,
}

impl Acceptor {
    /// Begins to accept.
    pub fn start(hall: &Rc<Hall>, listener: Listener, address: ListenAddress) -> Self {
        let (stop, stopped) = oneshot::channel();
        let handshakes = Rc::default();
        let door = Door { hall: Rc::clone(hall), address: Rc::new(address), handshakes, last: None };
        Self { stop, task: spawn_local(door.accept(listener, stopped)) }
    }

    /// Accepts what has come until now and no more; `last` serves it if the present plan has no such listener.
    pub fn stop(self, last: Rc<Worker>) -> JoinHandle<()> {
        // A task that is over already needs no word.
        let _ = self.stop.send(last);
        self.task
    }
}

/// Where connections of one listener come in.
struct Door {
    hall: Rc<Hall>,
    address: Rc<ListenAddress>,
    handshakes: Rc<Handshakes>,
    /// The state of the last plan that had the listener, once it stops.
    last: Option<Rc<Worker>>,
}

impl Door {
    async fn accept(mut self, mut listener: Listener, stopped: oneshot::Receiver<Rc<Worker>>) {
        let mut stopped = pin!(stopped);
        loop {
            let accepted = if self.last.is_some() {
                listener.accept().await
            } else {
                tokio::select! {
                    biased;
                    last = &mut stopped => {
                        // Nobody is left to tell: the worker ends.
                        let Ok(last) = last else { return };
                        self.last = Some(last);
                        listener.stop();
                        continue;
                    }
                    accepted = listener.accept() => accepted,
                }
            };
            match accepted {
                Ok((stream, peer)) => self.admit(stream, peer, listener.address()),
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return,
                Err(error) => rest(&self.hall, &error).await,
            }
        }
    }

    /// The state of a plan that has the listener: the present one, unless it was removed.
    fn worker(&self, local: &Address) -> Rc<Worker> {
        let present = self.hall.current();
        match &self.last {
            Some(last) if present.plan.listener_at(&self.address, local).is_none() => Rc::clone(last),
            _ => present,
        }
    }

    fn admit(&self, stream: Stream, peer: Address, bound: &Address) {
        // Only a socket on all addresses leaves it open which one was reached.
        let is_any = bound.inet().is_some_and(|bound| bound.ip().is_unspecified());
        let local = if is_any { stream.local_address() } else { bound }.clone();
        let worker = self.worker(&local);
        let Some((_, listener)) = worker.plan.listener_at(&self.address, &local) else { return };
        set_up(&stream, &listener.options);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let facts = ConnectionFacts::new(serial, peer, local, clock::unix_time());
        let (proxied, secured) = (listener.proxy_protocol, listener.tls);
        let patience = worker.plan.sites.get(listener.default_site).map_or(PATIENCE, |site| site.head.timeout);
        let (address, entry) = (Rc::clone(&self.address), self.hall.registry.enter());
        let accepted = Accepted {
            stream,
            buffered: Chunk::new(),
            facts,
            security: Security::None,
            listener: address,
            worker,
            entry,
        };
        let hall = Rc::clone(&self.hall);
        if proxied {
            let handshakes = secured.then(|| Rc::clone(&self.handshakes));
            spawn_local(serve_proxied(hall, accepted, patience, handshakes));
        } else if secured {
            let Some(counted) = self.handshakes.begin(&accepted.facts) else { return };
            spawn_local(serve_secured(hall, accepted, patience, counted));
        } else if let Some(serving) = serve(hall, accepted) {
            spawn_local(serving);
        }
    }
}

/// A connection that failed before it was accepted is nobody's concern; a lack of descriptors is.
async fn rest(hall: &Hall, error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) {
        return;
    }
    hall.current().shared.error_log.log(Level::Critical, format_args!("accept() failed {}", SystemError(error)));
    tokio::time::sleep(REST).await;
}

fn serve(hall: Rc<Hall>, accepted: Accepted) -> Option<impl Future<Output = ()>> {
    accepted.worker.shared.counters.handled.add(1);
    serve_connection(hall, accepted)
}

/// A connection whose first bytes say for whom it speaks; `handshakes`: TLS follows.
async fn serve_proxied(hall: Rc<Hall>, mut accepted: Accepted, patience: Duration, handshakes: Option<Rc<Handshakes>>) {
    match read_header(&mut accepted.stream, &mut accepted.facts, patience).await {
        Ok(buffered) => {
            accepted.buffered = buffered;
            if let Some(handshakes) = handshakes {
                let Some(counted) = handshakes.begin(&accepted.facts) else { return };
                spawn_local(serve_secured(hall, accepted, patience, counted));
            } else if let Some(serving) = serve(hall, accepted) {
                // A task of its own, whose memory the header has no part in.
                spawn_local(serving);
            }
        }
        Err(text) => {
            let (log, serial) = (&accepted.worker.shared.error_log, accepted.facts.serial);
            log.log(Level::Error, format_args!("*{serial} {text} while reading PROXY protocol"));
        }
    }
}

fn set_up(stream: &Stream, options: &ListenerOptions) {
    // A connection that closed already cannot be set up; its first read will tell.
    if let Some(keep_alive) = options.keep_alive.filter(|keep_alive| keep_alive.enabled) {
        let probes = Keepalive { idle: keep_alive.idle, interval: keep_alive.interval, count: keep_alive.count };
        let _ = stream.set_keepalive(&probes);
    }
}

/// Reads the PROXY protocol header; what follows it is the first input of the connection.
async fn read_header(stream: &mut Stream, facts: &mut ConnectionFacts, patience: Duration) -> Result<Chunk, String> {
    let mut gathered: Vec<u8> = Vec::new();
    let mut deadline = Deadline::new();
    deadline.set(clock::now() + patience);
    loop {
        let received = poll_fn(|cx| match stream.poll_receive(cx) {
            Poll::Ready(outcome) => Poll::Ready(outcome),
            Poll::Pending => deadline.poll_expired(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
        })
        .await;
        let chunk = received.map_err(|error| format!("recv() failed: {error}"))?;
        if chunk.is_empty() {
            return Err("client closed connection".into());
        }
        gathered.extend_from_slice(&chunk);
        match proxy_protocol::parse(&gathered) {
            Ok(Parsed::Header(header)) => {
                let mut rest = Chunk::from(std::mem::take(&mut gathered));
                rest.advance(header.length);
                keep_addresses(header, facts);
                return Ok(rest);
            }
            Ok(Parsed::Incomplete) if gathered.len() <= proxy_protocol::LONGEST => {}
            Ok(Parsed::Incomplete) => return Err("too long header".into()),
            Err(invalid) => return Err(format!("broken header: {invalid}")),
        }
    }
}

fn keep_addresses(header: Header, facts: &mut ConnectionFacts) {
    facts.proxy_records = header.records.into();
    if let Some(addresses) = &header.addresses {
        facts.proxy_source = Some(addresses.source);
        facts.proxy_destination = Some(addresses.destination);
    }
}
