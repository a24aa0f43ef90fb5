//! Groups of upstream servers.

use crate::Template;
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Index of a group in [`crate::Http::groups`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct GroupId(pub u32);

/// Servers that share the requests sent to one name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its servers, in the order of the configuration.
    pub servers: Vec<Server>,
    /// How one is chosen.
    pub balance: Balance,
    /// Idle connections that are kept; `None`: none are.
    pub idle: Option<IdlePool>,
    /// Name of the zone through which workers share the servers' state; `None`: each worker has its own.
    pub zone: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// How a server of a group is chosen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Balance {
    /// In turn, by weight, smoothly.
    #[default]
    RoundRobin,
    /// By the client's address (its first three octets, or all of an IPv6 address).
    ClientAddress,
    /// By a value; `consistent`: so that few keys move when servers come and go.
    Hash {
        /// The value.
        key: Template,
        /// Whether a ring is used.
        consistent: bool,
    },
    /// The one with the fewest connections for its weight.
    LeastConnections,
    /// The better of two taken at random (`two`), or one at random.
    Random {
        /// Whether two are drawn.
        two: bool,
    },
}

/// Idle upstream connections that are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdlePool {
    /// Most idle connections that one worker keeps to the group.
    pub size: u32,
    /// Most requests through one connection.
    pub requests: u64,
    /// Longest life of one connection.
    pub time: Duration,
    /// Longest idle time.
    pub timeout: Duration,
    /// Whether only exchanges of one location share a connection.
    pub per_location: bool,
}

/// One server of a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Server {
    /// Where it is.
    pub address: ServerAddress,
    /// Its share of the requests.
    pub weight: u32,
    /// Failures within [`Server::fail_timeout`] after which it rests; 0: it never does.
    pub max_fails: u32,
    /// Span in which failures count, and time that it rests.
    pub fail_timeout: Duration,
    /// Most connections at a time; 0: unlimited.
    pub max_connections: u32,
    /// Used only when no other server can be.
    pub backup: bool,
    /// Not used.
    pub down: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// Where an upstream server is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ServerAddress {
    /// An IP address or a host name, and a port.
    Host {
        /// Without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A Unix-domain stream socket.
    Unix(PathBuf),
}
