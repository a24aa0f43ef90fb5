//! What the operator sees: lines on standard error under the program's name, and exit codes.

use crate::persona::Persona;
use diagnostic::{Diagnostic, Sources};
use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

/// The operator's terminal, or the pipe in its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    pub(crate) persona: Persona,
}

/// The configuration, or the start by it, failed.
pub(crate) const FAILED: u8 = 1;
/// The command line made no sense.
const USAGE: u8 = 2;

impl Console {
    pub(crate) fn new(persona: Persona) -> Self {
        Self { persona }
    }

    /// A line under the program's name.
    pub(crate) fn say(self, message: impl Display) {
        eprintln!("{}: {message}", self.persona.name());
    }

    /// A message at a level, as nginx writes it where it has no log.
    pub(crate) fn say_at(self, level: telemetry::Level, message: impl Display) {
        self.say(format_args!("[{}] {message}", level.as_str()));
    }

    /// The command line made no sense. nginx's exit code for that is 1.
    pub(crate) fn usage(self, message: &str) -> ExitCode {
        self.say(message);
        match self.persona {
            Persona::Nginx | Persona::Httpd | Persona::Apache2 => ExitCode::from(FAILED),
            Persona::Zaguan => {
                eprintln!("Try `zaguan -h`.");
                ExitCode::from(USAGE)
            }
        }
    }

    pub(crate) fn failed(self, message: impl Display) -> ExitCode {
        self.say(message);
        ExitCode::from(FAILED)
    }
}

/// Writes each diagnostic with its place and what to type instead.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &Sources) {
    let colour = stderr().is_terminal();
    for diagnostic in diagnostics {
        eprintln!("{}", diagnostic.render(sources, colour).trim_end());
    }
}
