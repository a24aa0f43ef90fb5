//! A running toy server in a directory of its own, and ways to look at it from outside.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testkit::Loopback;

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Server {
    pub(crate) directory: PathBuf,
    pub(crate) address: SocketAddr,
    child: Option<Child>,
}

/// An accepted connection and what was said on it.
#[derive(Debug)]
pub(crate) struct Greeted {
    pub(crate) greeting: String,
    pub(crate) worker: i32,
    pub(crate) user: u32,
    pub(crate) stream: TcpStream,
}

/// Waits until the condition holds.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[expect(clippy::disallowed_methods, reason = "the test measures real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// An address that nobody else uses.
pub(crate) fn free_address() -> SocketAddr {
    Loopback::next().socket()
}

/// Connects and reads the greeting.
pub(crate) fn greet(address: SocketAddr) -> std::io::Result<Greeted> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let words: Vec<&str> = line.split_whitespace().collect();
    let [greeting, worker, user] = words.as_slice() else {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    Ok(Greeted {
        greeting: (*greeting).to_owned(),
        worker: worker.parse().unwrap(),
        user: user.parse().unwrap(),
        stream,
    })
}

impl Server {
    /// A directory and an address, nothing started.
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let directory = std::env::temp_dir().join(format!("zaguan-supervisor-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::set_permissions(&directory, Permissions::from_mode(0o755)).unwrap();
        Self { directory, address: free_address(), child: None }
    }

    /// Writes a configuration: these lines, the pid file and the log.
    pub(crate) fn configure(&self, greeting: &str, addresses: &[SocketAddr], more: &str) {
        let directory = self.directory.display();
        let mut text = format!("greeting {greeting}\npid {directory}/pid\nlog {directory}/log\n");
        for address in addresses {
            writeln!(text, "listen {address}").unwrap();
        }
        fs::write(self.directory.join("conf"), text + more).unwrap();
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("serve").arg(self.directory.join("conf")).stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Starts it on its address and waits for the pid file.
    pub(crate) fn start(more: &str) -> Self {
        let mut server = Self::new();
        server.configure("hello", &[server.address], more);
        server.child = Some(server.command().spawn().unwrap());
        server.pid();
        server
    }

    /// Runs it, expecting that it ends by itself.
    pub(crate) fn output(&self) -> Output {
        self.command().stderr(Stdio::piped()).output().unwrap()
    }

    /// The process that the pid file names.
    pub(crate) fn pid(&self) -> i32 {
        eventually("a pid file", || self.file("pid").trim().parse().ok())
    }

    /// A file's text; empty if it is not there.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str) {
        eventually(text, || self.file("log").contains(text).then_some(()));
    }

    /// Sends the process of the pid file a signal.
    pub(crate) fn send(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).unwrap();
    }

    #[track_caller]
    pub(crate) fn greeted(&self) -> Greeted {
        greet(self.address).unwrap()
    }

    /// Waits until the started process has ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let child = self.child.as_mut().unwrap();
        eventually("the end of the server", || child.try_wait().unwrap())
    }

    pub(crate) fn kill_parent(&mut self) {
        let child = self.child.as_mut().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for name in ["pid", "pid.oldbin"] {
            if let Ok(pid) = self.file(name).trim().parse() {
                let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
            }
        }
        if let Some(child) = &mut self.child
            && std::thread::panicking()
        {
            drop(child.kill());
            eprintln!("{}", fs::read_to_string(self.directory.join("log")).unwrap_or_default());
        }
        if let Some(child) = &mut self.child {
            drop(child.wait());
        }
        drop(fs::remove_dir_all(&self.directory));
    }
}
