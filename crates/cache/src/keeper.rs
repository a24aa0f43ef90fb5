//! The thread of a store: finds its files at start, removes what is too much, too old or not wanted any more.

use crate::entry::Entry;
use crate::key::Key;
use crate::store::Store;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;
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
    /// A file is not wanted any more.
    Remove(Key),
    /// There is too much.
    Shrink,
}

/// Starts the thread of a store; it ends with the store.
pub fn start(store: &Arc<Store>, orders: Receiver<Order>) {
    let weak = Arc::downgrade(store);
    let keep = move || Keeper { store: weak, hand: 0 }.run(&orders);
    if let Err(error) = thread::Builder::new().name("cache".to_owned()).spawn(keep) {
        store.report("start a thread to keep", &error);
    }
}

struct Keeper {
    store: Weak<Store>,
    hand: usize,
}

impl Keeper {
    fn run(mut self, orders: &Receiver<Order>) {
        if let Some(store) = self.store.upgrade() {
            load(&store);
        }
        let mut rounds = 0_u32;
        loop {
            let order = orders.recv_timeout(ROUND);
            let Some(store) = self.store.upgrade() else { return };
            match order {
                Ok(Order::Remove(key)) => remove(&store, &key),
                Ok(Order::Shrink) => self.shrink(&store),
                Err(RecvTimeoutError::Timeout) => {
                    rounds = rounds.wrapping_add(1);
                    if rounds.is_multiple_of(rounds_between(&store)) {
                        Self::look_at_all(&store, rounds.is_multiple_of(ROUNDS_TO_FORGET));
                    }
                    self.go_round(&store);
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn go_round(&mut self, store: &Arc<Store>) {
        let limits = store.limits();
        if limits.free > 0 {
            self.free_space(store, limits.free);
        }
        self.shrink(store);
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

    /// Removes what was used least of late until the store is as large as it may be.
    fn shrink(&mut self, store: &Arc<Store>) {
        let limits = store.limits();
        let mut removed = 0;
        while limits.size > 0 && store.size() > limits.size {
            let Some(entry) = self.oldest(store) else { return };
            store.discard(&entry);
            remove(store, &entry.key);
            removed += 1;
            if removed % limits.batch.max(1) == 0 && store.size() < limits.size.saturating_add(limits.size / 8) {
                thread::sleep(limits.pause);
            }
        }
    }

    fn free_space(&mut self, store: &Arc<Store>, wanted: u64) {
        let free = |store: &Store| {
            rustix::fs::statvfs(store.directory())
                .map_or(u64::MAX, |system| system.f_bavail.saturating_mul(system.f_frsize))
        };
        while free(store) < wanted {
            let Some(entry) = self.oldest(store) else { return };
            store.discard(&entry);
            remove(store, &entry.key);
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

/// Removes a file, unless there is an object of its name again.
fn remove(store: &Store, key: &Key) {
    if store.find(key).is_none_or(|entry| entry.size() == 0 && entry.object().is_none()) {
        // One that is gone already is gone.
        let _ = fs::remove_file(store.path(key));
    }
}

/// Finds the files that a store left when it was last in use.
fn load(store: &Arc<Store>) {
    let begun = clock::now();
    let mut count = 0_u64;
    look_into(store, store.directory(), 0, &mut count);
    store.has_loaded();
    if count > 0 {
        let took = clock::now().saturating_duration_since(begun);
        telemetry::error_log::process().log(
            Level::Notice,
            format_args!("cache {}: {count} files found in {} ms", store.directory().display(), took.as_millis()),
        );
    }
}

fn look_into(store: &Arc<Store>, directory: &Path, depth: usize, count: &mut u64) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for found in entries.flatten() {
        let name = found.file_name();
        let Some(name) = name.to_str() else { continue };
        let Ok(kind) = found.file_type() else { continue };
        if kind.is_dir() && depth < DEEPEST {
            look_into(store, &found.path(), depth + 1, count);
        } else if let Some(key) = Key::from_name(name).filter(|_| kind.is_file()) {
            let Ok(metadata) = found.metadata() else { continue };
            let entry = store.entry(&key);
            if entry.size() == 0 && store.path(&key) == found.path() {
                store.written(&entry, metadata.len());
                *count += 1;
            }
        } else if depth == 0 && kind.is_file() && is_left_over(name) {
            let _ = fs::remove_file(found.path());
        }
    }
}

/// Whether a file's name is that of one that was being written by a process that is no more.
fn is_left_over(name: &str) -> bool {
    let Some((serial, process)) = name.split_once('-') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(serial)
        && digits(process)
        && process != std::process::id().to_string()
        && !Path::new("/proc").join(process).exists()
}
