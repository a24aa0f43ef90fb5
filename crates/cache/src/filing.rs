//! An answer that comes, written to a file of the operator's: whoever reads it reads it as it grows.

use crate::fill::{Fill, Sink, State, Writer};
use crate::object::Head;
use crate::policy::Terms;
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Where a file is put that is whole, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilePlace {
    /// The file.
    pub path: PathBuf,
    /// Who may do what with it, as `chmod` has it.
    pub mode: u32,
    /// When it was modified; `None`: now.
    pub modified: Option<SystemTime>,
}

/// Writes an answer that comes.
pub struct Filing {
    writer: Writer,
    place: FilePlace,
    length: Option<u64>,
}

impl Filing {
    /// Begins a file; it is made in `directory`, and gets its place when it is whole.
    pub fn new(directory: &Path, place: FilePlace, length: Option<u64>) -> Self {
        let fill = Fill::new(Head::default(), Terms::default(), length);
        Self { writer: Writer::new(fill, directory, Vec::new()), place, length }
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
        if piece.is_empty() || !self.writer.take(piece) {
            return Ok(());
        }
        if !self.writer.lost
            && let Err(error) = self.writer.write_out().await
        {
            self.lose(&error);
        }
        if self.writer.lost { self.writer.wait_for_readers().await } else { Ok(()) }
    }

    /// All of it came.
    pub async fn finish(mut self) {
        let whole = self.length.is_none_or(|length| length == self.writer.fill.window().end);
        if !self.writer.lost
            && whole
            && let Err(error) = self.put().await
        {
            self.lose(&error);
        }
        self.writer.fill.end(State::Whole);
    }

    async fn put(&mut self) -> io::Result<()> {
        self.writer.write_out().await?;
        let Some(file) = self.writer.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        let FilePlace { path, mode, modified } = self.place.clone();
        file.publish(path, mode, modified).await
    }

    fn lose(&mut self, error: &io::Error) {
        self.writer.lost = true;
        telemetry::error_log::process().log(
            telemetry::Level::Critical,
            format_args!("cannot write an answer to {}: {error}", self.place.path.display()),
        );
    }
}

impl Sink for Filing {
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

impl Drop for Filing {
    fn drop(&mut self) {
        if self.writer.fill.state() == State::Growing {
            self.writer.fill.end(State::Broken);
        }
    }
}
