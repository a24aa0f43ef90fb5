//! An answer that comes, written to a file of the operator's: whoever reads it reads it as it grows.

use crate::fill::{Fill, Sink, State, Writer};
use crate::object::Head;
use crate::policy::Terms;
use std::io;
use std::path::{Path, PathBuf};
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

    async fn put(&mut self) -> io::Result<()> {
        self.writer.write_out().await?;
        let Some(file) = self.writer.file.take() else { return Err(io::ErrorKind::NotFound.into()) };
        let FilePlace { path, mode, modified } = self.place.clone();
        file.publish(path, mode, modified).await
    }
}

impl Sink for Filing {
    fn writer(&self) -> &Writer {
        &self.writer
    }

    fn writer_mut(&mut self) -> &mut Writer {
        &mut self.writer
    }

    fn saw(&mut self, _: &[u8]) {}

    fn lose(&mut self, error: &io::Error) {
        telemetry::error_log::process().log(
            telemetry::Level::Critical,
            format_args!("cannot write an answer to {}: {error}", self.place.path.display()),
        );
    }

    async fn finish(mut self) {
        if self.length.is_some_and(|length| length != self.received()) {
            // Whoever reads it is told.
            return;
        }
        if !self.writer.lost
            && let Err(error) = self.put().await
        {
            self.lose(&error);
        }
        self.writer.fill.end(State::Whole);
    }
}
