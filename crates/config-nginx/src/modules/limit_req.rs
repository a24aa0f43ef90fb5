//! The directives of `ngx_http_limit_req_module`: how fast requests may come.

use diagnostic::Diagnostic;
use model::{RateLimit, RateZone};

use super::limits::{self, Use};
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LEVELS, Module, Outcome, Row, between, row, take};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_limit_req_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("limit_req", LEVELS, between(1, 3), limit),
    row("limit_req_dry_run", LEVELS, take(1), |_, v, d| v.limits.rate_dry_run.flag(d)),
    row("limit_req_log_level", LEVELS, take(1), |_, v, d| v.limits.rate_level.choice(d, &limits::LEVELS)),
    row("limit_req_status", LEVELS, take(1), |_, v, d| limits::status(|v| &mut v.limits.rate_status, v, d)),
    row("limit_req_zone", HTTP, between(3, 4), zone),
];

const PARAMETERS: [&str; 4] = ["zone=", "burst=", "delay=", "nodelay"];

fn limit(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut zone = None;
    let mut limit = RateLimit { zone: 0, burst: 0, delay: Some(0) };
    for word in &directive.arguments {
        if let Some(name) = limits::zone_name(word) {
            zone = Some(name);
        } else if let Some(number) = word.text.strip_prefix("burst=") {
            limit.burst = positive(word, number, "burst value")?;
        } else if let Some(number) = word.text.strip_prefix("delay=") {
            limit.delay = Some(positive(word, number, "delay value")?);
        } else if word.text == "nodelay" {
            limit.delay = None;
        } else {
            return Err(value::invalid_parameter(word, &PARAMETERS));
        }
    }
    let Some(zone) = zone else {
        let problem = Diagnostic::error("missing-parameter", "\"limit_req\" must have \"zone\" parameter");
        return Err(problem.at(directive.origin()).help("write `limit_req zone=name;`"));
    };
    let own = level.limits.rates.get().unwrap_or_default();
    if let Some(first) = own.iter().find(|used| used.zone.text == zone.text) {
        let message = "\"limit_req\" directive is duplicate";
        let problem = Diagnostic::error("duplicate", message).at(zone.origin);
        return Err(problem.related(first.zone.origin, "the zone stands here already"));
    }
    level.limits.rates.push(Use { zone, limit });
    Ok(())
}

fn positive(word: &Word, number: &str, what: &str) -> Result<u64, Diagnostic> {
    let value = if number.is_empty() { None } else { value::decimal(number).filter(|value| *value > 0) };
    value.ok_or_else(|| Diagnostic::error("invalid-value", format!("invalid {what} \"{}\"", word.text)).at(word.origin))
}

fn zone(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let key = value::template(value::first(directive)?)?;
    let (mut named, mut rate) = (None, None);
    for word in directive.arguments.iter().skip(1) {
        if word.text.starts_with("zone=") {
            named = Some(limits::new_zone(lowering, directive, word)?);
        } else if let Some(text) = word.text.strip_prefix("rate=") {
            rate = Some(per_thousand_seconds(word, text)?);
        } else {
            return Err(value::invalid_parameter(word, &["zone=", "rate="]));
        }
    }
    let Some((name, size)) = named else {
        let problem = Diagnostic::error("missing-parameter", "\"limit_req_zone\" must have \"zone\" parameter");
        return Err(problem.at(directive.origin()).help("write `zone=name:10m`"));
    };
    // nginx: without a rate it is one request a second.
    let rate = rate.unwrap_or(1000);
    lowering.shared.rate_zones.push(RateZone { name, key, size, rate, origin: directive.origin() });
    Ok(())
}

/// `10r/s` or `30r/m`.
fn per_thousand_seconds(word: &Word, text: &str) -> Result<u64, Diagnostic> {
    let (number, seconds) = match (text.strip_suffix("r/s"), text.strip_suffix("r/m")) {
        (Some(number), _) => (number, 1),
        (_, Some(number)) => (number, 60),
        (None, None) => (text, 1),
    };
    let rate = if number.is_empty() { None } else { value::decimal(number).filter(|rate| *rate > 0) };
    let rate = rate.and_then(|rate| rate.checked_mul(1000)).map(|rate| rate / seconds);
    rate.ok_or_else(|| {
        let problem = Diagnostic::error("invalid-value", format!("invalid rate \"{}\"", word.text)).at(word.origin);
        problem.help("write `rate=10r/s` or `rate=30r/m`")
    })
}
