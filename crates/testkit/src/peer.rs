//! Scripted peers: origins on threads that answer as a test tells them and record every request byte for byte.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::address::Loopback;
use crate::gate::eventually;
use crate::message::Request;
use crate::wire::Wire;

type Script = Arc<dyn Fn(&mut Conversation) + Send + Sync>;

/// An origin server of a test.
pub struct Peer {
    place: Place,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

enum Place {
    Tcp(Loopback),
    Unix(PathBuf),
}

#[derive(Default)]
struct Shared {
    name: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    script: Option<Script>,
    greeting: Option<Script>,
    requests: Vec<Request>,
    accepted: usize,
    open: HashMap<usize, Wire>,
    ended: bool,
}

impl Peer {
    /// A peer on an address of its own. Until told otherwise it answers every request with the request itself.
    pub fn start(name: &str) -> Self {
        let address = Loopback::next();
        let listener = TcpListener::bind(address.socket()).unwrap();
        let accept = move || {
            let (stream, _) = listener.accept()?;
            Wire::from_tcp(stream)
        };
        Self::accepting(name, Place::Tcp(address), accept)
    }

    /// A peer on a Unix socket.
    pub fn start_unix(name: &str, path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(path, everyone).unwrap();
        let accept = move || {
            let (stream, _) = listener.accept()?;
            Wire::from_unix(stream)
        };
        Self::accepting(name, Place::Unix(path.to_owned()), accept)
    }

    fn accepting(name: &str, place: Place, accept: impl Fn() -> io::Result<Wire> + Send + 'static) -> Self {
        let shared = Arc::new(Shared { name: name.to_owned(), state: Mutex::default() });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                while let Ok(wire) = accept() {
                    if !shared.serve(wire) {
                        return;
                    }
                }
            }
        });
        Self { place, shared, acceptor: Some(acceptor) }
    }

    /// Where it listens, as `proxy_pass` and `server` name it.
    pub fn address(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.to_string(),
            Place::Unix(path) => format!("unix:{}", path.display()),
        }
    }

    /// From now on: reads each request whole and sends `response` as it stands.
    pub fn reply(&self, response: impl Into<Vec<u8>>) {
        let response = response.into();
        self.script(move |conversation| {
            conversation.read_body();
            conversation.send(&response);
        });
    }

    /// From now on: reads each request whole, sends `response` and closes.
    pub fn reply_and_close(&self, response: impl Into<Vec<u8>>) {
        let response = response.into();
        self.script(move |conversation| {
            conversation.read_body();
            conversation.send(&response);
            conversation.close();
        });
    }

    /// From now on: runs `script` for each request, when its head has come.
    pub fn script(&self, script: impl Fn(&mut Conversation) + Send + Sync + 'static) {
        self.state().script = Some(Arc::new(script));
    }

    /// From now on: runs `script` for each connection, before anything is read from it.
    pub fn greet(&self, script: impl Fn(&mut Conversation) + Send + Sync + 'static) {
        self.state().greeting = Some(Arc::new(script));
    }

    /// Back to echoing, with nothing recorded; connections stay.
    pub fn reset(&self) {
        let mut state = self.state();
        state.script = None;
        state.greeting = None;
        state.requests.clear();
        state.accepted = 0;
    }

    /// Every request so far, in the order their heads came.
    pub fn requests(&self) -> Vec<Request> {
        self.state().requests.clone()
    }

    /// The one request so far; fails when there are none or more.
    pub fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "requests at {}: {requests:#?}", self.shared.name);
        requests[0].clone()
    }

    /// Waits until that many requests have come.
    pub fn wait_for_requests(&self, count: usize) -> Vec<Request> {
        eventually(&format!("{count} requests at {}", self.shared.name), || self.requests().len() >= count);
        self.requests()
    }

    /// How many connections were accepted since the last reset.
    pub fn connections(&self) -> usize {
        self.state().accepted
    }

    /// How many connections are open now.
    pub fn open_connections(&self) -> usize {
        self.state().open.len()
    }

    /// Closes every connection, whatever it is doing.
    pub fn cut_connections(&self) {
        self.state().open.values().for_each(Wire::cut);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.state().ended = true;
        // One last connection wakes the acceptor, which then sees that it is over.
        let woken = match &self.place {
            Place::Tcp(address) => Wire::connect(address.socket()),
            Place::Unix(path) => Wire::connect_unix(path),
        };
        self.cut_connections();
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
    }
}

impl Shared {
    /// Starts a thread for the connection; false when the peer has ended.
    fn serve(self: &Arc<Self>, wire: Wire) -> bool {
        let mut state = self.state.lock().unwrap();
        if state.ended {
            return false;
        }
        let connection = state.accepted;
        let key = state.open.keys().max().map_or(0, |key| key + 1);
        if let Ok(handle) = wire.duplicate() {
            state.open.insert(key, handle);
        }
        state.accepted += 1;
        drop(state);
        let conversation = Conversation::new(wire, Arc::clone(self), connection, key);
        thread::spawn(move || conversation.run());
        true
    }
}

/// A listener on which nothing is accepted and whose queue is full: to connect to it takes for ever.
pub struct FullListener {
    _socket: socket2::Socket,
    _waiting: Vec<TcpStream>,
}

impl FullListener {
    /// Listens, and fills its own queue.
    pub fn bind(address: SocketAddr) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&address.into()).unwrap();
        socket.listen(0).unwrap();
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(50));
        let waiting: Vec<TcpStream> = std::iter::repeat_with(connect).map_while(Result::ok).take(16).collect();
        assert!(waiting.len() < 16, "the queue never fills");
        Self { _socket: socket, _waiting: waiting }
    }
}

/// One connection of a peer, as its script sees it.
pub struct Conversation {
    wire: Option<Wire>,
    shared: Arc<Shared>,
    connection: usize,
    key: usize,
    current: Option<Current>,
}

struct Current {
    request: Request,
    index: usize,
    body_read: bool,
}

impl Conversation {
    fn new(wire: Wire, shared: Arc<Shared>, connection: usize, key: usize) -> Self {
        Self { wire: Some(wire), shared, connection, key, current: None }
    }

    fn run(mut self) {
        let greeting = self.shared.state.lock().unwrap().greeting.clone();
        if let Some(greeting) = greeting {
            greeting(&mut self);
        }
        while self.next_request() {
            let script = self.shared.state.lock().unwrap().script.clone();
            match script {
                Some(script) => script(&mut self),
                None => self.echo(),
            }
            self.read_body();
            if self.current.as_ref().is_none_or(|current| current.request.is_last()) {
                self.close();
            }
        }
        self.close();
    }

    /// Waits for the next request's head and records it; false when no other comes.
    pub fn next_request(&mut self) -> bool {
        let Some(wire) = &mut self.wire else {
            return false;
        };
        let Ok(Some(request)) = Request::read_head(wire, self.connection) else {
            return false;
        };
        let mut state = self.shared.state.lock().unwrap();
        let index = state.requests.len();
        state.requests.push(request.clone());
        self.current = Some(Current { request, index, body_read: false });
        true
    }

    /// The request whose head came last.
    pub fn request(&self) -> &Request {
        &self.current.as_ref().expect("a request has come").request
    }

    /// Which of the peer's connections this is, from 0.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// Reads the request's body, once, and records it; what was cut short is not recorded.
    pub fn read_body(&mut self) {
        let (Some(wire), Some(current)) = (&mut self.wire, &mut self.current) else {
            return;
        };
        if std::mem::replace(&mut current.body_read, true) {
            return;
        }
        if current.request.read_body(wire).is_err() {
            self.close();
            return;
        }
        let request = current.request.clone();
        // A reset of the recording in between leaves nothing to complete.
        if let Some(recorded) = self.shared.state.lock().unwrap().requests.get_mut(current.index) {
            *recorded = request;
        }
    }

    /// Answers with the request itself as body, and the peer's name in `X-Peer`.
    pub fn echo(&mut self) {
        self.read_body();
        let request = self.request();
        let mut body = request.head.clone().into_bytes();
        body.extend_from_slice(&request.body);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Peer: {}\r\nContent-Length: {}\r\n\r\n",
            self.shared.name,
            body.len()
        );
        // As a server must (RFC 9110 §9.3.2): the same head, no body.
        if request.method == "HEAD" {
            body.clear();
        }
        self.send([head.into_bytes(), body].concat());
    }

    /// Sends these bytes; false when the other end did not take them.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.wire.as_mut().is_some_and(|wire| wire.send(bytes).is_ok())
    }

    /// Waits until the other end closes or resets; false when it did not within the bound.
    pub fn wait_for_close(&mut self) -> bool {
        self.wire.as_mut().is_some_and(|wire| wire.read_to_end(true).is_ok())
    }

    /// The stream itself.
    pub fn wire(&mut self) -> &mut Wire {
        self.wire.as_mut().expect("the conversation goes on")
    }

    /// Closes in good order.
    pub fn close(&mut self) {
        if let Some(wire) = self.wire.take() {
            wire.cut();
            self.shared.state.lock().unwrap().open.remove(&self.key);
        }
    }

    /// Closes with a reset.
    pub fn abort(&mut self) {
        if let Some(wire) = self.wire.take() {
            self.shared.state.lock().unwrap().open.remove(&self.key);
            wire.reset();
        }
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.close();
    }
}
