//! A client that speaks HTTP/2 without TLS.

use std::future::Future;
use std::net::SocketAddr;
use std::thread;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::gate::PATIENCE;

/// A connection whose client is this test.
pub struct Http2 {
    runtime: Handle,
    /// The thread that moves the frames ends when this is dropped.
    _running: oneshot::Sender<()>,
    sender: SendRequest<Bytes>,
    address: SocketAddr,
    ended: tokio::task::JoinHandle<Result<(), h2::Error>>,
}

/// A request under way.
pub struct Asked {
    response: ResponseFuture,
    /// What is left to be sent of it.
    pub body: SendStream<Bytes>,
}

/// A response, all of it.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its fields.
    pub fields: HeaderMap,
    /// Its content.
    pub body: Vec<u8>,
    /// The fields behind it.
    pub trailers: HeaderMap,
}

/// A tunnel that a request opened (RFC 8441), or what else it was answered.
pub struct Tunnel {
    /// The status of the answer.
    pub status: u16,
    /// Its fields.
    pub fields: HeaderMap,
    incoming: RecvStream,
    outgoing: SendStream<Bytes>,
}

impl Http2 {
    /// Connects and sends the preface.
    pub fn connect(address: SocketAddr) -> Self {
        let frames = Builder::new_current_thread().enable_all().build().unwrap();
        let runtime = frames.handle().clone();
        let (running, stopped) = oneshot::channel::<()>();
        thread::spawn(move || frames.block_on(stopped));
        let (sender, ended) = runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let (sender, connection) = h2::client::handshake(stream).await.unwrap();
            (sender, tokio::spawn(connection))
        });
        Self { runtime, _running: running, sender, address, ended }
    }

    /// A request for a path of this server.
    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        Request::builder().method(method).uri(format!("http://{}{path}", self.address))
    }

    /// Asks and waits.
    pub fn get(&mut self, path: &str) -> Answer {
        let asked = self.ask(self.request("GET", path).body(()).unwrap(), true);
        self.answer(asked).unwrap()
    }

    /// Sends a request with its body and waits.
    pub fn send(&mut self, request: Request<()>, body: &[u8]) -> Result<Answer, h2::Error> {
        let mut asked = self.ask(request, false);
        let body = Bytes::copy_from_slice(body);
        self.wait(async move {
            // Where it is refused the answer tells.
            let _ = asked.body.send_data(body, true);
            read(asked.response).await
        })
    }

    /// Begins a request; `whole`: it has no body.
    pub fn ask(&mut self, request: Request<()>, whole: bool) -> Asked {
        let sender = self.sender.clone();
        self.wait(async move {
            let mut sender = sender.ready().await.unwrap();
            let (response, body) = sender.send_request(request, whole).unwrap();
            Asked { response, body }
        })
    }

    /// Waits for the answer.
    pub fn answer(&mut self, asked: Asked) -> Result<Answer, h2::Error> {
        self.wait(read(asked.response))
    }

    /// Waits for the head of the answer; its body is not read, so that its window fills.
    pub fn head(&mut self, asked: Asked) -> Response<RecvStream> {
        self.wait(asked.response).unwrap()
    }

    /// Asks for a tunnel in which `protocol` is spoken. The server must have answered something before.
    pub fn open(&mut self, path: &str, protocol: &'static str) -> Tunnel {
        let asked = self.ask_for_tunnel(path, protocol);
        self.incoming(asked)
    }

    /// Waits for the head of the answer, whose content may then be heard piece by piece.
    pub fn incoming(&mut self, asked: Asked) -> Tunnel {
        let (head, incoming) = self.wait(asked.response).unwrap().into_parts();
        Tunnel { status: head.status.as_u16(), fields: head.headers, incoming, outgoing: asked.body }
    }

    /// The same, without waiting for the answer.
    pub fn ask_for_tunnel(&mut self, path: &str, protocol: &'static str) -> Asked {
        let request = self.request("CONNECT", path).extension(Protocol::from_static(protocol)).body(()).unwrap();
        self.ask(request, false)
    }

    /// Sends bytes into a tunnel; `last`: no others will follow.
    pub fn say(&mut self, tunnel: &mut Tunnel, bytes: impl Into<Bytes>, last: bool) {
        let bytes = bytes.into();
        self.wait(async { tunnel.outgoing.send_data(bytes, last).unwrap() });
    }

    /// Waits for so many bytes out of a tunnel; fewer where it ends.
    pub fn hear(&mut self, tunnel: &mut Tunnel, count: usize) -> Result<Vec<u8>, h2::Error> {
        let incoming = &mut tunnel.incoming;
        self.wait(async move {
            let mut heard = Vec::new();
            while heard.len() < count
                && let Some(bytes) = incoming.data().await.transpose()?
            {
                incoming.flow_control().release_capacity(bytes.len())?;
                heard.extend_from_slice(&bytes);
            }
            Ok(heard)
        })
    }

    /// Sends the rest of a request's body, and trailers.
    pub fn end(&mut self, asked: &mut Asked, bytes: impl Into<Bytes>, trailers: HeaderMap) {
        let bytes = bytes.into();
        self.wait(async {
            asked.body.send_data(bytes, false).unwrap();
            asked.body.send_trailers(trailers).unwrap();
        });
    }

    /// Takes a request back.
    pub fn cancel(&mut self, mut asked: Asked) {
        self.wait(async move {
            asked.body.send_reset(h2::Reason::CANCEL);
        });
    }

    /// Waits until the server has ended the connection.
    pub fn wait_for_end(self) -> Result<(), h2::Error> {
        let Self { runtime, sender, ended, _running, .. } = self;
        drop(sender);
        runtime.block_on(async { timeout(PATIENCE, ended).await.expect("the server ends it").unwrap() })
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { timeout(PATIENCE, future).await.expect("an answer in time") })
    }
}

async fn read(response: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut incoming) = response.await?.into_parts();
    let mut body = Vec::new();
    while let Some(bytes) = incoming.data().await.transpose()? {
        incoming.flow_control().release_capacity(bytes.len())?;
        body.extend_from_slice(&bytes);
    }
    let trailers = incoming.trailers().await?.unwrap_or_default();
    Ok(Answer { status: head.status.as_u16(), fields: head.headers, body, trailers })
}

impl Answer {
    /// The first field of that name; empty without.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
