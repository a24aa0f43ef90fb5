//! The thread of a store: finds its files at start, removes what is too much, too old or not wanted any more.

use crate::entry::Entry;
use crate::form::{HEADER, Header};
use crate::key::Key;
use crate::neighbours::Neighbours;
use crate::store::Store;
use std::fs;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};
use telemetry::Level;
use transport::clock;

/// How often it looks whether something is too old.
const ROUND: Duration = Duration::from_secs(1);
/// Rounds between two in which uses of long ago begin to count less.
const ROUNDS_TO_FORGET: u32 = 64;
/// Entries looked at to find one to remove.
const LOOKED_AT: usize = 16;
/// How deep directories stand in one another.
const DEEPEST: usize = 4;

/// What a store asks of its keeper.
#[derive(Debug)]
pub enum Order {
    /// A file of so many bytes is not wanted any more.
    Remove(Key, u64),
    /// There is too much.
    Shrink,
    /// Somebody waits until all that was ordered before is done.
    Tell(Sender<()>),
}

/// Starts the thread of a store; it ends with the store.
pub fn start(store: &Arc<Store>, orders: Receiver<Order>) {
    let weak = Arc::downgrade(store);
    let (hand, rounds, round_at, shrink_at) = (0, 0, clock::now() + ROUND, None);
    let (begun, neighbours) = (Vec::new(), None);
    let keep = move || Keeper { store: weak, hand, rounds, round_at, shrink_at, begun, neighbours }.run(&orders);
    if let Err(error) = thread::Builder::new().name("cache".to_owned()).spawn(keep) {
        store.report("start a thread to keep", &error);
    }
}

struct Keeper {
    store: Weak<Store>,
    hand: usize,
    rounds: u32,
    /// When it goes round next.
    round_at: Instant,
    /// When it removes what is too much, if anything is.
    shrink_at: Option<Instant>,
    /// What a process had begun to write that was not known to be gone.
    begun: Vec<PathBuf>,
    /// Others that use the directory.
    neighbours: Option<Neighbours>,
}

impl Keeper {
    fn run(mut self, orders: &Receiver<Order>) {
        if let Some(store) = self.store.upgrade() {
            let (neighbours, outcome) = Neighbours::new(store.directory(), store.next_id());
            if let Err(error) = outcome {
                store.report("lock", &error);
            }
            self.neighbours = Some(neighbours);
            self.begun = load(&store);
        }
        loop {
            let Some(wait) = self.work() else { return };
            match orders.recv_timeout(wait) {
                Ok(order) => self.obey(&order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Does what is due; for how long nothing is. `None`: the store is not in use any more.
    fn work(&mut self) -> Option<Duration> {
        let store = self.store.upgrade()?;
        let now = clock::now();
        if self.round_at <= now {
            self.go_round(&store);
            self.round_at = now + ROUND;
            self.shrink_at = Some(now);
        }
        if self.shrink_at.is_some_and(|time| time <= now) {
            let more = self.shrink(&store);
            self.shrink_at = more.then(|| now + store.limits().pause);
        }
        let next = self.shrink_at.map_or(self.round_at, |time| time.min(self.round_at));
        Some(next.saturating_duration_since(clock::now()))
    }

    fn obey(&mut self, order: &Order) {
        let Some(store) = self.store.upgrade() else { return };
        match order {
            Order::Remove(key, size) => {
                remove(&store, key);
                store.room.removed(*size);
            }
            // Nobody may wait any more.
            Order::Tell(waiting) => drop(waiting.send(())),
            Order::Shrink => self.shrink_at = self.shrink_at.or_else(|| Some(clock::now())),
        }
    }

    fn go_round(&mut self, store: &Arc<Store>) {
        self.rounds = self.rounds.wrapping_add(1);
        if self.rounds.is_multiple_of(rounds_between(store)) {
            Self::look_at_all(store, self.rounds.is_multiple_of(ROUNDS_TO_FORGET));
        }
        let limits = store.limits();
        if limits.free > 0 {
            self.free_space(store, limits.free);
        }
        store.close_some(clock::unix_time().as_secs());
        self.begun.retain(|path| !remove_left_over(path));
        if self.neighbours.as_mut().is_some_and(Neighbours::have_gone) {
            remove_foreign(store);
        }
    }

    /// Looks at every entry.
    fn look_at_all(store: &Arc<Store>, forget: bool) {
        let limits = store.limits();
        let now = clock::unix_time().as_secs();
        for entry in (0..store.index.slots()).filter_map(|slot| store.index.at(slot)) {
            if entry.used().saturating_add(limits.inactive.as_secs()) < now && !entry.is_claimed() {
                store.discard(&entry);
            } else if forget {
                entry.forget_some();
            }
        }
    }

    /// Removes what was used least of late until the store is as large as it may be, or a batch is removed; whether there is
    /// more to remove. What is far too much goes without a pause.
    fn shrink(&mut self, store: &Arc<Store>) -> bool {
        let limits = store.limits();
        let mut removed = 0;
        while limits.size > 0 && store.filled() > limits.size {
            if removed >= limits.batch.max(1) && store.filled() < limits.size.saturating_add(limits.size / 16) {
                return true;
            }
            let Some(entry) = self.oldest(store) else { return false };
            remove_entry(store, &entry);
            removed += 1;
        }
        false
    }

    fn free_space(&mut self, store: &Arc<Store>, wanted: u64) {
        let free = |store: &Store| {
            rustix::fs::statvfs(store.directory())
                .map_or(u64::MAX, |system| system.f_bavail.saturating_mul(system.f_frsize))
        };
        while free(store) < wanted {
            let Some(entry) = self.oldest(store) else { return };
            remove_entry(store, &entry);
        }
    }

    /// Of the next few entries with a file, the one that was used longest ago.
    fn oldest(&mut self, store: &Store) -> Option<Arc<Entry>> {
        let slots = store.index.slots();
        let (mut oldest, mut looked_at): (Option<Arc<Entry>>, usize) = (None, 0);
        for _ in 0..slots {
            self.hand = (self.hand + 1) % slots;
            let Some(entry) = store.index.at(self.hand).filter(|entry| entry.size() > 0) else { continue };
            if oldest.as_ref().is_none_or(|oldest| entry.used() < oldest.used()) {
                oldest = Some(entry);
            }
            looked_at += 1;
            if looked_at >= LOOKED_AT {
                break;
            }
        }
        oldest
    }
}

/// After how many rounds all entries are looked at: sixteen times while one may rest.
fn rounds_between(store: &Store) -> u32 {
    u32::try_from(store.limits().inactive.as_secs() / 16).unwrap_or(u32::MAX).clamp(1, 16)
}

/// Takes an entry out, and removes its file at once.
fn remove_entry(store: &Store, entry: &Arc<Entry>) {
    store.take_out(entry);
    remove(store, &entry.key);
}

/// Removes a file, unless another has got its name, which has taken its place.
pub(crate) fn remove(store: &Store, key: &Key) {
    let _turn = store.turns.take(key);
    if store.find(key).is_none_or(|entry| entry.size() == 0) {
        // One that is gone already is gone.
        let _ = fs::remove_file(store.path(key));
    }
}

/// The number of the object that a file holds, if it holds one.
fn id_of(path: &Path) -> Option<u64> {
    let mut header = [0; HEADER];
    fs::File::open(path).and_then(|file| file.read_exact_at(&mut header, 0)).ok()?;
    Header::read(&header).map(|header| header.id)
}

/// Finds the files that a store left when it was last in use; which ones somebody else may be writing.
fn load(store: &Arc<Store>) -> Vec<PathBuf> {
    let begun = clock::now();
    let (mut count, mut writing) = (0_u64, Vec::new());
    for_each_file(store.directory(), 0, &mut |file, name, depth| {
        if let Some(key) = Key::from_name(name) {
            let _turn = store.turns.take(&key);
            let Ok(metadata) = file.metadata() else { return };
            let entry = store.entry(&key);
            if entry.size() == 0 && store.path(&key) == file.path() {
                store.written(&entry, metadata.len());
                count += 1;
            }
        } else if depth == 0 && writer_of(name).is_some() && !remove_left_over(&file.path()) {
            writing.push(file.path());
        }
    });
    store.has_loaded(count);
    if count > 0 {
        let took = clock::now().saturating_duration_since(begun);
        telemetry::error_log::process().log(
            Level::Notice,
            format_args!("cache {}: {count} files found in {} ms", store.directory().display(), took.as_millis()),
        );
    }
    writing
}

/// Removes what others have written since the store was set up: this one does not know those files, nor did they know what
/// was purged here.
pub(crate) fn remove_foreign(store: &Arc<Store>) {
    for_each_file(store.directory(), 0, &mut |file, name, _| {
        let Some(key) = Key::from_name(name) else { return };
        let _turn = store.turns.take(&key);
        let is_new =
            |metadata: &fs::Metadata| u64::try_from(metadata.mtime()).is_ok_and(|time| time >= store.set_up_at());
        if !file.metadata().is_ok_and(|metadata| is_new(&metadata)) {
            return;
        }
        if id_of(&file.path()).is_some_and(|id| !store.has_given(id)) {
            if let Some(entry) = store.find(&key) {
                store.take_out(&entry);
            }
            // One that is gone already is gone.
            let _ = fs::remove_file(file.path());
        }
    });
}

/// Calls for each file in a store's directory, with its name and how deep it is.
fn for_each_file(directory: &Path, depth: usize, call: &mut dyn FnMut(&fs::DirEntry, &str, usize)) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for found in entries.flatten() {
        let name = found.file_name();
        let Some(name) = name.to_str() else { continue };
        let Ok(kind) = found.file_type() else { continue };
        if kind.is_dir() && depth < DEEPEST {
            for_each_file(&found.path(), depth + 1, call);
        } else if kind.is_file() {
            call(&found, name, depth);
        }
    }
}

/// Removes a file that was being written by a process that is no more; whether it is so.
fn remove_left_over(path: &Path) -> bool {
    let writer = path.file_name().and_then(|name| writer_of(name.to_str()?));
    let left = writer.is_none_or(|process| !Path::new("/proc").join(process).exists());
    if left {
        let _ = fs::remove_file(path);
    }
    left
}

/// The process that writes a file of this name, if that is another and the name that of a file that is being written.
fn writer_of(name: &str) -> Option<&str> {
    let (serial, process) = name.split_once('-')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(serial) && digits(process) && process != std::process::id().to_string()).then_some(process)
}
