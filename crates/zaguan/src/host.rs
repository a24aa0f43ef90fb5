//! The program around the parent: where its lines go, and how it reads the configuration again.

use crate::configuration::{Configuration, lines};
use crate::console::Console;
use crate::setup;
use model::{ErrorLog, LogTarget};
use process::{Host, Setup};
use server::log_level;
use std::os::fd::OwnedFd;
use std::path::Path;
use telemetry::{Level, LogFile, Output, Sink};

/// Where the parent's lines go. An error log of its own: the process-wide one belongs to the worker, whose descriptors
/// the fork would otherwise mix up.
pub(crate) struct Log {
    console: Console,
    files: telemetry::ErrorLog,
    /// Standard error is among the error logs, so lines must not go there twice.
    on_console: bool,
    /// Until the server serves, the operator looks at the terminal.
    starting: bool,
}

impl Log {
    pub(crate) fn new(console: Console) -> Self {
        Self { console, files: telemetry::ErrorLog::new(Vec::new()), on_console: false, starting: true }
    }

    /// Lines go to this file (`stderr`: to standard error) until the configuration's logs are open.
    pub(crate) fn begin(&mut self, path: &str) {
        self.begin_at(path, Level::Notice);
    }

    /// Lines of this level and graver ones go to this file.
    pub(crate) fn begin_at(&mut self, path: &str, level: Level) {
        let file = match path {
            "stderr" => LogFile::stderr(),
            _ => LogFile::open(Path::new(path)),
        };
        match file {
            Ok(file) => {
                self.on_console = path == "stderr";
                self.files.configure(vec![Sink { output: Output::File(file), level }]);
            }
            Err(error) => {
                let message =
                    format!("could not open error log file: open() \"{path}\" failed {}", process::reason(&error));
                self.console.say_at(Level::Alert, message);
            }
        }
    }

    pub(crate) fn write(&self, level: Level, message: &str) {
        if self.starting && !self.on_console && level <= Level::Warning {
            self.console.say_at(level, message);
        }
        self.files.log(level, format_args!("{message}"));
    }

    /// To the files only: the terminal was told in another form.
    pub(crate) fn write_to_files(&self, level: Level, message: &str) {
        if !self.on_console {
            self.files.log(level, format_args!("{message}"));
        }
    }
}

/// A server that reads its configuration from files.
pub(crate) struct Server<S> {
    pub(crate) log: Log,
    pub(crate) configuration: Configuration,
    /// What to do once it serves.
    pub(crate) serving: S,
}

impl<S: FnMut()> Host for Server<S> {
    fn reload(&mut self) -> Result<Setup, Vec<String>> {
        let loaded = self.configuration.load();
        for line in lines(&loaded, |diagnostic| !diagnostic.is_error()) {
            self.log.write(Level::Warning, &line);
        }
        let Some(model) = &loaded.model else {
            return Err(lines(&loaded, diagnostic::Diagnostic::is_error));
        };
        let watched = setup::watched(&loaded);
        Ok(Setup { watched, ..setup::of(model, self.log.console.persona)? })
    }

    fn log(&mut self, level: model::Level, message: &str) {
        self.log.write(log_level(level), message);
    }

    fn use_logs(&mut self, logs: Vec<(ErrorLog, Option<OwnedFd>)>) {
        let mut sinks = Vec::new();
        self.log.on_console = false;
        for (log, file) in logs {
            let output = match (&log.target, file) {
                (LogTarget::File(path), Some(file)) => Some(Output::File(LogFile::adopt(path, file))),
                (target, _) => server::output(target, |_| None),
            };
            self.log.on_console |= output.is_some() && log.target == LogTarget::Stderr;
            sinks.extend(output.map(|output| Sink { output, level: log_level(log.level) }));
        }
        self.log.files.configure(sinks);
    }

    fn serving(&mut self) {
        self.log.starting = false;
        (self.serving)();
    }
}
