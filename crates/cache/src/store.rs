//! A store: objects in files below a directory, the index of them, and the memory that holds those that are used often.

mod memory;
mod purged;
#[cfg(test)]
mod tests;

use crate::entry::Entry;
use crate::fill::MOST_HELD;
use crate::form::{self, HEADER, Header};
use crate::index::Index;
use crate::keeper::{self, Order};
use crate::key::Key;
use crate::object::{Body, Head, Held, Object};
use crate::policy::Terms;
use crate::purge::{Purges, Since, Verdict};
use crate::purger;
use crate::room::Room;
use crate::tags;
use crate::tally::Tallies;
use crate::turns::Turns;
use arc_swap::ArcSwap;
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::time::Duration;
use telemetry::Level;
use transport::clock;
use transport::file::{self, File, Temporary};
use xxhash_rust::xxh3::xxh3_64;
use zone::Registry;

/// Bytes read of a file at first: most heads and small bodies are within.
const FIRST_READ: usize = 64 << 10;
/// How often an object is looked for whose purges end just then.
const MOST_LOOKS: usize = 4;
/// Files that objects hold open are at most this part of those that the process may have, and no more than so many.
const SHARE_OPEN: u64 = 8;
const MOST_OPEN: u64 = 1024;
/// Seconds without a request after which a file need not be held open.
const OPEN_WHILE: u64 = 10;
/// Seconds of which each sees the same fault logged once.
const LOGGED_EVERY: u64 = 60;
const NANOSECONDS: u64 = 1_000_000_000;
/// Bytes of a file system's block: what a file takes is a multiple.
const BLOCK: u64 = 4096;

/// Where a store is: what tells it from others.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// The directory.
    pub directory: PathBuf,
    /// Digits of each level of directories.
    pub levels: Vec<u8>,
    /// Room for about so many objects.
    pub entries: usize,
}

/// How much a store holds, and how long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of files; 0: any number.
    pub size: u64,
    /// Bytes of the file system that must stay free.
    pub free: u64,
    /// Bytes of memory for objects.
    pub memory: u64,
    /// What is not asked for during this time goes.
    pub inactive: Duration,
    /// Files removed, or found, before a pause.
    pub batch: usize,
    /// The pause.
    pub pause: Duration,
}

/// A store.
#[derive(Debug)]
pub struct Store {
    place: Place,
    limits: ArcSwap<Limits>,
    pub(crate) index: Index,
    size: AtomicU64,
    pub(crate) room: Room,
    memory: AtomicU64,
    ids: AtomicU64,
    /// The first of them: the time at which it was set up, in nanoseconds since 1970.
    first_id: u64,
    hand: AtomicUsize,
    loaded: AtomicBool,
    faults: AtomicU64,
    /// Which fault was logged last, and in which second.
    logged: AtomicU64,
    /// Files that objects hold open, and how many those may be.
    open: Arc<AtomicUsize>,
    most_open: usize,
    /// There may be keys with several answers.
    varies: AtomicBool,
    pub(crate) purges: Purges,
    pub(crate) turns: Turns,
    tallies: Tallies,
    keeper: mpsc::Sender<Order>,
    purger: OnceLock<mpsc::Sender<purger::Order>>,
}

/// An object's open file.
pub struct Found {
    /// The file.
    pub file: Rc<File>,
    /// Where the body begins.
    pub start: u64,
    /// Bytes of the body.
    pub length: u64,
}

static STORES: Registry<Place, Store> = Registry::new();

/// The store at a place: the one that is in use, or one that is set up now, whose objects are looked for by a thread of its own.
pub fn open(place: &Place, limits: Limits) -> Arc<Store> {
    let (keeper, orders) = mpsc::channel();
    let fresh = Arc::new(Store::new(place.clone(), limits.clone(), keeper));
    let store = STORES.share(place, &fresh);
    store.limits.store(Arc::new(limits));
    if Arc::ptr_eq(&store, &fresh) {
        store.take_up_purges();
        keeper::start(&store, orders);
    }
    store
}

impl Store {
    fn new(place: Place, limits: Limits, keeper: mpsc::Sender<Order>) -> Self {
        // Numbers of this process are greater than those of the one before it.
        let first_id = u64::try_from(clock::unix_time().as_nanos()).unwrap_or(u64::MAX >> 1);
        Self {
            index: Index::new(place.entries),
            place,
            limits: ArcSwap::from_pointee(limits),
            size: AtomicU64::new(0),
            room: Room::default(),
            memory: AtomicU64::new(0),
            ids: AtomicU64::new(first_id),
            first_id,
            hand: AtomicUsize::new(0),
            loaded: AtomicBool::new(false),
            faults: AtomicU64::new(0),
            logged: AtomicU64::new(0),
            open: Arc::default(),
            most_open: most_open(),
            varies: AtomicBool::new(false),
            purges: Purges::default(),
            turns: Turns::default(),
            tallies: Tallies::default(),
            keeper,
            purger: OnceLock::new(),
        }
    }

    /// The directory that its files are in.
    pub fn directory(&self) -> &Path {
        &self.place.directory
    }

    /// The file of a key.
    pub fn path(&self, key: &Key) -> PathBuf {
        key.path(&self.place.directory, &self.place.levels)
    }

    /// How much it holds, and how long.
    pub fn limits(&self) -> Arc<Limits> {
        self.limits.load_full()
    }

    /// Bytes of its files.
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Relaxed)
    }

    /// Whether there is room for another file, whose body has so many bytes as far as that is known.
    pub fn has_room(&self, length: Option<u64>) -> bool {
        let most = self.limits.load().size;
        (most == 0 || length.is_none_or(|length| length <= most)) && self.room.is_left(self.size(), most)
    }

    /// Bytes of its files, and of those that come.
    pub(crate) fn filled(&self) -> u64 {
        self.size() + self.room.coming()
    }

    /// What is old gives way if there is too much.
    pub(crate) fn make_space(&self) {
        let most = self.limits.load().size;
        if most > 0 && self.filled() > most {
            self.order(Order::Shrink);
        }
    }

    /// Bytes of memory that its objects take, about.
    pub fn memory(&self) -> u64 {
        self.memory.load(Ordering::Relaxed)
    }

    /// What responses had to do with it, as far as that is counted: anew since [`Store::count_anew`].
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// File operations that failed.
    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Counts anew: what responses had to do with it, and what failed.
    pub fn count_anew(&self) {
        self.tallies.reset();
        self.faults.store(0, Ordering::Relaxed);
    }

    /// Whether all its files are known.
    pub fn is_loaded(&self) -> bool {
        self.loaded.load(Ordering::Acquire)
    }

    /// All its files are known: so many were found.
    pub(crate) fn has_loaded(&self, found: u64) {
        self.varies.fetch_or(found > 0, Ordering::Relaxed);
        self.loaded.store(true, Ordering::Release);
    }

    /// A number that is greater than all before it.
    pub(crate) fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether it has given this number.
    pub(crate) fn has_given(&self, id: u64) -> bool {
        (self.first_id..self.ids.load(Ordering::Relaxed)).contains(&id)
    }

    /// Since when it is set up, in seconds since 1970, and a little before that.
    pub(crate) fn set_up_at(&self) -> u64 {
        (self.first_id / NANOSECONDS).saturating_sub(1)
    }

    /// What is known of a key; there is an entry from now on.
    pub fn entry(&self, key: &Key) -> Arc<Entry> {
        let (entry, gone) = self.index.find_or_add(key, clock::unix_time().as_secs());
        if let Some(gone) = gone {
            self.forget(&gone);
        }
        entry
    }

    /// What is known of a key, if anything is.
    pub fn find(&self, key: &Key) -> Option<Arc<Entry>> {
        self.index.find(key)
    }

    /// The object of an entry, unless it was purged: out of memory, or else what its file says.
    ///
    /// # Errors
    /// When there may be one that cannot be read now.
    pub async fn object(&self, entry: &Arc<Entry>) -> io::Result<Option<Arc<Object>>> {
        for _ in 0..MOST_LOOKS {
            let Some(object) = self.held(entry).await? else { return Ok(None) };
            let held = entry.object();
            let holds_it = held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &object));
            match self.judge(&object) {
                Some(Verdict::Stale | Verdict::Spared) => return Ok(Some(object)),
                Some(Verdict::Gone) if holds_it || held.is_none() => {
                    // Whoever fetches another keeps it here.
                    self.forget(entry);
                    return Ok(None);
                }
                None if holds_it => self.drop_object(entry),
                // Another came in its place meanwhile.
                Some(Verdict::Gone) | None => {}
            }
        }
        Ok(None)
    }

    async fn held(&self, entry: &Arc<Entry>) -> io::Result<Option<Arc<Object>>> {
        if let Some(object) = entry.object() {
            return Ok(Some(object));
        }
        if entry.size() == 0 && self.is_loaded() {
            return Ok(None);
        }
        match self.read(entry).await {
            Ok(object) => {
                let object = Arc::new(object);
                self.keep(entry, &object);
                Ok(Some(object))
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    self.report("read", &error);
                }
                if is_shortage(&error) {
                    return Err(error);
                }
                // Whoever fetches another keeps it here.
                self.forget(entry);
                Ok(None)
            }
        }
    }

    /// Reads the head of an entry's file, and a small body.
    async fn read(&self, entry: &Arc<Entry>) -> io::Result<Object> {
        let damaged = || io::Error::from(io::ErrorKind::InvalidData);
        let sweeps = self.purges.sweeps();
        let file = file::open(&self.path(&entry.key)).await?;
        let length = file.metadata()?.length;
        let mut bytes = file.read_at(0, FIRST_READ).await?;
        let header = Header::read(&bytes).filter(|header| header.file_length() == length).ok_or_else(damaged)?;
        let wanted = if header.length <= MOST_HELD { length } else { header.body_start() };
        if wanted > bytes.len() as u64 {
            bytes = file.read_at(0, usize::try_from(wanted).unwrap_or(usize::MAX)).await?;
        }
        let head = bytes.get(HEADER..).and_then(|rest| header.read_head(rest)).ok_or_else(damaged)?;
        let (body, sound) = if header.length <= MOST_HELD {
            let body = part(&bytes, header.body_start(), header.length).ok_or_else(damaged)?;
            let sums = bytes.get(usize::try_from(header.sums_start()).unwrap_or(usize::MAX)..).unwrap_or_default();
            if !form::blocks_match(body, sums) {
                return Err(damaged());
            }
            (Body::Memory(Bytes::copy_from_slice(body)), true)
        } else {
            (Body::File, false)
        };
        if entry.size() == 0 && !self.is_loaded() {
            self.written(entry, length);
        }
        Ok(Object::new(header.id, head, header.terms, header.length, body, sound).read_after(sweeps))
    }

    /// Opens the file of an object whose body is not in memory.
    ///
    /// # Errors
    /// When there is none, it is damaged, it is another object's by now (`StaleNetworkFileHandle`), or it cannot be read now
    /// ([`is_shortage`]).
    pub async fn open_body(&self, entry: &Arc<Entry>, object: &Object) -> io::Result<Found> {
        if let Some(held) = object.open() {
            let file = Rc::new(File::from(Arc::clone(&held.file)));
            return Ok(Found { start: held.start, length: object.length, file });
        }
        let file = file::open(&self.path(&entry.key)).await?;
        let header = Header::read(&file.read_at(0, HEADER).await?).ok_or(io::ErrorKind::InvalidData)?;
        if header.id != object.id {
            // Another came in its place meanwhile: that is the one to look at.
            self.drop_object(entry);
            return Err(io::ErrorKind::StaleNetworkFileHandle.into());
        }
        let start = header.body_start();
        object.hold_open(Held::new(file.share(), start, (&self.open, self.most_open)).map(Arc::new));
        Ok(Found { start, length: header.length, file: Rc::new(file) })
    }

    /// Lets go of open files, if there are many, whose objects were not asked for of late.
    pub(crate) fn close_some(&self, now: u64) {
        if self.open.load(Ordering::Relaxed) <= self.most_open / 2 {
            return;
        }
        let resting = |entry: &Arc<Entry>| entry.used().saturating_add(OPEN_WHILE) < now;
        for entry in (0..self.index.slots()).filter_map(|slot| self.index.at(slot)).filter(resting) {
            if let Some(object) = entry.object() {
                object.hold_open(None);
            }
        }
    }

    /// An object that was found good has other terms, in memory and in its file, and other fields in memory. Whoever asked
    /// may use what this gives; for others it is kept unless another came meanwhile.
    pub async fn renew(
        &self,
        entry: &Arc<Entry>,
        object: &Arc<Object>,
        (head, terms): (Head, Terms),
        since: &Since,
    ) -> Arc<Object> {
        let terms = Terms { born: since.born, ..terms };
        // Its file keeps the tags that it came with: by others it could not be purged.
        let same_tags = tags::of(&head.fields).is_ok_and(|tags| tags == object.tags);
        let (body, length) = (object.body.clone(), object.length);
        let renewed = Arc::new(Object::new(object.id, head, terms, length, body, object.is_sound()));
        renewed.hold_open(object.open());
        if let Some(held) = entry.object()
            && (held.id != object.id || !entry.replace_object(&held, &renewed))
        {
            // Another came in its place meanwhile: that is newer.
            return renewed;
        }
        // It may have been purged while its server was asked.
        let verdict = self.verdict(&renewed).max(self.purges.missed(since.born));
        if verdict == Verdict::Gone || !same_tags {
            self.discard(entry);
            return renewed;
        }
        if verdict == Verdict::Stale {
            renewed.expire(clock::unix_time().as_secs());
        }
        let terms = (*renewed.terms()).clone();
        if entry.size() > 0
            && let Err(error) = self.write_terms(entry, object, terms).await
        {
            self.report("write", &error);
        }
        self.weigh(entry, renewed.weight());
        renewed
    }

    /// Writes other terms into an object's file, if that is its file still: the header is changed in one piece.
    pub(crate) async fn write_terms(&self, entry: &Arc<Entry>, object: &Object, terms: Terms) -> io::Result<bool> {
        let path = self.path(&entry.key);
        let file = file::open_to_write(&path).await?;
        let header = Header::read(&file.read_at(0, HEADER).await?).filter(|header| header.id == object.id);
        let Some(mut header) = header else { return Ok(false) };
        header.terms = terms;
        file.write_at(0, header.to_bytes().into()).await.map(|()| true)
    }

    /// An object is there for everybody.
    pub(crate) fn keep(&self, entry: &Arc<Entry>, object: &Arc<Object>) {
        if !object.head.vary.is_empty() {
            self.varies.store(true, Ordering::Relaxed);
        }
        entry.put_object(Some(Arc::clone(object)));
        self.weigh(entry, object.weight());
    }

    /// An entry's file is there, with so many bytes.
    pub(crate) fn written(&self, entry: &Arc<Entry>, length: u64) {
        self.count_file(entry, length);
        self.settle(entry);
    }

    /// Gives the file of an entry's object its name, and counts its bytes, unless the entry went meanwhile; whether it did.
    pub(crate) async fn place(self: &Arc<Self>, entry: &Arc<Entry>, file: Temporary, length: u64) -> io::Result<bool> {
        let (place, store, entry) = (self.path(&entry.key), Arc::clone(self), Arc::clone(entry));
        let mover = move |rename: &dyn Fn() -> io::Result<()>| {
            let _turn = store.turns.take(&entry.key);
            let stays = store.find(&entry.key).is_some_and(|current| Arc::ptr_eq(&current, &entry));
            if stays {
                rename()?;
                store.count_file(&entry, length);
            }
            Ok(stays)
        };
        file.move_to(place, mover).await
    }

    /// Counts an entry's file, which is there with so many bytes.
    pub(crate) fn count_file(&self, entry: &Arc<Entry>, length: u64) {
        let size = length.next_multiple_of(BLOCK);
        self.size.fetch_add(size, Ordering::Relaxed);
        self.size.fetch_sub(entry.swap_size(size), Ordering::Relaxed);
        if entry.is_gone() {
            // It gave way while its file was written.
            return self.forget(entry);
        }
        self.make_space();
    }

    /// An entry and its file go.
    pub fn discard(&self, entry: &Arc<Entry>) {
        self.index.remove(entry);
        self.forget(entry);
    }

    /// An entry goes; its file is for whoever calls to remove.
    pub(crate) fn take_out(&self, entry: &Arc<Entry>) {
        self.index.remove(entry);
        self.uncount(entry);
    }

    /// What was counted of an entry goes, from memory too; so many bytes its file had.
    fn uncount(&self, entry: &Arc<Entry>) -> u64 {
        self.drop_object(entry);
        let size = entry.swap_size(0);
        self.size.fetch_sub(size, Ordering::Relaxed);
        size
    }

    /// An entry is not in the index any more: what was counted of it goes.
    fn forget(&self, entry: &Arc<Entry>) {
        let size = self.uncount(entry);
        if size > 0 {
            self.room.doom(size);
            self.order(Order::Remove(entry.key, size));
        }
    }

    /// Waits until the keeper has done all that it was told.
    pub(crate) fn wait_for_keeper(&self) {
        let (waiting, done) = mpsc::channel();
        self.order(Order::Tell(waiting));
        // One that takes longer than that has the disk against it.
        let _ = done.recv_timeout(Duration::from_mins(1));
    }

    fn order(&self, order: Order) {
        // The keeper lives as long as its store.
        let _ = self.keeper.send(order);
    }

    /// Something went wrong with a file: it is counted, and logged unless it was a moment ago; no request fails of it.
    pub(crate) fn report(&self, doing: &str, error: &io::Error) {
        self.faults.fetch_add(1, Ordering::Relaxed);
        let kind = xxh3_64(format!("{doing}{error}").as_bytes()) >> 32;
        let fault = ((clock::unix_time().as_secs() / LOGGED_EVERY) << 32) | kind;
        if self.logged.swap(fault, Ordering::Relaxed) == fault {
            return;
        }
        telemetry::error_log::process().log(
            Level::Critical,
            format_args!(
                "cache \"{}\" cannot {doing} a file in {}: {error}",
                self.place.name,
                self.directory().display()
            ),
        );
    }
}

/// Whether an error tells of a lack of descriptors or memory, which passes, and nothing of the file.
pub fn is_shortage(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let shortages = [Errno::MFILE, Errno::NFILE, Errno::NOMEM, Errno::NOBUFS, Errno::AGAIN];
    error.raw_os_error().is_some_and(|number| shortages.contains(&Errno::from_raw_os_error(number)))
}

fn most_open() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from((limit / SHARE_OPEN).min(MOST_OPEN)).unwrap_or(0)
}

fn part(bytes: &[u8], start: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    bytes.get(start..)?.get(..usize::try_from(length).ok()?)
}
