//! What is purged: at once for whoever looks, from the disk behind that.
//!
//! A purge is a number greater than that of everything that was asked for before it. So an object is compared with the purges
//! that concern it when it is looked up, and once for each change of them; the purger removes what nobody looks up.

use crate::object::Head;
use crate::tags;
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Most tags and keys whose purges are not through.
const MOST_NAMES: usize = 16 << 10;
/// How many of them clients may fill, whose requests change what is kept: the others are the operator's.
const MOST_OF_CLIENTS: usize = MOST_NAMES / 2;
/// Into so many crowds keys are parted where clients have filled their share.
const CROWDS: u64 = 256;
/// Most beginnings of keys whose purges are not through.
const MOST_PREFIXES: usize = 256;
/// What the file of purges begins with; the last byte is the form's version.
const MAGIC: [u8; 8] = *b"ZAGPURG\x01";

/// What is purged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target<'t> {
    /// The answers of a key.
    Key(&'t [u8]),
    /// Those of all keys that begin so.
    Prefix(&'t [u8]),
    /// Those that have a tag.
    Tag(&'t [u8]),
}

/// More purges are under way than can be remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

/// What purges mean for an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verdict {
    /// None concerns it.
    Spared,
    /// It is not fresh any more.
    Stale,
    /// It is not to be used any more.
    Gone,
}

/// The last purges of a name; 0: there was none.
#[derive(Clone, Copy, Default, Debug)]
struct Stamps {
    hard: u64,
    soft: u64,
    /// With which change of the table the last of them came.
    added: u64,
}

impl Stamps {
    fn verdict(self, born: u64) -> Verdict {
        if born < self.hard {
            Verdict::Gone
        } else if born < self.soft {
            Verdict::Stale
        } else {
            Verdict::Spared
        }
    }

    fn set(&mut self, stamp: u64, soft: bool, added: u64) {
        let place = if soft { &mut self.soft } else { &mut self.hard };
        *place = stamp.max(*place);
        self.added = added;
    }

    fn latest(self) -> u64 {
        self.hard.max(self.soft)
    }
}

/// Purges that are not through.
#[derive(Clone, Default, Debug)]
struct Standing {
    generation: u64,
    names: HashMap<u64, Stamps>,
    prefixes: Vec<(Box<[u8]>, Stamps)>,
}

/// What was asked for since a number, as long as somebody holds this: purges that came later are remembered.
#[derive(Default, Debug)]
pub(crate) struct Era(pub(crate) u64);

/// When something was asked for. As long as this is held, purges that come later are remembered.
#[derive(Clone, Default, Debug)]
pub struct Since {
    /// `None`: it was not asked for yet.
    _era: Option<Arc<Era>>,
    /// What was purged before has smaller numbers.
    pub(crate) born: u64,
    /// How often the operator had purged.
    pub(crate) orders: u64,
}

/// Purges of a store.
#[derive(Default, Debug)]
pub(crate) struct Purges {
    /// Changes with each purge; 0: there was none.
    generation: AtomicU64,
    standing: ArcSwap<Standing>,
    era: ArcSwap<Era>,
    /// How often the operator has purged.
    orders: AtomicU64,
    /// How many sweeps have ended.
    sweeps: AtomicU64,
    /// Purges up to these numbers may be through.
    hard_through: AtomicU64,
    soft_through: AtomicU64,
}

impl Purges {
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// How often the operator has purged.
    pub(crate) fn orders(&self) -> u64 {
        self.orders.load(Ordering::Acquire)
    }

    /// How many sweeps have ended: whoever finds the same number before and after has missed no purge in between.
    pub(crate) fn sweeps(&self) -> u64 {
        self.sweeps.load(Ordering::Acquire)
    }

    /// Something is asked for now; `next` gives its number.
    pub(crate) fn set_out(&self, next: impl FnOnce() -> u64) -> Since {
        // The number is the last: what was purged before it is known, and what is purged after it is remembered.
        let (era, orders) = (self.era.load_full(), self.orders());
        Since { _era: Some(era), born: next(), orders }
    }

    /// Another begins; the one that ends.
    pub(crate) fn next_era(&self, now: u64) -> Arc<Era> {
        self.era.swap(Arc::new(Era(now)))
    }

    /// What purges may mean that are through, and that an object of this number has missed.
    pub(crate) fn missed(&self, born: u64) -> Verdict {
        let (hard, soft) = (self.hard_through.load(Ordering::Acquire), self.soft_through.load(Ordering::Acquire));
        Stamps { hard, soft, added: 0 }.verdict(born)
    }

    /// From now on what is older than `stamp` is purged, or, where there is no room for all of the targets, nothing is.
    pub(crate) fn add(&self, targets: &[Target<'_>], stamp: u64, soft: bool) -> Result<(), TooMany> {
        let mut added = Ok(());
        self.standing.rcu(|standing| {
            let mut next = Standing::clone(standing);
            next.generation += 1;
            added = targets.iter().try_for_each(|target| next.add(*target, stamp, soft));
            if added.is_ok() { Arc::new(next) } else { Arc::clone(standing) }
        });
        self.publish();
        self.orders.fetch_add(1, Ordering::AcqRel);
        added
    }

    /// A client's request has changed what a key means: from now on what is older than `stamp` is not used any more. Where
    /// clients have filled their share, all answers of its crowd that differ by fields of requests are stale instead.
    pub(crate) fn add_change(&self, key: &[u8], stamp: u64) {
        self.standing.rcu(|standing| {
            let mut next = Standing::clone(standing);
            next.generation += 1;
            let (full, hash) = (next.names.len() >= MOST_OF_CLIENTS, key_hash(key));
            let hash = if full && !next.names.contains_key(&hash) { crowd(key) } else { hash };
            let (soft, added) = (hash == crowd(key), next.generation);
            next.names.entry(hash).or_default().set(stamp, soft, added);
            next
        });
        self.publish();
    }

    fn publish(&self) {
        self.generation.fetch_max(self.standing.load().generation, Ordering::AcqRel);
    }

    /// What purges mean for what says this of itself and was asked for at `born`.
    pub(crate) fn verdict(&self, head: &Head, tags: &[u64], born: u64) -> Verdict {
        let standing = self.standing.load();
        let named = |hash: &u64| standing.names.get(hash).map(|stamps| stamps.verdict(born));
        let of_tags = tags.iter().filter_map(named);
        let of_key = named(&key_hash(&head.key));
        let of_crowd = crowd_of(head).as_ref().and_then(named);
        let prefixes = standing.prefixes.iter().filter(|(prefix, _)| head.key.starts_with(prefix));
        let of_prefixes = prefixes.map(|(_, stamps)| stamps.verdict(born));
        of_tags.chain(of_key).chain(of_crowd).chain(of_prefixes).max().unwrap_or(Verdict::Spared)
    }

    /// The number of the last purge that is not through; 0: all are.
    pub(crate) fn latest(&self) -> u64 {
        self.standing.load().latest()
    }

    /// Tells of an object's number and marks (0: they are not known) whether a purge may concern it that came after the
    /// generation `done`.
    pub(crate) fn concerns(&self, done: u64) -> impl Fn(u64, u64) -> bool + use<> {
        let standing = self.standing.load();
        let (mut latest, mut named) = (0, 0);
        for (hash, stamps) in standing.names.iter().filter(|(_, stamps)| stamps.added > done) {
            (latest, named) = (stamps.latest().max(latest), named | mark(*hash));
        }
        let prefixes = standing.prefixes.iter().map(|(_, stamps)| stamps).filter(|stamps| stamps.added > done);
        let of_prefixes = prefixes.map(|stamps| stamps.latest()).max();
        let (latest, any) = (latest.max(of_prefixes.unwrap_or(0)), of_prefixes.is_some());
        move |born, marks| born < latest && (any || marks == 0 || marks & named != 0)
    }

    /// What was there with this generation has been compared with all objects. It is remembered all the same while answers
    /// come that were asked for before it, since `oldest`, unless there is little room.
    pub(crate) fn finish(&self, generation: u64, oldest: u64) {
        let standing = self.standing.load();
        let scarce = standing.names.len() >= MOST_OF_CLIENTS || standing.prefixes.len() > MOST_PREFIXES / 2;
        let through = |stamps: &Stamps| stamps.added <= generation && (scarce || stamps.latest() <= oldest);
        let all = standing.names.values().chain(standing.prefixes.iter().map(|(_, stamps)| stamps));
        // Whoever finds them gone knows that they are through, and that a sweep has ended.
        self.sweeps.fetch_add(1, Ordering::AcqRel);
        for stamps in all.filter(|stamps| through(stamps)) {
            self.hard_through.fetch_max(stamps.hard, Ordering::AcqRel);
            self.soft_through.fetch_max(stamps.soft, Ordering::AcqRel);
        }
        self.standing.rcu(|standing| {
            let mut next = Standing::clone(standing);
            next.names.retain(|_, stamps| !through(stamps));
            next.prefixes.retain(|(_, stamps)| !through(stamps));
            next
        });
    }

    /// The purges that are not through, as they stand in their file.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let standing = self.standing.load();
        let mut out = MAGIC.to_vec();
        put(&mut out, [standing.names.len() as u64]);
        for (hash, stamps) in &standing.names {
            put(&mut out, [*hash, stamps.hard, stamps.soft]);
        }
        for (prefix, stamps) in &standing.prefixes {
            put(&mut out, [prefix.len() as u64, stamps.hard, stamps.soft]);
            out.extend_from_slice(prefix);
        }
        let sum = xxh3_64(&out);
        put(&mut out, [sum]);
        out
    }

    /// Takes up purges that were not through when their file was written. One that is damaged stands for a purge of
    /// everything at `now`.
    pub(crate) fn take_up(&self, bytes: &[u8], now: u64) -> Result<(), TooMany> {
        let Some(mut standing) = read(bytes) else { return self.add(&[Target::Prefix(b"")], now, false) };
        if standing.latest() == 0 {
            return Ok(());
        }
        standing.generation = 1;
        self.standing.store(standing.into());
        self.publish();
        Ok(())
    }
}

impl Standing {
    fn add(&mut self, target: Target<'_>, stamp: u64, soft: bool) -> Result<(), TooMany> {
        let hash = match target {
            Target::Key(key) => key_hash(key),
            Target::Tag(tag) => tags::hash(tag),
            Target::Prefix(prefix) => return self.add_prefix(prefix, stamp, soft),
        };
        if self.names.len() >= MOST_NAMES && !self.names.contains_key(&hash) {
            return Err(TooMany);
        }
        self.names.entry(hash).or_default().set(stamp, soft, self.generation);
        Ok(())
    }

    fn add_prefix(&mut self, prefix: &[u8], stamp: u64, soft: bool) -> Result<(), TooMany> {
        if let Some((_, stamps)) = self.prefixes.iter_mut().find(|(known, _)| **known == *prefix) {
            stamps.set(stamp, soft, self.generation);
            return Ok(());
        }
        if self.prefixes.len() >= MOST_PREFIXES {
            return Err(TooMany);
        }
        let mut stamps = Stamps::default();
        stamps.set(stamp, soft, self.generation);
        self.prefixes.push((prefix.into(), stamps));
        Ok(())
    }

    fn latest(&self) -> u64 {
        let prefixes = self.prefixes.iter().map(|(_, stamps)| stamps.latest());
        self.names.values().map(|stamps| stamps.latest()).chain(prefixes).max().unwrap_or(0)
    }
}

/// One of 64 bits for what stands for a name.
pub(crate) fn mark(hash: u64) -> u64 {
    1 << (hash & 63)
}

/// What stands for a key, which is no tag of the same text.
pub(crate) fn key_hash(key: &[u8]) -> u64 {
    xxh3_64_with_seed(key, 1)
}

/// What stands for the crowd of a key.
fn crowd(key: &[u8]) -> u64 {
    xxh3_64_with_seed(&(key_hash(key) % CROWDS).to_le_bytes(), 2)
}

/// The crowd of an answer that differs by fields of requests.
pub(crate) fn crowd_of(head: &Head) -> Option<u64> {
    (!head.vary.is_empty()).then(|| crowd(&head.key))
}

fn put<const COUNT: usize>(out: &mut Vec<u8>, numbers: [u64; COUNT]) {
    for number in numbers {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn read(bytes: &[u8]) -> Option<Standing> {
    let (told, sum) = bytes.split_at_checked(bytes.len().checked_sub(8)?)?;
    if xxh3_64(told) != u64::from_le_bytes(sum.try_into().ok()?) {
        return None;
    }
    let mut rest = told.strip_prefix(&MAGIC)?;
    let number = |rest: &mut &[u8]| {
        let (number, after) = rest.split_first_chunk::<8>()?;
        *rest = after;
        Some(u64::from_le_bytes(*number))
    };
    let mut standing = Standing::default();
    for _ in 0..number(&mut rest)? {
        let (hash, hard, soft) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        standing.names.insert(hash, Stamps { hard, soft, added: 1 });
    }
    while !rest.is_empty() {
        let (length, hard, soft) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
        let (prefix, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        standing.prefixes.push((prefix.into(), Stamps { hard, soft, added: 1 }));
        rest = after;
    }
    Some(standing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(key: &str) -> Head {
        Head { key: key.as_bytes().into(), ..Head::default() }
    }

    #[track_caller]
    fn check(purges: &Purges, key: &str, born: u64, expected: Verdict) {
        assert_eq!(purges.verdict(&head(key), &[tags::hash(b"t")], born), expected, "{key} of {born}");
    }

    #[test]
    fn what_is_older_than_a_purge_is_concerned() {
        for target in [Target::Tag(b"t"), Target::Key(b"a/b"), Target::Prefix(b"a/"), Target::Prefix(b"")] {
            let purges = Purges::default();
            purges.add(&[target], 10, true).unwrap();
            check(&purges, "a/b", 9, Verdict::Stale);
            check(&purges, "a/b", 10, Verdict::Spared);
            purges.add(&[target], 20, false).unwrap();
            check(&purges, "a/b", 19, Verdict::Gone);
            check(&purges, "a/b", 20, Verdict::Spared);
        }
    }

    #[test]
    fn a_key_is_no_tag_and_no_beginning() {
        let purges = Purges::default();
        purges.add(&[Target::Key(b"t")], 10, false).unwrap();
        purges.add(&[Target::Tag(b"a/b")], 10, false).unwrap();
        check(&purges, "a/b", 1, Verdict::Spared);
        check(&purges, "t/a", 1, Verdict::Spared);
        check(&purges, "t", 1, Verdict::Gone);
    }

    #[test]
    fn what_is_not_through_survives() {
        let purges = Purges::default();
        purges.add(&[Target::Tag(b"t")], 10, false).unwrap();
        purges.add(&[Target::Prefix(b"a/")], 30, true).unwrap();
        let again = Purges::default();
        again.take_up(&purges.to_bytes(), 99).unwrap();
        check(&again, "x", 9, Verdict::Gone);
        check(&again, "a/b", 29, Verdict::Stale);
        purges.finish(1, u64::MAX);
        check(&purges, "x", 9, Verdict::Spared);
        check(&purges, "a/b", 29, Verdict::Stale);
        assert_eq!((purges.missed(9), purges.missed(10)), (Verdict::Gone, Verdict::Spared));
        purges.finish(2, u64::MAX);
        assert_eq!(purges.missed(29), Verdict::Stale);
        assert_eq!(purges.latest(), 0);
    }

    #[test]
    fn a_damaged_file_stands_for_everything() {
        let purges = Purges::default();
        purges.add(&[Target::Tag(b"t")], 10, false).unwrap();
        let bytes = purges.to_bytes();
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            let again = Purges::default();
            again.take_up(&damaged, 99).unwrap();
            check(&again, "anything", 98, Verdict::Gone);
        }
    }

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let purges = Purges::default();
        let outcomes: Vec<bool> = (0..=MOST_PREFIXES)
            .map(|number| purges.add(&[Target::Prefix(number.to_string().as_bytes())], 1, false).is_ok())
            .collect();
        assert_eq!(outcomes.iter().filter(|added| !**added).count(), 1);
        assert_eq!(purges.add(&[Target::Prefix(b"0")], 2, false), Ok(()), "one that is known has its room");
    }

    #[test]
    fn several_are_purged_together_or_none() {
        let purges = Purges::default();
        let tags: Vec<String> = (0..MOST_NAMES - 1).map(|number| number.to_string()).collect();
        let targets: Vec<Target<'_>> = tags.iter().map(|tag| Target::Tag(tag.as_bytes())).collect();
        purges.add(&targets, 1, false).unwrap();
        let generation = purges.generation();
        assert_eq!(purges.add(&[Target::Tag(b"t"), Target::Tag(b"u")], 10, false), Err(TooMany));
        check(&purges, "a", 9, Verdict::Spared);
        assert_eq!(purges.generation(), generation);
        purges.add(&[Target::Tag(b"t")], 10, false).unwrap();
        check(&purges, "a", 9, Verdict::Gone);
    }

    #[test]
    fn what_was_swept_is_not_compared_again() {
        let purges = Purges::default();
        let bits = [b"t", b"u"].map(|tag| mark(tags::hash(tag)));
        assert_ne!(bits[0], bits[1]);
        purges.add(&[Target::Tag(b"t")], 10, false).unwrap();
        let done = purges.generation();
        purges.add(&[Target::Tag(b"u")], 20, false).unwrap();
        let (all, rest) = (purges.concerns(0), purges.concerns(done));
        assert!(all(9, bits[0]) && all(9, bits[1]) && all(9, 0) && !all(20, bits[1]));
        assert!(!rest(9, bits[0]) && rest(19, bits[1]) && rest(9, 0));
        assert!(!purges.concerns(purges.generation())(9, 0));
        // Once more is a purge of its own.
        purges.add(&[Target::Tag(b"t")], 30, false).unwrap();
        assert!(purges.concerns(done)(29, bits[0]));
    }

    #[test]
    fn clients_leave_room_for_the_operator() {
        let purges = Purges::default();
        for number in 0..MOST_NAMES {
            purges.add_change(format!("k{number}").as_bytes(), 10);
        }
        let taken = purges.standing.load().names.len();
        assert!(taken <= MOST_OF_CLIENTS + usize::try_from(CROWDS).unwrap(), "{taken}");
        assert_eq!(purges.add(&[Target::Tag(b"t")], 20, false), Ok(()));
        // What a client changed is not fresh, whether or not there was room for its own key.
        for (number, expected) in [(0, Verdict::Gone), (MOST_NAMES - 1, Verdict::Stale)] {
            let head = Head { vary: b"accept"[..].into(), ..head(&format!("k{number}")) };
            assert_eq!(purges.verdict(&head, &[], 9), expected, "{number}");
            assert_eq!(purges.verdict(&head, &[], 10), Verdict::Spared, "{number}");
        }
        check(&purges, "x", 20, Verdict::Spared);
    }
}
