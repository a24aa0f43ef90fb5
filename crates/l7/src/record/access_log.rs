//! Access logs: one line an exchange and log.

use crate::exchange::Exchange;
use crate::plan::section::Root;
use crate::plan::{AccessLog, Format, Template};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use telemetry::Escape;
use transport::clock;
use value::{Part, Variables as _};

impl Exchange<'_> {
    /// Adds a line to each log of the place whose condition holds.
    pub fn log_access(&self) {
        for log in &self.place.section.logging.access {
            if log.condition.as_ref().is_some_and(|condition| !self.holds_now(condition)) {
                continue;
            }
            self.append_line(log);
        }
    }

    fn append_line(&self, log: &AccessLog) {
        let (Some(writer), Some(format)) = (self.worker.access_logs.get(log.output), self.plan.formats.get(log.format))
        else {
            return;
        };
        let now = clock::unix_time();
        let write = |line: &mut Vec<u8>| self.format_line(format, line);
        match (writer, &log.path) {
            (telemetry::AccessLog::File(file), _) => file.append(now, write),
            (telemetry::AccessLog::Syslog(syslog), _) => syslog.append(now, write),
            (telemetry::AccessLog::Paths(files), Some(path)) => {
                let (Root::Root(root) | Root::Alias(root)) = &self.place.section.files.root;
                files.append((self.path_of(path), self.path_of(root)), now, write);
            }
            (telemetry::AccessLog::Paths(_) | telemetry::AccessLog::Nowhere, _) => {}
        }
    }

    fn path_of(&self, template: &Template) -> PathBuf {
        PathBuf::from(OsString::from_vec(self.text_of(template)))
    }

    fn format_line(&self, format: &Format, line: &mut Vec<u8>) {
        let escape = match format.escape {
            model::Escape::Default => Escape::Default,
            model::Escape::C => Escape::C,
            model::Escape::Json => Escape::Json,
            model::Escape::None => Escape::None,
        };
        for part in format.line.parts() {
            let start = line.len();
            match part {
                Part::Text(text) => line.extend_from_slice(text),
                Part::Capture(number) => self.capture(*number, line),
                Part::Kept(number) => self.kept(*number, line),
                Part::Made(function, of) => {
                    let made = self.text_of(of);
                    value::apply(function, &made, line);
                    escape.apply(line, start);
                }
                Part::Else(variable, other) => {
                    if !self.append(variable, line) {
                        line.extend(self.text_of(other));
                    }
                    escape.apply(line, start);
                }
                Part::Variable(variable) => {
                    if self.append(variable, line) {
                        escape.apply(line, start);
                    } else {
                        escape.append_missing(line);
                    }
                }
            }
        }
    }
}
