//! The directives of nginx's core: processes, privileges and files of the program itself.

use std::path::PathBuf;

use diagnostic::Origin;
use model::{ByteSize, ErrorLog, Process, Transport, Who, Workers};

use super::{log, verify};
use crate::lower::slot::{List, Slot};
use crate::lower::{Level, Lowering};
use crate::table::{ANYWHERE, MAIN, Module, Outcome, Row, at_least, between, no_effect, pending, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_core_module", rows: ROWS };

/// Packages of nginx load modules whether they are used or not.
const MODULES: &str = "nothing is loaded: a directive of a module that is not built in is refused where it stands";

const ROWS: &[Row] = &[
    row("daemon", MAIN, take(1), |l, _, d| l.process.daemon.flag(d)),
    no_effect("debug_points", MAIN, take(1), verify::ANY, "the program has no such points"),
    row("env", MAIN, take(1), environment),
    row("error_log", MAIN, at_least(1), |l, _, d| {
        let log = log::error_log(l, d)?;
        l.process.error_logs.push(log);
        Ok(())
    }),
    // Followed before any table is asked; a row for the number of its arguments.
    row("include", ANYWHERE, take(1), |_, _, _| Ok(())),
    no_effect("load_module", MAIN, take(1), verify::ANY, MODULES),
    no_effect("lock_file", MAIN, take(1), verify::ANY, "workers share one process and need no lock file"),
    row("master_process", MAIN, take(1), |l, _, d| l.process.supervised.flag(d)),
    no_effect("pcre_jit", MAIN, take(1), verify::FLAG, "expressions are always compiled"),
    row("pid", MAIN, take(1), |l, _, d| {
        let path = l.path(&value::first(d)?.text);
        l.process.pid_file.put(d, path)
    }),
    no_effect(
        "thread_pool",
        MAIN,
        between(2, 3),
        verify::ANY,
        "disk never blocks a worker, so that no pool has to be set up",
    ),
    no_effect(
        "timer_resolution",
        MAIN,
        take(1),
        verify::TIME,
        "time is read once in each turn of a worker's loop anyway",
    ),
    row("transport", MAIN, take(1), |l, _, d| l.process.transport.choice(d, &TRANSPORTS)),
    row("user", MAIN, between(1, 2), user),
    no_effect("worker_cpu_affinity", MAIN, at_least(1), verify::ANY, "where threads run is left to the kernel"),
    pending("worker_priority", MAIN, take(1)),
    row("worker_processes", MAIN, take(1), workers),
    row("worker_rlimit_core", MAIN, take(1), |l, _, d| l.process.core_size.offset(d)),
    row("worker_rlimit_nofile", MAIN, take(1), |l, _, d| l.process.open_files.number(d)),
    row("worker_shutdown_timeout", MAIN, take(1), |l, _, d| l.process.shutdown_timeout.time(d)),
    row("working_directory", MAIN, take(1), |l, _, d| l.process.working_directory.text(d)),
];

const TRANSPORTS: [(&str, Transport); 3] =
    [("auto", Transport::Auto), ("epoll", Transport::Epoll), ("uring", Transport::Uring)];

/// What the main level says.
#[derive(Debug, Default)]
pub(crate) struct ProcessSettings {
    pub(crate) events: Slot<()>,
    daemon: Slot<bool>,
    supervised: Slot<bool>,
    user: Slot<(String, Option<String>)>,
    workers: Slot<Workers>,
    transport: Slot<Transport>,
    pid_file: Slot<PathBuf>,
    open_files: Slot<u64>,
    core_size: Slot<ByteSize>,
    shutdown_timeout: Slot<std::time::Duration>,
    working_directory: Slot<String>,
    environment: Vec<String>,
    pub(crate) error_logs: List<ErrorLog>,
    pub(crate) watched_clients: Vec<Who>,
}

impl ProcessSettings {
    /// The model of what was said; directories for temporary files come from elsewhere.
    pub(crate) fn finish(&self, lowering: &Lowering<'_>) -> Process {
        let (user, group) = self.user.get().cloned().map_or((None, None), |(user, group)| (Some(user), group));
        Process {
            user,
            group,
            workers: self.workers.or(Workers::Count(1)),
            transport: self.transport.or(Transport::Auto),
            pid_file: self.pid_file.or(lowering.path(&lowering.options.pid_file.to_string_lossy())),
            daemon: self.daemon.or(true),
            supervised: self.supervised.or(true),
            open_files: self.open_files.get().copied(),
            core_size: self.core_size.get().copied(),
            working_directory: self.working_directory.get().map(PathBuf::from),
            shutdown_timeout: self.shutdown_timeout.get().copied(),
            environment: self.environment.clone(),
            error_logs: self.error_logs(lowering),
            watched_clients: self.watched_clients.clone(),
            temp_directories: Vec::new(),
            worker_connections: None,
            user_origin: self.user.origin().unwrap_or_default(),
        }
    }

    /// The main error logs; the default one where none is named.
    pub(crate) fn error_logs(&self, lowering: &Lowering<'_>) -> Vec<ErrorLog> {
        if self.error_logs.is_set() {
            return self.error_logs.to_vec();
        }
        let target = log::target(lowering, &lowering.options.error_log.to_string_lossy());
        vec![ErrorLog { target, level: model::Level::Error, origin: Origin::default() }]
    }
}

fn environment(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    lowering.process.environment.push(value::first(directive)?.text.clone());
    Ok(())
}

fn user(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let user = value::first(directive)?.text.clone();
    let group = directive.argument(1).map(|word| word.text.clone());
    lowering.process.user.put(directive, (user, group))
}

fn workers(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let workers = match word.text.as_str() {
        "auto" => Workers::Auto,
        _ => match value::small_number(directive, word)? {
            0 => {
                return Err(
                    value::invalid(directive, word).help("at least one worker is needed, or `auto` for one a core")
                );
            }
            count => Workers::Count(count),
        },
    };
    lowering.process.workers.put(directive, workers)
}
