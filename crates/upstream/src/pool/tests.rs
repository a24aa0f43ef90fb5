//! Idle connections: who gets which, how many are kept, and when they are closed.

use std::rc::Rc;
use std::time::Duration;

use model::{Balance, IdlePool};

use super::{Class, Pool, Pooled};
use crate::fixture::{Bench, Fake, group_model, idle, start, weighted};
use crate::{Permit, Sweeper};

fn of(place: u64) -> Class {
    Class { place, ..Class::default() }
}

fn fake(number: u32) -> Fake {
    Fake { number, ..Fake::default() }
}

struct Fixture {
    sweeper: Rc<Sweeper>,
    pool: Rc<Pool<Fake>>,
    now: std::time::Instant,
}

impl Fixture {
    fn new(rules: IdlePool) -> Self {
        let sweeper = Sweeper::new();
        Self { pool: Pool::new(rules, &sweeper), sweeper, now: start() }
    }

    fn put(&self, slot: usize, class: u64, number: u32) {
        self.pool.checkin(slot, of(class), Pooled::new(fake(number), self.now), self.now);
    }

    fn take(&self, slot: usize, class: u64) -> Option<u32> {
        self.pool.checkout(slot, of(class), self.now).map(|pooled| pooled.connection.number)
    }
}

#[test]
fn the_last_used_comes_first_and_the_oldest_makes_room() {
    let mut fixture = Fixture::new(idle(3));
    for number in 1..=4 {
        fixture.put(usize::from(number % 2 == 0), 0, number);
        fixture.now += Duration::from_millis(1);
    }
    assert_eq!(fixture.pool.len(), 3);
    assert_eq!(fixture.take(0, 0), Some(3));
    assert_eq!(fixture.take(0, 0), None, "the first one made room");
    assert_eq!(fixture.take(1, 0), Some(4));
    assert_eq!(fixture.take(1, 0), Some(2));
    assert!(fixture.pool.is_empty());
}

#[test]
fn classes_are_kept_apart() {
    let fixture = Fixture::new(idle(4));
    fixture.put(0, 7, 1);
    fixture.put(0, 8, 2);
    assert_eq!(fixture.take(0, 9), None);
    assert_eq!(fixture.take(0, 7), Some(1));
    assert_eq!(fixture.take(0, 8), Some(2));
    let secured = |number| Class { secured: number, ..Class::default() };
    fixture.pool.checkin(0, secured(1), Pooled::new(fake(3), fixture.now), fixture.now);
    assert_eq!(fixture.take(0, 0), None, "a secured one is no plain one");
    assert!(fixture.pool.checkout(0, secured(2), fixture.now).is_none(), "what was verified for another is not used");
    assert!(fixture.pool.checkout(0, secured(1), fixture.now).is_some());
}

#[test]
fn a_stale_connection_is_never_handed_out() {
    let fixture = Fixture::new(idle(4));
    fixture.put(0, 0, 1);
    let second = fake(2);
    fixture.pool.checkin(0, Class::default(), Pooled::new(second.clone(), fixture.now), fixture.now);
    second.stale.set(true);
    assert_eq!(fixture.take(0, 0), Some(1));
    assert_eq!(fixture.take(0, 0), None);
    fixture.pool.checkin(0, Class::default(), Pooled::new(second, fixture.now), fixture.now);
    assert!(fixture.pool.is_empty());
}

#[test]
fn requests_are_limited() {
    let fixture = Fixture::new(IdlePool { requests: 2, ..idle(4) });
    let first = Pooled::new(fake(1), fixture.now);
    assert!(!first.is_reused());
    fixture.pool.checkin(0, Class::default(), first, fixture.now);
    let again = fixture.pool.checkout(0, Class::default(), fixture.now).unwrap();
    assert!(again.is_reused());
    fixture.pool.checkin(0, Class::default(), again, fixture.now);
    assert!(fixture.pool.is_empty());
}

#[test]
fn life_is_limited() {
    let mut fixture = Fixture::new(idle(4));
    let pooled = Pooled::new(fake(1), fixture.now);
    fixture.now += Duration::from_mins(61);
    fixture.pool.checkin(0, Class::default(), pooled, fixture.now);
    assert!(fixture.pool.is_empty());
}

#[test]
fn the_sweeper_closes_what_is_over() {
    let mut fixture = Fixture::new(idle(4));
    let begin = fixture.now;
    fixture.put(0, 0, 1);
    fixture.now += Duration::from_secs(30);
    let gone = fake(2);
    fixture.pool.checkin(1, Class::default(), Pooled::new(gone.clone(), fixture.now), fixture.now);
    fixture.put(1, 0, 3);
    assert_eq!(fixture.sweeper.sweep(fixture.now), Some(begin + Duration::from_mins(1)));
    gone.stale.set(true);
    fixture.now += Duration::from_secs(30);
    assert_eq!(fixture.sweeper.sweep(fixture.now), Some(begin + Duration::from_secs(90)));
    assert_eq!(fixture.pool.len(), 1);
    assert_eq!(fixture.take(1, 0), Some(3));
    assert_eq!(fixture.sweeper.sweep(fixture.now), None);
}

#[test]
fn an_expired_connection_is_not_handed_out_before_the_sweep_either() {
    let mut fixture = Fixture::new(idle(4));
    fixture.put(0, 0, 1);
    fixture.now += Duration::from_mins(1);
    assert_eq!(fixture.take(0, 0), None);
}

#[test]
fn nothing_is_kept_while_draining() {
    let fixture = Fixture::new(idle(4));
    fixture.put(0, 0, 1);
    fixture.sweeper.drain();
    assert!(fixture.pool.is_empty());
    fixture.put(0, 0, 2);
    assert!(fixture.pool.is_empty());
}

fn permit(bench: &Bench) -> Permit {
    bench.attempt().choose(bench.now).unwrap()
}

#[test]
fn a_group_keeps_connections_by_address() {
    let mut servers = weighted(&[1, 1]);
    servers[1].address = servers[0].address.clone();
    let bench = Bench::new(servers, Balance::RoundRobin);
    let (one, same) = (permit(&bench), permit(&bench));
    bench.group.checkin(&one, Class::default(), Pooled::new(fake(1), bench.now), bench.now);
    assert!(bench.group.checkout(&same, Class::default(), bench.now).is_some(), "the other peer has the same address");

    let bench = Bench::new(weighted(&[1, 1]), Balance::RoundRobin);
    let (one, other) = (permit(&bench), permit(&bench));
    bench.group.checkin(&one, Class::default(), Pooled::new(fake(1), bench.now), bench.now);
    assert!(bench.group.checkout(&other, Class::default(), bench.now).is_none());
    assert_eq!(bench.group.idle_connections(), 1);
}

#[test]
fn a_group_without_a_pool_keeps_nothing() {
    let mut model = group_model(weighted(&[1]), Balance::RoundRobin);
    for rules in [None, Some(idle(0))] {
        model.idle = rules;
        let bench = Bench::of(&model);
        let permit = permit(&bench);
        bench.group.checkin(&permit, Class::default(), Pooled::new(fake(1), bench.now), bench.now);
        assert!(bench.group.checkout(&permit, Class::default(), bench.now).is_none());
    }
}

#[test]
fn connections_to_replaced_peers_are_not_kept() {
    let bench = Bench::new(weighted(&[1]), Balance::RoundRobin);
    let old = permit(&bench);
    bench.group.checkin(&old, Class::default(), Pooled::new(fake(1), bench.now), bench.now);
    let model = group_model(weighted(&[1]), Balance::RoundRobin);
    bench.group.replace(crate::fixture::roster(&model, bench.now));
    assert_eq!(bench.group.idle_connections(), 0);
    bench.group.checkin(&old, Class::default(), Pooled::new(fake(2), bench.now), bench.now);
    assert_eq!(bench.group.idle_connections(), 0);
}
