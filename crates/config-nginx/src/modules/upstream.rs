//! The directives of `ngx_http_upstream_module`: groups of servers.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{Group, IdlePool, Queue, Server};

use super::address;
use super::http_core::names;
use super::verify;
use crate::lower::{GroupPart, Level, Lowering};
use crate::table::{HTTP, Module, Outcome, Row, UPSTREAM, at_least, between, row, take};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("queue", UPSTREAM, between(1, 2), queue),
    row("resolver", UPSTREAM, at_least(1), names::resolver).partial("`status_zone=` is not built yet"),
    row("resolver_timeout", UPSTREAM, take(1), |_, v, d| v.names.timeout.time(d)),
    row("server", UPSTREAM, at_least(1), server),
    row("state", UPSTREAM, take(1), state),
    row("upstream", HTTP, take(1).block(), upstream),
];

/// Idle connections that a group keeps where nothing is said; each location has its own then.
const DEFAULT_IDLE: (u32, bool) = (32, true);

fn upstream(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let inner = verify::walk(lowering, Level::new(UPSTREAM, directive.origin()), directive);
    if let Some(first) = lowering.shared.groups.iter().find(|group| group.name.eq_ignore_ascii_case(&word.text)) {
        let problem = Diagnostic::error("duplicate", format!("duplicate upstream \"{}\"", word.text)).at(word.origin);
        return Err(problem.related(first.origin, "it stands here already"));
    }
    let kept = inner.group.state.origin();
    if let Some(origin) = kept.filter(|_| !inner.group.servers.is_empty()) {
        let problem = Diagnostic::error("incompatible", "\"state\" is incompatible with \"server\"").at(origin);
        return Err(problem.help("the file has the servers: leave the lines `server …;` out"));
    }
    let empty = inner.group.servers.is_empty() && kept.is_none();
    // An upstream without servers is kept, so that those who use it are not reported too.
    let resolver = inner.names.finish();
    let mut group = group(inner.group, directive, &word.text);
    group.resolver = resolver;
    lowering.shared.groups.push(group);
    if empty {
        let problem = Diagnostic::error("empty-upstream", "no servers are inside upstream").at(directive.origin());
        return Err(problem.help("add a line `server ADDRESS:PORT;`"));
    }
    Ok(())
}

fn group(part: GroupPart, directive: &Directive, name: &str) -> Group {
    let (size, per_location) = part.idle.or(DEFAULT_IDLE);
    let idle = (size > 0).then(|| IdlePool {
        size,
        requests: part.idle_requests.or(1000),
        time: part.idle_time.or(Duration::from_hours(1)),
        timeout: part.idle_timeout.or(Duration::from_mins(1)),
        per_location,
    });
    Group {
        servers: part.servers,
        balance: part.balance.or(model::Balance::RoundRobin),
        stickiness: part.stickiness.get().cloned(),
        queue: part.queue.get().copied(),
        idle,
        zone: part.zone.get().cloned(),
        state: part.state.get().cloned(),
        outliers: part.outliers.get().copied(),
        retries: part.retries.get().copied(),
        ..Group::new(name, directive.origin())
    }
}

const PARAMETERS: [&str; 11] = [
    "weight=",
    "max_conns=",
    "max_fails=",
    "fail_timeout=",
    "backup",
    "down",
    "drain",
    "route=",
    "slow_start=",
    "resolve",
    "service=",
];
/// What nginx allows for a route.
const LONGEST_ROUTE: usize = 32;

fn server(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let nowhere = model::ServerAddress::Unix(std::path::PathBuf::new());
    let mut server = Server::new(nowhere, directive.origin());
    for word in directive.arguments.iter().skip(1) {
        if let Err(problem) = parameter(&mut server, word) {
            lowering.report(problem);
        }
    }
    match address::server(&word.text, 80) {
        Ok(address) => server.address = address,
        Err(problem) => {
            let message = format!("{problem} in upstream \"{}\"", word.text);
            lowering.report(Diagnostic::error("invalid-address", message).at(word.origin));
        }
    }
    if let Some(problem) = unresolvable(&server, word) {
        lowering.report(problem);
    }
    if server.backup && !allows_backup(level) {
        let message = "balancing method does not support parameter \"backup\"";
        lowering.report(Diagnostic::error("invalid-parameter", message).at(directive.origin()));
    }
    level.group.servers.push(server);
    Ok(())
}

/// `state file`
fn state(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let path = lowering.path(&value::first(directive)?.text);
    level.group.state.put(directive, path)
}

/// `queue number [timeout=time]`
fn queue(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let length = value::small_number(directive, value::first(directive)?)?;
    let timeout = match directive.argument(1) {
        None => Duration::from_mins(1),
        Some(word) => {
            let time = word.text.strip_prefix("timeout=").and_then(value::plain_time);
            time.ok_or_else(|| value::invalid_parameter(word, &["timeout="]))?
        }
    };
    level.group.queue.put(directive, Queue { length, timeout })
}

/// What a service needs, and does not go with.
fn unresolvable(server: &Server, word: &Word) -> Option<Diagnostic> {
    server.service.as_ref()?;
    let wrong = |message: String| Some(Diagnostic::error("invalid-parameter", message).at(word.origin));
    if !server.resolve {
        return wrong(format!("service upstream \"{}\" requires \"resolve\" parameter", word.text));
    }
    if matches!(address::split(&word.text), Ok((_, Some(_)))) {
        return wrong(format!("service upstream \"{}\" may not have port", word.text));
    }
    None
}

/// Methods that choose by a key, or at random, have no second set of servers.
fn allows_backup(level: &Level) -> bool {
    use model::Balance as B;
    !matches!(level.group.balance.get(), Some(B::ClientAddress | B::Hash { .. } | B::Random { .. }))
}

fn route(word: &Word, text: &str) -> Result<String, Diagnostic> {
    let wrong = |message: String| Diagnostic::error("invalid-value", message).at(word.origin);
    match text.len() {
        0 => Err(wrong("route is empty".to_owned())),
        1..=LONGEST_ROUTE => Ok(text.to_owned()),
        _ => Err(wrong(format!("route is longer than {LONGEST_ROUTE}"))),
    }
}

fn parameter(server: &mut Server, word: &Word) -> Outcome {
    let (name, text) = word.text.split_once('=').map_or((word.text.as_str(), None), |(name, text)| (name, Some(text)));
    let bad = || value::invalid_parameter(word, &[]);
    let number =
        |text: &str| value::decimal(text).filter(|_| !text.is_empty()).and_then(|number| u32::try_from(number).ok());
    match (name, text) {
        ("weight", Some(text)) => server.weight = number(text).filter(|&weight| weight > 0).ok_or_else(bad)?,
        ("max_conns", Some(text)) => server.max_connections = number(text).ok_or_else(bad)?,
        ("max_fails", Some(text)) => server.max_fails = number(text).ok_or_else(bad)?,
        ("fail_timeout", Some(text)) => server.fail_timeout = value::plain_seconds(text).ok_or_else(bad)?,
        ("backup", None) => server.backup = true,
        ("down", None) => server.down = true,
        ("drain", None) => server.drain = true,
        ("route", Some(text)) => server.route = Some(route(word, text)?),
        ("slow_start", Some(text)) => server.slow_start = value::plain_time(text).ok_or_else(bad)?,
        ("resolve", None) => server.resolve = true,
        ("service", Some("")) => return Err(Diagnostic::error("invalid-value", "service is empty").at(word.origin)),
        ("service", Some(text)) => server.service = Some(text.to_owned()),
        _ => return Err(value::invalid_parameter(word, &PARAMETERS)),
    }
    Ok(())
}
