//! A worker as the parent sees it: who it is, what it was told last, and until when that must be done.

use super::Supervisor;
use crate::channel::{self, Incoming};
use crate::message;
use crate::system::{Side, fork};
use crate::{clock, daemon, reason, worker};
use model::Level;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// A worker that was told to stop and has not within this time is killed.
const STOP_LIMIT: Duration = Duration::from_secs(1);
/// What a drain may take longer than `worker_shutdown_timeout`, which the worker itself keeps.
const DRAIN_MARGIN: Duration = Duration::from_secs(1);

pub(super) struct Worker {
    pub(super) who: Who,
    pub(super) socket: OwnedFd,
    pub(super) incoming: Incoming,
    pub(super) state: State,
    /// When the parent does more than wait.
    pub(super) deadline: Option<Instant>,
    pub(super) started: Instant,
    /// Whether more may come from it.
    pub(super) hears: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Who {
    Process(Pid),
    /// A thread of this process (`master_process off`).
    Thread,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Has not answered to its first configuration.
    Starting,
    Serving,
    Draining,
    Stopping,
    Killed,
}

impl Worker {
    /// Tells it to finish what it serves.
    pub(super) fn drain(&mut self, shutdown_timeout: Option<Duration>) {
        if matches!(self.state, State::Starting | State::Serving) {
            self.state = State::Draining;
            self.deadline = shutdown_timeout.map(|limit| clock::now() + limit + DRAIN_MARGIN);
            if message::send_drain(&self.socket).is_err() {
                self.kill();
            }
        }
    }

    /// Tells it to end at once.
    pub(super) fn stop(&mut self) {
        if !matches!(self.state, State::Stopping | State::Killed) {
            self.state = State::Stopping;
            self.deadline = Some(clock::now() + STOP_LIMIT);
            if message::send_stop(&self.socket).is_err() {
                self.kill();
            }
        }
    }

    /// Ends it without asking.
    pub(super) fn kill(&mut self) {
        self.state = State::Killed;
        self.deadline = None;
        if let Who::Process(pid) = self.who {
            // One that is dead already is reaped soon.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

impl Supervisor<'_> {
    /// Starts a worker on the configuration that is being tried, or else on the current one.
    pub(super) fn start_worker(&mut self) {
        self.respawn.at = None;
        let mut worker = match self.spawn() {
            Ok(worker) => worker,
            Err(error) => {
                let line = format!("fork() failed while spawning \"worker process\" {}", reason(&error));
                return self.worker_failed(&[line]);
            }
        };
        let on = self.reload.pending.as_ref().unwrap_or(&self.current);
        if let Err(error) = message::send_apply(&worker.socket, &on.setup.model, &on.lent()) {
            // It died, or hangs; either way its end is noticed and another is started.
            worker.kill();
            let line = format!("the worker process does not listen {}", reason(&error));
            self.host.log(Level::Alert, &line);
        }
        self.workers.push(worker);
    }

    fn spawn(&mut self) -> io::Result<Worker> {
        let (ours, theirs) = channel::pair()?;
        let on = self.reload.pending.as_ref().unwrap_or(&self.current);
        let who = if on.setup.supervised {
            match fork()? {
                Side::Parent(pid) => Who::Process(pid),
                Side::Child => {
                    if on.setup.daemon {
                        // Without it the worker would keep the terminal busy; nothing else depends on it.
                        drop(daemon::redirect_errors(on.main_log()));
                    }
                    worker::become_worker(theirs, &on.setup, self.body, self.respawn.count)
                }
            }
        } else {
            worker::start_thread(theirs, self.body)?;
            Who::Thread
        };
        if let Who::Process(pid) = who {
            self.host.log(Level::Notice, &format!("start worker process {pid}"));
        }
        Ok(Worker {
            who,
            socket: ours,
            incoming: Incoming::default(),
            state: State::Starting,
            deadline: None,
            started: clock::now(),
            hears: true,
        })
    }
}
