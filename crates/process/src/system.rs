//! What Rust calls unsafe, one operation a block: to fork, to adopt inherited descriptors, to set raw socket options.

#![allow(
    unsafe_code,
    reason = "fork, descriptor numbers from outside and the environment have no safe interface; nothing else of the crate may be unsafe"
)]

use nix::libc;
use nix::unistd::ForkResult;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

/// Which side of a fork this is.
#[derive(Debug)]
pub(crate) enum Side {
    /// The process that forked, with the id of the new one.
    Parent(nix::unistd::Pid),
    /// The new process.
    Child,
}

/// Splits the process. Callers have one thread only: the parent never starts another before it forks.
pub(crate) fn fork() -> io::Result<Side> {
    // SAFETY: the calling process has one thread (see the crate's documentation), so no lock is held by a thread
    // that the child lacks, and the child may go on to use the whole of std.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Side::Parent(child)),
        ForkResult::Child => Ok(Side::Child),
    }
}

/// Takes over a descriptor that another program left open for this one.
pub(crate) fn adopt(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: F_GETFD only reads the descriptor table; a number that is not open gives EBADF.
    if number <= 2 || unsafe { libc::fcntl(number, libc::F_GETFD) } < 0 {
        return None;
    }
    // SAFETY: the number is open, and the one who calls names each number once, before the program opens its own.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Closes every descriptor but the standard streams and `kept`; for a child that goes on without its parent's things.
pub(crate) fn close_all_but(kept: BorrowedFd<'_>) {
    let kept = libc::c_uint::try_from(kept.as_raw_fd()).unwrap_or(libc::c_uint::MAX);
    if kept > 3 {
        close_range(3, kept - 1);
    }
    close_range(kept.max(2) + 1, libc::c_uint::MAX);
}

fn close_range(first: libc::c_uint, last: libc::c_uint) {
    // SAFETY: the child of a fork never returns into the code that owns the descriptors it copied; it ends the process.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    if done == 0 {
        return;
    }
    let open = std::fs::read_dir("/proc/self/fd").map(|entries| {
        let names = entries.flatten().map(|entry| entry.file_name());
        names.filter_map(|name| name.to_str()?.parse().ok()).collect::<Vec<libc::c_uint>>()
    });
    for number in open.unwrap_or_default().into_iter().filter(|n| (first..=last).contains(n)) {
        let Ok(number) = libc::c_int::try_from(number) else { continue };
        // SAFETY: as above; kernels before 5.9 have no close_range.
        unsafe { libc::close(number) };
    }
}

/// Sets an integer socket option that no safe interface offers.
pub(crate) fn set_socket_option(socket: BorrowedFd<'_>, level: i32, option: i32, value: i32) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<i32>()).unwrap_or(4);
    // SAFETY: the pointer is to `value`, which lives through the call, and the length is its own.
    let done = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Leaves only the wanted variables in the environment.
///
/// `wanted` holds names (kept if they are set) and `NAME=value` pairs. Callers have one thread only.
pub(crate) fn replace_environment(wanted: &[String]) {
    let names: Vec<OsString> = std::env::vars_os().map(|(name, _)| name).collect();
    for name in names {
        if name != "TZ" && !wanted.iter().any(|kept| OsStr::new(kept) == name) {
            // SAFETY: no other thread exists that could read the environment.
            unsafe { std::env::remove_var(name) };
        }
    }
    for (name, value) in wanted.iter().filter_map(|pair| pair.split_once('=')) {
        if !name.is_empty() {
            // SAFETY: as above.
            unsafe { std::env::set_var(name, value) };
        }
    }
}
