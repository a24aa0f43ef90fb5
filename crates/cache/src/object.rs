//! A stored answer: its head, the terms on which it may be used, and where its body is.

use crate::policy::Terms;
use crate::purge;
use crate::tags;
use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use protocol::{Fields, Name};
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// What an answer says before its body.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// The text of the key that it was stored under.
    pub key: Box<[u8]>,
    /// Its status.
    pub status: u16,
    /// The words behind the status.
    pub reason: Box<[u8]>,
    /// Its fields, those that concern a connection left out.
    pub fields: Fields,
    /// Names of request fields that tell it from other answers for the key; empty: none do.
    pub vary: Box<[u8]>,
    /// What those fields were.
    pub variant: [u8; 16],
}

impl Head {
    /// The length of a body that it announces.
    pub fn announced_length(&self) -> Option<u64> {
        let length = self.fields.get_known(Name::ContentLength)?;
        std::str::from_utf8(length).ok()?.parse().ok()
    }
}

/// Where a body is.
#[derive(Clone, Debug)]
pub enum Body {
    /// In memory; the file may not be written yet.
    Memory(Bytes),
    /// In the file alone.
    File,
}

/// A stored answer. Its terms change when it is found to be good still.
#[derive(Debug)]
pub struct Object {
    /// A number that no other object has: it stands in the object's file.
    pub id: u64,
    /// What it says before its body.
    pub head: Head,
    /// On what terms it may be used.
    terms: ArcSwap<Terms>,
    /// Bytes of its body.
    pub length: u64,
    /// Where its body is.
    pub body: Body,
    /// The body's bytes are known to be those that came: this process wrote them, or has compared them.
    sound: AtomicBool,
    /// Its file, while it is held open.
    open: ArcSwapOption<Held>,
    /// What stands for its tags.
    pub(crate) tags: Box<[u64]>,
    /// The purges that it was compared with; 0: none.
    compared: AtomicU64,
    /// How many sweeps had ended when it was read from its file; `None`: it came from its server.
    read_after: Option<u64>,
}

/// An open file that is counted as long as it is held.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) file: Arc<File>,
    /// Where the body begins.
    pub(crate) start: u64,
    count: Arc<AtomicUsize>,
}

impl Held {
    /// Holds a file, unless there are as many as there may be.
    pub(crate) fn new(file: Arc<File>, start: u64, (count, most): (&Arc<AtomicUsize>, usize)) -> Option<Self> {
        if count.fetch_add(1, Ordering::Relaxed) >= most {
            count.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self { file, start, count: Arc::clone(count) })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Object {
    /// An answer that came.
    pub fn new(id: u64, head: Head, terms: Terms, length: u64, body: Body, sound: bool) -> Self {
        let tags = tags::of(&head.fields).unwrap_or_default();
        let (terms, sound, compared) = (ArcSwap::from_pointee(terms), AtomicBool::new(sound), AtomicU64::new(0));
        let (open, read_after) = (ArcSwapOption::empty(), None);
        Self { id, head, terms, length, body, sound, open, tags, compared, read_after }
    }

    /// The same, read from its file when so many sweeps had ended.
    #[must_use]
    pub(crate) fn read_after(self, sweeps: u64) -> Self {
        Self { read_after: Some(sweeps), ..self }
    }

    /// Whether purges may be through that it was never compared with, when so many sweeps have ended.
    pub(crate) fn has_missed_sweeps(&self, sweeps: u64) -> bool {
        self.compared.load(Ordering::Relaxed) == 0 && self.read_after.is_some_and(|before| before != sweeps)
    }

    /// On what terms it may be used.
    pub fn terms(&self) -> Arc<Terms> {
        self.terms.load_full()
    }

    /// Other terms hold from now on.
    pub fn set_terms(&self, terms: Terms) {
        self.terms.store(Arc::new(terms));
    }

    /// It is not fresh any more from a second since 1970 on.
    pub(crate) fn expire(&self, now: u64) {
        let mut terms = (*self.terms()).clone();
        terms.fresh_until = terms.fresh_until.min(now.saturating_sub(1));
        self.set_terms(terms);
    }

    /// A bit for each name that it can be purged by.
    pub(crate) fn marks(&self) -> u64 {
        let of_key = purge::mark(purge::key_hash(&self.head.key));
        let of_crowd = purge::crowd_of(&self.head).map_or(0, purge::mark);
        self.tags.iter().fold(of_key | of_crowd, |marks, tag| marks | purge::mark(*tag))
    }

    /// Whether it was compared with these purges.
    pub(crate) fn compared_with(&self, generation: u64) -> bool {
        self.compared.load(Ordering::Relaxed) == generation
    }

    /// It was compared with these purges.
    pub(crate) fn has_compared(&self, generation: u64) {
        self.compared.store(generation, Ordering::Relaxed);
    }

    /// Whether its file need not be compared with its checksums any more.
    pub fn is_sound(&self) -> bool {
        self.sound.load(Ordering::Relaxed)
    }

    /// All of its file was compared.
    pub fn found_sound(&self) {
        self.sound.store(true, Ordering::Relaxed);
    }

    /// Its file, if it is held open.
    pub(crate) fn open(&self) -> Option<Arc<Held>> {
        self.open.load_full()
    }

    /// Holds its file open from now on, or no more.
    pub(crate) fn hold_open(&self, held: Option<Arc<Held>>) {
        self.open.store(held);
    }

    /// Bytes of memory that it takes, about.
    pub fn weight(&self) -> u64 {
        let body = match &self.body {
            Body::Memory(bytes) => bytes.len(),
            Body::File => 0,
        };
        (size_of::<Self>() + size_of_val(&*self.tags) + self.head.key.len() + self.head.fields.capacity() * 2 + body)
            as u64
    }
}
