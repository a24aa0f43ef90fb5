//! `ErrorLog` and `LogLevel`.

use model::{ErrorLog, Level, LogTarget};

use super::put;
use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{Outcome, SERVER};
use crate::value;

pub(super) fn error_log(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text.starts_with('|') || word.text == "syslog" || word.text.starts_with("syslog:") {
        return Err(value::not_built("an error log that is no file").at(word.origin));
    }
    let target = match lowering.path(&word.text) {
        path if path.as_os_str() == "/dev/stderr" => LogTarget::Stderr,
        path => LogTarget::File(path),
    };
    put(&mut scope.server.core.error_log, ErrorLog { target, level: Level::Warning, origin: directive.origin() })
}

const LEVELS: [(&str, Level); 16] = [
    ("emerg", Level::Emergency),
    ("alert", Level::Alert),
    ("crit", Level::Critical),
    ("error", Level::Error),
    ("warn", Level::Warning),
    ("notice", Level::Notice),
    ("info", Level::Info),
    ("debug", Level::Debug),
    ("trace1", Level::Debug),
    ("trace2", Level::Debug),
    ("trace3", Level::Debug),
    ("trace4", Level::Debug),
    ("trace5", Level::Debug),
    ("trace6", Level::Debug),
    ("trace7", Level::Debug),
    ("trace8", Level::Debug),
];

pub(super) fn log_level(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        let (module, text) =
            word.text.split_once(':').map_or((None, word.text.as_str()), |(module, text)| (Some(module), text));
        let level = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let Some((_, level)) = level else {
            return Err(value::invalid(word, &LEVELS.map(|(name, _)| name)));
        };
        if module.is_some() {
            lowering.without_effect("LogLevel", word.origin, "there is one level for all modules");
        } else if scope.contexts.intersects(SERVER) {
            scope.server.core.log_level = Some(*level);
        } else {
            lowering.without_effect("LogLevel", word.origin, "there is one level for all requests of a server");
        }
    }
    Ok(())
}
