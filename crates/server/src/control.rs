//! The control thread: takes commands from the privileged parent, builds plans, and hands them to the workers.

use crate::logs::Logs;
use crate::worker::{self, Order, Resources, Socket};
use certificate::{Driver, Prepared};
use diagnostic::Diagnostic;
use l7::Plan;
use model::{ListenAddress, Model, Transport, Workers};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use telemetry::{Level, error_log};
use tokio::sync::mpsc::UnboundedSender;

/// How long workers may take to say that they have a new plan, or that they are gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server begins with.
pub struct Start {
    /// What to serve.
    pub model: Model,
    /// Descriptors that the parent opened.
    pub handles: Handles,
    /// What the parent wants.
    pub commands: Receiver<Command>,
    /// What it is told.
    pub replies: Sender<Reply>,
    /// How servers are written that files keep.
    pub scribe: l7::Scribe,
}

/// Descriptors that the parent opened.
#[derive(Default)]
pub struct Handles {
    /// Listening sockets: one for all workers, or one for each.
    pub listeners: Vec<(ListenAddress, Vec<OwnedFd>)>,
    /// Log files.
    pub logs: Vec<(PathBuf, OwnedFd)>,
}

/// What the parent wants.
pub enum Command {
    /// Serve this from now on.
    Apply {
        /// What to serve.
        model: Box<Model>,
        /// Its descriptors: all of its listeners, and logs that were opened anew.
        handles: Handles,
    },
    /// Write logs here from now on.
    ReplaceLogs(Vec<(PathBuf, OwnedFd)>),
    /// Accept nothing more, finish what is under way, then end.
    Drain,
    /// End at once.
    Stop,
}

/// What the parent is told.
#[derive(Debug)]
pub enum Reply {
    /// The configuration is served.
    Applied,
    /// It is not, because of this; the one before still is.
    Refused(Vec<String>),
    /// All connections have ended.
    Drained,
}

/// What the control thread waits for.
enum Event {
    Command(Command),
    ParentGone,
    WorkerEnded,
}

/// Serves until told to end; the exit code.
pub fn run(start: Start) -> i32 {
    let Start { model, handles, commands, replies, scribe } = start;
    let (sender, events) = channel();
    let forward = sender.clone();
    thread::spawn(move || {
        for command in commands {
            if forward.send(Event::Command(command)).is_err() {
                return;
            }
        }
        let _ = forward.send(Event::ParentGone);
    });
    let mut control = Control {
        logs: Logs::new(),
        plan: None,
        transport: model.process.transport,
        workers: Vec::new(),
        left: 0,
        replies,
        scribe,
        ended: sender,
        certificates: Driver::default(),
    };
    if let Err(lines) = control.apply(&model, handles) {
        let _ = control.replies.send(Reply::Refused(lines));
        return 1;
    }
    let _ = control.replies.send(Reply::Applied);
    control.serve(&events);
    0
}

struct Control {
    logs: Logs,
    /// What is served.
    plan: Option<Arc<Plan>>,
    /// How the workers drive their sockets; settled by the first configuration.
    transport: Transport,
    /// All that were ever wanted at once: those beyond the present number serve their connections and accept no others.
    workers: Vec<UnboundedSender<Order>>,
    /// How many have not ended.
    left: usize,
    replies: Sender<Reply>,
    scribe: l7::Scribe,
    ended: Sender<Event>,
    /// Orders certificates.
    certificates: Driver,
}

impl Control {
    fn serve(&mut self, events: &Receiver<Event>) {
        let mut draining = false;
        for event in events {
            match event {
                Event::Command(Command::Apply { model, handles }) if !draining => {
                    let reply = self.apply(&model, handles).map_or_else(Reply::Refused, |()| Reply::Applied);
                    let _ = self.replies.send(reply);
                }
                Event::Command(Command::Apply { .. }) => {
                    let _ = self.replies.send(Reply::Refused(vec!["the workers are draining".into()]));
                }
                Event::Command(Command::ReplaceLogs(logs)) => self.replace_logs(logs),
                Event::Command(Command::Drain) => {
                    draining = true;
                    self.tell(|| Order::Drain);
                }
                Event::Command(Command::Stop) | Event::ParentGone => return self.stop(events),
                Event::WorkerEnded => {
                    self.left = self.left.saturating_sub(1);
                    if self.left == 0 {
                        let _ = self.replies.send(Reply::Drained);
                        return;
                    }
                }
            }
        }
    }

    /// Ends the workers, so that what they wrote to their logs gets there.
    fn stop(&self, events: &Receiver<Event>) {
        let mut left = self.left;
        self.tell(|| Order::Stop);
        let end = now() + Duration::from_secs(2);
        while left > 0 {
            match events.recv_timeout(end.saturating_duration_since(now())) {
                Ok(Event::WorkerEnded) => left -= 1,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Serves by this model, with as many workers as it asks for.
    fn apply(&mut self, model: &Model, handles: Handles) -> Result<(), Vec<String>> {
        let plan = build(model, self.plan.as_deref(), self.scribe)?;
        let ordered = Prepared::new(model, &mut plan.tls_stores.clone()).map_err(|found| lines(model, &found))?;
        ordered.restore();
        self.logs.adopt(handles.logs);
        self.logs.configure_process(&model.process.error_logs);
        for line in lines(model, &plan.awaited) {
            error_log::process().log(Level::Warning, format_args!("{line}"));
        }
        if model.process.transport != self.transport {
            let line = format_args!(
                "the \"transport\" directive has changed: that takes effect when the server is started anew"
            );
            error_log::process().log(Level::Warning, line);
        }
        let count = match model.process.workers {
            Workers::Count(count) => usize::try_from(count).unwrap_or(1).max(1),
            Workers::Auto => thread::available_parallelism().map_or(1, usize::from),
        };
        let share = Share { listeners: &handles.listeners, count };
        let (done, outcomes) = channel();
        let all = count.max(self.workers.len());
        let resources = self.resources(&plan, &share, all).map_err(|error| vec![error.to_string()])?;
        for (index, resources) in resources.into_iter().enumerate() {
            match self.workers.get(index) {
                Some(worker) => drop(worker.send(Order::Apply(resources, done.clone()))),
                None => self.start_worker(resources, done.clone()).map_err(|error| vec![error.to_string()])?,
            }
        }
        self.plan = Some(plan);
        wait_for(&outcomes, all)?;
        self.certificates.apply(ordered);
        Ok(())
    }

    fn start_worker(&mut self, resources: Resources, started: Sender<Result<(), String>>) -> std::io::Result<()> {
        let (orders, receiver) = tokio::sync::mpsc::unbounded_channel();
        let job = worker::Job { transport: self.transport, orders: receiver, started };
        let ended = self.ended.clone();
        let body = move || {
            worker::run(resources, job);
            let _ = ended.send(Event::WorkerEnded);
        };
        thread::Builder::new().name(format!("worker-{}", self.workers.len())).spawn(body)?;
        self.workers.push(orders);
        self.left += 1;
        Ok(())
    }

    /// What each worker needs for a plan.
    fn resources(&mut self, plan: &Arc<Plan>, share: &Share<'_>, all: usize) -> std::io::Result<Vec<Resources>> {
        let access_outputs = plan.access_logs.iter().map(|log| self.logs.access(log)).collect::<Vec<_>>();
        let error_logs = plan.error_logs.iter().map(|logs| self.logs.error_log(logs)).collect::<Vec<_>>();
        let of_worker = |worker| {
            Ok(Resources {
                plan: Arc::clone(plan),
                listeners: share.of(worker)?,
                access_outputs: access_outputs.clone(),
                error_logs: error_logs.clone(),
            })
        };
        (0..all).map(of_worker).collect()
    }

    /// Gathered lines still go to the old files.
    fn replace_logs(&mut self, logs: Vec<(PathBuf, OwnedFd)>) {
        let (done, outcomes) = channel();
        for worker in &self.workers {
            let _ = worker.send(Order::FlushLogs(done.clone()));
        }
        drop(done);
        let end = now() + PATIENCE;
        for _ in &self.workers {
            if outcomes.recv_timeout(end.saturating_duration_since(now())).is_err() {
                break;
            }
        }
        self.logs.adopt(logs);
    }

    fn tell(&self, order: impl Fn() -> Order) {
        for worker in &self.workers {
            let _ = worker.send(order());
        }
    }
}

/// Who accepts on what: so many workers on these sockets.
struct Share<'a> {
    listeners: &'a [(ListenAddress, Vec<OwnedFd>)],
    count: usize,
}

impl Share<'_> {
    /// The sockets of one worker. None is without a worker: what waits in its queue would never be served.
    fn of(&self, worker: usize) -> std::io::Result<Vec<(Socket, OwnedFd)>> {
        let mut own = Vec::new();
        for (address, sockets) in self.listeners {
            for (index, socket) in sockets.iter().enumerate() {
                if worker < self.count && (index % self.count == worker || worker % sockets.len() == index) {
                    let socket = socket.as_fd().try_clone_to_owned()?;
                    own.push((Socket { address: address.clone(), index }, socket));
                }
            }
        }
        Ok(own)
    }
}

/// Builds the plan, or says why it cannot be.
fn build(model: &Model, earlier: Option<&Plan>, scribe: l7::Scribe) -> Result<Arc<Plan>, Vec<String>> {
    let plan = Plan::succeed(model, earlier).map(|plan| Arc::new(Plan { scribe: Some(scribe), ..plan }));
    plan.map_err(|found| lines(model, &found))
}

/// What is wrong, a line each.
fn lines(model: &Model, found: &[Diagnostic]) -> Vec<String> {
    let place = |diagnostic: &Diagnostic| {
        let origin = diagnostic.origin?;
        let file = model.files.get(usize::try_from(origin.file.0).ok()?)?;
        Some(format!(" in {file}:{}", origin.line))
    };
    found.iter().map(|found| format!("{}{}", found.message, place(found).unwrap_or_default())).collect()
}

/// Waits until every worker has answered; the first refusal is the answer.
fn wait_for(outcomes: &Receiver<Result<(), String>>, count: usize) -> Result<(), Vec<String>> {
    let end = now() + PATIENCE;
    for _ in 0..count {
        match outcomes.recv_timeout(end.saturating_duration_since(now())) {
            Ok(Ok(())) => {}
            Ok(Err(line)) => return Err(vec![line]),
            Err(_) => {
                error_log::process().log(Level::Alert, format_args!("a worker does not answer"));
                return Err(vec!["a worker does not answer".into()]);
            }
        }
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the control thread has no loop turn to take the time from")]
fn now() -> Instant {
    Instant::now()
}
