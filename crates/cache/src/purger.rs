//! The thread that follows purges: writes down those that are not through, and removes what they concern.

use crate::entry::Entry;
use crate::form::{HEADER, Header, MOST_HEAD};
use crate::keeper;
use crate::key::Key;
use crate::object::Object;
use crate::purge::{Era, Verdict};
use crate::store::Store;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use transport::clock;

/// Entries looked at between two looks at what is asked for.
const SLICE: usize = 1_024;
/// Files read between two pauses.
const FILES: usize = 64;
/// The pause: others want the disk, too.
const PAUSE: Duration = Duration::from_millis(1);
/// How often it looks whether all files are known by now.
const PATIENCE: Duration = Duration::from_millis(20);
/// The file of purges that are not through, in the store's directory.
const NAME: &str = "purges";
/// Largest such file that is read.
const LARGEST: u64 = 64 << 20;

/// What is asked of the thread; told when it is done.
#[derive(Debug)]
pub(crate) enum Order {
    /// There are purges to write down and to follow.
    Purge(oneshot::Sender<()>),
    /// A file is not wanted any more.
    Remove(Key, oneshot::Sender<()>),
}

/// Starts the thread; it ends with its store.
pub(crate) fn start(store: &Arc<Store>) -> Sender<Order> {
    let (sender, orders) = channel();
    let weak = Arc::downgrade(store);
    let follow = move || Purger { store: weak, sweep: None, done: 0, again: false, eras: Vec::new() }.run(&orders);
    if let Err(error) = thread::Builder::new().name("purge".to_owned()).spawn(follow) {
        store.report("start a thread to purge", &error);
    }
    sender
}

/// The purges of a store that were not through when it was last in use.
pub(crate) fn read(store: &Store) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(store.directory().join(NAME)) {
        Ok(file) => file.take(LARGEST).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

struct Purger {
    store: Weak<Store>,
    sweep: Option<Sweep>,
    /// The purges that the last sweep compared everything with.
    done: u64,
    /// There were purges since the sweep began.
    again: bool,
    /// Those that ended, as long as what was asked for in them comes.
    eras: Vec<Weak<Era>>,
}

/// One look at all entries.
struct Sweep {
    /// The purges that are through at its end.
    generation: u64,
    slot: usize,
    /// Files read since the last pause.
    files: usize,
    /// Something was removed since the keeper was last waited for.
    removed: bool,
}

impl Sweep {
    fn new(store: &Store) -> Self {
        Self { generation: store.purges.generation(), slot: 0, files: 0, removed: false }
    }

    /// Looks at some more entries, those that purges concern which an earlier sweep, up to `done`, did not compare.
    fn go_on(&mut self, store: &Arc<Store>, done: u64) {
        let concerns = store.purges.concerns(done);
        let end = self.slot.saturating_add(SLICE).min(store.index.slots());
        while self.slot < end && self.files < FILES {
            let found = store.index.at(self.slot);
            self.slot += 1;
            if let Some(entry) = found.filter(|entry| concerns(entry.born(), entry.marks())) {
                self.look_at(store, &entry);
            }
        }
    }

    /// Compares an entry with the purges.
    fn look_at(&mut self, store: &Arc<Store>, entry: &Arc<Entry>) {
        if let Some(object) = entry.object() {
            return self.obey_verdict(store, entry, &object);
        }
        if entry.size() == 0 {
            return;
        }
        self.files += 1;
        match read_object(store, entry) {
            Ok(object) => {
                entry.note_first(&object);
                self.obey_verdict(store, entry, &object);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // What cannot be read cannot be compared.
            Err(_) => self.discard(store, entry),
        }
    }

    fn obey_verdict(&mut self, store: &Arc<Store>, entry: &Arc<Entry>, object: &Object) {
        let verdict = store.verdict(object);
        if verdict == Verdict::Spared || entry.object().is_some_and(|held| held.id != object.id) {
            // What came in its place meanwhile is newer.
            return;
        }
        if verdict == Verdict::Gone {
            return self.discard(store, entry);
        }
        object.expire(clock::unix_time().as_secs());
        // Where there is no file yet, whoever writes it writes that, too.
        if entry.size() > 0
            && let Err(error) = write_terms(store, entry, object)
        {
            store.report("write", &error);
            self.discard(store, entry);
        }
    }

    fn discard(&mut self, store: &Arc<Store>, entry: &Arc<Entry>) {
        store.discard(entry);
        self.removed = true;
    }
}

impl Purger {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let waits = self.store.upgrade().is_some_and(|store| !store.is_loaded());
            let order = match &self.sweep {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(_) if waits => orders.recv_timeout(PATIENCE),
                Some(_) => orders.try_recv().map_err(|error| match error {
                    TryRecvError::Empty => RecvTimeoutError::Timeout,
                    TryRecvError::Disconnected => RecvTimeoutError::Disconnected,
                }),
            };
            let Some(store) = self.store.upgrade() else { return };
            match order {
                Ok(order) => self.obey(&store, order, orders),
                Err(RecvTimeoutError::Timeout) if waits => {}
                Err(RecvTimeoutError::Timeout) => self.go_on(&store),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn obey(&mut self, store: &Arc<Store>, order: Order, orders: &Receiver<Order>) {
        let mut told = Vec::new();
        for order in std::iter::once(order).chain(orders.try_iter()) {
            match order {
                Order::Purge(done) => told.push(done),
                Order::Remove(key, done) => {
                    keeper::remove(store, &key);
                    // Nobody may wait any more.
                    let _ = done.send(());
                }
            }
        }
        if told.is_empty() {
            return;
        }
        write_down(store);
        for done in told {
            let _ = done.send(());
        }
        match &self.sweep {
            Some(_) => self.again = true,
            None => self.sweep = Some(Sweep::new(store)),
        }
    }

    /// Looks at some more entries.
    fn go_on(&mut self, store: &Arc<Store>) {
        let Some(sweep) = &mut self.sweep else { return };
        sweep.go_on(store, self.done);
        let ends = sweep.slot >= store.index.slots();
        // What was removed is gone from the disk before a purge counts as through.
        if ends || std::mem::take(&mut sweep.removed) {
            store.wait_for_keeper();
        }
        if !ends {
            if std::mem::take(&mut sweep.files) > 0 {
                thread::sleep(PAUSE);
            }
            return;
        }
        self.done = sweep.generation;
        self.eras.push(Arc::downgrade(&store.purges.next_era(store.next_id())));
        self.eras.retain(|era| era.strong_count() > 0);
        let oldest = self.eras.iter().find_map(Weak::upgrade).map_or(u64::MAX, |era| era.0);
        store.purges.finish(sweep.generation, oldest);
        write_down(store);
        self.sweep = self.again.then(|| Sweep::new(store));
        self.again = false;
    }
}

/// Reads what an entry's file says before the body.
fn read_object(store: &Store, entry: &Entry) -> io::Result<Object> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let file = File::open(store.path(&entry.key))?;
    let mut bytes = vec![0; HEADER];
    file.read_exact_at(&mut bytes, 0)?;
    let header = Header::read(&bytes).ok_or_else(damaged)?;
    let mut head = vec![0; header.head_length.min(MOST_HEAD)];
    file.read_exact_at(&mut head, HEADER as u64)?;
    let head = header.read_head(&head).ok_or_else(damaged)?;
    Ok(Object::new(header.id, head, header.terms, header.length, crate::Body::File, false))
}

/// Writes an object's terms into its file, if that is its file still.
fn write_terms(store: &Store, entry: &Entry, object: &Object) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(store.path(&entry.key))?;
    let mut bytes = vec![0; HEADER];
    file.read_exact_at(&mut bytes, 0)?;
    match Header::read(&bytes).filter(|header| header.id == object.id) {
        Some(mut header) => {
            header.terms = (*object.terms()).clone();
            file.write_all_at(&header.to_bytes(), 0)
        }
        None => Ok(()),
    }
}

/// Writes down which purges are not through.
fn write_down(store: &Store) {
    let place = store.directory().join(NAME);
    let aside = store.directory().join(format!("{NAME}-{}", std::process::id()));
    let write = || {
        let mut file = File::create(&aside)?;
        file.write_all(&store.purges.to_bytes())?;
        file.sync_data()?;
        fs::rename(&aside, &place)
    };
    if let Err(error) = write() {
        store.report("write down purges in", &error);
    }
}
