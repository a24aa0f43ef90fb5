//! The real binary as a process: started on a config, watched, stopped by pid.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::command::{self, Finished, run_command};
use crate::gate::{PATIENCE, eventually, holds_within};
use crate::prefix::Prefix;

/// The configuration, where it is in httpd's language.
pub(crate) const APACHE: &str = "httpd.conf";

/// The binary under test: `built`, or what `ZAGUAN_TEST_BINARY` names (a real nginx, to judge the tests themselves).
pub fn binary(built: &str) -> PathBuf {
    std::env::var_os("ZAGUAN_TEST_BINARY").map_or_else(|| PathBuf::from(built), PathBuf::from)
}

/// Whether the tests run against a real nginx.
pub fn is_nginx() -> bool {
    std::env::var_os("ZAGUAN_TEST_BINARY").is_some_and(|path| Path::new(&path).ends_with("nginx"))
}

/// A running server with its own prefix.
pub struct Server {
    binary: PathBuf,
    prefix: Prefix,
    pid: u32,
    /// What was started stays our child, unless it went to the background.
    child: Option<Child>,
    expects_alerts: bool,
}

impl Server {
    /// Starts the binary on the prefix's `httpd.conf`, or else `nginx.conf`; returns when the pid file says that it listens.
    pub fn start(built: &str, prefix: Prefix) -> Self {
        let binary = binary(built);
        let console = File::create(prefix.path().join("console")).unwrap();
        let mut command = command_on(&binary, &prefix);
        command.stdin(Stdio::null()).stdout(console.try_clone().unwrap()).stderr(console);
        let child = command.spawn().unwrap_or_else(|error| panic!("start {}: {error}", binary.display()));
        let mut server = Self { binary, prefix, pid: child.id(), child: Some(child), expects_alerts: false };
        server.wait_until_listening();
        server
    }

    /// Starts the binary on a configuration that sends it to the background.
    pub fn start_daemon(built: &str, prefix: Prefix) -> Self {
        let binary = binary(built);
        let finished = run_command(command_on(&binary, &prefix));
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let mut server = Self { binary, prefix, pid: 0, child: None, expects_alerts: false };
        eventually("the daemon's pid file", || server.pid_in_file().is_some());
        server.pid = server.pid_in_file().unwrap();
        server.wait_for_nginx();
        server
    }

    fn wait_until_listening(&mut self) {
        let mut ended = None;
        let listening = holds_within(PATIENCE, &mut || {
            ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            ended.is_some() || self.pid_in_file() == Some(self.pid)
        });
        assert!(ended.is_none() && listening, "the server did not start ({ended:?}):\n{}", self.story());
        self.wait_for_nginx();
    }

    /// nginx loses a signal that comes before its first worker; here the pid file says that all is ready.
    fn wait_for_nginx(&self) {
        if is_nginx() && !self.prefix.read("nginx.conf").contains("master_process off") {
            eventually("the first worker", || !self.workers().is_empty());
        }
    }

    /// The process that was started: the parent, when there are workers.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What the pid file names now.
    pub fn pid_in_file(&self) -> Option<u32> {
        self.prefix.read("nginx.pid").trim().parse().ok()
    }

    /// From now on this value stands for another process, which took over the prefix.
    pub fn adopt(&mut self, pid: u32) {
        assert!(!is_alive(self.pid), "the old process has ended");
        (self.pid, self.child) = (pid, None);
    }

    /// The processes that `pid` started and that are alive.
    pub fn children_of(pid: u32) -> Vec<u32> {
        let path = format!("/proc/{pid}/task/{pid}/children");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.split_whitespace().filter_map(|word| word.parse().ok()).collect()
    }

    /// This server's worker processes.
    pub fn workers(&self) -> Vec<u32> {
        Self::children_of(self.pid())
    }

    /// The directory that `-p` names.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// Sends a signal to the started process.
    pub fn signal(&self, signal: Signal) {
        signal_process(self.pid(), signal);
    }

    /// Runs the same binary with other arguments on the same prefix and config.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let mut command = command_on(&self.binary, &self.prefix);
        command.args(arguments);
        run_command(command)
    }

    /// The error log so far.
    pub fn error_log(&self) -> String {
        self.prefix.read("error.log")
    }

    /// Waits until the error log holds `text`.
    pub fn wait_for_log(&self, text: &str) {
        eventually(&format!("{text:?} in the error log"), || self.error_log().contains(text));
    }

    /// Waits for the process to end by itself; fails when it does not, or not with success.
    pub fn wait_for_exit(&mut self) {
        let Some(child) = &mut self.child else {
            return eventually("the daemon's end", || !is_alive(self.pid));
        };
        let status = command::wait(child);
        let status = status.unwrap_or_else(|| panic!("still running after {PATIENCE:?}:\n{}", self.story()));
        assert!(status.success(), "{status}; {}", self.story());
    }

    fn has_ended(&mut self) -> bool {
        match &mut self.child {
            Some(child) => child.try_wait().unwrap().is_some(),
            None => !is_alive(self.pid),
        }
    }

    /// This test provokes lines of level `alert` (a killed worker).
    pub fn expect_alerts(&mut self) {
        self.expects_alerts = true;
    }

    /// Stops it in good order and looks for what must never be in its log.
    pub fn stop(mut self) {
        if !self.has_ended() {
            self.signal(Signal::QUIT);
            self.wait_for_exit();
        }
        let alarms = self.alarms();
        assert!(alarms.is_empty(), "the log has alarms:\n{alarms}");
    }

    fn alarms(&self) -> String {
        let mut text = self.error_log();
        text.push_str(&self.prefix.read("console"));
        let is_alarm = |line: &&str| {
            (line.contains("[alert]") && !self.expects_alerts)
                || line.contains("[emerg] panic")
                || line.contains("panicked at")
        };
        text.lines().filter(is_alarm).collect::<Vec<_>>().join("\n")
    }

    /// The last lines of what the server wrote, for a failure's message.
    pub fn story(&self) -> String {
        let text = self.prefix.read("console") + &self.error_log();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.has_ended() {
            return;
        }
        let workers = self.workers();
        self.signal(Signal::KILL);
        if let Some(child) = &mut self.child {
            let _ = child.wait();
        }
        for worker in workers {
            signal_process(worker, Signal::KILL);
        }
    }
}

fn command_on(binary: &Path, prefix: &Prefix) -> Command {
    let mut command = Command::new(binary);
    command.arg("-p").arg(prefix.path()).args(["-e", "error.log"]);
    if prefix.path().join(APACHE).exists() {
        command.args(["-c", APACHE, "-D", "FOREGROUND"]);
    } else {
        command.args(["-c", "nginx.conf"]);
    }
    command
}

/// Whether the process runs; one that ended and was not waited for does not.
pub fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Sends a signal to a process of this test; one that has ended already is fine.
pub fn signal_process(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}
