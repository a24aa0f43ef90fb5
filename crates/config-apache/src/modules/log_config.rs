//! The directives of `mod_log_config`: access logs.

mod format;

use diagnostic::{Diagnostic, Origin};
use model::{AccessLog, AccessTarget, Condition, Escape, LogFormat, LogTarget, Template};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Inherit, Lowering, Scope, is_set, settings};
use crate::table::{FLAG, Module, Outcome, Row, SERVER, between, no_effect, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_log_config", identifier: "log_config_module", built: true, rows: ROWS };

/// `mod_logio`: `%I` and `%O` of formats.
pub(crate) static BYTES: Module = Module {
    name: "mod_logio",
    identifier: "logio_module",
    built: true,
    rows: &[no_effect("LogIOTrackTTFB", SERVER, FLAG, "`%^FB` is not built")],
};

const ROWS: &[Row] = &[
    no_effect("BufferedLogs", SERVER, FLAG, "lines are written as they come"),
    row("CustomLog", SERVER, between(2, 3), custom_log).partial("no programs (`|…`)"),
    pending("GlobalLog", SERVER),
    row("LogFormat", SERVER, between(1, 2), log_format).partial("see the page of logs for the letters"),
    row("TransferLog", SERVER, take(1), |_, s, d| {
        let word = value::first(d)?;
        push(s, Log { target: word.clone(), format: None, condition: None })
    }),
];

settings! {
    /// What a server logs.
    struct LogSettings {
        /// Formats by their names, a later one before an earlier.
        formats: Vec<(String, Word)>,
        /// The format of logs that name none.
        format: Option<Word>,
        logs: Logs,
    }
}

/// The logs of a server; one that has any of its own has none of the main server's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs(Vec<Log>);

impl Inherit for Logs {
    fn inherit(&mut self, base: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&base.0);
        }
    }
}

#[derive(Clone, Debug)]
struct Log {
    target: Word,
    /// A name or a format.
    format: Option<Word>,
    /// Lines are written where it holds.
    condition: Option<Condition>,
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
fn push(scope: &mut Scope, log: Log) -> Outcome {
    scope.server.log.logs.0.push(log);
    Ok(())
}

fn log_format(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let format = value::first(directive)?.clone();
    format::check(&format)?;
    match directive.argument(1) {
        Some(name) => scope.server.log.formats.push((name.text.clone(), format)),
        None => scope.server.log.format = Some(format),
    }
    Ok(())
}

fn custom_log(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (target, format) = (value::first(directive)?.clone(), value::argument(directive, 1)?.clone());
    let condition = directive.argument(2).map(|word| condition(lowering, word)).transpose()?;
    push(scope, Log { target, format: Some(format), condition })
}

fn condition(lowering: &mut Lowering<'_>, word: &Word) -> Result<Condition, Diagnostic> {
    if let Some(text) = word.text.strip_prefix("expr=") {
        return crate::expression::condition(lowering, &Word { text: text.to_owned(), ..word.clone() });
    }
    let name = word.text.strip_prefix("env=").ok_or_else(|| value::invalid(word, &["env=", "expr="]))?;
    Ok(is_set(name))
}

const COMMON: &str = "%h %l %u %t \"%r\" %>s %b";

impl Lowering<'_> {
    /// The access logs of a server.
    pub(crate) fn access_logs(&mut self, settings: &LogSettings) -> Vec<AccessLog> {
        settings.logs.0.iter().filter_map(|log| self.access_log(settings, log)).collect()
    }

    fn access_log(&mut self, settings: &LogSettings, log: &Log) -> Option<AccessLog> {
        if log.target.text.starts_with('|') {
            self.report_once(value::not_built("writing a log to a program").at(log.target.origin));
            return None;
        }
        let target = match self.path(&log.target.text) {
            path if path.as_os_str() == "/dev/stderr" => LogTarget::Stderr,
            path => LogTarget::File(path),
        };
        let named = |name: &Word| settings.formats.iter().rev().find(|(known, _)| *known == name.text);
        let format = match &log.format {
            Some(word) => Some(named(word).map_or(word, |(_, format)| format)),
            None => settings.format.as_ref(),
        };
        let (text, origin) = format.map_or((COMMON, Origin::default()), |word| (word.text.as_str(), word.origin));
        let line = match format::template(self, text, origin) {
            Ok(line) => line,
            Err(problem) => {
                self.report_once(problem);
                return None;
            }
        };
        let condition = log.condition.clone();
        let format = self.log_format(line);
        let (target, origin) = (AccessTarget::Fixed(target), log.target.origin);
        Some(AccessLog { target, format, condition, buffer: None, flush: None, gzip: None, origin })
    }

    /// The index of a format.
    fn log_format(&mut self, line: Template) -> usize {
        let formats = &mut self.shared.log_formats;
        formats.iter().position(|known| known.line == line).unwrap_or_else(|| {
            formats.push(LogFormat { name: format!("format_{}", formats.len()), escape: Escape::C, line });
            formats.len() - 1
        })
    }
}
