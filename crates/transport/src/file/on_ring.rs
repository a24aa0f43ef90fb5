//! File operations on the worker's ring.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use crate::chunk::Chunk;
use crate::kernel::Request;
use crate::ring::operate;
use crate::worker::Worker;

use super::Metadata;

/// What hands requests to the ring.
#[derive(Clone)]
pub(super) struct Submitter {
    worker: Rc<Worker>,
}

/// An open file.
#[derive(Clone)]
pub(super) struct File {
    submitter: Submitter,
    descriptor: Arc<fs::File>,
}

impl Submitter {
    /// This thread's, if it has a ring.
    pub(super) fn current() -> Option<Self> {
        super::ring_worker().map(|worker| Self { worker })
    }

    async fn submit(&self, request: Request) -> io::Result<(Request, i32)> {
        match &self.worker.driver {
            Some(driver) => operate(&self.worker, driver, request).await,
            None => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    pub(super) async fn open(&self, path: &Path, flags: i32, mode: u32) -> io::Result<File> {
        let (request, result) = self.submit(Request::open(path, flags, mode)?).await?;
        let descriptor = request.descriptor(result).ok_or(io::ErrorKind::Other)?;
        Ok(File::new(self.clone(), Arc::new(descriptor.into())))
    }

    pub(super) async fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        match self.submit(Request::describe(path)?).await?.0 {
            Request::Describe { found, .. } => Ok(Metadata::from(&*found)),
            _ => Err(io::ErrorKind::Other.into()),
        }
    }
}

impl File {
    pub(super) fn new(submitter: Submitter, descriptor: Arc<fs::File>) -> Self {
        Self { submitter, descriptor }
    }

    pub(super) fn share(&self) -> Arc<fs::File> {
        Arc::clone(&self.descriptor)
    }

    pub(super) fn metadata(&self) -> io::Result<Metadata> {
        Metadata::of_open(&*self.descriptor)
    }

    /// Reads behind what `buffer` holds of the bytes at `offset`, until there are `length` or no more.
    pub(super) async fn read_at(&self, mut buffer: Vec<u8>, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        buffer.try_reserve_exact(length - buffer.len().min(length)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        while buffer.len() < length {
            let offset = offset + buffer.len() as u64;
            let request = Request::Read { file: Arc::clone(&self.descriptor), buffer, offset, length };
            let (Request::Read { buffer: filled, .. }, read) = self.submitter.submit(request).await? else {
                return Err(io::ErrorKind::Other.into());
            };
            buffer = filled;
            if read == 0 {
                break;
            }
        }
        Ok(buffer)
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }

    pub(super) async fn write_at(&self, mut offset: u64, mut chunk: Chunk) -> io::Result<()> {
        while !chunk.is_empty() {
            let request = Request::Write { file: Arc::clone(&self.descriptor), chunk, offset };
            let (Request::Write { chunk: rest, .. }, written) = self.submitter.submit(request).await? else {
                return Err(io::ErrorKind::Other.into());
            };
            let written = usize::try_from(written).unwrap_or_default();
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            chunk = rest;
            chunk.advance(written);
            offset += written as u64;
        }
        Ok(())
    }
}
