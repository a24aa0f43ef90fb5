//! Files, opened, read and written without blocking the worker: at once where the kernel has all of it in memory, otherwise
//! on the worker's ring or on a small pool of threads.

mod at_once;
mod links;
mod list;
mod metadata;
mod on_ring;
mod on_threads;
mod temporary;

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use rustix::fs::OFlags;

use crate::chunk::Chunk;
use crate::worker::Worker;

pub use links::{Links, is_forbidden_link, is_link, metadata_checked, open_checked};
pub use list::{Entry, list};
pub use metadata::{FileKind, Metadata};
pub use temporary::{Temporary, temporary};

/// Open flags beside the mode: a pipe does not wait for its other end, and no child inherits the file.
const OPEN_FLAGS: i32 = libc::O_CLOEXEC | libc::O_NONBLOCK;

/// Bytes read at a time of a file that is read whole.
const READ: usize = 256 << 10;

/// An open file.
#[derive(Clone)]
pub struct File {
    inner: Inner,
}

#[derive(Clone)]
enum Inner {
    Ring(on_ring::File),
    Threads(Arc<std::fs::File>),
}

/// Opens the file at `path` for reading. Does not wait for a pipe's other end, and gives the file to no child process.
pub async fn open(path: &Path) -> io::Result<File> {
    if let Some(opened) = at_once::open(path, OFlags::RDONLY | OFlags::NONBLOCK) {
        return opened.map(File::from);
    }
    if let Some(ring) = on_ring::Submitter::current() {
        return ring.open(path, libc::O_RDONLY | OPEN_FLAGS, 0).await.map(File::on_ring);
    }
    let path = path.to_owned();
    on_threads::run(move || on_threads::open(&path)).await.map(File::on_threads)
}

/// Opens the file at `path`, which is there, for reading and writing.
pub async fn open_to_write(path: &Path) -> io::Result<File> {
    if let Some(ring) = on_ring::Submitter::current() {
        return ring.open(path, libc::O_RDWR | OPEN_FLAGS, 0).await.map(File::on_ring);
    }
    let path = path.to_owned();
    on_threads::run(move || on_threads::open_to_write(&path)).await.map(File::on_threads)
}

/// What is at `path`, links followed.
pub async fn metadata(path: &Path) -> io::Result<Metadata> {
    if let Some(found) = at_once::metadata(path) {
        return found;
    }
    if let Some(ring) = on_ring::Submitter::current() {
        return ring.metadata(path).await;
    }
    let path = path.to_owned();
    on_threads::run(move || std::fs::metadata(path)).await.map(|found| Metadata::from(&found))
}

/// What is at `path`, links followed, where a file that was opened there is held: the way there is in memory, so that nobody waits.
pub fn metadata_in_memory(path: &Path) -> io::Result<Metadata> {
    Metadata::at(path)
}

/// Reads all of the file at `path`, `most` bytes; one that is larger is refused.
///
/// # Errors
/// The system's, or `FileTooLarge`.
pub async fn read(path: &Path, most: u64) -> io::Result<(Metadata, Vec<u8>)> {
    let opened = open(path).await?;
    let found = opened.metadata()?;
    let mut bytes = Vec::new();
    loop {
        let chunk = opened.read_at(bytes.len() as u64, READ).await?;
        if chunk.is_empty() {
            return Ok((found, bytes));
        }
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

impl File {
    fn on_ring(file: on_ring::File) -> Self {
        Self { inner: Inner::Ring(file) }
    }

    fn on_threads(file: std::fs::File) -> Self {
        Self { inner: Inner::Threads(Arc::new(file)) }
    }

    /// What the file is.
    pub fn metadata(&self) -> io::Result<Metadata> {
        match &self.inner {
            Inner::Ring(file) => file.metadata(),
            Inner::Threads(file) => Metadata::of_open(file),
        }
    }

    /// How many of `length` bytes at `offset` are in memory, as far as looking at some of them tells.
    pub fn held_in_memory(&self, offset: u64, length: usize) -> usize {
        at_once::held(self, offset, length)
    }

    /// The open file itself, which other threads may have too.
    pub fn share(&self) -> Arc<std::fs::File> {
        match &self.inner {
            Inner::Ring(file) => file.share(),
            Inner::Threads(file) => Arc::clone(file),
        }
    }

    /// Reads up to `length` bytes at `offset`, all of them if they are in memory: otherwise there are fewer, or none.
    pub fn read_at_once(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        at_once::read(self, offset, length)
    }

    /// Reads up to `length` bytes at `offset`: fewer only at the end of the file, none beyond it.
    pub async fn read_at(&self, offset: u64, length: usize) -> io::Result<Chunk> {
        let bytes = self.read_at_once(offset, length)?;
        if bytes.len() == length {
            return Ok(Chunk::from(bytes));
        }
        match &self.inner {
            Inner::Ring(file) => file.read_at(bytes, offset, length).await,
            Inner::Threads(file) => {
                let file = Arc::clone(file);
                on_threads::run(move || on_threads::read(&file, bytes, offset, length)).await
            }
        }
        .map(Chunk::from)
    }

    /// Writes all of `chunk` at `offset`.
    pub async fn write_at(&self, offset: u64, chunk: Chunk) -> io::Result<()> {
        match &self.inner {
            Inner::Ring(file) => file.write_at(offset, chunk).await,
            Inner::Threads(file) => {
                let (file, bytes) = (Arc::clone(file), chunk.into_bytes());
                on_threads::run(move || std::os::unix::fs::FileExt::write_all_at(&*file, &bytes, offset)).await
            }
        }
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.inner {
            Inner::Ring(file) => file.as_fd(),
            Inner::Threads(file) => file.as_fd(),
        }
    }
}

/// A file that is open already, such as a log or a file passed by another process.
impl From<OwnedFd> for File {
    fn from(descriptor: OwnedFd) -> Self {
        Self::from(Arc::new(descriptor.into()))
    }
}

/// A file that other threads have, too.
impl From<Arc<std::fs::File>> for File {
    fn from(file: Arc<std::fs::File>) -> Self {
        let inner = match on_ring::Submitter::current() {
            Some(ring) => Inner::Ring(on_ring::File::new(ring, file)),
            None => Inner::Threads(file),
        };
        Self { inner }
    }
}

/// Whether this thread's files go through a ring.
fn ring_worker() -> Option<Rc<Worker>> {
    Worker::installed().filter(|worker| worker.driver.is_some())
}
