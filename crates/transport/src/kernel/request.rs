//! Requests that are answered once: the memory they read or fill belongs to them until then.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use io_uring::opcode;
use io_uring::squeue::Entry;
use io_uring::types::Fd;
use socket2::SockAddr;

use crate::chunk::Chunk;

/// One request with everything that it refers to.
pub(crate) enum Request {
    /// Connects a socket.
    Connect { socket: Rc<socket2::Socket>, address: Box<SockAddr> },
    /// Opens a file.
    Open { path: CString, flags: i32, mode: u32 },
    /// Reads behind what the buffer holds, until it holds `length` bytes at most.
    Read { file: Arc<File>, buffer: Vec<u8>, offset: u64, length: usize },
    /// Writes the chunk.
    Write { file: Arc<File>, chunk: Chunk, offset: u64 },
    /// Says what a path leads to.
    Describe { path: CString, found: Box<libc::statx> },
}

impl Request {
    pub(crate) fn connect(socket: Rc<socket2::Socket>, address: &SockAddr) -> Self {
        Self::Connect { socket, address: Box::new(address.clone()) }
    }

    pub(crate) fn open(path: &Path, flags: i32, mode: u32) -> io::Result<Self> {
        Ok(Self::Open { path: terminated(path)?, flags, mode })
    }

    pub(crate) fn describe(path: &Path) -> io::Result<Self> {
        Ok(Self::Describe { path: terminated(path)?, found: nothing_found() })
    }

    /// The submission. The request must neither change nor be dropped until it completes; it may move.
    pub(super) fn entry(&mut self) -> Entry {
        match self {
            Self::Connect { socket, address } => {
                opcode::Connect::new(descriptor(&**socket), address.as_ptr().cast(), address.len()).build()
            }
            Self::Open { path, flags, mode } => {
                opcode::OpenAt::new(Fd(libc::AT_FDCWD), path.as_ptr()).flags(*flags).mode(*mode).build()
            }
            Self::Read { file, buffer, offset, length } => {
                let wanted = length.saturating_sub(buffer.len());
                let space = buffer.spare_capacity_mut();
                let length = u32::try_from(space.len().min(wanted)).unwrap_or(u32::MAX);
                opcode::Read::new(descriptor(&**file), space.as_mut_ptr().cast(), length).offset(*offset).build()
            }
            Self::Write { file, chunk, offset } => {
                let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
                opcode::Write::new(descriptor(&**file), chunk.as_ptr(), length).offset(*offset).build()
            }
            Self::Describe { path, found } => {
                opcode::Statx::new(Fd(libc::AT_FDCWD), path.as_ptr(), (&raw mut **found).cast())
                    .mask(libc::STATX_BASIC_STATS)
                    .build()
            }
        }
    }

    /// Accounts for what the kernel has done: bytes that it read are part of the buffer now.
    pub(crate) fn complete(&mut self, result: i32) {
        if let Self::Read { buffer, .. } = self
            && let Ok(read) = usize::try_from(result)
        {
            let filled = buffer.len() + read.min(buffer.capacity() - buffer.len());
            // SAFETY: the kernel has initialised this many bytes behind those that were held.
            unsafe { buffer.set_len(filled) }
        }
    }

    /// The descriptor that a successful request has made, to be used or, dropped, closed.
    pub(crate) fn descriptor(&self, result: i32) -> Option<OwnedFd> {
        match self {
            Self::Open { .. } => adopt(result),
            _ => None,
        }
    }
}

/// Takes over a descriptor that a completion has told of.
pub(crate) fn adopt(result: RawFd) -> Option<OwnedFd> {
    // SAFETY: the kernel has just made this descriptor for the request whose completion is handled, once.
    (result >= 0).then(|| unsafe { OwnedFd::from_raw_fd(result) })
}

fn descriptor(owner: &impl std::os::fd::AsRawFd) -> Fd {
    Fd(owner.as_raw_fd())
}

fn terminated(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| io::ErrorKind::InvalidInput.into())
}

fn nothing_found() -> Box<libc::statx> {
    // SAFETY: the structure is made of integers only, for which zeroes are valid.
    Box::new(unsafe { std::mem::zeroed() })
}
