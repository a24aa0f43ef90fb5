//! The log files of the process, by path.

use l7::log_level;
use model::{ErrorLog, LogTarget};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry::{Level, LogFile, LogFiles, Sink, SystemError, error_log};

/// The log files of the process.
pub struct Logs {
    files: LogFiles,
    /// Files that the parent opened: they stay open while a plan may still ask for them.
    adopted: Vec<Arc<LogFile>>,
}

impl Logs {
    /// No files.
    pub fn new() -> Self {
        Self { files: LogFiles::new(), adopted: Vec::new() }
    }

    /// Takes descriptors that the parent opened.
    pub fn adopt(&mut self, logs: Vec<(PathBuf, OwnedFd)>) {
        let adopted: Vec<_> = logs.into_iter().map(|(path, descriptor)| self.files.adopt(&path, descriptor)).collect();
        if !adopted.is_empty() {
            self.adopted = adopted;
        }
    }

    /// The file of a path: as the parent opened it, or opened here.
    pub fn open(&mut self, path: &Path) -> Option<Arc<LogFile>> {
        let opened = self.files.open(path);
        opened
            .map_err(|error| {
                let error = SystemError(&error);
                error_log::process()
                    .log(Level::Emergency, format_args!("open() \"{}\" failed {error}", path.display()));
            })
            .ok()
    }

    /// An error log that writes to these files.
    pub fn error_log(&mut self, logs: &[ErrorLog]) -> telemetry::ErrorLog {
        telemetry::ErrorLog::new(self.sinks(logs))
    }

    /// The process's own lines go to these files.
    pub fn configure_process(&mut self, logs: &[ErrorLog]) {
        let sinks = self.sinks(logs);
        error_log::process().configure(sinks);
    }

    fn sinks(&mut self, logs: &[ErrorLog]) -> Vec<Sink> {
        let sink = |log: &ErrorLog| {
            let file = match &log.target {
                LogTarget::File(path) => self.open(path),
                LogTarget::Stderr => LogFile::stderr().ok(),
            };
            file.map(|file| Sink { file, level: log_level(log.level) })
        };
        logs.iter().filter_map(sink).collect()
    }
}
