//! What a model asks of the processes.

mod walk;

use crate::persona::Persona;
use config::Loaded;
use model::{LogTarget, Model, Serve, Workers};
use process::{Identity, Limits, Setup, Watched};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::thread::available_parallelism;

/// Lowers a model to what the parent needs, and makes our own places that it names.
///
/// # Errors
/// The line for the log: a user or group that is not there.
pub(crate) fn of(model: &Model, persona: Persona) -> Result<Setup, Vec<String>> {
    let process = &model.process;
    let logs = logs(model);
    persona.make_places(logs.iter().chain([&process.pid_file]).map(PathBuf::as_path));
    let identity = if process::is_superuser() {
        let found = Identity::find(process.user.as_deref(), process.group.as_deref());
        Some(found.map_err(|line| vec![line])?)
    } else {
        None
    };
    let serialised =
        serde_json::to_vec(model).map_err(|error| vec![format!("the model cannot be written: {error}")])?;
    Ok(Setup {
        model: serialised,
        listeners: process::wanted_sockets(&model.http.listeners),
        threads: threads(process.workers),
        logs,
        error_logs: process.error_logs.clone(),
        directories: process.temp_directories.iter().map(|directory| directory.path.clone()).collect(),
        identity,
        pid_file: process.pid_file.clone(),
        daemon: process.daemon,
        supervised: process.supervised,
        shutdown_timeout: process.shutdown_timeout,
        limits: Limits {
            open_files: process.open_files,
            core_size: process.core_size.map(|size| size.0),
            working_directory: process.working_directory.clone(),
            raw_sockets: sends_from_foreign_addresses(model),
        },
        environment: process.environment.clone(),
        watched: Watched::default(),
    })
}

/// Files that are read with a configuration and that others change.
pub(crate) fn watched(loaded: &Loaded) -> Watched {
    let config::Watched { names, directories } = loaded.watched.clone();
    Watched { names, directories }
}

/// What the operator should know though it stops nothing.
pub(crate) fn warnings(model: &Model) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(wanted) = model.process.open_files
        && let Some(most) = process::fewer_files(wanted)
    {
        warnings.push(format!("{wanted} open files are more than the system allows a worker: it has {most}"));
    }
    if model.process.user.is_some() && !process::is_superuser() {
        let line =
            "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored";
        let origin = model.process.user_origin;
        let file = usize::try_from(origin.file.0).ok().and_then(|file| model.files.get(file));
        warnings.push(match file {
            Some(file) => format!("{line} in {file}:{}", origin.line),
            None => line.to_owned(),
        });
    }
    warnings
}

/// What the operator should know who starts a daemon.
pub(crate) fn lost_log(model: &Model) -> Option<&'static str> {
    let on_stderr = |log: &model::ErrorLog| log.target == LogTarget::Stderr;
    let is_lost = model.process.daemon && model.process.error_logs.iter().all(on_stderr);
    is_lost.then_some("the error log goes to standard error, which a daemon has not: say error_log FILE, or daemon off")
}

fn threads(workers: Workers) -> usize {
    match workers {
        Workers::Auto => available_parallelism().map_or(1, Into::into),
        Workers::Count(count) => usize::try_from(count).unwrap_or(1).max(1),
    }
}

/// Every log file that the model names.
fn logs(model: &Model) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    let mut add = |target: &LogTarget, stderr: Option<&str>| match target {
        LogTarget::File(path) => drop(files.insert(path.clone())),
        LogTarget::Stderr => files.extend(stderr.map(PathBuf::from)),
        LogTarget::Syslog(_) | LogTarget::Memory(_) => {}
    };
    model.process.error_logs.iter().for_each(|log| add(&log.target, None));
    walk::sections(model, &mut |section| {
        // An access log on standard error is a file to its writer, which the worker's user might not be let open.
        section
            .logging
            .access
            .iter()
            .filter_map(|log| log.target.fixed())
            .for_each(|log| add(log, Some("/dev/stderr")));
        section.logging.error.iter().for_each(|log| add(&log.target, None));
    });
    files.into_iter().collect()
}

fn sends_from_foreign_addresses(model: &Model) -> bool {
    let mut found = false;
    walk::sections(model, &mut |section| {
        if let Serve::Proxy(proxy) = &section.serve {
            found |= proxy.bind.as_ref().is_some_and(|bind| bind.transparent);
        }
    });
    found
}
