//! Reading what the page cache holds.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Reads up to `length` bytes at `offset` behind what `buffer` holds, as far as that needs no wait; says how many there were.
///
/// # Errors
/// `WouldBlock` where the first of them is not in memory; the system's otherwise (`EOPNOTSUPP`: this file can not be asked so).
pub(crate) fn read_cached(file: BorrowedFd<'_>, buffer: &mut Vec<u8>, offset: u64, length: usize) -> io::Result<usize> {
    buffer.reserve_exact(length);
    let space = buffer.spare_capacity_mut();
    let slice = libc::iovec { iov_base: space.as_mut_ptr().cast(), iov_len: space.len().min(length) };
    let offset = i64::try_from(offset).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the slice is the buffer's spare capacity, which the call may write to and which lives through it.
    let read = unsafe { libc::preadv2(file.as_raw_fd(), &raw const slice, 1, offset, libc::RWF_NOWAIT) };
    let read = usize::try_from(read).map_err(|_| io::Error::last_os_error())?;
    // SAFETY: the kernel has initialised this many bytes behind those that were held.
    unsafe { buffer.set_len(buffer.len() + read.min(slice.iov_len)) }
    Ok(read)
}
