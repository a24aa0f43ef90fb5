//! Runs a test on each kind of transport, and stands up both ends of a connection.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use tokio::time::timeout;
use transport::runtime::{self, Choice, Kind};
use transport::{Address, ConnectOptions, Listener, Stream};

/// Longer than anything here takes on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Runs `test` on epoll, and on the ring where the kernel allows one.
pub(crate) fn on_each_kind<F: Future<Output = ()>>(test: impl Fn(Kind) -> F) {
    for choice in [Choice::Epoll, Choice::Uring] {
        if choice == Choice::Uring && runtime::probe().is_err() {
            eprintln!("the kernel refuses io_uring: run on epoll only");
            continue;
        }
        runtime::run(choice, |kind| {
            let running = test(kind);
            async move { timeout(LIMIT, running).await.unwrap_or_else(|_| panic!("no end in sight on {}", kind.name())) }
        })
        .unwrap();
    }
}

/// A listener on a port of the loopback.
pub(crate) fn listen() -> (Listener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (Listener::new(listener.into()).unwrap(), address)
}

/// Both ends of a connection on this worker.
pub(crate) async fn pair() -> (Stream, Stream) {
    let (mut listener, address) = listen();
    let connecting = tokio::task::spawn_local(async move { connect(address).await });
    let (accepted, _) = listener.accept().await.unwrap();
    (connecting.await.unwrap(), accepted)
}

/// A connection to `address`.
pub(crate) async fn connect(address: SocketAddr) -> Stream {
    transport::connect(&Address::Inet(address), &ConnectOptions::default()).await.unwrap()
}

/// A stream on this worker, and its other end as a plain blocking socket.
pub(crate) async fn with_plain_peer() -> (Stream, std::net::TcpStream) {
    let (mut listener, address) = listen();
    let peer = std::thread::spawn(move || std::net::TcpStream::connect(address).unwrap());
    let (accepted, _) = listener.accept().await.unwrap();
    (accepted, peer.join().unwrap())
}

/// Receives exactly `length` bytes.
pub(crate) async fn receive_exactly(stream: &mut Stream, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let mut chunk = stream.receive().await.unwrap();
        assert!(!chunk.is_empty(), "the stream ended after {} of {length} bytes", bytes.len());
        bytes.extend_from_slice(&chunk.split_to(length - bytes.len()));
        stream.unread(chunk);
    }
    bytes
}

/// Receives until the end.
pub(crate) async fn receive_all(stream: &mut Stream) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let chunk = stream.receive().await?;
        if chunk.is_empty() {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&chunk);
    }
}

/// Queues and sends `bytes`.
pub(crate) async fn send(stream: &mut Stream, bytes: &[u8]) {
    stream.queue(bytes);
    stream.flush().await.unwrap();
}

/// Bytes that show a loss, a repetition or a change of order.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect()
}
