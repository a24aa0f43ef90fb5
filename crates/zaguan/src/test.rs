//! `-t` and `-T`: whether the server would start by this configuration.

use crate::arguments::Options;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use crate::persona::Persona;
use crate::setup;
use model::Model;
use std::io::{Write, stdout};
use std::process::ExitCode;
use telemetry::Level;

/// Reads the configuration, builds the plan, opens logs and sockets, and lets go of all of it.
pub(crate) fn run(console: Console, options: &Options) -> ExitCode {
    let configuration = Configuration::new(console.persona, options);
    let path = configuration.name();
    let loaded = configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    let failed = || console.failed(format_args!("configuration file {path} test failed"));
    let Some(model) = &loaded.model else {
        return failed();
    };
    let refused = server::check(model);
    show(&refused, &loaded.sources);
    if refused.iter().any(diagnostic::Diagnostic::is_error) {
        return failed();
    }
    if !options.quiet {
        console.say(format_args!("the configuration file {path} syntax is ok"));
    }
    for line in setup::warnings(model) {
        console.say_at(Level::Warning, line);
    }
    if let Err(lines) = try_start(model, console.persona) {
        for line in lines {
            console.say_at(Level::Emergency, line);
        }
        return failed();
    }
    if !options.quiet {
        console.say(format_args!("configuration file {path} test is successful"));
    }
    if options.dump && stdout().write_all(loaded.dump().as_bytes()).is_err() {
        return ExitCode::from(FAILED);
    }
    ExitCode::SUCCESS
}

/// What the start does before it serves.
fn try_start(model: &Model, persona: Persona) -> Result<(), Vec<String>> {
    let setup = setup::of(model, persona)?;
    process::test_logs(&setup.logs)?;
    process::make_directories(&setup.directories, setup.identity.as_ref())?;
    process::test_listeners(&setup.listeners)
}
