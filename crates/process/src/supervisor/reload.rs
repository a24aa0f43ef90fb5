//! SIGHUP: the new configuration whole, or the old one kept and the reason logged.

use super::generation::Generation;
use super::worker::State;
use super::{Phase, Supervisor, log_all};
use crate::message;
use crate::pid_file::PidFile;
use crate::reason;
use model::Level;

/// Where a reload stands.
#[derive(Default)]
pub(super) struct Reload {
    /// Asked for, but not begun: the worker still has to answer to something else.
    asked: bool,
    /// Sent to the worker, which has not answered.
    pub(super) pending: Option<Generation>,
    /// Logs were to be opened again meanwhile: so are those that it brings.
    pub(super) reopens: bool,
}

impl Reload {
    pub(super) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }
}

impl Supervisor<'_> {
    pub(super) fn reconfigure(&mut self) {
        let resting = std::mem::take(&mut self.resting);
        if self.phase == Phase::Running && resting && self.successor.is_some() {
            // A new binary runs and is to be given up: serve as before.
            return self.start_worker();
        }
        self.reload.asked = true;
    }

    /// Begins a reload that was asked for, as soon as no other is under way.
    pub(super) fn reload_if_asked(&mut self) {
        let busy = self.reload.pending.is_some() || self.workers.iter().any(|worker| worker.state == State::Starting);
        if !self.reload.asked || busy || self.phase != Phase::Running {
            return;
        }
        self.reload.asked = false;
        self.host.log(Level::Notice, "reconfiguring");
        match self.host.reload().and_then(|setup| self.current.next(setup)) {
            Ok((next, notes)) => {
                log_all(self.host, Level::Warning, &notes);
                self.offer(next);
            }
            Err(lines) => log_all(self.host, Level::Emergency, &lines),
        }
    }

    /// Gives the new configuration to the worker; without one, a worker is started on it.
    fn offer(&mut self, next: Generation) {
        let next = self.reload.pending.insert(next);
        let serving = self.workers.iter_mut().find(|worker| worker.state == State::Serving);
        let Some(worker) = serving else {
            return self.start_worker();
        };
        if let Err(error) = message::send_apply(&worker.socket, &next.setup.model, &next.lent()) {
            worker.kill();
            let line = format!("the worker process does not listen {}", reason(&error));
            self.refuse_reload(&[line]);
        }
    }

    /// The worker serves by the new configuration.
    pub(super) fn commit_reload(&mut self) {
        if let Some(next) = self.reload.pending.take() {
            self.adopt(next);
            self.host.log(Level::Notice, "the new configuration is in force");
            if std::mem::take(&mut self.reload.reopens) {
                self.reopen_logs();
            }
        }
    }

    /// The worker keeps the old configuration.
    pub(super) fn refuse_reload(&mut self, lines: &[String]) {
        log_all(self.host, Level::Emergency, lines);
        self.reload.reopens = false;
        if let Some(next) = self.reload.pending.take() {
            next.listeners.unlink_except(&self.current.listeners);
        }
    }

    /// Forgets a reload, since the server ends.
    pub(super) fn end_reload(&mut self) {
        self.reload.asked = false;
        self.refuse_reload(&[]);
    }

    fn adopt(&mut self, next: Generation) {
        let before = std::mem::replace(&mut self.current, next);
        before.listeners.unlink_except(&self.current.listeners);
        self.current.announce_logs(self.host);
        if self.current.setup.daemon {
            self.redirect_errors();
        }
        self.move_pid_file();
        self.watch();
    }

    fn move_pid_file(&mut self) {
        let wanted = &self.current.setup.pid_file;
        let Some(file) = self.pid_file.take_if(|file| file.path() != wanted) else {
            return;
        };
        if self.successor.is_some() {
            self.pid_file = Some(file);
            return;
        }
        match PidFile::write(wanted) {
            Ok(new) => {
                self.pid_file = new;
                if let Err(line) = file.remove() {
                    self.host.log(Level::Alert, &line);
                }
            }
            Err(line) => {
                self.pid_file = Some(file);
                self.host.log(Level::Emergency, &line);
            }
        }
    }
}
