//! Socket options that no crate wraps.

use std::io;
use std::os::fd::AsRawFd;

/// Leaves the choice of a local port to connect(2), so that one port can serve many targets (`IP_BIND_ADDRESS_NO_PORT`).
pub(crate) fn bind_address_without_port(socket: &socket2::Socket) -> io::Result<()> {
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(size_of_val(&on)).unwrap_or_default();
    // SAFETY: the descriptor is open, and the option's value is an int that lives through the call.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            std::ptr::from_ref(&on).cast(),
            size,
        )
    };
    if outcome == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
