//! An object on its way: one writes it, and any number, on any worker, read it as it grows.
//!
//! What is small stays in memory until it is whole. What is not goes into a file piece by piece, from which those read who
//! are behind. Where there can be no file, the slowest reader sets the pace.

use crate::entry::{Claim, Entry};
use crate::form::{self, HEADER, Header, Sums};
use crate::object::{Body, Head, Object};
use crate::policy::Terms;
use crate::purge::{Era, Verdict};
use crate::room::Counted;
use crate::store::Store;
use arc_swap::ArcSwap;
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use tokio::sync::Notify;
use transport::file::{self, Temporary};
use transport::{Chunk, clock};

/// Bytes of a body that are held in memory before the first are written; what is no larger may stay in memory for good.
pub const MOST_HELD: u64 = 256 << 10;
/// Pieces that are held apart.
const MOST_PIECES: usize = 64;

/// How far an object on its way has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It grows.
    Growing,
    /// It is whole.
    Whole,
    /// It broke off.
    Broken,
}

/// An object on its way.
#[derive(Debug)]
pub struct Fill {
    /// What it says before its body.
    pub head: Head,
    /// On what terms it may be used.
    pub terms: Terms,
    /// Bytes of its body, where that is known.
    pub length: Option<u64>,
    window: ArcSwap<Window>,
    /// Where the beginning of the body is that memory does not hold, and at which offset.
    file: OnceLock<(Arc<File>, u64)>,
    state: AtomicU8,
    changed: Arc<Notify>,
    /// How far each reader is; it matters where there can be no file.
    readers: ArcSwap<Vec<Weak<AtomicU64>>>,
    /// A reader went on.
    moved: Notify,
}

/// The end of a body as far as it has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    /// Bytes of the body before it.
    pub(crate) start: u64,
    pub(crate) pieces: Vec<Bytes>,
    /// Bytes of the body up to its end.
    pub(crate) end: u64,
}

impl Window {
    /// The rest of the piece in which an offset lies.
    pub(crate) fn from(&self, offset: u64) -> Option<Bytes> {
        let mut place = self.start;
        for piece in &self.pieces {
            let end = place + piece.len() as u64;
            if offset >= place && offset < end {
                return Some(piece.slice(usize::try_from(offset - place).ok()?..));
            }
            place = end;
        }
        None
    }
}

impl Fill {
    pub(crate) fn new(head: Head, terms: Terms, length: Option<u64>) -> Self {
        Self {
            head,
            terms,
            length,
            window: ArcSwap::default(),
            file: OnceLock::new(),
            state: AtomicU8::new(State::Growing as u8),
            changed: Arc::default(),
            readers: ArcSwap::default(),
            moved: Notify::new(),
        }
    }

    /// How far it has come.
    pub fn state(&self) -> State {
        match self.state.load(Ordering::Acquire) {
            state if state == State::Whole as u8 => State::Whole,
            state if state == State::Broken as u8 => State::Broken,
            _ => State::Growing,
        }
    }

    pub(crate) fn end(&self, state: State) {
        self.state.store(state as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    pub(crate) fn window(&self) -> Arc<Window> {
        self.window.load_full()
    }

    pub(crate) fn file(&self) -> Option<&(Arc<File>, u64)> {
        self.file.get()
    }

    pub(crate) fn changed(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// One more reads it; the number is how far it is.
    pub(crate) fn join(&self) -> Arc<AtomicU64> {
        let place = Arc::new(AtomicU64::new(0));
        self.readers.rcu(|readers| {
            let mut readers: Vec<Weak<AtomicU64>> =
                readers.iter().filter(|reader| reader.strong_count() > 0).cloned().collect();
            readers.push(Arc::downgrade(&place));
            readers
        });
        place
    }

    pub(crate) fn moved(&self) {
        self.moved.notify_one();
    }

    /// How far the slowest reader is; `None`: nobody reads.
    fn slowest(&self) -> Option<u64> {
        self.readers.load().iter().filter_map(Weak::upgrade).map(|place| place.load(Ordering::Acquire)).min()
    }
}

/// What a body is written to as it comes.
pub trait Sink {
    /// Bytes that have come.
    fn received(&self) -> u64;
    /// Takes the next piece; waits while too much is held.
    fn push(&mut self, piece: Bytes) -> impl Future<Output = io::Result<()>>;
    /// All of it came.
    fn finish(self) -> impl Future<Output = ()>;
}

impl Sink for Opening {
    fn received(&self) -> u64 {
        self.writer.fill.window().end
    }

    fn push(&mut self, piece: Bytes) -> impl Future<Output = io::Result<()>> {
        Self::push(self, piece)
    }

    fn finish(self) -> impl Future<Output = ()> {
        Self::finish(self)
    }
}

/// Writes a body that comes, for whoever reads it.
pub(crate) struct Writer {
    pub(crate) fill: Arc<Fill>,
    directory: PathBuf,
    /// What stands before the body in the file.
    before: Vec<u8>,
    pub(crate) file: Option<Temporary>,
    /// There can be no file: it is passed on, and not kept.
    pub(crate) lost: bool,
}

impl Writer {
    pub(crate) fn new(fill: Fill, directory: &Path, before: Vec<u8>) -> Self {
        Self { fill: Arc::new(fill), directory: directory.to_owned(), before, file: None, lost: false }
    }

    /// Takes the next piece; whether so much is held that some must be written.
    pub(crate) fn take(&self, piece: Bytes) -> bool {
        let mut window = (*self.fill.window()).clone();
        window.end += piece.len() as u64;
        if window.pieces.len() >= MOST_PIECES {
            window.pieces = vec![window.pieces.concat().into()];
        }
        window.pieces.push(piece);
        let held = window.end - window.start;
        self.fill.window.store(Arc::new(window));
        self.fill.changed.notify_waiters();
        held >= MOST_HELD
    }

    /// Writes what is held into the file.
    pub(crate) async fn write_out(&mut self) -> io::Result<()> {
        let body_start = self.before.len() as u64;
        if self.file.is_none() {
            let made = file::temporary(&self.directory).await?;
            if body_start > 0 {
                made.file().write_at(0, Chunk::from(self.before.clone())).await?;
            }
            self.file = Some(made);
        }
        let Some(file) = &self.file else { return Err(io::ErrorKind::NotFound.into()) };
        let window = self.fill.window();
        let mut place = body_start + window.start;
        for piece in &window.pieces {
            file.file().write_at(place, Chunk::from(piece.clone())).await?;
            place += piece.len() as u64;
        }
        // Whoever is behind finds the file before memory lets go.
        let _ = self.fill.file.get_or_init(|| (file.file().share(), body_start));
        self.fill.window.store(Arc::new(Window { start: window.end, pieces: Vec::new(), end: window.end }));
        Ok(())
    }

    /// Holds no more than some, until the slowest reader has gone on.
    pub(crate) async fn wait_for_readers(&self) -> io::Result<()> {
        loop {
            let moved = self.fill.moved.notified();
            let Some(slowest) = self.fill.slowest() else { return Err(io::ErrorKind::BrokenPipe.into()) };
            let mut window = (*self.fill.window()).clone();
            while let Some(piece) = window.pieces.first().map(|piece| piece.len() as u64)
                && window.start + piece <= slowest
            {
                window.start += piece;
                window.pieces.remove(0);
            }
            let held = window.end - window.start;
            self.fill.window.store(Arc::new(window));
            if held < MOST_HELD {
                return Ok(());
            }
            moved.await;
        }
    }
}

/// Writes an object that comes.
pub struct Opening {
    store: Arc<Store>,
    entry: Arc<Entry>,
    claim: Option<Claim>,
    writer: Writer,
    id: u64,
    head: Vec<u8>,
    sums: Sums,
    coming: Counted,
    /// Held until it is kept.
    era: Arc<Era>,
}

impl Opening {
    /// Begins an object. With a claim, others may join at once.
    pub fn new(
        store: &Arc<Store>,
        entry: &Arc<Entry>,
        claim: Option<Claim>,
        (head, terms): (Head, Terms),
        length: Option<u64>,
    ) -> Self {
        let bytes = form::head_bytes(&head);
        let before = [vec![0; HEADER].as_slice(), &bytes].concat();
        let writer = Writer::new(Fill::new(head, terms, length), store.directory(), before);
        if claim.is_some() {
            entry.show_fill(Some(Arc::clone(&writer.fill)));
        }
        let (store, entry, id) = (Arc::clone(store), Arc::clone(entry), store.next_id());
        let (coming, era) = (Counted::new(&store.room.coming), store.era());
        Self { store, entry, claim, writer, id, head: bytes, sums: Sums::default(), coming, era }
    }

    /// The same, asked for in an era that began before.
    #[must_use]
    pub fn of_era(mut self, era: Arc<Era>) -> Self {
        self.era = era;
        self
    }

    /// What others read.
    pub fn fill(&self) -> &Arc<Fill> {
        &self.writer.fill
    }

    /// Takes the next piece; waits while too much is held.
    ///
    /// # Errors
    /// When it can neither be kept nor does anybody read it.
    pub async fn push(&mut self, piece: Bytes) -> io::Result<()> {
        if piece.is_empty() {
            return Ok(());
        }
        self.sums.add(&piece);
        self.coming.add(piece.len() as u64);
        if !self.writer.take(piece) {
            return Ok(());
        }
        if !self.writer.lost
            && let Err(error) = self.writer.write_out().await
        {
            self.lose(&error);
        }
        if self.writer.lost { self.writer.wait_for_readers().await } else { Ok(()) }
    }

    fn lose(&mut self, error: &io::Error) {
        self.store.report("write", error);
        self.writer.lost = true;
        self.entry.show_fill(None);
        self.claim = None;
    }

    /// All of it came. What is small is of use at once, and then written.
    pub async fn finish(mut self) {
        let window = self.writer.fill.window();
        if self.writer.fill.length.is_some_and(|length| length != window.end) {
            // Whoever reads it is told, and nobody finds it.
            return;
        }
        if self.writer.lost {
            return self.writer.fill.end(State::Whole);
        }
        let length = window.end;
        let sums = std::mem::take(&mut self.sums).finish();
        let header = Header::new(self.id, &self.head, length, self.writer.fill.terms.clone());
        if self.writer.file.is_none() {
            let mut unwritten = Counted::new(&self.store.room.unwritten);
            unwritten.add(length);
            let body = Bytes::from(window.pieces.concat());
            let kept = Body::Memory(body.clone());
            let object = self.keep(kept, length);
            let whole = [header.to_bytes().as_slice(), &self.head, &body, &sums].concat();
            if let Err(error) = self.write_whole(whole).await {
                self.store.report("write", &error);
                self.store.discard(&self.entry);
                return;
            }
            self.written(&header, &object).await;
            return;
        }
        match self.write_rest(&header, sums).await {
            Ok(()) => {
                let object = self.keep(Body::File, length);
                self.written(&header, &object).await;
            }
            Err(error) => {
                self.lose(&error);
                self.writer.fill.end(State::Whole);
            }
        }
    }

    /// The object's file is there.
    async fn written(&self, header: &Header, object: &Object) {
        self.store.count_file(&self.entry, header.file_length());
        self.obey_purges(object);
        let terms = (*object.terms()).clone();
        // It was purged softly while its file was written.
        if terms != header.terms
            && let Err(error) = self.store.write_terms(&self.entry, object, terms).await
        {
            self.store.report("write", &error);
            self.store.discard(&self.entry);
        }
        self.store.settle(&self.entry);
    }

    /// What was purged while it came is not kept; a purge that comes later finds it.
    fn obey_purges(&self, object: &Object) {
        let standing = self.store.verdict(object);
        match standing.max(self.store.purges.missed(object.terms().born)) {
            Verdict::Gone => self.store.discard(&self.entry),
            Verdict::Stale => object.expire(clock::unix_time().as_secs()),
            Verdict::Spared => {}
        }
    }

    /// The object is there for everybody.
    fn keep(&mut self, body: Body, length: u64) -> Arc<Object> {
        let (head, terms) = (self.writer.fill.head.clone(), self.writer.fill.terms.clone());
        let object = Arc::new(Object::new(self.id, head, terms, length, body, true));
        self.store.keep(&self.entry, &object);
        self.obey_purges(&object);
        self.writer.fill.end(State::Whole);
        if self.claim.take().is_some() {
            self.entry.show_fill(None);
        }
        object
    }

    async fn write_whole(&mut self, whole: Vec<u8>) -> io::Result<()> {
        let file = file::temporary(self.store.directory()).await?;
        file.file().write_at(0, Chunk::from(whole)).await?;
        file.move_to(self.store.path(&self.entry.key)).await
    }

    async fn write_rest(&mut self, header: &Header, sums: Vec<u8>) -> io::Result<()> {
        self.writer.write_out().await?;
        let Some(file) = self.writer.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        file.file().write_at(header.sums_start(), Chunk::from(sums)).await?;
        file.file().write_at(0, Chunk::from(header.to_bytes())).await?;
        file.move_to(self.store.path(&self.entry.key)).await
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if self.writer.fill.state() == State::Growing {
            self.writer.fill.end(State::Broken);
            if self.claim.is_some() {
                self.entry.show_fill(None);
            }
        }
    }
}
