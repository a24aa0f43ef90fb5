//! Writing an object that comes into a store.

use crate::entry::{Claim, Entry};
use crate::fill::{Fill, Sink, State, Writer};
use crate::form::{self, HEADER, Header, Sums};
use crate::object::{Body, Head, Object};
use crate::policy::Terms;
use crate::purge::{Since, Verdict};
use crate::room::Counted;
use crate::store::Store;
use bytes::Bytes;
use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use transport::file::{self, Temporary};
use transport::{Chunk, clock};

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
    /// Held until it is kept: purges since then are remembered.
    _since: Since,
    /// How long it must be to be kept.
    sizes: RangeInclusive<u64>,
}

impl Opening {
    /// Begins an object that was asked for at some time. With a claim, others may join at once.
    pub fn new(
        store: &Arc<Store>,
        entry: &Arc<Entry>,
        claim: Option<Claim>,
        since: Since,
        (head, terms): (Head, Terms),
        length: Option<u64>,
    ) -> Self {
        let bytes = form::head_bytes(&head);
        let before = [vec![0; HEADER].as_slice(), &bytes].concat();
        let terms = Terms { born: since.born, ..terms };
        let writer = Writer::new(Fill::new(head, terms, length), store.directory(), before);
        if claim.is_some() {
            entry.show_fill(&writer.fill);
        }
        let (store, entry, id) = (Arc::clone(store), Arc::clone(entry), store.next_id());
        let mut coming = Counted::new(&store.room.coming);
        coming.reach(length.unwrap_or(0));
        store.make_space();
        let (sums, sizes) = (Sums::default(), 0..=u64::MAX);
        Self { store, entry, claim, writer, id, head: bytes, sums, coming, _since: since, sizes }
    }

    /// The same, kept only if it has so many bytes; whoever reads it has all of it.
    #[must_use]
    pub fn of_size(mut self, sizes: RangeInclusive<u64>) -> Self {
        self.sizes = sizes;
        self
    }

    /// Whoever waits for it finds it no more, and may fetch it.
    fn let_go(&mut self) {
        if let Some(claim) = self.claim.take() {
            self.entry.hide_fill(&self.writer.fill);
            drop(claim);
        }
    }

    /// It was purged, or its entry gave way, while it came: what stands in its place is not touched.
    fn is_unwanted(&self) -> bool {
        self.entry.is_gone() || self.store.verdict_on(&self.writer.fill) == Verdict::Gone
    }

    /// The object's file is there.
    async fn written(&self, header: &Header, object: &Object) {
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
        match self.store.verdict_on(&self.writer.fill) {
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
        self.let_go();
        object
    }

    /// What is small is of use at once, and then written.
    async fn keep_small(&mut self, header: &Header, sums: &[u8]) {
        let mut unwritten = Counted::new(&self.store.room.unwritten);
        unwritten.reach(header.length);
        let body = Bytes::from(self.writer.fill.window().pieces.concat());
        let whole = [header.to_bytes().as_slice(), &self.head, &body, sums].concat();
        let object = self.keep(Body::Memory(body), header.length);
        match self.write_whole(header, whole).await {
            Ok(true) => self.written(header, &object).await,
            Ok(false) => {}
            Err(error) => {
                self.store.report("write", &error);
                self.store.discard(&self.entry);
            }
        }
    }

    /// What is large is of use once it is written.
    async fn keep_large(&mut self, header: &Header, sums: Vec<u8>) {
        match self.write_rest(header, sums).await {
            Ok(true) => {
                let object = self.keep(Body::File, header.length);
                self.written(header, &object).await;
            }
            Ok(false) => {}
            Err(error) => self.lose(&error),
        }
    }

    async fn write_whole(&mut self, header: &Header, whole: Vec<u8>) -> io::Result<bool> {
        let file = file::temporary(self.store.directory()).await?;
        file.file().write_at(0, Chunk::from(whole)).await?;
        self.place(file, header).await
    }

    async fn write_rest(&mut self, header: &Header, sums: Vec<u8>) -> io::Result<bool> {
        self.writer.write_out().await?;
        let Some(file) = self.writer.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        file.file().write_at(header.sums_start(), Chunk::from(sums)).await?;
        file.file().write_at(0, Chunk::from(header.to_bytes())).await?;
        self.place(file, header).await
    }

    /// Gives the file its name, unless that is another's by now; whether it did.
    async fn place(&mut self, file: Temporary, header: &Header) -> io::Result<bool> {
        self.coming.release();
        self.store.place(&self.entry, file, header.file_length()).await
    }
}

impl Sink for Opening {
    fn writer(&self) -> &Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }

    fn saw(&mut self, piece: &[u8]) {
        self.sums.add(piece);
        let length = self.writer.received() + piece.len() as u64;
        self.coming.reach(length);
        if length > *self.sizes.end() {
            self.writer.lost = true;
            self.let_go();
        }
    }

    fn lose(&mut self, error: &io::Error) {
        self.store.report("write", error);
        self.let_go();
    }

    async fn finish(mut self) {
        let (fill, length) = (Arc::clone(self.fill()), self.received());
        if fill.length.is_some_and(|told| told != length) {
            // Whoever reads it is told, and nobody finds it.
            return;
        }
        if !self.writer.lost && self.sizes.contains(&length) && !self.is_unwanted() {
            let sums = std::mem::take(&mut self.sums).finish();
            let header = Header::new(self.id, &self.head, length, fill.terms.clone());
            if self.writer.file.is_none() {
                self.keep_small(&header, &sums).await;
            } else {
                self.keep_large(&header, sums).await;
            }
        }
        fill.end(State::Whole);
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.let_go();
    }
}
