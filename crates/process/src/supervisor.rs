//! The parent's loop: signals, a worker's answers, deaths and deadlines, each handled in the module that bears its name.

mod answers;
mod children;
mod commands;
mod generation;
mod reload;
mod upgrade;
mod worker;

use crate::daemon::{self, Waiting};
use crate::pid_file::PidFile;
use crate::signals::{PARENT, Signals};
use crate::watch::Watch;
use crate::{Body, Inherited, Setup, clock, reason};
use generation::Generation;
use model::{ErrorLog, Level};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use worker::{State, Worker};

/// What the parent asks of the program that it is part of.
pub trait Host {
    /// Reads the configuration again.
    ///
    /// # Errors
    /// Why it cannot be used, as lines for the log.
    fn reload(&mut self) -> Result<Setup, Vec<String>>;
    /// Writes a line to the error log, and to standard error while the server starts.
    fn log(&mut self, level: Level, message: &str);
    /// The error logs of the configuration that is now in force, those that are files with the open file.
    fn use_logs(&mut self, logs: Vec<(ErrorLog, Option<OwnedFd>)>);
    /// Every socket listens and the worker serves.
    fn serving(&mut self) {}
}

/// How this process was started.
#[derive(Debug, Default)]
pub struct Launch {
    /// What to execute for an upgrade of the binary.
    pub program: PathBuf,
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// Sockets of the process whose place this one takes.
    pub inherited: Inherited,
    /// Whether a first SIGINT drains as SIGQUIT does; otherwise it stops, as nginx has it.
    pub interrupt_drains: bool,
    /// What signals mean.
    pub dialect: Dialect,
}

/// Whose meaning of signals holds. SIGTERM ends at once and SIGQUIT when all is served in both, and SIGUSR2 starts the new
/// binary.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialect {
    /// nginx's: SIGHUP reads the configuration anew, SIGUSR1 opens the logs again, SIGWINCH lets the worker end.
    #[default]
    Nginx,
    /// httpd's: SIGHUP and SIGUSR1 read the configuration anew and open the logs again, SIGWINCH ends when all is served.
    Httpd,
}

/// Supervises a worker until the server has ended; the result is the exit code.
///
/// The caller has one thread only, unless `supervised` is off.
pub fn run(setup: Setup, mut launch: Launch, host: &mut dyn Host, body: Body) -> i32 {
    if let Some(text) = launch.inherited.text() {
        let line = format!("using inherited sockets from \"{text}\"");
        host.log(Level::Notice, &line);
    }
    let current = match Generation::first(setup, &mut launch.inherited) {
        Ok((generation, notes)) => {
            log_all(host, Level::Alert, &notes);
            generation
        }
        Err(lines) => {
            log_all(host, Level::Emergency, &lines);
            return 1;
        }
    };
    launch.inherited.close();
    current.announce_logs(host);
    let prepared = (|| {
        let detaches = current.setup.daemon && !launch.inherited.is_upgrade();
        let waiting = if detaches { Some(daemon::detach()?) } else { None };
        Ok((waiting, Signals::block(PARENT)?))
    })();
    match prepared {
        Ok((waiting, signals)) => Supervisor::new(current, launch, host, body, (waiting, signals)).supervise(),
        Err(error) => {
            let error: std::io::Error = error;
            host.log(Level::Emergency, &format!("starting failed {}", reason(&error)));
            current.listeners.unlink_except(&crate::listeners::Listeners::default());
            1
        }
    }
}

/// What the server as a whole is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Until the first worker serves.
    Starting,
    Running,
    /// Ends once the workers have finished what they serve.
    Quitting,
    /// Ends once the workers have ended.
    Stopping,
}

struct Supervisor<'a> {
    host: &'a mut dyn Host,
    body: Body,
    launch: Launch,
    /// The process that started this one, if it is one whose place this one takes.
    predecessor: Option<Pid>,
    signals: Signals,
    waiting: Option<Waiting>,
    phase: Phase,
    current: Generation,
    reload: reload::Reload,
    /// The worker that serves and those that are on their way out.
    workers: Vec<Worker>,
    respawn: children::Respawn,
    /// SIGWINCH came: serve no more, but stay.
    resting: bool,
    successor: Option<Pid>,
    pid_file: Option<PidFile>,
    /// Files of the configuration that others change.
    watch: Option<Watch>,
    exit_code: i32,
}

impl<'a> Supervisor<'a> {
    fn new(
        current: Generation,
        launch: Launch,
        host: &'a mut dyn Host,
        body: Body,
        (waiting, signals): (Option<Waiting>, Signals),
    ) -> Self {
        Self {
            host,
            body,
            predecessor: launch.inherited.is_upgrade().then(nix::unistd::getppid),
            launch,
            signals,
            waiting,
            phase: Phase::Starting,
            current,
            reload: reload::Reload::default(),
            workers: Vec::new(),
            respawn: children::Respawn::default(),
            resting: false,
            successor: None,
            pid_file: None,
            watch: None,
            exit_code: 0,
        }
    }

    fn supervise(mut self) -> i32 {
        if self.current.setup.supervised {
            self.host.log(Level::Notice, "start worker processes");
        }
        self.watch();
        self.start_worker();
        while !self.has_ended() {
            self.wait();
            let died = self.take_signals();
            self.take_answers();
            self.take_changes();
            if died {
                self.reap();
            }
            self.meet_deadlines();
            self.reload_if_asked();
        }
        self.finish()
    }

    fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Quitting | Phase::Stopping) && self.workers.is_empty()
    }

    /// Sleeps until there is something to do.
    fn wait(&mut self) {
        let now = clock::now();
        let until = |deadline: Instant| deadline.saturating_duration_since(now) + Duration::from_millis(1);
        let limit = self.next_deadline().map(until).and_then(|limit| Timespec::try_from(limit).ok());
        let mut sources = vec![PollFd::new(&self.signals, PollFlags::IN)];
        sources.extend(self.watch.iter().map(|watch| PollFd::new(watch, PollFlags::IN)));
        let listening = self.workers.iter().filter(|worker| worker.hears);
        sources.extend(listening.map(|worker| PollFd::new(&worker.socket, PollFlags::IN)));
        // An error (no memory, a signal that is not blocked) is met by looking at everything once more.
        let _ = poll(&mut sources, limit.as_ref());
    }

    fn next_deadline(&self) -> Option<Instant> {
        let workers = self.workers.iter().filter_map(|worker| worker.deadline);
        workers.chain(self.respawn.at).chain(self.watch.as_ref().and_then(|watch| watch.due)).min()
    }

    /// Watches the files of the configuration that is in force.
    fn watch(&mut self) {
        let (watch, problem) = Watch::open(&self.current.setup.watched);
        let before = std::mem::replace(&mut self.watch, watch);
        if let (Some(watch), Some(before)) = (&mut self.watch, before) {
            watch.succeed(before);
        }
        if let Some(line) = problem {
            self.host.log(Level::Warning, &line);
        }
    }

    /// Files that were changed are taken over by a reload, shortly after.
    fn take_changes(&mut self) {
        let Some(watch) = &mut self.watch else { return };
        watch.take();
        if watch.due.take_if(|due| *due <= clock::now()).is_some() && !self.resting {
            self.host.log(Level::Notice, "files of directories have changed, reconfiguring");
            self.reconfigure();
        }
    }

    /// The worker that serves or is about to.
    fn serving(&mut self) -> Option<&mut Worker> {
        self.workers.iter_mut().find(|worker| matches!(worker.state, State::Starting | State::Serving))
    }

    /// The first worker serves: now the server counts as started.
    fn announce(&mut self) {
        match PidFile::write(&self.current.setup.pid_file) {
            Ok(file) => self.pid_file = file,
            Err(line) => return self.fail(&[line]),
        }
        self.phase = Phase::Running;
        if let Some(waiting) = self.waiting.take() {
            waiting.succeed();
        }
        if self.current.setup.daemon {
            self.redirect_errors();
        }
        self.host.serving();
    }

    /// As a daemon, standard error goes where the first error log goes.
    fn redirect_errors(&mut self) {
        if let Err(error) = daemon::redirect_errors(self.current.main_log()) {
            let line = format!("redirecting standard error failed {}", reason(&error));
            self.host.log(Level::Alert, &line);
        }
    }

    /// The server cannot start.
    fn fail(&mut self, lines: &[String]) {
        log_all(self.host, Level::Emergency, lines);
        self.exit_code = 1;
        self.stop();
    }

    fn finish(mut self) -> i32 {
        self.release_listeners();
        if let Some(Err(line)) = self.pid_file.take().map(PidFile::remove) {
            self.host.log(Level::Alert, &line);
        }
        self.host.log(Level::Notice, "exit");
        self.exit_code
    }

    /// Closes the sockets, and removes the paths of Unix sockets that no other process goes on with.
    fn release_listeners(&mut self) {
        let listeners = std::mem::take(&mut self.current.listeners);
        let predecessor_lives = self.predecessor.is_some_and(|pid| pid == nix::unistd::getppid());
        if self.successor.is_none() && !predecessor_lives {
            listeners.unlink_except(&crate::listeners::Listeners::default());
        }
    }
}

fn log_all(host: &mut dyn Host, level: Level, lines: &[String]) {
    for line in lines {
        host.log(level, line);
    }
}
