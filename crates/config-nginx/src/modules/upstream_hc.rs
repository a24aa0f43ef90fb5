//! The directives of `ngx_http_upstream_hc_module`: requests of our own that find out whether servers are well.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{AnswerTest, Destination, Expectation, HealthCall, Part, Probe, Proxy, Target, Template, UpstreamTls};

use super::address;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LOCATION, Module, Outcome, Row, at_least, row, take};
use crate::tree::{self, Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_hc_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("health_check", LOCATION, at_least(0), health_check)
        .partial("`keepalive_time` with `type=grpc` is not built yet; a check may take as long as its interval"),
    row("match", HTTP, take(1).block(), match_block).partial("`require` is not built yet"),
];

const PARAMETERS: [&str; 11] = [
    "interval=",
    "jitter=",
    "fails=",
    "passes=",
    "uri=",
    "mandatory",
    "persistent",
    "match=",
    "port=",
    "keepalive_time=",
    "type=grpc",
];

/// What may follow `type=grpc`.
const OF_CALLS: [&str; 2] = ["grpc_service=", "grpc_status="];

/// The last of gRPC's statuses.
const MOST_STATUS: u64 = 16;

/// What a location says of the servers that it forwards to.
#[derive(Clone, Debug)]
pub(crate) struct HealthCheck {
    probe: Probe,
    /// The name of its `match`.
    expected: Option<(String, Origin)>,
}

/// The tests of a `match`.
#[derive(Clone, Debug)]
pub(crate) struct Match {
    name: String,
    expected: Vec<Expectation>,
}

/// `health_check [interval=time] [fails=number] …`
fn health_check(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let probe = Probe {
        target: "/".to_owned(),
        host: String::new(),
        port: None,
        tls: None,
        interval: Duration::from_secs(5),
        jitter: Duration::ZERO,
        timeout: Duration::ZERO,
        fails: 1,
        passes: 1,
        mandatory: false,
        persistent: false,
        keep: None,
        call: None,
        expected: Vec::new(),
        origin: directive.origin(),
    };
    let mut check = HealthCheck { probe, expected: None };
    for word in &directive.arguments {
        match &mut check.probe.call {
            Some(call) => call_parameter(call, word)?,
            None => parameter(&mut check, word)?,
        }
    }
    if check.probe.call.is_some() {
        agrees_with_calls(&check, directive)?;
    }
    level.location.health_check.put(directive, check)
}

fn parameter(check: &mut HealthCheck, word: &Word) -> Outcome {
    let (name, text) = word.text.split_once('=').map_or((word.text.as_str(), None), |(name, text)| (name, Some(text)));
    let bad = || value::invalid_parameter(word, &PARAMETERS);
    let time = |text: &str| value::plain_time(text).ok_or_else(bad);
    let count = |text: &str| {
        let number = value::decimal(text).and_then(|number| u32::try_from(number).ok());
        number.filter(|number| *number > 0).ok_or_else(bad)
    };
    let probe = &mut check.probe;
    match (name, text) {
        ("interval", Some(text)) => {
            probe.interval = Some(time(text)?).filter(|span| !span.is_zero()).ok_or_else(bad)?;
        }
        ("jitter", Some(text)) => probe.jitter = time(text)?,
        ("fails", Some(text)) => probe.fails = count(text)?,
        ("passes", Some(text)) => probe.passes = count(text)?,
        ("uri", Some(text)) if text.starts_with('/') && !text.contains(char::is_whitespace) => {
            text.clone_into(&mut probe.target);
        }
        ("mandatory", None) => probe.mandatory = true,
        ("persistent", None) if probe.mandatory => probe.persistent = true,
        ("keepalive_time", Some(text)) => probe.keep = Some(time(text)?).filter(|span| !span.is_zero()),
        ("match", Some(text)) => check.expected = Some((text.to_owned(), word.origin)),
        ("type", Some("grpc")) => probe.call = Some(HealthCall::default()),
        ("port", Some(text)) => probe.port = Some(address::parse_port(text).map_err(|_| bad())?),
        _ => return Err(bad()),
    }
    Ok(())
}

/// What `type=grpc` is followed by.
fn call_parameter(call: &mut HealthCall, word: &Word) -> Outcome {
    match word.text.split_once('=') {
        Some(("grpc_service", name)) => name.clone_into(&mut call.service),
        Some(("grpc_status", code)) if let Some(code) = value::decimal(code).filter(|code| *code <= MOST_STATUS) => {
            call.status = u32::try_from(code).unwrap_or_default();
        }
        _ => return Err(value::invalid_parameter(word, &OF_CALLS)),
    }
    Ok(())
}

/// A call asks for no path, and gRPC's status is what is good of it.
fn agrees_with_calls(check: &HealthCheck, directive: &Directive) -> Outcome {
    let other = if check.probe.target != "/" {
        "uri"
    } else if check.expected.is_some() {
        "match"
    } else if check.probe.keep.is_some() {
        "keepalive_time"
    } else {
        return Ok(());
    };
    let message = format!("\"type=grpc\" and \"{other}\" do not go together");
    Err(Diagnostic::error("invalid-health-check", message).at(directive.origin()))
}

/// `match name { … }`
fn match_block(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let name = value::first(directive)?;
    if lowering.shared.matches.iter().any(|known| known.name == name.text) {
        let message = format!("duplicate match \"{}\"", name.text);
        return Err(Diagnostic::error("duplicate", message).at(name.origin));
    }
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    let mut expected = Vec::new();
    for test in tree::directives(nodes) {
        match expectation(test) {
            Ok(expectation) => expected.push(expectation),
            Err(problem) => lowering.report(problem),
        }
    }
    lowering.shared.matches.push(Match { name: name.text.clone(), expected });
    Ok(())
}

fn expectation(test: &Directive) -> Result<Expectation, Diagnostic> {
    let words: Vec<&str> = test.arguments.iter().map(|word| word.text.as_str()).collect();
    let pattern = |index: usize| value::argument(test, index).map(|word| value::pattern(word, 0, false));
    let (what, not) = match (test.name.text.as_str(), words.as_slice()) {
        ("status", ["!", ranges @ ..]) if !ranges.is_empty() => (AnswerTest::Status(statuses(test, ranges)?), true),
        ("status", ranges) if !ranges.is_empty() => (AnswerTest::Status(statuses(test, ranges)?), false),
        ("header", ["!", name]) => (AnswerTest::Field((*name).to_owned()), true),
        ("header", [name]) => (AnswerTest::Field((*name).to_owned()), false),
        ("header", [name, sign @ ("=" | "!="), text]) => {
            (AnswerTest::FieldIs((*name).to_owned(), (*text).to_owned()), *sign == "!=")
        }
        ("header", [name, sign @ ("~" | "!~"), _]) => {
            (AnswerTest::FieldMatches((*name).to_owned(), pattern(2)?), *sign == "!~")
        }
        ("body", [sign @ ("~" | "!~"), _]) => (AnswerTest::Body(pattern(1)?), *sign == "!~"),
        _ => {
            return Err(Diagnostic::error("invalid-value", "invalid test of an answer")
                .at(test.origin())
                .help("known here: status, header, body, as in `status 200-399;` or `body ~ \"well\";`"));
        }
    };
    Ok(Expectation { test: what, not })
}

fn statuses(test: &Directive, ranges: &[&str]) -> Result<Vec<(u16, u16)>, Diagnostic> {
    let status = |text: &str| text.parse::<u16>().ok().filter(|status| (100..=599).contains(status));
    let range = |text: &&str| {
        let (from, to) = text.split_once('-').unwrap_or((text, text));
        status(from).zip(status(to)).filter(|(from, to)| from <= to)
    };
    let found: Option<Vec<_>> = ranges.iter().map(range).collect();
    found.ok_or_else(|| Diagnostic::error("invalid-value", "invalid status").at(test.origin()))
}

/// What only requests tell of servers over TLS: their name, or who we are. The host that requests go to is known.
fn told_by_requests(tls: &UpstreamTls) -> Option<&Template> {
    let is_host = |name: &Template| matches!(name.parts.as_slice(), [Part::Variable(name)] if name == "proxy_host");
    let name = tls.name.as_ref().filter(|name| !is_host(name));
    let identity = tls.identity.iter().flat_map(|identity| [&identity.certificate, &identity.key]);
    name.into_iter().chain(identity).find(|value| value.as_text().is_none())
}

/// Puts a location's check to the group that it forwards to.
pub(crate) fn attach(lowering: &mut Lowering<'_>, level: &Level, proxy: Option<&Proxy>) {
    let Some(check) = level.location.health_check.get() else { return };
    let origin = check.probe.origin;
    let problem = |message: &str| Diagnostic::error("invalid-health-check", message).at(origin);
    let group = proxy.and_then(|proxy| match &proxy.target {
        Target::Fixed { destination: Destination::Group(id), .. } => usize::try_from(id.0).ok().zip(Some(proxy)),
        _ => None,
    });
    let Some((index, proxy)) = group else {
        return lowering.report(problem("\"health_check\" needs a \"proxy_pass\" to an upstream in its location"));
    };
    if proxy.gateway.is_some() {
        return lowering.report(problem("\"health_check\" asks servers of HTTP and gRPC, not programs"));
    }
    if check.probe.call.is_some() && proxy.version != 20 {
        return lowering.report(problem("\"type=grpc\" needs a \"grpc_pass\" to an upstream in its location"));
    }
    let expected = match &check.expected {
        None => Some(vec![Expectation { test: AnswerTest::Status(vec![(200, 399)]), not: false }]),
        Some((name, _)) => {
            let known = lowering.shared.matches.iter().find(|known| known.name == *name);
            known.map(|known| known.expected.clone())
        }
    };
    let Some(expected) = expected else {
        let (name, origin) = check.expected.clone().unwrap_or_default();
        let message = format!("match \"{name}\" is not found");
        return lowering.report(Diagnostic::error("unknown-match", message).at(origin));
    };
    if let Some(value) = proxy.tls.as_deref().and_then(told_by_requests) {
        let problem = problem("\"health_check\" is no request: it knows no values of variables");
        lowering.report(problem.related(value.origin, "this name has variables"));
    }
    let limits = [check.probe.interval, proxy.timeouts.connect, proxy.timeouts.read];
    let timeout = limits.into_iter().min().unwrap_or(check.probe.interval);
    let Some(group) = lowering.shared.groups.get_mut(index) else { return };
    let (zone, name) = (group.zone.is_some(), group.name.clone());
    let tls = proxy.tls.clone();
    group.probe = Some(Probe { host: name.clone(), timeout, expected, tls, ..check.probe.clone() });
    if !zone {
        let message = format!("health checks require upstream \"{name}\" in shared memory");
        lowering.report(problem(&message).help(format!("write `zone {name} 64k;` in it")));
    }
}
