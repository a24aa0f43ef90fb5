//! Names into addresses while running: one thread of the process asks the configured servers, and keeps what they said
//! for as long as they allow.

mod exchange;
mod lookup;

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;
use transport::clock;

use lookup::Client;

/// Answers that are kept for one set of servers at most.
const MOST_KEPT: usize = 4096;

/// Which servers are asked, and how.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ResolverRule {
    /// The servers, asked in turn.
    pub servers: Vec<SocketAddr>,
    /// How long an answer is kept, whatever it says itself.
    pub valid: Option<Duration>,
    /// Whether IPv4 addresses are wanted.
    pub ipv4: bool,
    /// Whether IPv6 addresses are wanted.
    pub ipv6: bool,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// A place that a name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located {
    /// The address.
    pub ip: IpAddr,
    /// What a service's record says.
    pub service: Option<ServicePlace>,
}

/// What the record of a service says of a place (RFC 2782).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePlace {
    /// Its port.
    pub port: u16,
    /// Its share.
    pub weight: u16,
    /// Lower ones come first.
    pub priority: u16,
    /// The host's name.
    pub host: Box<str>,
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// All places.
    pub places: Vec<Located>,
    /// Until when it may be used.
    pub expires: Instant,
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameFailure {
    /// There is no such name, or it has no addresses.
    #[error("3: Host not found")]
    NotFound,
    /// The question was not understood.
    #[error("1: Format error")]
    FormatError,
    /// The server has no answer.
    #[error("2: Server failure")]
    ServerFailure,
    /// It does not want to answer.
    #[error("5: Operation refused")]
    Refused,
    /// No answer came in time.
    #[error("110: Operation timed out")]
    Timeout,
}

type Outcome = Result<Arc<Answer>, NameFailure>;

/// What is asked for: a host, and perhaps a service of it. In lower case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Subject {
    pub(crate) host: Box<str>,
    pub(crate) service: Option<Box<str>>,
}

impl Subject {
    pub(crate) fn host(host: &str) -> Self {
        Self { host: host.to_ascii_lowercase().into(), service: None }
    }

    pub(crate) fn service(host: &str, service: &str) -> Self {
        Self { service: Some(service.to_ascii_lowercase().into()), ..Self::host(host) }
    }
}

struct Question {
    rule: Arc<ResolverRule>,
    subject: Subject,
    reply: oneshot::Sender<Outcome>,
}

/// Something to be done on the thread.
type Job = Box<dyn FnOnce(&Rc<Desk>) + Send>;

enum Order {
    Ask(Question),
    Run(Job),
}

/// Where names are asked for. Cheap to clone; the thread starts with the first question and ends with the last clone.
#[derive(Clone, Default)]
pub struct Names {
    thread: Arc<OnceLock<mpsc::UnboundedSender<Order>>>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Names").field("running", &self.thread.get().is_some()).finish()
    }
}

impl Names {
    /// The addresses of a host.
    ///
    /// # Errors
    /// When no server gives any.
    pub async fn addresses(&self, rule: &Arc<ResolverRule>, host: &str) -> Outcome {
        let (reply, outcome) = oneshot::channel();
        let question = Question { rule: Arc::clone(rule), subject: Subject::host(host), reply };
        if self.thread().send(Order::Ask(question)).is_err() {
            return Err(NameFailure::ServerFailure);
        }
        outcome.await.unwrap_or(Err(NameFailure::ServerFailure))
    }

    /// Runs something on the thread, where it may spawn local tasks.
    pub(crate) fn run(&self, job: impl FnOnce(&Rc<Desk>) + Send + 'static) {
        let _ = self.thread().send(Order::Run(Box::new(job)));
    }

    /// Where the thread cannot be started no question is answered, which is said for each.
    fn thread(&self) -> &mpsc::UnboundedSender<Order> {
        self.thread.get_or_init(|| {
            let (sender, orders) = mpsc::unbounded_channel();
            let _ = thread::Builder::new().name("names".to_owned()).spawn(|| serve(orders));
            sender
        })
    }
}

fn serve(mut orders: mpsc::UnboundedReceiver<Order>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let tasks = LocalSet::new();
    tasks.block_on(&runtime, async move {
        let desk = Rc::new(Desk::default());
        while let Some(order) = orders.recv().await {
            match order {
                Order::Run(job) => job(&desk),
                Order::Ask(Question { rule, subject, reply }) => {
                    let desk = Rc::clone(&desk);
                    tokio::task::spawn_local(async move {
                        // Whoever asked may be gone.
                        let _ = reply.send(desk.ask(&rule, &subject).await);
                    });
                }
            }
        }
    });
}

/// The thread's own: what was asked of each set of servers.
#[derive(Default)]
pub(crate) struct Desk {
    drawers: RefCell<HashMap<Arc<ResolverRule>, Rc<Drawer>>>,
}

/// What was asked of one set of servers.
struct Drawer {
    client: Client,
    kept: RefCell<HashMap<Subject, Arc<Answer>>>,
    /// Who waits for an answer that is under way.
    waiting: RefCell<HashMap<Subject, Vec<oneshot::Sender<Outcome>>>>,
}

impl Desk {
    /// The answer: one that is kept, or a new one, which is then kept for as long as it allows.
    pub(crate) async fn ask(&self, rule: &Arc<ResolverRule>, subject: &Subject) -> Outcome {
        let drawer = self.drawer(rule);
        let now = clock::now();
        if let Some(kept) = drawer.kept.borrow().get(subject).filter(|kept| kept.expires > now) {
            return Ok(Arc::clone(kept));
        }
        let joined = if let Some(waiting) = drawer.waiting.borrow_mut().get_mut(subject) {
            let (sender, outcome) = oneshot::channel();
            waiting.push(sender);
            Some(outcome)
        } else {
            None
        };
        if let Some(joined) = joined {
            return joined.await.unwrap_or(Err(NameFailure::ServerFailure));
        }
        drawer.waiting.borrow_mut().insert(subject.clone(), Vec::new());
        let outcome = drawer.client.find(subject).await.map(Arc::new);
        if let Ok(answer) = &outcome {
            drawer.keep(subject, answer);
        }
        for waiting in drawer.waiting.borrow_mut().remove(subject).into_iter().flatten() {
            let _ = waiting.send(outcome.clone());
        }
        outcome
    }

    fn drawer(&self, rule: &Arc<ResolverRule>) -> Rc<Drawer> {
        let mut drawers = self.drawers.borrow_mut();
        let drawer = drawers.entry(Arc::clone(rule)).or_insert_with(|| {
            Rc::new(Drawer {
                client: Client::new(Arc::clone(rule)),
                kept: RefCell::default(),
                waiting: RefCell::default(),
            })
        });
        Rc::clone(drawer)
    }
}

impl Drawer {
    fn keep(&self, subject: &Subject, answer: &Arc<Answer>) {
        let now = clock::now();
        if answer.expires <= now {
            return;
        }
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, answer| answer.expires > now);
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(subject.clone(), Arc::clone(answer));
    }
}
