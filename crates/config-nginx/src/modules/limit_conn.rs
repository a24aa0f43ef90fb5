//! The directives of `ngx_http_limit_conn_module`: how many requests may be under way.

use diagnostic::Diagnostic;
use model::{CountLimit, CountZone};

use super::limits::{self, Use};
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LEVELS, Module, Outcome, Row, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_limit_conn_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("limit_conn", LEVELS, take(2), limit),
    row("limit_conn_dry_run", LEVELS, take(1), |_, v, d| v.limits.count_dry_run.flag(d)),
    row("limit_conn_log_level", LEVELS, take(1), |_, v, d| v.limits.count_level.choice(d, &limits::LEVELS)),
    row("limit_conn_status", LEVELS, take(1), |_, v, d| limits::status(|v| &mut v.limits.count_status, v, d)),
    row("limit_conn_zone", HTTP, take(2), zone),
];

/// nginx counts up to here.
const MOST: u64 = 65535;

fn limit(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let zone = value::first(directive)?.clone();
    let own = level.limits.counts.get().unwrap_or_default();
    if let Some(first) = own.iter().find(|used| used.zone.text == zone.text) {
        let problem = Diagnostic::error("duplicate", "\"limit_conn\" directive is duplicate").at(zone.origin);
        return Err(problem.related(first.zone.origin, "the zone stands here already"));
    }
    let word = value::argument(directive, 1)?;
    let most = if word.text.is_empty() { None } else { value::decimal(&word.text) };
    let Some(most) = most.filter(|most| *most > 0) else {
        let message = format!("invalid number of connections \"{}\"", word.text);
        return Err(Diagnostic::error("invalid-value", message).at(word.origin));
    };
    if most > MOST {
        return Err(Diagnostic::error("invalid-value", "connection limit must be less 65536").at(word.origin));
    }
    level.limits.counts.push(Use { zone, limit: CountLimit { zone: 0, most } });
    Ok(())
}

fn zone(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let key = value::template(value::first(directive)?)?;
    let word = value::argument(directive, 1)?;
    if !word.text.starts_with("zone=") {
        return Err(value::invalid_parameter(word, &["zone="]));
    }
    let (name, size) = limits::new_zone(lowering, directive, word)?;
    lowering.shared.count_zones.push(CountZone { name, key, size, origin: directive.origin() });
    Ok(())
}
