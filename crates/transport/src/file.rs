//! Files, read and written without blocking the worker.

mod metadata;
mod temporary;
mod threads;

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::chunk::Chunk;

pub use metadata::{FileKind, Metadata};
pub use temporary::{Temporary, temporary};

/// Open flags beside the mode: a pipe does not wait for its other end, and no child inherits the file.
const OPEN_FLAGS: i32 = libc::O_CLOEXEC | libc::O_NONBLOCK;

/// An open file; a clone is the same open file.
#[derive(Clone)]
pub struct File {
    file: Arc<std::fs::File>,
}

/// Opens the file at `path` for reading. Does not wait for a pipe's other end, and gives the file to no child process.
pub async fn open(path: &Path) -> io::Result<File> {
    let path = path.to_owned();
    threads::run(move || threads::open(&path)).await.map(File::from)
}

/// What is at `path`, links followed.
pub async fn metadata(path: &Path) -> io::Result<Metadata> {
    let path = path.to_owned();
    threads::run(move || std::fs::metadata(path)).await.map(|found| Metadata::from(&found))
}

impl File {
    /// What the file is.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let file = Arc::clone(&self.file);
        threads::run(move || file.metadata()).await.map(|found| Metadata::from(&found))
    }

    /// Reads up to `length` bytes at `offset`: fewer only at the end of the file, none beyond it.
    pub async fn read_at(&self, offset: u64, length: usize) -> io::Result<Chunk> {
        let file = Arc::clone(&self.file);
        threads::run(move || threads::read(&file, offset, length)).await.map(Chunk::from)
    }

    /// Writes all of `chunk` at `offset`.
    pub async fn write_at(&self, offset: u64, chunk: Chunk) -> io::Result<()> {
        let file = Arc::clone(&self.file);
        let bytes = chunk.into_bytes();
        threads::run(move || std::os::unix::fs::FileExt::write_all_at(&*file, &bytes, offset)).await
    }
}

impl From<std::fs::File> for File {
    fn from(file: std::fs::File) -> Self {
        Self { file: Arc::new(file) }
    }
}
