//! `-s`: tells the running server what to do.

use crate::arguments::Options;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use crate::host::Log;
use std::process::ExitCode;
use telemetry::Level;

/// Reads the configuration for its pid file, and signals the process there.
pub(crate) fn run(console: Console, options: &Options, name: &str) -> ExitCode {
    let configuration = Configuration::new(console.persona, options);
    let mut log = Log::new(console);
    log.begin(&configuration.first_log());
    let loaded = configuration.load();
    let Some(model) = &loaded.model else {
        show(&loaded.diagnostics, &loaded.sources);
        return ExitCode::from(FAILED);
    };
    log.write(Level::Notice, "signal process started");
    let pid = match process::read_pid_file(&model.process.pid_file) {
        Ok(pid) => pid,
        Err(line) => return fail(&log, Level::Error, &line),
    };
    match process::signal(pid, name) {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => fail(&log, Level::Alert, &line),
    }
}

fn fail(log: &Log, level: Level, line: &str) -> ExitCode {
    log.write(level, line);
    ExitCode::from(FAILED)
}
