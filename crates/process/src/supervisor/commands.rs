//! What the operator's signals ask for.

use super::worker::State;
use super::{Dialect, Phase, Supervisor};
use crate::message;
use crate::reason;
use crate::signals::Received;
use model::Level;
use nix::sys::signal::Signal;
use std::io::IsTerminal;

/// What a signal asks for.
#[derive(Clone, Copy)]
enum Order {
    Quit,
    Stop,
    Reconfigure,
    Reopen,
    Restart,
    Upgrade,
    Rest,
    Ignore,
}

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
        let order = self.order(received.signal);
        let action = match order {
            Order::Quit => ", shutting down",
            Order::Stop => ", exiting",
            Order::Reconfigure | Order::Restart => ", reconfiguring",
            Order::Reopen => ", reopening logs",
            Order::Upgrade => ", changing binary",
            Order::Rest => ", no longer accepting connections",
            Order::Ignore => ", ignoring",
        };
        self.host.log(Level::Notice, &describe(received, action));
        match order {
            Order::Quit => self.quit(),
            Order::Stop => self.stop(),
            Order::Reconfigure => self.reconfigure(),
            Order::Reopen => {
                self.reload.reopens = self.reload.is_pending();
                self.reopen_logs();
            }
            Order::Restart => {
                self.reopen_logs();
                self.reconfigure();
            }
            Order::Upgrade => self.change_binary(),
            Order::Rest => self.rest(),
            Order::Ignore => {}
        }
    }

    fn order(&self, signal: Signal) -> Order {
        match (signal, self.launch.dialect) {
            (Signal::SIGWINCH, _) if self.ignores_window_changes() => Order::Ignore,
            (Signal::SIGWINCH, Dialect::Nginx) => Order::Rest,
            (Signal::SIGQUIT, _) | (Signal::SIGWINCH, Dialect::Httpd) => Order::Quit,
            (Signal::SIGINT, _) if self.interrupt_drains() => Order::Quit,
            (Signal::SIGTERM | Signal::SIGINT, _) => Order::Stop,
            (Signal::SIGHUP, Dialect::Nginx) => Order::Reconfigure,
            (Signal::SIGUSR1, Dialect::Nginx) => Order::Reopen,
            (Signal::SIGHUP | Signal::SIGUSR1, Dialect::Httpd) => Order::Restart,
            (Signal::SIGUSR2, _) => Order::Upgrade,
            _ => Order::Ignore,
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
    pub(super) fn reopen_logs(&mut self) {
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
