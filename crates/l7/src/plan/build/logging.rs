//! Logs of a place, compiled: each target is there once.

use crate::plan::{AccessLog, AccessOutput, Build, Logging};
use diagnostic::{Diagnostic, Origin};
use model::{AccessTarget, LogTarget};
use std::net::ToSocketAddrs as _;
use std::path::PathBuf;

impl Build<'_> {
    /// The logs of a place.
    pub(super) fn logging(&mut self, logging: &model::Logging) -> Logging {
        Logging {
            access: logging.access.iter().map(|log| self.access_log(log, logging.open_files)).collect(),
            error: self.error_logs(&logging.error),
            not_found: logging.not_found,
            subrequests: logging.subrequests,
            rewrite: logging.rewrite,
            uninitialized: logging.uninitialized,
        }
    }

    fn error_logs(&mut self, logs: &[model::ErrorLog]) -> usize {
        let same = |known: &Vec<model::ErrorLog>| {
            known.len() == logs.len()
                && known.iter().zip(logs).all(|(a, b)| (&a.target, a.level) == (&b.target, b.level))
        };
        self.error_logs.iter().position(same).unwrap_or_else(|| {
            for log in logs {
                self.look_up_syslog(&log.target, log.origin);
            }
            self.error_logs.push(logs.to_vec());
            self.error_logs.len() - 1
        })
    }

    /// A syslog server must have an address.
    pub(super) fn look_up_syslog(&mut self, target: &LogTarget, origin: Origin) {
        if let LogTarget::Syslog(syslog) = target
            && let model::ServerAddress::Host { host, port } = &syslog.server
            && (host.as_str(), *port).to_socket_addrs().map_or(true, |mut found| found.next().is_none())
        {
            let message = format!("host not found in syslog server \"{host}\"");
            self.diagnostics.push(Diagnostic::error("host-not-found", message).at(origin));
        }
    }

    fn access_log(&mut self, log: &model::AccessLog, open_files: Option<model::OpenLogFiles>) -> AccessLog {
        let (target, path) = match &log.target {
            AccessTarget::Fixed(LogTarget::Stderr) => (Some(LogTarget::File(PathBuf::from("/dev/stderr"))), None),
            AccessTarget::Fixed(target) => (Some(target.clone()), None),
            AccessTarget::Path(path) => (None, Some(self.template(path))),
        };
        let output = AccessOutput {
            open_files: open_files.filter(|_| target.is_none()),
            target,
            buffer: log.buffer.map(model::ByteSize::as_usize),
            flush: log.flush,
            gzip: log.gzip,
        };
        let known = self.access_logs.iter().position(|known| *known == output);
        let output = known.unwrap_or_else(|| {
            if let Some(target) = &output.target {
                self.look_up_syslog(target, log.origin);
            }
            self.access_logs.push(output);
            self.access_logs.len() - 1
        });
        let condition = log.condition.as_ref().and_then(|condition| self.condition(condition));
        AccessLog { output, path, format: log.format, condition }
    }
}
