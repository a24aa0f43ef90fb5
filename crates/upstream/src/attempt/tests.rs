//! The choice of peers: sequences, failures, recovery, limits. Expected paths that are long were recorded from nginx 1.31.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use model::{Balance, Measure, Server, ServerAddress, Trouble};

use crate::fixture::{Bench, group_model, hash, letter, server, trial, weighted};

const LONG: Duration = Duration::from_secs(1000);

#[test]
fn turns_are_smooth() {
    let check = |weights: &[u32], expected: &str| {
        let bench = Bench::new(weighted(weights), Balance::RoundRobin);
        assert_eq!(bench.turns(expected.len()), expected, "{weights:?}");
    };
    check(&[5, 1, 1], "aabacaaaabacaa");
    check(&[1, 1, 1], "abcabc");
    check(&[3, 2], "ababaababa");
    check(&[1], "aaa");
}

/// Each line: peers that fail during the exchange, and the peers it went through.
fn replay(bench: &Bench, recorded: &str) {
    for (line, step) in recorded.split_whitespace().enumerate() {
        let (failing, path) = step.split_once(':').unwrap();
        assert_eq!(bench.exchange(bench.attempt(), failing), path, "exchange {line}: {step}");
    }
}

#[test]
fn failures_lower_the_weight_and_rest_a_peer() {
    let backup = Server { backup: true, ..server(4) };
    let mut servers = weighted(&[5, 3, 2]);
    servers.push(backup);
    for (server, max_fails) in servers.iter_mut().zip([3, 2, 0, 1]) {
        server.max_fails = max_fails;
        server.fail_timeout = LONG;
    }
    let bench = Bench::new(servers, Balance::RoundRobin);
    replay(
        &bench,
        "c:a :b ab:c :a :a :b :a c:cb :a :a a:b :a :c ab:bac ab:ac :b a:ac :b :c ab:bc :c :c a:c :c \
         ab:c :c a:c :c :c :c b:c ab:c :c :c :c b:c :c :c :c a:c",
    );
}

#[test]
fn a_lowered_weight_grows_back() {
    let mut servers = weighted(&[10, 7, 1]);
    for (server, max_fails) in servers.iter_mut().zip([100, 7, 1]) {
        server.max_fails = max_fails;
        server.fail_timeout = LONG;
    }
    let bench = Bench::new(servers, Balance::RoundRobin);
    replay(
        &bench,
        "a:ab :b :a :b :a b:c b:a a:b b:a b:ba a:ab a:ab :b :a :b :a a:ab b:ba a:ab b:c a:b :a :a \
         b:ba :a a:b :a b:a b:ba :a :b a:ab a:c a:ab b:ba b:a :b :a a:ab b:ba :a :b a:ab b:a a:b \
         b:a a:b :a b:c a:ab :b :a b:ba :a :a a:ac :a :a b:a b:a",
    );
}

#[test]
fn a_resting_peer_is_tried_again_after_its_time() {
    let mut bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "a"), "ab");
    assert_eq!(bench.turns(4), "bbbb");
    bench.later(10);
    assert_eq!(bench.turns(2), "bb", "the time itself still counts");
    bench.later(1);
    assert!(bench.turns(4).contains('a'));
}

#[test]
fn a_trial_that_fails_rests_the_peer_again_and_one_that_succeeds_forgets() {
    let mut servers = weighted(&[1, 1]);
    for server in &mut servers {
        server.max_fails = 2;
    }
    let mut bench = Bench::new(servers, Balance::RoundRobin);
    let exchange = |bench: &Bench| bench.exchange(bench.attempt(), "a");
    let until_rest = |bench: &Bench| (0..6).filter(|_| exchange(bench).contains('a')).count();
    assert_eq!(until_rest(&bench), 2);
    bench.later(11);
    assert_eq!(until_rest(&bench), 1, "one failure is enough after a rest");
    bench.later(11);
    assert!(bench.turns(4).contains('a'));
    assert_eq!(until_rest(&bench), 2, "both failures count anew after a success");
}

#[test]
fn no_peer_is_left_when_all_rest() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "ab"), "ab");
    assert_eq!(bench.turns(2), "--");
}

#[test]
fn a_peer_alone_never_rests() {
    let bench = Bench::new(weighted(&[1]), Balance::RoundRobin);
    for _ in 0..3 {
        assert_eq!(bench.exchange(bench.attempt(), "a"), "a");
    }
}

#[test]
fn max_fails_of_zero_never_rests() {
    let mut servers = weighted(&[1, 1]);
    for server in &mut servers {
        server.max_fails = 0;
    }
    let bench = Bench::new(servers, Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "ab"), "ab");
    assert_eq!(bench.turns(2), "ba");
}

#[test]
fn backups_come_after_the_primaries() {
    let mut servers = weighted(&[1, 1]);
    servers.push(Server { backup: true, ..server(3) });
    let bench = Bench::new(servers, Balance::RoundRobin);
    assert_eq!(bench.turns(4), "abab");
    assert_eq!(bench.exchange(bench.attempt(), "ab"), "abc");
    assert_eq!(bench.turns(2), "cc");
}

#[test]
fn one_primary_with_a_backup_can_rest() {
    let mut servers = weighted(&[1]);
    servers.push(Server { backup: true, ..server(2) });
    let bench = Bench::new(servers, Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "a"), "ab");
    assert_eq!(bench.turns(2), "bb");
}

#[test]
fn a_peer_that_is_down_gets_nothing() {
    let check = |count: usize, expected: &str| {
        let mut servers = weighted(&vec![1; count]);
        servers[0].down = true;
        assert_eq!(Bench::new(servers, Balance::RoundRobin).turns(2), expected);
    };
    check(2, "bb");
    check(1, "--");
}

#[test]
fn a_peer_that_is_down_gives_no_try() {
    let mut servers = weighted(&[1, 1, 1]);
    servers[2].down = true;
    let bench = Bench::new(servers, Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "ab"), "ab");
}

#[test]
fn max_conns_counts_permits() {
    for count in [1, 2] {
        let mut servers = weighted(&vec![1; count]);
        for server in &mut servers {
            server.max_connections = 1;
        }
        let bench = Bench::new(servers, Balance::RoundRobin);
        let mut held: Vec<_> = (0..count).map(|_| bench.attempt().choose(bench.now).unwrap()).collect();
        assert!(bench.attempt().choose(bench.now).is_none());
        let freed = letter(&held[0]);
        held.remove(0);
        assert_eq!(bench.attempt().choose(bench.now).map(|permit| letter(&permit)), Some(freed));
    }
}

#[test]
fn tries_are_limited() {
    let bench = Bench::new(weighted(&[1, 1, 1]), Balance::RoundRobin);
    let attempt = bench.group.attempt(crate::Affinity::default(), 2, bench.now);
    assert_eq!(bench.exchange(attempt, "abc"), "ab");
}

#[test]
fn an_answer_of_404_is_no_failure() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let mut attempt = bench.attempt();
    let permit = attempt.choose(bench.now).unwrap();
    assert!(!attempt.failed(permit, &trial(Trouble::Status(404)), bench.now));
    assert_eq!(attempt.choose(bench.now).map(|permit| letter(&permit)), Some('b'));
    assert_eq!(bench.turns(2), "ba", "it kept its turn");
}

#[test]
fn a_failure_that_rests_the_peer_is_told() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let mut attempt = bench.attempt();
    let permit = attempt.choose(bench.now).unwrap();
    assert!(attempt.failed(permit, &trial(Trouble::Timeout), bench.now));
}

#[test]
fn two_hundred_peers_are_each_tried_once() {
    let bench = Bench::new(weighted(&[1; 20]), Balance::RoundRobin);
    let all = "abcdefghijklmnopqrst";
    assert_eq!(bench.exchange(bench.attempt(), all), all);

    let servers = (0..200)
        .map(|last| Server { address: ServerAddress::Host { host: format!("127.0.1.{last}"), port: 1 }, ..server(1) });
    let bench = Bench::new(servers.collect(), Balance::RoundRobin);
    assert_eq!(bench.exchange(bench.attempt(), "a").len(), 200);
}

fn keyed(with_down: bool) -> Vec<Server> {
    let mut servers = weighted(&[1, 3, 2]);
    if with_down {
        servers.push(Server { down: true, ..server(4) });
    }
    for (server, port) in servers.iter_mut().zip(18081..) {
        server.address = ServerAddress::Host { host: "127.0.0.1".into(), port };
    }
    servers
}

fn check_places(bench: &Bench, attempts: impl Iterator<Item = crate::Attempt>, expected: &str) {
    let names = HashMap::from([
        ("127.0.0.1:18081", "a"),
        ("127.0.0.1:18082", "b"),
        ("127.0.0.1:18083", "c"),
        ("unix:/tmp/ups/x.sock", "u"),
    ]);
    let places: Vec<&str> =
        attempts.map(|mut attempt| names[attempt.choose(bench.now).unwrap().peer().name()]).collect();
    assert_eq!(places.join(" "), expected);
}

#[test]
fn keys_have_the_places_that_nginx_gives_them() {
    let bench = Bench::new(keyed(true), hash(false));
    check_places(
        &bench,
        (0..40).map(|number| bench.of_key(&format!("key{number}"))),
        "a b b b b c c b a c a c b c b c c a c b a b c a c b b b b c a b c a b c c c b c",
    );
}

#[test]
fn keys_have_the_places_that_nginx_gives_them_on_the_ring() {
    let mut servers = keyed(false);
    servers.push(Server { address: ServerAddress::Unix(PathBuf::from("/tmp/ups/x.sock")), ..server(1) });
    let bench = Bench::new(servers, hash(true));
    check_places(
        &bench,
        (0..40).map(|number| bench.of_key(&format!("key{number}"))),
        "c a c c c a a a c u b c b c b c c b a b b b b a b c c c b u a b a c a b b b b u",
    );
}

#[test]
fn clients_have_the_places_that_nginx_gives_them() {
    let bench = Bench::new(keyed(true), Balance::ClientAddress);
    let v4 = (0..30).map(|number| format!("10.{}.{}.7", number * 7 % 256, number * 31 % 256));
    let v6 = (0..10).map(|number| format!("2001:db8::{:x}", number * 77));
    check_places(
        &bench,
        v4.chain(v6).map(|client| bench.of_client(&client)),
        "b b b c b c b c a b b c b c b c a c b c b c b c a b b c b c b b b b c b b b b b",
    );
}

#[test]
fn a_key_whose_peer_fails_goes_elsewhere_and_every_peer_is_reached() {
    for balance in [hash(false), hash(true), Balance::ClientAddress, Balance::Random { best_of_two: None }] {
        let bench = Bench::new(weighted(&[1, 1, 1]), balance.clone());
        let attempt = bench.group.attempt(
            crate::Affinity { client: Some([10, 1, 2, 3].into()), key: b"key", route: b"" },
            0,
            bench.now,
        );
        let mut path: Vec<char> = bench.exchange(attempt, "abc").chars().collect();
        path.sort_unstable();
        assert_eq!(path, ['a', 'b', 'c'], "{balance:?}");
    }
}

#[test]
fn an_empty_key_takes_turns() {
    let bench = Bench::new(weighted(&[1, 1, 1]), hash(true));
    assert_eq!(bench.turns(3), "abc");
}

#[test]
fn the_least_loaded_is_chosen() {
    let bench = Bench::new(weighted(&[1, 1, 2]), Balance::LeastConnections);
    let mut held = Vec::new();
    let mut next = || {
        held.push(bench.attempt().choose(bench.now).unwrap());
        letter(held.last().unwrap())
    };
    let path: String = (0..4).map(|_| next()).collect();
    assert_eq!(path, "cabc");
    drop(held);
    let kept = bench.attempt().choose(bench.now).unwrap();
    assert!(!bench.turns(4).contains(letter(&kept)));
}

#[test]
fn random_draws_by_weight() {
    let bench = Bench::new(weighted(&[1, 8]), Balance::Random { best_of_two: None });
    let few = bench.turns(900).matches('a').count();
    assert!((30..400).contains(&few), "{few} of 900");
}

#[test]
fn the_less_loaded_of_two_is_taken() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::Random { best_of_two: Some(Measure::Connections) });
    let busy = bench.attempt().choose(bench.now).unwrap();
    let busy = (letter(&busy), busy);
    assert!(!bench.turns(20).contains(busy.0));
}

#[test]
fn a_zone_shares_failures_between_workers() {
    let mut model = group_model(weighted(&[1, 1]), Balance::RoundRobin);
    for (zone, expected) in [(Some("z".to_owned()), "bb"), (None, "ab")] {
        model.zone = zone;
        let now = crate::fixture::start();
        let roster = crate::fixture::roster(&model, now);
        let sweeper = crate::Sweeper::new();
        let worker = || Bench { group: crate::Group::new(roster.clone(), &sweeper), now };
        let (one, other) = (worker(), worker());
        assert_eq!(one.exchange(one.attempt(), "a"), "ab");
        assert_eq!(other.turns(2), expected);
    }
}

#[test]
fn peers_can_be_replaced_under_way() {
    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let mut under_way = bench.attempt();
    let first = under_way.choose(bench.now).unwrap();
    let model = group_model(vec![server(9)], Balance::RoundRobin);
    bench.group.replace(crate::fixture::roster(&model, bench.now));
    assert_eq!(bench.turns(1), "i");
    under_way.failed(first, &trial(Trouble::Error), bench.now);
    assert_eq!(under_way.choose(bench.now).map(|permit| letter(&permit)), Some('b'));
}
