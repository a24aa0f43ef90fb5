//! Whom proxies before this one speak for.

use crate::Network;
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// Where a client's true address comes from when a proxy connects.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClientAddress {
    /// Proxies that are believed.
    pub trusted: Vec<Trusted>,
    /// What tells the address.
    pub source: AddressSource,
    /// Whether proxies that are believed are skipped in what tells the address, however many there are.
    pub recursive: bool,
    /// Whether what is believed is taken out of the field: what is left there speaks of whoever is before the client.
    pub consumes: bool,
    /// Of the trusted proxies, those that are not believed where they tell of an address that is not public.
    pub outer: Vec<Network>,
}

/// A proxy that is believed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Trusted {
    /// Those of a network.
    Network(Network),
    /// Those that came through a Unix-domain socket.
    Unix,
    /// Those of a host, whose name is looked up at the start.
    Host {
        /// Its name.
        name: String,
        /// Where it was written.
        origin: Origin,
    },
}

/// What tells a client's address.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AddressSource {
    /// A field with one address, by its name.
    Field(String),
    /// `X-Forwarded-For`: a list of which the last addresses are the nearest.
    ForwardedFor,
    /// The header of the PROXY protocol.
    ProxyProtocol,
}
