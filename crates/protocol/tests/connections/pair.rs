//! A connected pair: a stream of ours, and a raw peer that sends and expects bytes.

use std::future::{Future, poll_fn};
use std::net::{SocketAddr, TcpListener as Socket};
use std::os::fd::OwnedFd;
use std::time::Duration;

use protocol::h1::{
    Arrival, BodyError, ClientConnection, HeadError, HeadLimits, Kind, ResponseError, ServerConnection,
};
use protocol::{Fields, Frame, RequestHead, ResponseHead};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use transport::runtime::{self, Choice};
use transport::{Chunk, Listener, Stream};

/// Runs a test on epoll, and on the ring where there is one.
pub(crate) fn on_each_transport<F: Future<Output = ()>>(test: impl Fn() -> F) {
    let mut choices = vec![Choice::Epoll];
    if runtime::probe().is_ok() {
        choices.push(Choice::Uring);
    }
    for choice in choices {
        let bounded = || tokio::time::timeout(Duration::from_secs(20), test());
        runtime::run(choice, |_| bounded()).expect("a runtime").expect("the test ends in time");
    }
}

/// The raw end of a pair.
pub(crate) struct Peer(TcpStream);

/// An accepted stream of ours and the peer that connected.
pub(crate) async fn pair() -> (Stream, Peer) {
    let socket = Socket::bind("127.0.0.1:0").expect("a free port");
    let address: SocketAddr = socket.local_addr().expect("an address");
    let mut listener = Listener::new(OwnedFd::from(socket)).expect("a listener");
    let peer = TcpStream::connect(address).await.expect("a connection");
    peer.set_nodelay(true).expect("an option");
    let (stream, _) = listener.accept().await.expect("the same connection");
    (stream, Peer(peer))
}

pub(crate) async fn server() -> (ServerConnection, Peer) {
    let (stream, peer) = pair().await;
    (ServerConnection::new(stream, Chunk::new()), peer)
}

pub(crate) async fn client() -> (ClientConnection, Peer) {
    let (stream, peer) = pair().await;
    (ClientConnection::new(stream), peer)
}

impl Peer {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("to send");
    }

    /// Says that nothing more comes.
    pub(crate) async fn finish(&mut self) {
        self.0.shutdown().await.expect("to finish");
    }

    pub(crate) async fn expect(&mut self, text: &str) {
        let mut received = vec![0; text.len()];
        self.0.read_exact(&mut received).await.expect("to receive");
        assert_eq!(String::from_utf8_lossy(&received), text);
    }

    /// What one call of the kernel returns.
    pub(crate) async fn receive_once(&mut self) -> String {
        let mut received = vec![0; 1 << 16];
        let length = self.0.read(&mut received).await.expect("to receive");
        String::from_utf8_lossy(&received[..length]).into_owned()
    }

    pub(crate) async fn expect_end(&mut self) {
        assert_eq!(self.receive_once().await, "");
    }
}

pub(crate) async fn request(connection: &mut ServerConnection, head: &mut RequestHead) -> Result<Arrival, HeadError> {
    poll_fn(|cx| connection.poll_head(cx, &HeadLimits::default(), head)).await
}

pub(crate) async fn response(
    connection: &mut ClientConnection,
    head: &mut ResponseHead,
) -> Result<Kind, ResponseError> {
    poll_fn(|cx| connection.poll_head(cx, 4096, head)).await
}

/// A body's content and trailers.
pub(crate) async fn body<E>(
    mut next: impl AsyncFnMut() -> Result<Option<Frame>, E>,
) -> Result<(String, Option<Fields>), E> {
    let mut content = Vec::new();
    let mut trailers = None;
    while let Some(frame) = next().await? {
        match frame {
            Frame::Bytes(chunk) => {
                assert!(!chunk.is_empty(), "a frame has content");
                content.extend_from_slice(&chunk);
            }
            Frame::Trailers(fields) => trailers = Some(fields),
        }
    }
    Ok((String::from_utf8(content).expect("text"), trailers))
}

pub(crate) async fn request_body(connection: &mut ServerConnection) -> Result<(String, Option<Fields>), BodyError> {
    body(async || poll_fn(|cx| connection.poll_body(cx)).await).await
}

pub(crate) async fn response_body(connection: &mut ClientConnection) -> Result<(String, Option<Fields>), BodyError> {
    body(async || poll_fn(|cx| connection.poll_body(cx)).await).await
}
