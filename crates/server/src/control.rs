//! The control thread: takes commands from the privileged parent, builds plans, and hands them to the workers.

use crate::logs::Logs;
use crate::worker::{self, Order, Resources};
use l7::Plan;
use model::{ListenAddress, Model, Workers};
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
        model: Model,
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
    let Start { model, handles, commands, replies } = start;
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
    let mut control = Control { logs: Logs::new(), workers: Vec::new(), replies, ended: sender };
    if let Err(lines) = control.start(&model, handles) {
        let _ = control.replies.send(Reply::Refused(lines));
        return 1;
    }
    let _ = control.replies.send(Reply::Applied);
    control.serve(&events);
    0
}

struct Control {
    logs: Logs,
    workers: Vec<UnboundedSender<Order>>,
    replies: Sender<Reply>,
    ended: Sender<Event>,
}

impl Control {
    fn start(&mut self, model: &Model, handles: Handles) -> Result<(), Vec<String>> {
        let plan = build(model)?;
        self.logs.adopt(handles.logs);
        self.logs.configure_process(&model.process.error_logs);
        let count = match model.process.workers {
            Workers::Count(count) => usize::try_from(count).unwrap_or(1).max(1),
            Workers::Auto => thread::available_parallelism().map_or(1, usize::from),
        };
        let resources = self.resources(&plan, &handles.listeners, count).map_err(|error| vec![error.to_string()])?;
        let (started, outcomes) = channel();
        for (index, resources) in resources.into_iter().enumerate() {
            let (orders, receiver) = tokio::sync::mpsc::unbounded_channel();
            self.workers.push(orders);
            let job = worker::Job { transport: model.process.transport, orders: receiver, started: started.clone() };
            let ended = self.ended.clone();
            let body = move || {
                worker::run(resources, job);
                let _ = ended.send(Event::WorkerEnded);
            };
            thread::Builder::new().name(format!("worker-{index}")).spawn(body).map_err(|error| vec![error.to_string()])?;
        }
        wait_for(&outcomes, count)
    }

    fn serve(&mut self, events: &Receiver<Event>) {
        let mut draining = false;
        let mut left = self.workers.len();
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
                Event::Command(Command::Stop) | Event::ParentGone => return self.stop(events, left),
                Event::WorkerEnded => {
                    left = left.saturating_sub(1);
                    if left == 0 {
                        let _ = self.replies.send(Reply::Drained);
                        return;
                    }
                }
            }
        }
    }

    /// Ends the workers, so that what they wrote to their logs gets there.
    fn stop(&self, events: &Receiver<Event>, mut left: usize) {
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

    fn apply(&mut self, model: &Model, handles: Handles) -> Result<(), Vec<String>> {
        let plan = build(model)?;
        self.logs.adopt(handles.logs);
        self.logs.configure_process(&model.process.error_logs);
        let count = self.workers.len();
        let resources = self.resources(&plan, &handles.listeners, count).map_err(|error| vec![error.to_string()])?;
        let (done, outcomes) = channel();
        for (worker, resources) in self.workers.iter().zip(resources) {
            let _ = worker.send(Order::Apply(resources, done.clone()));
        }
        wait_for(&outcomes, count)
    }

    /// What each worker needs for a plan.
    fn resources(&mut self, plan: &Arc<Plan>, listeners: &[(ListenAddress, Vec<OwnedFd>)], count: usize) -> std::io::Result<Vec<Resources>> {
        let access_files = plan.access_logs.iter().map(|log| self.logs.open(&log.path)).collect::<Vec<_>>();
        let error_logs = plan.error_logs.iter().map(|logs| self.logs.error_log(logs)).collect::<Vec<_>>();
        let mut all = Vec::with_capacity(count);
        for index in 0..count {
            let mut own = Vec::with_capacity(listeners.len());
            for (address, descriptors) in listeners {
                let descriptor = if descriptors.len() > 1 { descriptors.get(index) } else { descriptors.first() };
                if let Some(descriptor) = descriptor {
                    own.push((address.clone(), descriptor.as_fd().try_clone_to_owned()?));
                }
            }
            all.push(Resources {
                plan: Arc::clone(plan),
                listeners: own,
                access_files: access_files.clone(),
                error_logs: error_logs.clone(),
            });
        }
        Ok(all)
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

/// Builds the plan, or says why it cannot be.
fn build(model: &Model) -> Result<Arc<Plan>, Vec<String>> {
    Plan::build(model).map(Arc::new).map_err(|diagnostics| {
        let place = |diagnostic: &diagnostic::Diagnostic| {
            let origin = diagnostic.origin?;
            let file = model.files.get(usize::try_from(origin.file.0).ok()?)?;
            Some(format!(" in {file}:{}", origin.line))
        };
        diagnostics.iter().map(|found| format!("{}{}", found.message, place(found).unwrap_or_default())).collect()
    })
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
