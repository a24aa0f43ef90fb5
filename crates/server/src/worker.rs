//! One worker: a thread with its own runtime, which accepts, serves, and takes orders.

use crate::accept::Acceptor;
use l7::{Hall, Plan, Shared, Worker};
use model::{ListenAddress, Transport};
use std::collections::{HashMap, HashSet};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use telemetry::{AccessLog, AccessLogs, Buffering, ErrorLog, Level, OpenFiles, Output, counters, error_log};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinHandle, spawn_local};
use transport::runtime::{self, Choice};
use transport::{Listener, clock};

/// One listening socket.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Socket {
    /// Where it listens.
    pub address: ListenAddress,
    /// Which of the address's sockets it is.
    pub index: usize,
}

/// What a worker needs for a plan.
pub struct Resources {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Sockets to accept on.
    pub listeners: Vec<(Socket, OwnedFd)>,
    /// Where access logs go, in the plan's order.
    pub access_outputs: Vec<AccessOutput>,
    /// Error logs, in the plan's order.
    pub error_logs: Vec<ErrorLog>,
}

/// Where lines of an access log go.
#[derive(Clone)]
pub enum AccessOutput {
    /// A file, or a server.
    Fixed(Output),
    /// Files whose paths come with the lines.
    Paths,
    /// It could not be opened: its lines are lost, which was said when it was tried.
    Nowhere,
}

/// What a worker is started with.
pub struct Job {
    /// How sockets are driven.
    pub transport: Transport,
    /// What it is told.
    pub orders: UnboundedReceiver<Order>,
    /// Who wants to know whether it started.
    pub started: Sender<Result<(), String>>,
}

/// What a worker is told.
pub enum Order {
    /// Serve by this plan from now on.
    Apply(Resources, Sender<Result<(), String>>),
    /// Write gathered log lines now.
    FlushLogs(Sender<Result<(), String>>),
    /// Accept nothing more, finish what is under way, then end.
    Drain,
    /// End at once.
    Stop,
}

/// What a worker keeps while it runs.
struct Post {
    hall: Rc<Hall>,
    shared: Rc<Shared>,
    logs: Rc<AccessLogs>,
    accepting: HashMap<Socket, Acceptor>,
}

/// Runs a worker on this thread until it is told to end.
pub fn run(resources: Resources, job: Job) {
    let Job { transport, orders, started } = job;
    let choice = match transport {
        Transport::Auto => Choice::Auto,
        Transport::Epoll => Choice::Epoll,
        Transport::Uring => Choice::Uring,
    };
    let refused = started.clone();
    let outcome = runtime::run(choice, |kind| async move {
        error_log::process().log(Level::Notice, format_args!("using the \"{}\" transport", kind.name()));
        let mut post = Post::new(resources);
        let _ = started.send(Ok(()));
        post.serve(orders).await;
    });
    if let Err(error) = outcome {
        let _ = refused.send(Err(format!("the transport cannot be started: {error}")));
    }
}

impl Post {
    fn new(resources: Resources) -> Self {
        let counters = counters::process().register();
        let errors = error_log::process().clone();
        let logs = Rc::new(AccessLogs::new(errors.clone(), Arc::clone(&counters)));
        let shared = Shared::new(errors, counters);
        spawn_local(Rc::clone(&shared.sweeper).run());
        let at_end = Rc::clone(&logs);
        runtime::at_turn_end(Box::new(move || at_end.flush_all(clock::unix_time())));
        spawn_local(flush_regularly(Rc::clone(&logs)));
        let hall = Hall::new(worker_of(&resources, &logs, &shared));
        let mut post = Self { hall, shared, logs, accepting: HashMap::new() };
        post.accept(resources.listeners);
        post
    }

    async fn serve(&mut self, mut orders: UnboundedReceiver<Order>) {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Apply(resources, done) => {
                    self.apply(resources).await;
                    let _ = done.send(Ok(()));
                }
                Order::FlushLogs(done) => {
                    self.logs.flush_everything(clock::unix_time());
                    let _ = done.send(Ok(()));
                }
                Order::Drain => return self.drain(orders).await,
                Order::Stop => break,
            }
        }
        self.logs.flush_everything(clock::unix_time());
    }

    async fn apply(&mut self, resources: Resources) {
        let before = self.hall.current();
        let listeners = resources.listeners.iter().map(|(socket, _)| socket);
        let removed = self.stop_accepting(&before, &listeners.collect());
        self.hall.replace(worker_of(&resources, &self.logs, &self.shared));
        self.accept(resources.listeners);
        drop(before);
        // Their sockets are closed by then, so that their addresses can be bound again.
        ended(removed).await;
    }

    /// Accepts no longer where nobody is to listen: these tasks end when what has come was accepted.
    fn stop_accepting(&mut self, last: &Rc<Worker>, listeners: &HashSet<&Socket>) -> Vec<JoinHandle<()>> {
        let removed = self.accepting.extract_if(|socket, _| !listeners.contains(socket));
        removed.map(|(_, acceptor)| acceptor.stop(Rc::clone(last))).collect()
    }

    /// Accepts on what is new.
    fn accept(&mut self, listeners: Vec<(Socket, OwnedFd)>) {
        for (socket, descriptor) in listeners {
            if self.accepting.contains_key(&socket) {
                continue;
            }
            match Listener::new(descriptor) {
                Ok(listener) => {
                    let acceptor = Acceptor::start(&self.hall, listener, socket.address.clone());
                    self.accepting.insert(socket, acceptor);
                }
                Err(error) => {
                    self.shared.error_log.log(Level::Alert, format_args!("a listener cannot be used: {error}"));
                }
            }
        }
    }

    /// Waits for the last connection, but not for ever if the configuration says so.
    async fn drain(&mut self, mut orders: UnboundedReceiver<Order>) {
        let present = self.hall.current();
        let limit = present.plan.shutdown_timeout;
        let removed = self.stop_accepting(&present, &HashSet::new());
        drop(present);
        self.shared.draining.set(true);
        self.hall.registry.drain();
        self.shared.sweeper.drain();
        let finished = async {
            ended(removed).await;
            self.hall.registry.emptied().await;
        };
        let timer = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let stopped = async {
            while let Some(order) = orders.recv().await {
                match order {
                    Order::Stop => return,
                    Order::FlushLogs(done) => {
                        self.logs.flush_everything(clock::unix_time());
                        let _ = done.send(Ok(()));
                    }
                    Order::Apply(_, _) | Order::Drain => {}
                }
            }
        };
        tokio::select! {
            () = finished => {}
            () = timer => self.give_up(),
            () = stopped => {}
        }
        self.logs.flush_everything(clock::unix_time());
    }

    fn give_up(&self) {
        let left = self.hall.registry.len();
        let line =
            format_args!("worker_shutdown_timeout has passed: {left} connections are closed before they have finished");
        self.shared.error_log.log(Level::Warning, line);
    }
}

/// Waits until these tasks are over.
async fn ended(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        // A task that panicked is over too.
        let _ = task.await;
    }
}

fn worker_of(resources: &Resources, logs: &AccessLogs, shared: &Rc<Shared>) -> Rc<Worker> {
    let pairs = resources.plan.access_logs.iter().zip(&resources.access_outputs);
    let access_logs: Vec<AccessLog> = pairs.map(|(log, output)| access_log(log, output, logs)).collect();
    let plan = Arc::clone(&resources.plan);
    let worker = Worker::new(plan, access_logs, resources.error_logs.clone(), Rc::clone(shared));
    worker.watch_servers();
    worker
}

fn access_log(log: &l7::AccessOutput, output: &AccessOutput, logs: &AccessLogs) -> AccessLog {
    match output {
        AccessOutput::Fixed(Output::File(file)) => {
            let buffering = log.buffer.map(|size| Buffering { size, flush: log.flush, gzip: log.gzip });
            AccessLog::File(logs.file(file, buffering))
        }
        AccessOutput::Fixed(Output::Syslog(syslog)) => {
            let severity = log.severity().map_or(Level::Info, l7::log_level);
            AccessLog::Syslog(logs.syslog(syslog, severity))
        }
        AccessOutput::Paths => {
            let open = log.open_files.map(|open| OpenFiles {
                most: open.most,
                inactive: open.inactive,
                valid: open.valid,
                least_uses: open.least_uses,
            });
            AccessLog::Paths(logs.paths(open))
        }
        AccessOutput::Fixed(Output::Memory(_)) | AccessOutput::Nowhere => AccessLog::Nowhere,
    }
}

async fn flush_regularly(logs: Rc<AccessLogs>) {
    loop {
        tokio::time::sleep(logs.tick()).await;
        logs.flush_all(clock::unix_time());
    }
}
