//! Servers that are asked whether they are well: `health_check` where requests go to their group, `match` before it.

use std::time::Duration;

use diagnostic::Origin;
use model::{AnswerTest, Destination, Expectation, Group, HealthCall, Http, Probe, Section, Serve, Target};

use super::item::Item;
use super::word::{self, Word};

/// The block that says what a good answer of the group's servers is, unless it is what it mostly is.
pub(super) fn expected(group: &Group) -> Option<Item> {
    let probe = group.probe.as_ref().filter(|probe| !is_usual(&probe.expected))?;
    let tests = probe.expected.iter().map(test).collect();
    Some(Item::block("match", [word::quote(&name(group))], tests))
}

/// What a group says of its probe that has no form.
pub(super) fn unsaid(group: &Group) -> Option<Item> {
    let probe = group.probe.as_ref().filter(|probe| probe.host != group.name)?;
    Some(Item::unsaid(format!("servers are asked for the host {}", probe.host), probe.origin))
}

/// The directive of a place that forwards to a group whose servers are asked.
pub(super) fn health_check(section: &Section, http: &Http) -> Option<Item> {
    let Serve::Proxy(proxy) = &section.serve else { return None };
    let Target::Fixed { destination: Destination::Group(id), .. } = &proxy.target else { return None };
    let group = http.groups.get(usize::try_from(id.0).ok()?)?;
    let probe = group.probe.as_ref()?;
    let limits = [probe.interval, proxy.timeouts.connect, proxy.timeouts.read];
    if limits.into_iter().min() != Some(probe.timeout) || probe.tls != proxy.tls {
        return None;
    }
    Some(Item::new("health_check", parameters(probe, group), probe.origin))
}

fn parameters(probe: &Probe, group: &Group) -> Vec<Word> {
    // Not said here: the host, TLS and the time to answer are the place's own; the tests have a block.
    let Probe {
        target,
        host: _,
        port,
        tls: _,
        interval,
        jitter,
        timeout: _,
        fails,
        passes,
        mandatory,
        persistent,
        keep,
        call,
        expected,
        origin: _,
    } = probe;
    let called = |word: &dyn Fn(&HealthCall) -> Option<String>| call.as_ref().and_then(word).map(Ok);
    let time = |name: &str, span: Duration, usual: Duration| {
        (span != usual).then(|| word::time(span).map(|text| format!("{name}={text}")))
    };
    let count = |name: &str, count: u32| (count != 1).then(|| Ok(format!("{name}={count}")));
    let words = [
        time("interval", *interval, Duration::from_secs(5)),
        time("jitter", *jitter, Duration::ZERO),
        count("fails", *fails),
        count("passes", *passes),
        (target != "/").then(|| Ok(word::quote(&format!("uri={target}")))),
        port.map(|port| Ok(format!("port={port}"))),
        mandatory.then(|| Ok("mandatory".to_owned())),
        (*mandatory && *persistent).then(|| Ok("persistent".to_owned())),
        keep.map(|keep| word::time(keep).map(|text| format!("keepalive_time={text}"))),
        (!is_usual(expected)).then(|| Ok(word::quote(&format!("match={}", name(group))))),
        called(&|_| Some("type=grpc".to_owned())),
        called(&|call| (!call.service.is_empty()).then(|| word::quote(&format!("grpc_service={}", call.service)))),
        called(&|call| (call.status != 0).then(|| format!("grpc_status={}", call.status))),
    ];
    words.into_iter().flatten().collect()
}

fn name(group: &Group) -> String {
    format!("{}_well", group.name)
}

fn is_usual(expected: &[Expectation]) -> bool {
    matches!(expected, [Expectation { test: AnswerTest::Status(ranges), not: false }] if *ranges == [(200, 399)])
}

fn test(expected: &Expectation) -> Item {
    let sign = |plain: &str| Ok(if expected.not { format!("!{plain}") } else { plain.to_owned() });
    let not = || expected.not.then(|| Ok("!".to_owned()));
    let nowhere = Origin::default();
    match &expected.test {
        AnswerTest::Status(ranges) => {
            let ranges =
                ranges.iter().map(|(from, to)| Ok(if from == to { from.to_string() } else { format!("{from}-{to}") }));
            Item::new("status", not().into_iter().chain(ranges), nowhere)
        }
        AnswerTest::Field(name) => Item::new("header", not().into_iter().chain([word::text(name)]), nowhere),
        AnswerTest::FieldIs(name, value) => {
            Item::new("header", [word::text(name), sign("="), word::text(value)], nowhere)
        }
        AnswerTest::FieldMatches(name, pattern) => {
            Item::new("header", [word::text(name), sign("~"), Ok(word::expression(pattern))], nowhere)
        }
        AnswerTest::Body(pattern) => Item::new("body", [sign("~"), Ok(word::expression(pattern))], nowhere),
    }
}
