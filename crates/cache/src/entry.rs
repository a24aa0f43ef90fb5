//! What is known of a key: its object, who is fetching it, how often it was asked for.

use crate::fill::Fill;
use crate::key::Key;
use crate::object::Object;
use crate::purge::Since;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Beyond this number uses are not told apart.
const MOST_USES: u8 = 15;

/// What is known of a key.
#[derive(Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// How often it was asked for in all, until that is often enough.
    asked: AtomicU32,
    /// How often it was asked for of late.
    often: AtomicU8,
    /// When it was last asked for, in seconds since 1970.
    used: AtomicU64,
    /// Bytes of its file; 0: there is none.
    size: AtomicU64,
    /// Bytes of memory that its object was counted with.
    weight: AtomicU64,
    /// The number of its object among purges; 0: it is not known.
    born: AtomicU64,
    /// A bit for each name that its object can be purged by; none: they are not known.
    marks: AtomicU64,
    object: ArcSwapOption<Object>,
    /// An object on its way that others may join.
    fill: ArcSwapOption<Fill>,
    /// Since when it is being fetched, in milliseconds since 1970; 0: it is not.
    claimed: AtomicU64,
    /// A status that stands for it, and in the upper bits until when.
    error: AtomicU64,
    /// How often had been purged when that was asked for.
    error_since: AtomicU64,
    /// There may be other answers of its key.
    varied: AtomicBool,
    /// It is not in the index any more.
    gone: AtomicBool,
    changed: Notify,
}

/// The right to fetch a key's object, until it is dropped.
#[derive(Debug)]
pub struct Claim {
    entry: Arc<Entry>,
    since: u64,
}

impl Entry {
    /// What is known of a key that is asked for the first time.
    pub fn new(key: Key, now: u64) -> Self {
        Self {
            key,
            asked: AtomicU32::new(0),
            often: AtomicU8::new(0),
            used: AtomicU64::new(now),
            size: AtomicU64::new(0),
            weight: AtomicU64::new(0),
            born: AtomicU64::new(0),
            marks: AtomicU64::new(0),
            object: ArcSwapOption::empty(),
            fill: ArcSwapOption::empty(),
            claimed: AtomicU64::new(0),
            error: AtomicU64::new(0),
            error_since: AtomicU64::new(0),
            varied: AtomicBool::new(false),
            gone: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// Counts a use; how many there were before, as far as `enough`.
    pub fn count_use(&self, now: u64, enough: u32) -> u32 {
        if self.used.load(Ordering::Relaxed) != now {
            self.used.store(now, Ordering::Relaxed);
        }
        let often = self.often.load(Ordering::Relaxed);
        if often < MOST_USES {
            self.often.store(often + 1, Ordering::Relaxed);
        }
        let asked = self.asked.load(Ordering::Relaxed);
        if asked >= enough { asked } else { self.asked.fetch_add(1, Ordering::Relaxed) }
    }

    /// How often it was asked for of late.
    pub fn often(&self) -> u8 {
        self.often.load(Ordering::Relaxed)
    }

    /// Uses of long ago count less.
    pub fn forget_some(&self) {
        self.often.store(self.often() / 2, Ordering::Relaxed);
    }

    /// When it was last asked for, in seconds since 1970.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Bytes of its file; 0: there is none.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    pub(crate) fn swap_size(&self, size: u64) -> u64 {
        self.size.swap(size, Ordering::AcqRel)
    }

    pub(crate) fn swap_weight(&self, weight: u64) -> u64 {
        self.weight.swap(weight, Ordering::AcqRel)
    }

    /// Its object, if that is in memory.
    pub fn object(&self) -> Option<Arc<Object>> {
        self.object.load_full()
    }

    /// The number of its object among purges; 0: it is not known.
    pub(crate) fn born(&self) -> u64 {
        self.born.load(Ordering::Relaxed)
    }

    /// A bit for each name that its object can be purged by; none: they are not known.
    pub(crate) fn marks(&self) -> u64 {
        self.marks.load(Ordering::Relaxed)
    }

    /// Notes what tells of its object which purges concern it.
    pub(crate) fn note(&self, object: &Object) {
        self.born.store(object.terms().born, Ordering::Relaxed);
        self.marks.store(object.marks(), Ordering::Relaxed);
    }

    pub(crate) fn put_object(&self, object: Option<Arc<Object>>) {
        if let Some(object) = &object {
            self.note(object);
            self.varied.fetch_or(!object.head.vary.is_empty(), Ordering::Relaxed);
        }
        self.object.store(object);
    }

    /// Puts an object in the place of the one that is held, if it still is; whether it was.
    pub(crate) fn replace_object(&self, held: &Arc<Object>, object: &Arc<Object>) -> bool {
        let current = Some(Arc::clone(held));
        let before = self.object.compare_and_swap(&current, Some(Arc::clone(object)));
        let replaced = before.as_ref().is_some_and(|before| Arc::ptr_eq(before, held));
        if replaced {
            self.note(object);
        }
        replaced
    }

    /// Whether an answer of its key differed by fields of requests.
    pub(crate) fn has_varied(&self) -> bool {
        self.varied.load(Ordering::Relaxed)
    }

    /// Notes the same of what was read of its file, unless it is known of what is newer.
    pub(crate) fn note_first(&self, object: &Object) {
        let none = |number: &AtomicU64, first| {
            let _ = number.compare_exchange(0, first, Ordering::Relaxed, Ordering::Relaxed);
        };
        none(&self.born, object.terms().born);
        none(&self.marks, object.marks());
    }

    pub(crate) fn leave(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// Whether it is not in the index any more.
    pub fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// The object on its way that others may join.
    pub fn fill(&self) -> Option<Arc<Fill>> {
        self.fill.load_full()
    }

    /// Others may join an object on its way.
    pub(crate) fn show_fill(&self, fill: &Arc<Fill>) {
        self.fill.store(Some(Arc::clone(fill)));
        self.changed.notify_waiters();
    }

    /// Others may not join an object on its way any more. One that somebody else brings, who was quicker, stays.
    pub(crate) fn hide_fill(&self, fill: &Arc<Fill>) {
        self.fill.compare_and_swap(&Some(Arc::clone(fill)), None);
        self.changed.notify_waiters();
    }

    /// Takes the right to fetch its object, unless somebody has had it for less than `patience`. `now` is since 1970.
    pub fn claim(self: &Arc<Self>, now: Duration, patience: Duration) -> Option<Claim> {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (now, patience) = (milliseconds(now), milliseconds(patience));
        let mut held = self.claimed.load(Ordering::Acquire);
        loop {
            if held != 0 && now < held.saturating_add(patience) {
                return None;
            }
            // Two claims never look the same.
            let since = now.max(held + 1);
            match self.claimed.compare_exchange(held, since, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(Claim { entry: Arc::clone(self), since }),
                Err(other) => held = other,
            }
        }
    }

    /// For how long somebody has had the right to fetch its object. `now` is since 1970.
    pub fn claimed_for(&self, now: Duration) -> Option<Duration> {
        let since = self.claimed.load(Ordering::Acquire);
        (since != 0).then(|| now.saturating_sub(Duration::from_millis(since)))
    }

    /// Whether somebody fetches its object.
    pub fn is_claimed(&self) -> bool {
        self.claimed.load(Ordering::Acquire) != 0
    }

    /// Ready when somebody who fetches it shows it, or gives up.
    pub fn changed(&self) -> impl Future<Output = ()> {
        self.changed.notified()
    }

    /// A status stands for it until a second since 1970, unless it is purged: it was asked for at some time.
    pub fn put_error(&self, status: u16, until: u64, since: &Since) {
        self.error_since.store(since.orders, Ordering::Release);
        self.error.store(until << 16 | u64::from(status), Ordering::Release);
    }

    /// No status stands for it.
    pub fn clear_error(&self) {
        self.error.store(0, Ordering::Release);
    }

    /// The status that stands for it now, when so often was purged.
    pub(crate) fn error(&self, now: u64, orders: u64) -> Option<u16> {
        let error = self.error.load(Ordering::Acquire);
        let status = u16::try_from(error & 0xFFFF).ok().filter(|status| *status != 0)?;
        (error >> 16 >= now && self.error_since.load(Ordering::Acquire) == orders).then_some(status)
    }
}

impl Claim {
    /// What is being fetched.
    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // It may have gone to somebody else meanwhile.
        let _ = self.entry.claimed.compare_exchange(self.since, 0, Ordering::AcqRel, Ordering::Relaxed);
        self.entry.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);
    const AGE: Duration = Duration::from_secs(5);

    #[test]
    fn one_fetches_at_a_time_unless_it_takes_too_long() {
        let entry = Arc::new(Entry::new(Key::of(b"a"), 0));
        let first = entry.claim(NOW, AGE).unwrap();
        assert!(entry.claim(NOW, AGE).is_none());
        let second = entry.claim(NOW + AGE, AGE).unwrap();
        drop(first);
        assert!(entry.is_claimed(), "whoever was too slow gives nothing back");
        drop(second);
        assert!(entry.claim(NOW, AGE).is_some());
    }

    #[test]
    fn uses_are_counted_as_far_as_they_matter() {
        let entry = Entry::new(Key::of(b"a"), 0);
        assert_eq!(
            (entry.count_use(1, 2), entry.count_use(1, 2), entry.count_use(1, 2), entry.count_use(1, 2)),
            (0, 1, 2, 2)
        );
    }
}
