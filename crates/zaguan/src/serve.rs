//! The server: the configuration is read, then the parent takes over until the end.

use crate::arguments::Options;
use crate::configuration::{Configuration, lines};
use crate::console::{FAILED, show};
use crate::host::{Log, Server};
use crate::{Invocation, setup, worker};
use process::Launch;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use telemetry::Level;

/// Serves by the configuration that the flags name.
pub(crate) fn run(invocation: Invocation, options: &Options) -> ExitCode {
    let console = invocation.console;
    let configuration = Configuration::new(console.persona, options);
    let mut log = Log::new(console);
    log.begin(&configuration.first_log());
    supervise(invocation, Server { log, configuration, serving: || {} }, false)
}

/// Loads, checks and serves; Ctrl-C drains if the run has a terminal only.
pub(crate) fn supervise<S: FnMut()>(invocation: Invocation, mut server: Server<S>, interrupt_drains: bool) -> ExitCode {
    let console = invocation.console;
    let loaded = server.configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    for line in lines(&loaded, diagnostic::Diagnostic::is_error) {
        server.log.write_to_files(Level::Emergency, &line);
    }
    for line in lines(&loaded, |diagnostic| !diagnostic.is_error()) {
        server.log.write_to_files(Level::Warning, &line);
    }
    let Some(model) = &loaded.model else {
        return ExitCode::from(FAILED);
    };
    let lost_log = setup::lost_log(model).map(str::to_owned);
    for line in setup::warnings(model).into_iter().chain(lost_log) {
        server.log.write(Level::Warning, &line);
    }
    let setup = match setup::of(model, console.persona) {
        Ok(setup) => process::Setup { watched: setup::watched(&loaded), ..setup },
        Err(lines) => {
            for line in lines {
                server.log.write(Level::Emergency, &line);
            }
            return ExitCode::from(FAILED);
        }
    };
    drop(loaded);
    server.log.write(Level::Notice, console.persona.version());
    let launch = Launch {
        program: program(&invocation.arguments),
        arguments: invocation.arguments,
        inherited: invocation.inherited,
        interrupt_drains,
        dialect: console.persona.dialect(),
    };
    let code = process::run(setup, launch, &mut server, worker::work);
    ExitCode::from(u8::try_from(code).unwrap_or(FAILED))
}

/// What an upgrade executes: the path that was called, so that a new file in its place is found there.
fn program(arguments: &[OsString]) -> PathBuf {
    let called = arguments.first().map(PathBuf::from).unwrap_or_default();
    if called.components().count() > 1 || called.is_absolute() {
        return std::path::absolute(&called).unwrap_or(called);
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let mut candidates = std::env::split_paths(&paths).map(|directory| directory.join(&called));
    candidates.find(|candidate| Path::is_file(candidate)).or_else(|| std::env::current_exe().ok()).unwrap_or(called)
}
