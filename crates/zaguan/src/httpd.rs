//! httpd's command line: what the program does when it is called `httpd`, `apache2`, `apachectl` or `apache2ctl`.

pub(crate) mod arguments;
mod control;
mod report;
mod settings;

use crate::Invocation;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use crate::host::{Log, Server};
use crate::serve::supervise;
use arguments::{Options, Show};
use config::Loaded;
use diagnostic::Diagnostic;
use std::process::ExitCode;

/// Obeys the command line; `control`: the program is called `apachectl` or `apache2ctl`.
pub(crate) fn run(invocation: Invocation, words: &[String], control: bool) -> ExitCode {
    let console = invocation.console;
    let options = match arguments::parse(words, control) {
        Ok(options) if !(control && words.is_empty()) => options,
        Ok(_) => return refuse(console, ""),
        Err(message) => return refuse(console, &message),
    };
    match options.show {
        Some(Show::Version) => return settings::version(console),
        Some(Show::Settings) => return settings::settings(console),
        Some(Show::Modules) => return settings::modules(),
        Some(Show::Directives) => return settings::directives(),
        Some(Show::Help) => {
            settings::usage(console, control);
            return ExitCode::SUCCESS;
        }
        None => {}
    }
    let configuration = Configuration::of_httpd(console.persona, &options);
    if options.test || report::DUMPS.iter().any(|name| options.defines(name)) {
        return check(&configuration, &options);
    }
    match options.order {
        None => start(invocation, configuration, &options),
        Some(order) => control::run(invocation, configuration, &options, order),
    }
}

fn refuse(console: Console, message: &str) -> ExitCode {
    if !message.is_empty() {
        console.say(message);
    }
    settings::usage(console, true);
    ExitCode::from(FAILED)
}

/// `-t`, and what is shown of a configuration that is read.
fn check(configuration: &Configuration, options: &Options) -> ExitCode {
    let loaded = configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    let Some(model) = &loaded.model else { return wrong(&loaded, &loaded.diagnostics) };
    let refused = server::check(model);
    show(&refused, &loaded.sources);
    if refused.iter().any(Diagnostic::is_error) {
        return wrong(&loaded, &refused);
    }
    if !report::dump(options, &loaded, model) {
        eprintln!("Syntax OK");
    }
    ExitCode::SUCCESS
}

/// Says where the first mistake is in the form that tools look for.
fn wrong(loaded: &Loaded, diagnostics: &[Diagnostic]) -> ExitCode {
    let first =
        diagnostics.iter().filter(|problem| problem.is_error()).find_map(|problem| Some((problem, problem.origin?)));
    if let Some((problem, origin)) = first {
        let file = loaded.sources.name(origin.file);
        eprintln!("AH00526: Syntax error on line {} of {file}:\n{}", origin.line, problem.message);
    }
    ExitCode::from(FAILED)
}

/// Serves.
fn start(invocation: Invocation, configuration: Configuration, options: &Options) -> ExitCode {
    let mut log = Log::new(invocation.console);
    let level = options.level.unwrap_or(telemetry::Level::Warning);
    log.begin_at(options.startup_log.as_deref().unwrap_or("stderr"), level);
    supervise(invocation, Server { log, configuration, serving: || {} }, false)
}
