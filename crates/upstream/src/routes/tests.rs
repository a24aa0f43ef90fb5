//! Clients that come back to their peers, and the rules of groups whose members come in sets.

use std::time::Duration;

use model::{AnswerTime, Balance, Binding, Failing, Server, Stickiness, Trouble};

use crate::fixture::{Bench, group_model, server, weighted};
use crate::{Affinity, Attempt};

const BOUND: Stickiness = Stickiness {
    sources: Vec::new(),
    binding: Binding::Own,
    strict: false,
    reaches_reserve: false,
    counts_fully: false,
};

/// Peers a, b, c… whose routes are their letters.
fn routed(count: usize) -> Vec<Server> {
    let mut servers = weighted(&vec![1; count]);
    for (server, letter) in servers.iter_mut().zip('a'..) {
        server.route = Some(letter.to_string());
    }
    servers
}

fn bench(servers: Vec<Server>, rule: Stickiness) -> Bench {
    let mut model = group_model(servers, Balance::RoundRobin);
    model.stickiness = Some(rule);
    Bench::of(&model)
}

fn of_route(bench: &Bench, route: &str) -> Attempt {
    bench.group.attempt(Affinity { route: route.as_bytes(), ..Affinity::default() }, 0, bench.now)
}

fn visit(bench: &Bench, route: &str, failing: &str) -> String {
    bench.exchange(of_route(bench, route), failing)
}

#[test]
fn a_route_leads_to_its_peer() {
    let bench = bench(routed(3), BOUND);
    assert_eq!((0..4).map(|_| visit(&bench, "b", "")).collect::<String>(), "bbbb");
    assert_eq!(visit(&bench, "unknown", "").len(), 1);
}

#[test]
fn what_comes_back_counts_as_one_turn_only() {
    // Recorded from nginx 1.31: after four requests bound to the first of three peers.
    let bench = bench(routed(3), BOUND);
    for _ in 0..4 {
        assert_eq!(visit(&bench, "a", ""), "a");
    }
    assert_eq!(bench.turns(6), "bcabca");
}

#[test]
fn what_comes_back_can_count_as_many() {
    let bench = bench(routed(3), Stickiness { counts_fully: true, ..BOUND });
    for _ in 0..4 {
        assert_eq!(visit(&bench, "a", ""), "a");
    }
    assert_eq!(bench.turns(9), "bcbcbcbca");
}

#[test]
fn the_clients_of_a_lost_peer_go_elsewhere() {
    let bench = bench(routed(3), BOUND);
    let path = visit(&bench, "b", "b");
    assert_eq!((path.len(), path.starts_with('b')), (2, true));
    assert_ne!(visit(&bench, "b", ""), "b");
}

#[test]
fn rather_none_than_another() {
    let bench = bench(routed(2), Stickiness { strict: true, ..BOUND });
    assert_eq!(visit(&bench, "b", "b"), "b-");
    assert_eq!(visit(&bench, "b", ""), "-");
    assert_eq!(visit(&bench, "z", ""), "a", "no peer has that route");
}

#[test]
fn a_redirected_route_leads_on() {
    let mut servers = routed(3);
    servers[0].down = true;
    servers[0].redirect = Some("c".to_owned());
    servers[2].redirect = Some("a".to_owned());
    let bench = bench(servers, BOUND);
    assert_eq!(visit(&bench, "a", ""), "c");
    assert_eq!(visit(&bench, "a", "c"), "cb");
}

#[test]
fn a_draining_peer_keeps_its_clients() {
    let mut servers = routed(3);
    servers[0].drain = true;
    let bench = bench(servers, BOUND);
    assert_eq!(visit(&bench, "a", ""), "a");
    assert_eq!(bench.turns(4).matches('a').count(), 0);
}

#[test]
fn the_reserve_is_reached_by_route_where_the_rule_says_so() {
    for (reaches_reserve, expected) in [(false, "a"), (true, "c")] {
        let mut servers = routed(3);
        servers[2].backup = true;
        let bench = bench(servers, Stickiness { reaches_reserve, ..BOUND });
        assert_eq!(visit(&bench, "c", ""), expected);
    }
}

#[test]
fn without_a_route_the_digest_of_the_address_is_one() {
    let bench = bench(weighted(&[1, 1]), BOUND);
    // MD5 of "127.0.0.1:2"
    let digest = "abf7a7b4e5522108bc46650d856ec400";
    assert_eq!((0..3).map(|_| visit(&bench, digest, "")).collect::<String>(), "bbb");
}

#[test]
fn sets_come_in_order_and_spares_stand_in() {
    let mut servers = weighted(&[1, 1, 1, 1]);
    servers[0].spare = true;
    servers[3].set = 1;
    let bench = Bench::new(servers, Balance::RoundRobin);
    assert_eq!(bench.turns(4), "bcbc");
    assert_eq!(bench.exchange(bench.attempt(), "b"), "bc");
    let now = bench.turns(4);
    assert_eq!((now.matches('a').count(), now.matches('c').count()), (2, 2), "{now}");
    let path = bench.exchange(bench.attempt(), "ac");
    assert!(path.ends_with('d'), "{path}");
}

#[test]
fn where_all_rest_all_may_be_tried_again() {
    let mut model = group_model(weighted(&[1, 1]), Balance::RoundRobin);
    model.failing = Failing { recovers: true, eases_back: false, ..Failing::default() };
    let bench = Bench::of(&model);
    assert_eq!(bench.exchange(bench.attempt(), "ab"), "ab");
    assert_eq!(bench.turns(2), "ba");
}

#[test]
fn only_what_counts_is_a_failure() {
    let mut model = group_model(weighted(&[1, 1]), Balance::RoundRobin);
    model.failing.counts = Some(vec![Trouble::Unreachable, Trouble::Status(503)]);
    let bench = Bench::of(&model);
    assert_eq!(bench.exchange(bench.attempt(), "a"), "ab");
    assert!(bench.turns(2).contains('a'), "its failure came after something was sent");
    let mut permit = bench.attempt().choose(bench.now).unwrap();
    let name = crate::fixture::letter(&permit);
    assert!(!permit.answered(500, bench.now));
    assert!(permit.answered(503, bench.now));
    permit.succeeded(bench.now);
    assert!(!bench.turns(4).contains(name));
}

#[test]
fn the_one_that_answers_soonest_is_chosen() {
    let rule = AnswerTime { whole: true, in_flight: false };
    let mut bench = Bench::new(weighted(&[1, 1]), Balance::LeastTime(rule));
    let visit = |bench: &mut Bench| {
        let mut permit = bench.attempt().choose(bench.now).unwrap();
        let letter = crate::fixture::letter(&permit);
        bench.now += Duration::from_millis(if letter == 'a' { 300 } else { 5 });
        assert!(!permit.answered(200, bench.now));
        permit.succeeded(bench.now);
        letter
    };
    let path: String = (0..8).map(|_| visit(&mut bench)).collect();
    assert_eq!(path, "abbbbbbb");
    bench.later(200);
    let path: String = (0..4).map(|_| visit(&mut bench)).collect();
    assert!(path.contains('a'), "a slow peer gets another chance: {path}");
}

#[test]
fn the_least_busy_is_chosen_whatever_its_weight() {
    let bench = Bench::new(weighted(&[1, 9]), Balance::LeastBusy);
    let held: Vec<_> = (0..4).map(|_| bench.attempt().choose(bench.now).unwrap()).collect();
    let path: String = held.iter().map(crate::fixture::letter).collect();
    assert_eq!(path, "baba");
}

#[test]
fn the_one_with_the_least_traffic_is_chosen() {
    let bench = Bench::new(weighted(&[1, 2]), Balance::LeastTraffic);
    let send = |bytes| {
        let permit = bench.attempt().choose(bench.now).unwrap();
        permit.add_traffic(bytes, 0);
        crate::fixture::letter(&permit)
    };
    let path: String = [100, 100, 100, 100, 100, 100].map(send).into_iter().collect();
    assert_eq!(path, "abbabb");
    assert_eq!(server(1).weight, 1);
}
