//! A client's connection, and what the connections of one worker share.

mod arrival;
mod certificates;
mod ending;
mod multiplexed;
mod population;
mod security;
mod session;
mod standing;

use crate::plan::Plan;
use crate::registry::{Entry, Registry};
use crate::worker::Worker;
use model::ListenAddress;
use protocol::{ConnectionFacts, RequestHead};
use std::cell::{Cell, RefCell};
use std::future::Future;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use transport::{Address, Chunk, Stream, clock};

pub use certificates::{KeptCertificates, load_certificates};
pub use security::{Secured, Security};

/// The port of a scheme, which URLs leave out.
pub fn usual_port(scheme: &str) -> u16 {
    if scheme == "https" { 443 } else { 80 }
}

/// A client's connection as its exchanges see it.
pub struct Connection {
    /// Facts that stay the same.
    pub facts: ConnectionFacts,
    /// The client's address as variables and logs show it.
    pub client: Box<[u8]>,
    /// How it is protected.
    pub security: Security,
    opened: Instant,
    requests: Cell<u64>,
    /// The present request had begun to come before the one before it was through.
    pub pipelined: Cell<bool>,
    /// All about it is written to error logs.
    pub is_watched: bool,
}

impl Connection {
    /// A connection that was just accepted.
    pub fn new(facts: ConnectionFacts, security: Security, plan: &Plan) -> Self {
        let mut client = Vec::new();
        append_address(&facts.peer, &mut client);
        let watched = plan.watched_clients.as_ref().is_some_and(|watched| watched.for_address(&facts.peer).is_some());
        Self {
            client: client.into(),
            facts,
            security,
            opened: clock::now(),
            requests: Cell::new(0),
            pipelined: Cell::new(false),
            is_watched: watched,
        }
    }

    /// The same connection for a request that may outlive it.
    pub fn detached(&self) -> Self {
        Self {
            facts: self.facts.clone(),
            client: self.client.clone(),
            security: self.security.clone(),
            opened: self.opened,
            requests: self.requests.clone(),
            pipelined: self.pipelined.clone(),
            is_watched: self.is_watched,
        }
    }

    /// How many requests it has carried, the present one included.
    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// How old it is.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.opened)
    }

    /// Whether it is younger than that.
    pub fn is_younger(&self, age: Duration, now: Instant) -> bool {
        self.opened.checked_add(age).is_none_or(|end| now < end)
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        if matches!(self.security, Security::Tls(_)) { "https" } else { "http" }
    }

    /// The local port, unless it is the scheme's own.
    pub fn odd_port(&self) -> Option<u16> {
        self.facts.local.inet().map(|local| local.port()).filter(|port| *port != usual_port(self.scheme()))
    }

    /// Appends the address that the client reached, without port.
    pub fn append_server_address(&self, out: &mut Vec<u8>) {
        append_address(&self.facts.local, out);
    }
}

/// Appends an address without port: an IP address, or `unix:` and a path.
pub fn append_address(address: &Address, out: &mut Vec<u8>) {
    use std::io::Write as _;
    // Writing to memory cannot fail.
    let _ = match address {
        Address::Inet(address) => write!(out, "{}", address.ip().to_canonical()),
        Address::Unix(_) => write!(out, "{address}"),
    };
}

/// Memory of request heads that is kept for the next ones.
const SPARE_HEADS: usize = 64;

/// What connections of one worker share: the present plan's state, and who is open.
pub struct Hall {
    worker: RefCell<Rc<Worker>>,
    /// Open connections.
    pub registry: Rc<Registry>,
    /// Heads without content: an idle connection holds none.
    #[expect(clippy::vec_box, reason = "heads go from hand to hand, so their boxes are kept too")]
    spare_heads: RefCell<Vec<Box<RequestHead>>>,
    /// Who serves the streams of HTTP/2.
    crew: Rc<multiplexed::Crew>,
}

impl Hall {
    /// Where connections are served by this plan.
    pub fn new(worker: Rc<Worker>) -> Rc<Self> {
        let registry = Registry::new(Arc::clone(&worker.shared.counters));
        Rc::new(Self { worker: RefCell::new(worker), registry, spare_heads: RefCell::default(), crew: Rc::default() })
    }

    /// The present plan's state.
    pub fn current(&self) -> Rc<Worker> {
        Rc::clone(&self.worker.borrow())
    }

    /// Another plan takes the present one's place: from now on exchanges begin with it.
    pub fn replace(&self, worker: Rc<Worker>) {
        drop(self.worker.replace(worker));
        self.registry.wake_idle();
    }

    fn take_head(&self) -> Box<RequestHead> {
        self.spare_heads.borrow_mut().pop().unwrap_or_default()
    }

    fn return_head(&self, head: Box<RequestHead>) {
        let mut spare = self.spare_heads.borrow_mut();
        if spare.len() < SPARE_HEADS {
            spare.push(head);
        }
    }
}

/// A connection that was just accepted.
pub struct Accepted {
    /// Its stream.
    pub stream: Stream,
    /// What was received and not used.
    pub buffered: Chunk,
    /// Who is at its ends.
    pub facts: ConnectionFacts,
    /// How it is protected.
    pub security: Security,
    /// The listener that it came from.
    pub listener: Rc<ListenAddress>,
    /// The state of a plan that has this listener.
    pub worker: Rc<Worker>,
    /// Its place in the registry.
    pub entry: Entry,
}

/// Serves a connection until it ends. `None`: the plan does not have its listener.
// No `async fn`: what it is given would take its place in the future twice.
pub fn serve_connection(hall: Rc<Hall>, accepted: Accepted) -> Option<impl Future<Output = ()>> {
    let mut session = session::Session::new(hall, accepted)?;
    Some(async move {
        if session.may_speak_http2() && Box::pin(session.speaks_http2()).await {
            Box::pin(multiplexed::Multiplexed::new(session).run()).await;
        } else {
            session.run().await;
        }
    })
}
