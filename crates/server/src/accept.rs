//! Accepting connections: the PROXY protocol header is read, then HTTP takes over.

use l7::{Hall, serve_connection};
use model::{ListenAddress, ListenerOptions};
use protocol::ConnectionFacts;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;
use telemetry::{Level, SystemError};
use tokio::task::spawn_local;
use transport::proxy_protocol::{self, Header, Parsed};
use transport::{Address, Chunk, Deadline, Keepalive, Listener, Stream, clock};

/// How long accepting rests when there are no descriptors left.
const REST: Duration = Duration::from_millis(500);

/// Numbers of connections, unique in the process.
static SERIAL: AtomicU64 = AtomicU64::new(1);

/// Accepts until the task is ended.
pub async fn run(hall: Rc<Hall>, mut listener: Listener, address: ListenAddress) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                spawn_local(serve(Rc::clone(&hall), stream, peer, address.clone()));
            }
            Err(error) => rest(&hall, &error).await,
        }
    }
}

/// A connection that failed before it was accepted is nobody's concern; a lack of descriptors is.
async fn rest(hall: &Hall, error: &io::Error) {
    if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) {
        return;
    }
    let worker = hall.current();
    worker.shared.error_log.log(Level::Critical, format_args!("accept() failed {}", SystemError(error)));
    tokio::time::sleep(REST).await;
}

async fn serve(hall: Rc<Hall>, mut stream: Stream, peer: Address, address: ListenAddress) {
    let worker = hall.current();
    let counters = Rc::clone(&worker.shared);
    let Some(listener) = worker.plan.listener(&address) else { return };
    set_up(&stream, &listener.options);
    counters.counters.accepted.add(1);
    counters.counters.active.add(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let mut facts = ConnectionFacts::new(serial, peer, stream.local_address().clone(), clock::unix_time());
    let proxied = listener.proxy_protocol;
    drop(worker);
    let buffered = if proxied { read_header(&mut stream, &mut facts).await } else { Ok(Chunk::new()) };
    match buffered {
        Ok(buffered) => {
            counters.counters.handled.add(1);
            serve_connection(hall, stream, buffered, facts, address).await;
        }
        Err(text) => counters.error_log.log(Level::Error, format_args!("*{serial} {text} while reading PROXY protocol")),
    }
    counters.counters.active.subtract(1);
}

fn set_up(stream: &Stream, options: &ListenerOptions) {
    // A connection that closed already cannot be set up; its first read will tell.
    if let Some(keep_alive) = options.keep_alive.filter(|keep_alive| keep_alive.enabled) {
        let probes = Keepalive { idle: keep_alive.idle, interval: keep_alive.interval, count: keep_alive.count };
        let _ = stream.set_keepalive(&probes);
    }
}

/// Reads the PROXY protocol header; what follows it is the first input of the connection.
async fn read_header(stream: &mut Stream, facts: &mut ConnectionFacts) -> Result<Chunk, String> {
    let mut gathered: Vec<u8> = Vec::new();
    let mut deadline = Deadline::new();
    deadline.set(clock::now() + Duration::from_secs(60));
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
                keep_addresses(&header, facts);
                return Ok(rest);
            }
            Ok(Parsed::Incomplete) if gathered.len() <= proxy_protocol::LONGEST => {}
            Ok(Parsed::Incomplete) => return Err("too long header".into()),
            Err(invalid) => return Err(format!("broken header: {invalid}")),
        }
    }
}

fn keep_addresses(header: &Header, facts: &mut ConnectionFacts) {
    if let Some(addresses) = &header.addresses {
        facts.proxy_source = Some(addresses.source);
        facts.proxy_destination = Some(addresses.destination);
    }
}
