//! What the supervisor promises, one promise a case.

use crate::server::{Server, eventually, free_address, greet, now};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

pub(crate) const ALL: [(&str, fn()); 20] = [
    ("serves_once_the_pid_file_is_there", serves_once_the_pid_file_is_there),
    ("restarts_a_killed_worker", restarts_a_killed_worker),
    ("restarts_a_worker_that_was_told_to_end", restarts_a_worker_that_was_told_to_end),
    ("reload_adds_and_removes_a_listener", reload_adds_and_removes_a_listener),
    ("a_refused_reload_changes_nothing", a_refused_reload_changes_nothing),
    ("a_configuration_in_error_changes_nothing", a_configuration_in_error_changes_nothing),
    ("a_reload_that_kills_the_worker_is_undone", a_reload_that_kills_the_worker_is_undone),
    ("quit_waits_for_what_is_served", quit_waits_for_what_is_served),
    ("quit_ends_after_the_shutdown_timeout", quit_ends_after_the_shutdown_timeout),
    ("term_ends_at_once", term_ends_at_once),
    ("usr1_reopens_logs", usr1_reopens_logs),
    ("usr2_hands_over_without_a_refused_connection", usr2_hands_over_without_a_refused_connection),
    ("usr2_hands_over_shared_ports", usr2_hands_over_shared_ports),
    ("an_upgrade_that_fails_is_undone", an_upgrade_that_fails_is_undone),
    ("winch_rests_and_hup_serves_again", winch_rests_and_hup_serves_again),
    ("a_failing_start_exits_with_1", a_failing_start_exits_with_1),
    ("a_daemon_reports_how_its_start_went", a_daemon_reports_how_its_start_went),
    ("one_process_alone_serves", one_process_alone_serves),
    ("a_worker_whose_parent_was_killed_frees_the_port", a_worker_whose_parent_was_killed_frees_the_port),
    ("drops_privileges_and_still_reloads", drops_privileges_and_still_reloads),
];

fn serves_once_the_pid_file_is_there() {
    let server = Server::start("");
    let greeted = server.greeted();
    assert_eq!(greeted.greeting, "hello");
    assert_ne!(greeted.worker, server.pid());
    let log = server.file("log");
    assert!(log.contains(&format!("start worker process {}", greeted.worker)), "{log}");
}

fn restarts_a_killed_worker() {
    let server = Server::start("");
    for _ in 0..2 {
        let worker = server.greeted().worker;
        let killed = now();
        kill(Pid::from_raw(worker), Signal::SIGKILL).unwrap();
        let other =
            eventually("another worker", || greet(server.address).ok().filter(|greeted| greeted.worker != worker));
        assert!(killed.elapsed() < Duration::from_secs(1));
        assert_eq!(other.greeting, "hello");
        server.wait_for_log(&format!("[Alert] worker process {worker} exited on signal 9"));
    }
}

fn restarts_a_worker_that_was_told_to_end() {
    let server = Server::start("");
    let worker = server.greeted().worker;
    kill(Pid::from_raw(worker), Signal::SIGTERM).unwrap();
    server.wait_for_log(&format!("worker process {worker} exited with code 0"));
    eventually("another worker", || greet(server.address).ok().filter(|greeted| greeted.worker != worker));
}

fn reload_adds_and_removes_a_listener() {
    let server = Server::start("");
    let mut held = server.greeted();
    let added = free_address();
    server.configure("both", &[server.address, added], "");
    server.send(Signal::SIGHUP);
    eventually("the new listener", || greet(added).ok().filter(|greeted| greeted.greeting == "both"));
    assert_eq!(server.greeted().worker, held.worker);
    server.configure("one", &[added], "");
    server.send(Signal::SIGHUP);
    eventually("the end of the old listener", || greet(server.address).is_err().then_some(()));
    // What accepted before takes a moment to stop.
    eventually("the new greeting", || greet(added).ok().filter(|greeted| greeted.greeting == "one"));
    held.stream.set_nonblocking(true).unwrap();
    let error = held.stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "the connection lives on");
}

fn a_refused_reload_changes_nothing() {
    let server = Server::start("");
    let worker = server.greeted().worker;
    let added = free_address();
    server.configure("refuse", &[added], "");
    server.send(Signal::SIGHUP);
    server.wait_for_log("[Emergency] the greeting is rude");
    let greeted = server.greeted();
    assert_eq!((greeted.greeting.as_str(), greeted.worker), ("hello", worker));
    eventually("the new listener closed", || greet(added).is_err().then_some(()));
}

fn a_configuration_in_error_changes_nothing() {
    let server = Server::start("");
    server.configure("other", &[server.address], "nonsense here\n");
    server.send(Signal::SIGHUP);
    server.wait_for_log("[Emergency] unknown word nonsense");
    assert_eq!(server.greeted().greeting, "hello");
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    server.configure("other", &[server.address, taken], "");
    server.send(Signal::SIGHUP);
    server.wait_for_log(&format!("[Emergency] bind() to {taken} failed (98: Address already in use)"));
    assert_eq!(server.greeted().greeting, "hello");
}

fn a_reload_that_kills_the_worker_is_undone() {
    let server = Server::start("");
    let worker = server.greeted().worker;
    server.configure("crash", &[server.address], "");
    server.send(Signal::SIGHUP);
    server.wait_for_log(&format!("worker process {worker} exited with code 9"));
    let greeted = eventually("a worker on the old configuration", || greet(server.address).ok());
    assert_eq!(greeted.greeting, "hello");
}

fn quit_waits_for_what_is_served() {
    let mut server = Server::start("");
    let held = server.greeted();
    server.send(Signal::SIGQUIT);
    eventually("closed listeners", || greet(server.address).is_err().then_some(()));
    assert!(!server.file("pid").is_empty(), "the server is still there");
    drop(held);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.file("pid"), "");
    assert!(server.file("log").ends_with("[Notice] exit\n"));
}

fn quit_ends_after_the_shutdown_timeout() {
    let mut server = Server::start("limit 10\n");
    let held = server.greeted();
    server.send(Signal::SIGQUIT);
    assert_eq!(server.wait().code(), Some(0));
    assert!(server.file("log").contains("[Warning] worker_shutdown_timeout has passed"));
    drop(held);
}

fn term_ends_at_once() {
    let mut server = Server::start("");
    let held = server.greeted();
    server.send(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.file("pid"), "");
    drop(held);
}

fn usr1_reopens_logs() {
    let server = Server::start("");
    fs::rename(server.directory.join("log"), server.directory.join("log.1")).unwrap();
    server.send(Signal::SIGUSR1);
    eventually("the worker's line", || server.file("log").contains("worker reopened").then_some(()));
    assert!(server.file("log.1").contains("worker applied"));
    let worker = server.greeted().worker;
    kill(Pid::from_raw(worker), Signal::SIGKILL).unwrap();
    server.wait_for_log("exited on signal 9");
}

fn usr2_hands_over_without_a_refused_connection() {
    hand_over("");
}

fn usr2_hands_over_shared_ports() {
    hand_over("share it\n");
}

fn hand_over(more: &str) {
    let mut server = Server::start(more);
    let held = server.greeted();
    let before = server.pid();
    let running = Arc::new(AtomicBool::new(true));
    let served = Arc::new(AtomicUsize::new(0));
    let (address, keep_on, count) = (server.address, Arc::clone(&running), Arc::clone(&served));
    let clients = std::thread::spawn(move || {
        let mut failures = Vec::new();
        while keep_on.load(Ordering::SeqCst) {
            match greet(address) {
                Ok(_) => _ = count.fetch_add(1, Ordering::SeqCst),
                Err(error) => failures.push(error.to_string()),
            }
        }
        failures
    });
    server.send(Signal::SIGUSR2);
    let after =
        eventually("a new parent", || server.file("pid").trim().parse::<i32>().ok().filter(|pid| *pid != before));
    assert_eq!(server.file("pid.oldbin").trim(), before.to_string());
    kill(Pid::from_raw(before), Signal::SIGQUIT).unwrap();
    eventually("the old one only drains", || {
        let reached = served.load(Ordering::SeqCst);
        (reached > 100 && greet(address).ok()?.worker != held.worker).then_some(())
    });
    drop(held);
    assert_eq!(server.wait().code(), Some(0));
    let more_than = served.load(Ordering::SeqCst) + 20;
    eventually("service by the new one", || (served.load(Ordering::SeqCst) > more_than).then_some(()));
    running.store(false, Ordering::SeqCst);
    assert_eq!(clients.join().unwrap(), [""; 0]);
    assert_eq!(server.pid(), after);
    assert_eq!(server.file("pid.oldbin"), "");
    server.send(Signal::SIGQUIT);
    eventually("the end of the new one", || server.file("pid").is_empty().then_some(()));
}

fn an_upgrade_that_fails_is_undone() {
    let server = Server::start("");
    server.configure("hello", &[server.address], "nonsense here\n");
    let before = server.pid();
    server.send(Signal::SIGUSR2);
    server.wait_for_log("exited with code 1");
    eventually("the pid file back", || (server.file("pid").trim() == before.to_string()).then_some(()));
    assert_eq!(server.file("pid.oldbin"), "");
    assert_eq!(server.greeted().greeting, "hello");
}

fn winch_rests_and_hup_serves_again() {
    let server = Server::start("");
    let worker = server.greeted().worker;
    server.send(Signal::SIGWINCH);
    server.wait_for_log(&format!("worker process {worker} exited with code 0"));
    server.configure("again", &[server.address], "");
    server.send(Signal::SIGHUP);
    // A connection that was made meanwhile waits in the queue.
    assert_eq!(server.greeted().greeting, "again");
}

fn a_failing_start_exits_with_1() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let server = Server::new();
    server.configure("hello", &[taken], "");
    let output = server.output();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    let line = format!("[Emergency] bind() to {taken} failed (98: Address already in use)\n");
    assert!(errors.contains(&line), "{errors}");

    for (greeting, line) in [("refuse", "the greeting is rude"), ("crash", "ended while it started")] {
        server.configure(greeting, &[server.address], "");
        let output = server.output();
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().contains(line));
        assert_eq!(server.file("pid"), "");
    }
}

fn a_daemon_reports_how_its_start_went() {
    let server = Server::new();
    server.configure("refuse", &[server.address], "daemon on\n");
    let output = server.output();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("the greeting is rude"));

    server.configure("hello", &[server.address], "daemon on\n");
    // Ends though the daemon lives on: it holds the pipe of standard error no longer.
    assert_eq!(server.output().status.code(), Some(0));
    let pid = server.pid();
    assert_eq!(server.greeted().greeting, "hello");
    let session = nix::unistd::getsid(Some(Pid::from_raw(pid))).unwrap();
    assert_ne!(session, nix::unistd::getsid(None).unwrap());
    server.send(Signal::SIGQUIT);
    eventually("the end of the daemon", || server.file("pid").is_empty().then_some(()));
}

fn one_process_alone_serves() {
    let mut server = Server::start("alone yes\n");
    assert_eq!(server.greeted().worker, server.pid());
    server.configure("again", &[server.address], "alone yes\n");
    server.send(Signal::SIGHUP);
    eventually("the new greeting", || (server.greeted().greeting == "again").then_some(()));
    server.send(Signal::SIGTERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.file("pid"), "");
}

fn a_worker_whose_parent_was_killed_frees_the_port() {
    let mut server = Server::start("");
    let mut held = server.greeted();
    server.kill_parent();
    eventually("a free port", || std::net::TcpListener::bind(server.address).ok());
    held.stream.set_nonblocking(true).unwrap();
    let error = held.stream.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "what is served is finished");
    drop(held);
    fs::remove_file(server.directory.join("pid")).unwrap();
}

fn drops_privileges_and_still_reloads() {
    if !process::is_superuser() {
        println!("not run by root: nothing to drop");
        return;
    }
    let server = Server::start("");
    let temporary = server.directory.join("temporary");
    let more = format!("user nobody\ndirectory {}\n", temporary.display());
    server.configure("hello", &[server.address], &more);
    server.send(Signal::SIGHUP);
    server.wait_for_log("the new configuration is in force");
    kill(Pid::from_raw(server.greeted().worker), Signal::SIGKILL).unwrap();
    let greeted = eventually("an unprivileged worker", || greet(server.address).ok().filter(|found| found.user != 0));
    assert_eq!(greeted.user, fs::metadata(&temporary).unwrap().uid());
    // A log that only root may open, in a directory that only root may enter.
    fs::rename(server.directory.join("log"), server.directory.join("log.1")).unwrap();
    let hidden = server.directory.join("hidden");
    fs::create_dir(&hidden).unwrap();
    fs::set_permissions(&hidden, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let more = format!("{more}log {}\n", hidden.join("log").display());
    let added = free_address();
    server.configure("hello", &[server.address, added], &more);
    server.send(Signal::SIGHUP);
    let greeted = eventually("the added listener", || greet(added).ok());
    assert_ne!(greeted.user, 0);
    assert!(hidden.join("log").exists());
}
