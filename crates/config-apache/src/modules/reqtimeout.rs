//! The directive of `mod_reqtimeout`: how long the parts of a request may take.

use std::time::Duration;

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{Module, Outcome, Row, SERVER, at_least, row};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_reqtimeout", identifier: "reqtimeout_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[row("RequestReadTimeout", SERVER, at_least(1), read_timeout)
    .partial("a stage's first time counts; it does not grow with `MinRate`, and `handshake` waits for TLS")];

fn read_timeout(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        let invalid = || value::invalid(word, &["header=", "body=", "handshake="]);
        let (stage, times) = word.text.split_once('=').ok_or_else(invalid)?;
        let first = times.split([',', '-']).next().unwrap_or(times);
        let seconds: u64 = first.parse().map_err(|_| invalid())?;
        // Zero: as long as the connection's own time allows.
        let time = (seconds > 0).then(|| Duration::from_secs(seconds));
        match stage.to_ascii_lowercase().as_str() {
            "header" => scope.server.core.head_timeout = Some(time),
            "body" => scope.server.core.body_timeout = Some(time),
            "handshake" => {}
            _ => return Err(invalid()),
        }
    }
    Ok(())
}
