//! Scripted peers: origins on threads that answer as a test tells them and record every request byte for byte.

mod conversation;
mod listener;

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use conversation::Conversation;
pub use listener::FullListener;

use listener::{Listener, is_reached};

use crate::address::Loopback;
use crate::gate::{eventually, holds_within};
use crate::message::Request;
use crate::wire::Wire;

/// How long what was sent to a peer may take to be recorded before a reset.
const SETTLING: Duration = Duration::from_secs(1);

type Script = Arc<dyn Fn(&mut Conversation) + Send + Sync>;

/// An origin server of a test.
pub struct Peer {
    place: Place,
    shared: Arc<Shared>,
    /// The listening socket, to see who waits there.
    door: OwnedFd,
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
    open: HashMap<usize, Open>,
    /// Counts the resets: what a request of an earlier recording still brings is not recorded.
    recording: usize,
    ended: bool,
}

/// An open connection.
struct Open {
    wire: Wire,
    stage: Stage,
}

/// What a connection's thread is doing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It waits for the first byte of a request.
    Waiting,
    /// It reads a head, and will record it.
    Reading,
    /// It runs a script.
    Talking,
}

impl Open {
    /// Whether a request has come that is not recorded yet.
    fn will_record(&self) -> bool {
        match self.stage {
            Stage::Waiting => self.wire.has_input(),
            Stage::Reading => true,
            Stage::Talking => false,
        }
    }
}

impl Peer {
    /// A peer on an address of its own. Until told otherwise it answers every request with the request itself.
    pub fn start(name: &str) -> Self {
        let address = Loopback::next();
        let listener = address.listen();
        listener.set_nonblocking(true).unwrap();
        Self::accepting(name, Place::Tcp(address), listener)
    }

    /// A peer on a Unix socket.
    pub fn start_unix(name: &str, path: &Path) -> Self {
        let listener = UnixListener::bind(path).unwrap();
        let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        std::fs::set_permissions(path, everyone).unwrap();
        listener.set_nonblocking(true).unwrap();
        Self::accepting(name, Place::Unix(path.to_owned()), listener)
    }

    fn accepting(name: &str, place: Place, listener: impl Listener) -> Self {
        let shared = Arc::new(Shared { name: name.to_owned(), state: Mutex::default() });
        let door = listener.duplicate().unwrap();
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || while is_reached(&listener, false) && shared.serve(&listener) {}
        });
        Self { place, shared, door, acceptor: Some(acceptor) }
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

    /// From now on: answers with 200, these fields as lines, and this body.
    pub fn reply_with(&self, fields: &str, body: &str) {
        let length = body.len();
        self.reply(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n{fields}\r\n{body}"));
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
    ///
    /// What was sent until now belongs to the recording that ends: it is waited for, a little.
    pub fn reset(&self) {
        holds_within(SETTLING, &mut || !self.state().will_record(&self.door));
        let mut state = self.state();
        state.script = None;
        state.greeting = None;
        state.requests.clear();
        state.accepted = 0;
        state.recording += 1;
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
        self.state().open.values().for_each(|open| open.wire.cut());
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

impl State {
    /// Whether a connection or a request has come that is not recorded yet.
    fn will_record(&self, door: &OwnedFd) -> bool {
        is_reached(door, true) || self.open.values().any(Open::will_record)
    }

    fn enter(&mut self, key: usize, stage: Stage) {
        if let Some(open) = self.open.get_mut(&key) {
            open.stage = stage;
        }
    }
}

impl Shared {
    /// Accepts a connection and starts a thread for it; false when the peer has ended.
    fn serve(self: &Arc<Self>, listener: &impl Listener) -> bool {
        // Accepted and entered in one: who looks in between sees neither.
        let mut state = self.state.lock().unwrap();
        if state.ended {
            return false;
        }
        let Ok(wire) = listener.take() else { return true };
        let connection = state.accepted;
        let key = state.open.keys().max().map_or(0, |key| key + 1);
        if let Ok(handle) = wire.duplicate() {
            let stage = if state.greeting.is_some() { Stage::Talking } else { Stage::Waiting };
            state.open.insert(key, Open { wire: handle, stage });
        }
        state.accepted += 1;
        let greeting = state.greeting.clone();
        drop(state);
        let conversation = Conversation::new(wire, Arc::clone(self), connection, key);
        thread::spawn(move || conversation.run(greeting));
        true
    }
}
