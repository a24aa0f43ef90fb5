//! The log files of the process, by path.

use crate::worker::AccessOutput;
use l7::{AccessOutput as AccessLog, log_level};
use model::{ErrorLog, LogTarget, ServerAddress};
use std::io;
use std::net::ToSocketAddrs as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use telemetry::{Level, LogFile, LogFiles, MemoryLog, Output, Sink, Syslog, SyslogAddress, SystemError, error_log};

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

    /// Where lines of an access log go.
    pub fn access(&mut self, log: &AccessLog) -> AccessOutput {
        let Some(target) = &log.target else { return AccessOutput::Paths };
        output(target, |path| self.open(path)).map_or(AccessOutput::Nowhere, AccessOutput::Fixed)
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
            output(&log.target, |path| self.open(path)).map(|output| Sink { output, level: log_level(log.level) })
        };
        logs.iter().filter_map(sink).collect()
    }
}

/// What lines for this target go to; `open` opens files. What cannot be had is told to the process's log.
pub fn output(target: &LogTarget, open: impl FnOnce(&Path) -> Option<Arc<LogFile>>) -> Option<Output> {
    let made = match target {
        LogTarget::File(path) => return open(path).map(Output::File),
        LogTarget::Stderr => LogFile::stderr().map(Output::File),
        LogTarget::Syslog(syslog) => self::syslog(syslog).map(Output::Syslog),
        LogTarget::Memory(size) => MemoryLog::new(size.0).map(Output::Memory),
    };
    made.map_err(|error| {
        error_log::process().log(Level::Emergency, format_args!("a log is not there: {}", SystemError(&error)));
    })
    .ok()
}

/// A syslog server; its name is looked up once.
fn syslog(syslog: &model::Syslog) -> io::Result<Arc<Syslog>> {
    let address = match &syslog.server {
        ServerAddress::Unix(path) => SyslogAddress::Unix(path.clone()),
        ServerAddress::Host { host, port } => {
            let found = (host.as_str(), *port).to_socket_addrs()?.next();
            SyslogAddress::Udp(found.ok_or(io::ErrorKind::NotFound)?)
        }
    };
    Ok(Syslog::new(address, syslog.facility, &syslog.tag, syslog.host_name))
}
