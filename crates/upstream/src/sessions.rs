//! Sessions that were learned from answers, each with the route of its server: a table of fixed size that all workers
//! share without locks.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Learning;

use crate::peer::milliseconds;

/// Places that one session may have: the least recently seen of them makes room.
const WAYS: usize = 8;
/// What a session takes of the configured memory: nginx holds about 4000 in a megabyte.
const BYTES_EACH: u64 = 256;
/// Most sessions of one table.
const MOST: usize = 1 << 20;

/// The table. Sessions and routes are known by keyed digests, which nobody outside can foretell.
#[derive(Debug)]
pub(crate) struct Sessions {
    name: Box<str>,
    keys: RandomState,
    timeout: u64,
    /// How many places there are; a power of two.
    places: Box<[Place]>,
    epoch: std::time::Instant,
}

#[derive(Debug, Default)]
struct Place {
    session: AtomicU64,
    route: AtomicU64,
    /// When it was last seen, in milliseconds since the table began.
    seen: AtomicU64,
}

impl Sessions {
    /// The table of `rule`: the `earlier` one if it is the same.
    pub(crate) fn succeed(rule: &Learning, earlier: Option<&Arc<Self>>) -> Arc<Self> {
        let count = usize::try_from(rule.size.0 / BYTES_EACH).unwrap_or(MOST).clamp(WAYS, MOST).next_power_of_two();
        let timeout = milliseconds(rule.timeout);
        let same = |earlier: &&Arc<Self>| {
            *earlier.name == *rule.zone && earlier.places.len() == count && earlier.timeout == timeout
        };
        if let Some(earlier) = earlier.filter(same) {
            return Arc::clone(earlier);
        }
        Arc::new(Self {
            name: rule.zone.as_str().into(),
            keys: RandomState::new(),
            timeout,
            places: (0..count).map(|_| Place::default()).collect(),
            epoch: transport::clock::now(),
        })
    }

    /// What stands for a text in the table; never 0.
    pub(crate) fn digest(&self, text: &[u8]) -> u64 {
        self.keys.hash_one(text) | 1
    }

    /// The digest of the route of a session that is still known.
    pub(crate) fn find(&self, session: &[u8], now: u64) -> Option<u64> {
        let digest = self.digest(session);
        let place = self.places_of(digest).find(|place| place.session.load(Ordering::Acquire) == digest)?;
        let route = place.route.load(Ordering::Acquire);
        let seen = place.seen.load(Ordering::Relaxed);
        // Another session may have taken the place meanwhile.
        let same = place.session.load(Ordering::Acquire) == digest;
        (same && now.saturating_sub(seen) < self.timeout).then_some(route)
    }

    /// Remembers the route of a session; one that is not known yet only where `create` says so.
    pub(crate) fn learn(&self, session: &[u8], route: &[u8], create: bool, now: u64) {
        let (digest, route) = (self.digest(session), self.digest(route));
        let known = self.places_of(digest).find(|place| place.session.load(Ordering::Acquire) == digest);
        if let Some(place) = known {
            let alive = now.saturating_sub(place.seen.load(Ordering::Relaxed)) < self.timeout;
            if alive || create {
                place.route.store(route, Ordering::Release);
                place.seen.store(now, Ordering::Relaxed);
            }
            return;
        }
        if !create {
            return;
        }
        let oldest = self.places_of(digest).min_by_key(|place| match place.session.load(Ordering::Relaxed) {
            0 => 0,
            _ => place.seen.load(Ordering::Relaxed) + 1,
        });
        if let Some(place) = oldest {
            place.session.store(0, Ordering::Release);
            place.route.store(route, Ordering::Release);
            place.seen.store(now, Ordering::Relaxed);
            place.session.store(digest, Ordering::Release);
        }
    }

    /// Milliseconds since the table began.
    pub(crate) fn milliseconds(&self, now: std::time::Instant) -> u64 {
        milliseconds(now.saturating_duration_since(self.epoch))
    }

    fn places_of(&self, digest: u64) -> impl Iterator<Item = &Place> {
        let sets = (self.places.len() / WAYS).max(1);
        let set = usize::try_from(digest >> 8).unwrap_or(0) % sets;
        self.places.iter().skip(set * WAYS).take(WAYS)
    }
}

#[cfg(test)]
mod tests;
