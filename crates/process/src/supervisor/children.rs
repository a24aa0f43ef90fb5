//! Workers and new binaries that end, expected or not, and the worker that takes the place of one that died.

use super::worker::{State, Who};
use super::{Phase, Supervisor, log_all};
use crate::clock;
use model::Level;
use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// A worker that ended sooner than this after its start counts as one that cannot run.
const SHORT_LIFE: Duration = Duration::from_secs(2);
/// The longest pause before another is tried.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A worker that closed its line is about to end; one that has not within this time is killed.
pub(super) const SILENCE_LIMIT: Duration = Duration::from_millis(500);

/// When to start the next worker.
#[derive(Debug, Default)]
pub(super) struct Respawn {
    pub(super) at: Option<Instant>,
    short_lives: u32,
    /// How many took the place of others.
    pub(super) count: u64,
}

impl Respawn {
    /// At once after a good life; after each short one, later.
    fn schedule(&mut self, lived: Duration) {
        self.count += 1;
        self.short_lives = if lived < SHORT_LIFE { self.short_lives + 1 } else { 0 };
        let pause = match self.short_lives {
            0 | 1 => Duration::ZERO,
            lives => Duration::from_millis(50) * 2_u32.saturating_pow(lives.min(10)),
        };
        self.at = Some(clock::now() + pause.min(LONGEST_PAUSE));
    }
}

impl Supervisor<'_> {
    /// Takes note of every child that has ended.
    pub(super) fn reap(&mut self) {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => {
                    self.child_ended(pid, Level::Notice, &format!("exited with code {code}"));
                }
                Ok(WaitStatus::Signaled(pid, signal, core)) => {
                    let core = if core { " (core dumped)" } else { "" };
                    let line = format!("exited on signal {}{core}", signal as i32);
                    self.child_ended(pid, Level::Alert, &line);
                }
                Err(Errno::EINTR) | Ok(WaitStatus::Stopped(..) | WaitStatus::Continued(_)) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }

    fn child_ended(&mut self, pid: Pid, level: Level, how: &str) {
        if self.successor == Some(pid) {
            self.host.log(level, &format!("new binary process {pid} {how}"));
            return self.successor_ended();
        }
        let who = Who::Process(pid);
        // It may have said why.
        self.take_answers_of(who);
        let Some(index) = self.workers.iter().position(|worker| worker.who == who) else {
            return;
        };
        let worker = self.workers.remove(index);
        let told_to = matches!(worker.state, State::Stopping | State::Killed);
        let level = if told_to { Level::Notice } else { level };
        self.host.log(level, &format!("worker process {pid} {how}"));
        let expected = matches!(worker.state, State::Draining | State::Stopping);
        if !expected {
            let lived = clock::now().saturating_duration_since(worker.started);
            self.worker_died(lived);
        }
    }

    fn worker_died(&mut self, lived: Duration) {
        if self.reload.is_pending() {
            self.refuse_reload(&["the worker process ended while it took the new configuration".to_owned()]);
        }
        match self.phase {
            Phase::Starting => self.fail(&["the worker process ended while it started".to_owned()]),
            Phase::Running if !self.resting => self.respawn.schedule(lived),
            Phase::Running | Phase::Quitting | Phase::Stopping => {}
        }
    }

    /// A worker could not be started, or would not serve.
    pub(super) fn worker_failed(&mut self, lines: &[String]) {
        match self.phase {
            Phase::Starting => self.fail(lines),
            Phase::Running => {
                log_all(self.host, Level::Emergency, lines);
                self.respawn.schedule(Duration::ZERO);
            }
            Phase::Quitting | Phase::Stopping => {}
        }
    }

    /// Does what is due.
    pub(super) fn meet_deadlines(&mut self) {
        let now = clock::now();
        if self.respawn.at.is_some_and(|at| at <= now) {
            self.start_worker();
        }
        let (mut lost_thread, mut lines) = (false, Vec::new());
        for worker in &mut self.workers {
            if worker.deadline.is_none_or(|deadline| deadline > now) {
                continue;
            }
            match worker.state {
                State::Draining => {
                    lines.push(
                        "worker_shutdown_timeout has passed and a worker process still runs: stopping it".to_owned(),
                    );
                    worker.stop();
                }
                State::Starting | State::Serving | State::Stopping | State::Killed => {
                    lines.push("a worker process does not end: killing it".to_owned());
                    worker.kill();
                    lost_thread |= worker.who == Who::Thread;
                }
            }
        }
        log_all(self.host, Level::Warning, &lines);
        if lost_thread {
            // A thread cannot be killed; it ends with the process.
            self.workers.retain(|worker| worker.who != Who::Thread);
            self.phase = Phase::Stopping;
        }
    }
}
