//! A server that says `GREETING PID UID` to whoever connects, then waits until they leave.

use model::{ErrorLog, Level, ListenAddress, LogTarget, Origin};
use process::{Body, Descriptors, Host, Identity, Inherited, Launch, Link, Listener, Setup, ToWorker};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const BODY: Body = work;

pub(crate) fn serve(file: &str) -> ExitCode {
    let inherited = Inherited::from_environment();
    let mut host = Toy { file: file.to_owned(), log: None, served: false };
    let setup = match host.reload() {
        Ok(setup) => setup,
        Err(lines) => {
            eprintln!("{lines:?}");
            return ExitCode::from(1);
        }
    };
    let launch = Launch {
        program: std::env::current_exe().unwrap(),
        arguments: std::env::args_os().collect(),
        inherited,
        interrupt_drains: false,
        dialect: process::Dialect::Nginx,
    };
    let code = process::run(setup, launch, &mut host, BODY);
    ExitCode::from(u8::try_from(code).unwrap())
}

struct Toy {
    file: String,
    log: Option<File>,
    served: bool,
}

impl Host for Toy {
    fn reload(&mut self) -> Result<Setup, Vec<String>> {
        setup(&fs::read_to_string(&self.file).unwrap())
    }

    fn log(&mut self, level: Level, message: &str) {
        let line = format!("[{level:?}] {message}\n");
        if !self.served {
            eprint!("{line}");
        }
        if let Some(log) = &mut self.log {
            log.write_all(line.as_bytes()).unwrap();
        }
    }

    fn use_logs(&mut self, logs: Vec<(ErrorLog, Option<OwnedFd>)>) {
        self.log = logs.into_iter().find_map(|(_, file)| file).map(File::from);
    }

    fn serving(&mut self) {
        self.served = true;
    }
}

/// Lines of `name value`.
fn setup(text: &str) -> Result<Setup, Vec<String>> {
    let mut setup = Setup { threads: 2, supervised: true, ..Setup::default() };
    for (name, value) in text.lines().filter_map(|line| line.split_once(' ')) {
        match name {
            "greeting" => setup.model = value.into(),
            "listen" => setup.listeners.push(Listener {
                address: ListenAddress::Inet(value.parse().unwrap()),
                options: model::ListenerOptions::default(),
            }),
            "share" => setup.listeners.iter_mut().for_each(|listener| listener.options.reuse_port = true),
            "pid" => setup.pid_file = value.into(),
            "log" => {
                setup.logs.push(value.into());
                let target = LogTarget::File(value.into());
                setup.error_logs.push(ErrorLog { target, level: Level::Debug, origin: Origin::default() });
            }
            "user" => setup.identity = Some(Identity::find(Some(value), Some("nogroup")).map_err(|line| vec![line])?),
            "limit" => setup.shutdown_timeout = Some(Duration::from_millis(value.parse().unwrap())),
            "directory" => setup.directories.push(value.into()),
            "alone" => setup.supervised = false,
            "daemon" => setup.daemon = true,
            other => return Err(vec![format!("unknown word {other}")]),
        }
    }
    Ok(setup)
}

/// What a worker serves at the moment.
#[derive(Default)]
struct Work {
    accepting: HashMap<ListenAddress, Arc<AtomicBool>>,
    active: Arc<AtomicUsize>,
    greeting: Arc<std::sync::OnceLock<String>>,
    log: Option<File>,
}

fn work(mut link: Link) -> i32 {
    let mut work = Work::default();
    while let Some(command) = link.commands.receive() {
        match command {
            ToWorker::Apply { model, descriptors } => {
                let greeting = String::from_utf8(model).unwrap();
                match greeting.as_str() {
                    "refuse" => link.replies.refused(vec!["the greeting is rude".to_owned()]),
                    "crash" => return 9,
                    _ => {
                        work.apply(greeting, descriptors);
                        link.replies.applied();
                    }
                }
            }
            ToWorker::ReplaceLogs(logs) => {
                work.log = logs.into_iter().next().map(|(_, file)| File::from(file));
                work.write("reopened");
            }
            ToWorker::Drain => {
                work.stop_accepting();
                let active = Arc::clone(&work.active);
                let replies = link.replies.clone();
                std::thread::spawn(move || {
                    while active.load(Ordering::SeqCst) > 0 {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    replies.drained();
                    std::process::exit(0);
                });
            }
            ToWorker::Stop => return 0,
        }
    }
    // The parent is gone; what is served is finished.
    loop {
        std::thread::park();
    }
}

impl Work {
    fn apply(&mut self, greeting: String, descriptors: Descriptors) {
        self.stop_accepting();
        self.greeting = Arc::new(greeting.into());
        self.log = descriptors.logs.into_iter().next().map(|(_, file)| File::from(file));
        self.write("applied");
        for (address, sockets) in descriptors.listeners {
            let running = Arc::new(AtomicBool::new(true));
            self.accepting.insert(address, Arc::clone(&running));
            for socket in sockets {
                let (running, active) = (Arc::clone(&running), Arc::clone(&self.active));
                let greeting = Arc::clone(&self.greeting);
                std::thread::spawn(move || accept(&TcpListener::from(socket), &running, &active, &greeting));
            }
        }
    }

    fn stop_accepting(&mut self) {
        for (_, running) in self.accepting.drain() {
            running.store(false, Ordering::SeqCst);
        }
    }

    fn write(&mut self, line: &str) {
        if let Some(log) = &mut self.log {
            log.write_all(format!("worker {line}\n").as_bytes()).unwrap();
        }
    }
}

fn accept(
    listener: &TcpListener,
    running: &AtomicBool,
    active: &Arc<AtomicUsize>,
    greeting: &Arc<std::sync::OnceLock<String>>,
) {
    listener.set_nonblocking(true).unwrap();
    while running.load(Ordering::SeqCst) {
        let limit = Timespec::try_from(Duration::from_millis(5)).unwrap();
        let _ = poll(&mut [PollFd::new(listener, PollFlags::IN)], Some(&limit));
        while let Ok((stream, _)) = listener.accept() {
            active.fetch_add(1, Ordering::SeqCst);
            let (active, greeting) = (Arc::clone(active), Arc::clone(greeting));
            std::thread::spawn(move || {
                greet(stream, greeting.get().unwrap());
                active.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
}

fn greet(mut stream: TcpStream, greeting: &str) {
    let user = nix::unistd::getuid();
    let line = format!("{greeting} {} {user}\n", std::process::id());
    if stream.write_all(line.as_bytes()).is_ok() {
        // Until the client leaves, however it leaves.
        drop(stream.read(&mut [0; 1]));
    }
}
