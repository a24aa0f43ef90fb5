//! Groups for tests: peers a, b, c… on ports 1, 2, 3… of 127.0.0.1, and connections that are only numbers.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diagnostic::Origin;
use model::{Balance, IdlePool, Server, ServerAddress, Template, Trouble};

use crate::pool::Reusable;
use crate::{Affinity, Attempt, Group, Permit, Roster, Sweeper, Trial};

/// A connection that a test can make stale from outside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fake {
    pub(crate) number: u32,
    pub(crate) stale: Rc<Cell<bool>>,
}

impl Reusable for Fake {
    fn is_stale(&mut self) -> bool {
        self.stale.get()
    }
}

pub(crate) fn start() -> Instant {
    transport::clock::now()
}

pub(crate) fn server(port: u16) -> Server {
    Server::new(ServerAddress::Host { host: "127.0.0.1".into(), port }, Origin::default())
}

/// One server for each weight.
pub(crate) fn weighted(weights: &[u32]) -> Vec<Server> {
    weights.iter().zip(1..).map(|(weight, port)| Server { weight: *weight, ..server(port) }).collect()
}

pub(crate) fn idle(size: u32) -> IdlePool {
    IdlePool {
        size,
        requests: 1000,
        time: Duration::from_hours(1),
        timeout: Duration::from_mins(1),
        per_location: false,
    }
}

pub(crate) fn group_model(servers: Vec<Server>, balance: Balance) -> model::Group {
    model::Group { servers, balance, idle: Some(idle(2)), ..model::Group::new("u", Origin::default()) }
}

pub(crate) fn roster(group: &model::Group, now: Instant) -> Arc<Roster> {
    Arc::new(Roster::build(group, now, &mut crate::resolve).unwrap())
}

/// A group with its clock.
pub(crate) struct Bench {
    pub(crate) group: Group<Fake>,
    pub(crate) now: Instant,
}

impl Bench {
    pub(crate) fn new(servers: Vec<Server>, balance: Balance) -> Self {
        Self::of(&group_model(servers, balance))
    }

    pub(crate) fn of(group: &model::Group) -> Self {
        let now = start();
        Self { group: Group::new(roster(group, now), &Sweeper::new()), now }
    }

    pub(crate) fn later(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    pub(crate) fn attempt(&self) -> Attempt {
        self.group.attempt(Affinity::default(), 0, self.now)
    }

    pub(crate) fn of_client(&self, client: &str) -> Attempt {
        let client: Option<IpAddr> = Some(client.parse().unwrap());
        self.group.attempt(Affinity { client, ..Affinity::default() }, 0, self.now)
    }

    pub(crate) fn of_key(&self, key: &str) -> Attempt {
        self.group.attempt(Affinity { key: key.as_bytes(), ..Affinity::default() }, 0, self.now)
    }

    /// The peers that one exchange goes through when those in `failing` fail: `ab` means a, then b; `-`: no peer is
    /// left.
    pub(crate) fn exchange(&self, mut attempt: Attempt, failing: &str) -> String {
        let mut path = String::new();
        loop {
            let Some(permit) = attempt.choose(self.now) else {
                path.push('-');
                return path;
            };
            let letter = letter(&permit);
            path.push(letter);
            if !failing.contains(letter) {
                permit.succeeded(self.now);
                return path;
            }
            let over = attempt.tries_after(Trouble::Error, false) == 0;
            attempt.failed(permit, &trial(Trouble::Error), self.now);
            if over {
                return path;
            }
        }
    }

    /// The peers of so many exchanges that go well.
    pub(crate) fn turns(&self, count: usize) -> String {
        (0..count).map(|_| self.exchange(self.attempt(), "")).collect()
    }
}

/// A try that failed like this after something was sent.
pub(crate) fn trial(trouble: Trouble) -> Trial {
    Trial { trouble, reused: false, sent: true, idempotent: true, replayable: true }
}

pub(crate) fn letter(permit: &Permit) -> char {
    match permit.peer().address().inet() {
        Some(address) => char::from(b'a' + u8::try_from(address.port() - 1).unwrap()),
        None => 'u',
    }
}

pub(crate) fn hash(consistent: bool) -> Balance {
    Balance::Hash { key: Template::default(), consistent }
}
