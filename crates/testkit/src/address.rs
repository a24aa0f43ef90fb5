//! Loopback addresses: every server and peer gets one of its own, so that tests that run together never meet.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// The port that every server and peer uses, each on its own address.
pub const PORT: u16 = 18_080;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An address in 127.0.0.0/8 that no other test of this machine uses.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Loopback(Ipv4Addr);

impl Loopback {
    /// The next free address: half of its bits come from the process id, half from a counter.
    pub fn next() -> Self {
        loop {
            let address = Self::numbered(NEXT.fetch_add(1, Ordering::Relaxed));
            if TcpListener::bind(address.socket()).is_ok() {
                return address;
            }
        }
    }

    fn numbered(count: u32) -> Self {
        const COUNTS: u32 = 1 << 11;
        const PROCESSES: u32 = 1 << 13;
        assert!(count < COUNTS, "one test process uses at most {COUNTS} addresses");
        // 127.0.x.y stays free for what people run by hand.
        let process = 32 + std::process::id() % (PROCESSES - 64);
        let host = process * COUNTS + count;
        Self(Ipv4Addr::from(0x7f00_0000 | host))
    }

    /// The address with the port.
    pub fn socket(self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(self.0), PORT)
    }

    /// The address alone, as in a `Host` field without port.
    pub fn host(self) -> String {
        self.0.to_string()
    }
}

impl fmt::Display for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{PORT}", self.0)
    }
}
