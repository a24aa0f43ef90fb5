//! Loopback addresses: every server and peer gets one of its own, so that tests that run together never meet.
//!
//! A process that is being started has, for a moment, all sockets of the process that starts it. So what a test has just closed
//! may live on in a child that another test starts: who finds an address taken tries again, and who looks whether it is free
//! does not listen there, which would keep a server from it.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixDatagram};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Socket, Type};

use crate::gate::eventually;

/// The port that every server and peer uses, each on its own address.
pub const PORT: u16 = 18_080;

/// Addresses that one process may use, and how many processes there may be.
const COUNTS: u32 = 1 << 11;
const PROCESSES: u32 = 1 << 13;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An address in 127.0.0.0/8 that no other test of this machine uses.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Loopback(Ipv4Addr);

/// A name that one process of the machine has at a time, until this is dropped or the process ends.
pub struct Claim {
    _held: UnixDatagram,
}

impl Claim {
    /// Waits for the name.
    pub fn wait(name: &str) -> Self {
        let mut claim = None;
        eventually(&format!("{name} is free"), || {
            claim = Self::take(name);
            claim.is_some()
        });
        claim.unwrap()
    }

    /// The name, unless another process has it.
    fn take(name: &str) -> Option<Self> {
        // An abstract socket: it goes with who has it.
        let address = UnixAddress::from_abstract_name(format!("zaguan-tests-{name}")).unwrap();
        UnixDatagram::bind_addr(&address).ok().map(|held| Self { _held: held })
    }
}

impl Loopback {
    /// The next free address.
    pub fn next() -> Self {
        loop {
            let address = Self::numbered(NEXT.fetch_add(1, Ordering::Relaxed));
            if is_free(address.socket()) {
                return address;
            }
        }
    }

    fn numbered(count: u32) -> Self {
        assert!(count < COUNTS, "one test process uses at most {COUNTS} addresses");
        Self(Ipv4Addr::from(0x7f00_0000 | (number_of_process() * COUNTS + count)))
    }

    /// Listens there; waits while what was there last is still being closed.
    pub fn listen(self) -> TcpListener {
        patiently(|| TcpListener::bind(self.socket()))
    }

    /// Receives datagrams there; waits while what was there last is still being closed.
    pub fn receive(self) -> UdpSocket {
        patiently(|| UdpSocket::bind(self.socket()))
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

/// Whether nobody listens at an address, such as a server that a test left behind.
pub fn is_free(address: SocketAddr) -> bool {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).is_ok()
}

/// A number that no other test process has as long as this one lives.
fn number_of_process() -> u32 {
    static OWN: OnceLock<(u32, Claim)> = OnceLock::new();
    // 127.0.x.y stays free for what people run by hand.
    let numbers = |turn: u32| 32 + std::process::id().wrapping_add(turn) % (PROCESSES - 64);
    let claim = || (0..PROCESSES).map(numbers).find_map(|number| Some((number, Claim::take(&number.to_string())?)));
    OWN.get_or_init(|| claim().expect("a number that no other process has")).0
}

/// Binds as soon as the address is free.
pub(crate) fn patiently<T>(bind: impl Fn() -> io::Result<T>) -> T {
    let mut bound = None;
    eventually("the address is free", || match bind() {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => false,
        outcome => {
            bound = Some(outcome.unwrap());
            true
        }
    });
    bound.unwrap()
}
