//! What concerns the processes.

use diagnostic::Origin;
use model::{Process, Transport, Workers};

use super::defaults::Defaults;
use super::item::Item;
use super::{access, log, word};

/// The directives of the main level.
pub(super) fn items(process: &Process, defaults: &Defaults) -> Vec<Item> {
    let usual = all(&defaults.process);
    let mut items = Vec::new();
    for (key, lines) in all(process) {
        let same = usual.iter().any(|(other, usual)| *other == key && *usual == lines);
        if !same {
            items.extend(lines);
        }
    }
    items
}

/// All that is said of the processes, by directive.
fn all(process: &Process) -> Vec<(&'static str, Vec<Item>)> {
    let Process {
        user,
        group,
        workers,
        transport,
        pid_file,
        daemon,
        supervised,
        open_files,
        core_size,
        working_directory,
        shutdown_timeout,
        environment,
        error_logs,
        // They stand in a block of their own.
        watched_clients: _,
        // They are where the sections say.
        temp_directories: _,
        worker_connections,
        user_origin,
    } = process;
    let nowhere = Origin::default();
    let user = match (user, group) {
        (None, None) => None,
        (None, Some(group)) => Some(Item::unsaid(format!("the group {group} without a user"), *user_origin)),
        (Some(user), group) => {
            let words = [user].into_iter().chain(group).map(|name| word::text(name));
            Some(Item::new("user", words, *user_origin))
        }
    };
    let workers = match workers {
        Workers::Auto => "auto".to_owned(),
        Workers::Count(count) => count.to_string(),
    };
    let transport = match transport {
        Transport::Auto => "auto",
        Transport::Epoll => "epoll",
        Transport::Uring => "uring",
    };
    let most = worker_connections.map(|most| Item::unsaid(format!("at most {most} connections of a worker"), nowhere));
    let directory = working_directory.as_ref().map(|path| Item::new("working_directory", [word::path(path)], nowhere));
    vec![
        ("user", user.into_iter().collect()),
        ("worker_processes", vec![Item::one("worker_processes", workers)]),
        ("transport", vec![Item::one("transport", transport)]),
        ("pid", vec![Item::new("pid", [word::path(pid_file)], nowhere)]),
        ("daemon", vec![Item::switch("daemon", *daemon)]),
        ("master_process", vec![Item::switch("master_process", *supervised)]),
        (
            "worker_rlimit_nofile",
            open_files.iter().map(|most| Item::one("worker_rlimit_nofile", word::number(*most))).collect(),
        ),
        (
            "worker_rlimit_core",
            core_size.iter().map(|size| Item::one("worker_rlimit_core", word::size(*size))).collect(),
        ),
        ("working_directory", directory.into_iter().collect()),
        (
            "worker_shutdown_timeout",
            shutdown_timeout
                .iter()
                .map(|time| Item::new("worker_shutdown_timeout", [word::time(*time)], nowhere))
                .collect(),
        ),
        ("env", environment.iter().map(|variable| Item::one("env", word::quote(variable))).collect()),
        ("error_log", error_logs.iter().map(log::error_log).collect()),
        ("worker_connections", most.into_iter().collect()),
    ]
}

/// Clients about whose connections all is written.
pub(super) fn watched(process: &Process) -> Vec<Item> {
    let item = |who| Item::new("debug_connection", [access::who(who)], Origin::default());
    process.watched_clients.iter().map(item).collect()
}
