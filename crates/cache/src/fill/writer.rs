//! Writing a body as it comes.

use super::{Fill, MOST_HELD, State, Window};
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use transport::Chunk;
use transport::file::{self, Temporary};

/// Pieces that are held apart.
const MOST_PIECES: usize = 64;

/// What a body is written to as it comes; one that is dropped before it is finished broke off.
pub trait Sink {
    /// What writes it.
    fn writer(&self) -> &Writer;
    /// The same.
    fn writer_mut(&mut self) -> &mut Writer;
    /// The next piece comes.
    fn saw(&mut self, piece: &[u8]);
    /// There can be no file: the body is passed on, and not kept.
    fn lose(&mut self, error: &io::Error);
    /// All of it came.
    fn finish(self) -> impl Future<Output = ()>;

    /// What others read.
    fn fill(&self) -> &Arc<Fill> {
        &self.writer().fill
    }

    /// Bytes that have come.
    fn received(&self) -> u64 {
        self.writer().received()
    }

    /// Takes the next piece; waits while too much is held.
    ///
    /// # Errors
    /// When it can neither be kept nor does anybody read it.
    fn push(&mut self, piece: Bytes) -> impl Future<Output = io::Result<()>> {
        async move {
            if piece.is_empty() {
                return Ok(());
            }
            self.saw(&piece);
            if !self.writer().take(piece) {
                return Ok(());
            }
            if !self.writer().lost
                && let Err(error) = self.writer_mut().write_out().await
            {
                self.writer_mut().lost = true;
                self.lose(&error);
            }
            if self.writer().lost { self.writer().wait_for_readers().await } else { Ok(()) }
        }
    }
}

/// Writes a body that comes, for whoever reads it.
pub struct Writer {
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

    /// Bytes that have come.
    pub(crate) fn received(&self) -> u64 {
        self.fill.window().end
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

impl Drop for Writer {
    fn drop(&mut self) {
        if self.fill.state() == State::Growing {
            self.fill.end(State::Broken);
        }
    }
}
