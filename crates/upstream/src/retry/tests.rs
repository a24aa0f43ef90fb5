//! Which trouble may be answered by another try.

use std::time::Duration;

use model::{Balance, NextUpstream, Trouble};

use super::{RetryRule, Trial};
use crate::fixture::{Bench, weighted};

const TRIAL: Trial = Trial { trouble: Trouble::Error, reused: false, sent: true, idempotent: true, replayable: true };

fn next(when: &[Trouble]) -> NextUpstream {
    NextUpstream { when: when.to_vec(), ..NextUpstream::default() }
}

#[track_caller]
fn check(next: &NextUpstream, trial: Trial, expected: bool) {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let mut attempt = bench.attempt();
    let _permit = attempt.choose(bench.now).unwrap();
    assert_eq!(RetryRule::new(next).allows(&attempt, &trial, bench.now), expected);
}

#[test]
fn only_configured_trouble() {
    let default = next(&[Trouble::Error, Trouble::Timeout]);
    check(&default, TRIAL, true);
    check(&default, Trial { trouble: Trouble::Timeout, ..TRIAL }, true);
    check(&default, Trial { trouble: Trouble::InvalidHeader, ..TRIAL }, false);
    check(&default, Trial { trouble: Trouble::Status(500), ..TRIAL }, false);
    check(&next(&[]), TRIAL, false);
    let statuses = next(&[Trouble::Status(503), Trouble::Status(404)]);
    check(&statuses, Trial { trouble: Trouble::Status(503), ..TRIAL }, true);
    check(&statuses, Trial { trouble: Trouble::Status(404), ..TRIAL }, true);
    check(&statuses, Trial { trouble: Trouble::Status(502), ..TRIAL }, false);
    assert!(RetryRule::new(&statuses).covers(503));
    assert!(!RetryRule::new(&statuses).covers(200));
}

#[test]
fn what_was_sent_must_be_harmless_to_repeat() {
    let default = next(&[Trouble::Error]);
    check(&default, Trial { idempotent: false, ..TRIAL }, false);
    check(&default, Trial { idempotent: false, sent: false, ..TRIAL }, true);
    check(&NextUpstream { non_idempotent: true, ..default.clone() }, Trial { idempotent: false, ..TRIAL }, true);
    check(&default, Trial { replayable: false, ..TRIAL }, false);
    check(&default, Trial { replayable: false, sent: false, ..TRIAL }, true);
}

#[test]
fn time_is_limited() {
    let mut bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let mut attempt = bench.attempt();
    let _permit = attempt.choose(bench.now).unwrap();
    let rule = RetryRule::new(&NextUpstream { timeout: Duration::from_secs(3), ..next(&[Trouble::Error]) });
    bench.later(2);
    assert!(rule.allows(&attempt, &TRIAL, bench.now));
    bench.later(1);
    assert!(!rule.allows(&attempt, &TRIAL, bench.now));
}

#[test]
fn tries_are_limited() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let rule = RetryRule::new(&NextUpstream { tries: 1, ..next(&[Trouble::Error]) });
    let mut attempt = bench.group.attempt(crate::Affinity::default(), rule.tries(), bench.now);
    let _permit = attempt.choose(bench.now).unwrap();
    assert!(!rule.allows(&attempt, &TRIAL, bench.now));
}

#[test]
fn a_pooled_connection_that_broke_costs_no_try() {
    let bench = Bench::new(weighted(&[1]), Balance::RoundRobin);
    let rule = RetryRule::new(&next(&[Trouble::Error, Trouble::Timeout]));
    let reused = Trial { reused: true, ..TRIAL };
    let mut attempt = bench.attempt();
    let permit = attempt.choose(bench.now).unwrap();
    assert!(!rule.allows(&attempt, &TRIAL, bench.now), "a new connection to the only peer failed");
    assert!(!rule.allows(&attempt, &Trial { trouble: Trouble::Timeout, ..reused }, bench.now));
    assert!(rule.allows(&attempt, &reused, bench.now));
    attempt.failed(permit, &Trial { reused: true, ..TRIAL }, bench.now);
    let again = attempt.choose(bench.now);
    assert!(again.is_some());
    assert!(!rule.allows(&attempt, &TRIAL, bench.now), "then a new connection failed too");
}

#[test]
fn a_peer_that_cannot_be_reached_is_trouble_of_its_own() {
    let unreachable = next(&[Trouble::Unreachable]);
    check(&unreachable, Trial { sent: false, ..TRIAL }, true);
    check(&unreachable, Trial { sent: false, trouble: Trouble::Timeout, idempotent: false, ..TRIAL }, true);
    check(&unreachable, TRIAL, false);
}
