//! What the operator's signals ask for.

use super::worker::State;
use super::{Phase, Supervisor};
use crate::message;
use crate::reason;
use crate::signals::Received;
use model::Level;
use nix::sys::signal::Signal;
use std::io::IsTerminal;

impl Supervisor<'_> {
    /// Obeys every signal that has come; whether a child died.
    pub(super) fn take_signals(&mut self) -> bool {
        let mut died = false;
        loop {
            match self.signals.next() {
                Ok(Some(received)) if received.signal == Signal::SIGCHLD => {
                    died = true;
                    self.host.log(Level::Notice, &describe(received, ""));
                }
                Ok(Some(received)) => self.obey(received),
                Ok(None) => return died,
                Err(error) => {
                    let line = format!("reading signals failed {}", reason(&error));
                    self.host.log(Level::Alert, &line);
                    return died;
                }
            }
        }
    }

    fn obey(&mut self, received: Received) {
        let action = match received.signal {
            Signal::SIGQUIT => ", shutting down",
            Signal::SIGINT if self.interrupt_drains() => ", shutting down",
            Signal::SIGTERM | Signal::SIGINT => ", exiting",
            Signal::SIGHUP => ", reconfiguring",
            Signal::SIGUSR1 => ", reopening logs",
            Signal::SIGUSR2 => ", changing binary",
            Signal::SIGWINCH if self.ignores_window_changes() => ", ignoring",
            Signal::SIGWINCH => ", no longer accepting connections",
            _ => ", ignoring",
        };
        self.host.log(Level::Notice, &describe(received, action));
        match received.signal {
            Signal::SIGQUIT => self.quit(),
            Signal::SIGINT if self.interrupt_drains() => self.quit(),
            Signal::SIGTERM | Signal::SIGINT => self.stop(),
            Signal::SIGHUP => self.reconfigure(),
            Signal::SIGUSR1 => self.reopen_logs(),
            Signal::SIGUSR2 => self.change_binary(),
            Signal::SIGWINCH if !self.ignores_window_changes() => self.rest(),
            _ => {}
        }
    }

    fn interrupt_drains(&self) -> bool {
        self.launch.interrupt_drains && matches!(self.phase, Phase::Starting | Phase::Running)
    }

    /// In a terminal the signal says only that the window has another size.
    fn ignores_window_changes(&self) -> bool {
        !self.current.setup.daemon && std::io::stdin().is_terminal()
    }

    /// Finishes what is served, then ends.
    fn quit(&mut self) {
        if !matches!(self.phase, Phase::Starting | Phase::Running) {
            return;
        }
        self.phase = Phase::Quitting;
        self.drain_workers();
        self.end_reload();
        self.release_listeners();
    }

    /// Ends at once.
    pub(super) fn stop(&mut self) {
        self.phase = Phase::Stopping;
        self.respawn.at = None;
        self.workers.iter_mut().for_each(super::Worker::stop);
        self.end_reload();
        self.release_listeners();
    }

    /// Serves no more, but stays: a new binary serves, and may yet turn out to be worse.
    fn rest(&mut self) {
        if self.phase == Phase::Running {
            self.resting = true;
            self.drain_workers();
        }
    }

    fn drain_workers(&mut self) {
        self.respawn.at = None;
        let limit = self.current.setup.shutdown_timeout;
        self.workers.iter_mut().for_each(|worker| worker.drain(limit));
    }

    /// Opens all log files again, for itself and for the workers, which may not.
    fn reopen_logs(&mut self) {
        let identity = self.current.setup.identity.clone();
        for line in self.current.logs.reopen(identity.as_ref()) {
            self.host.log(Level::Emergency, &line);
        }
        self.current.announce_logs(self.host);
        if self.current.setup.daemon && self.phase != Phase::Starting {
            self.redirect_errors();
        }
        let lent = message::Lent { listeners: Vec::new(), logs: self.current.logs.lent() };
        for worker in &mut self.workers {
            if worker.state != State::Killed && message::send_logs(&worker.socket, &lent).is_err() {
                self.host.log(Level::Alert, "a worker process did not take its reopened logs");
            }
        }
    }
}

/// nginx's line about a signal.
fn describe(received: Received, action: &str) -> String {
    let (number, name) = (received.signal as i32, received.signal.as_str());
    match received.sender {
        0 => format!("signal {number} ({name}) received{action}"),
        sender => format!("signal {number} ({name}) received from {sender}{action}"),
    }
}
