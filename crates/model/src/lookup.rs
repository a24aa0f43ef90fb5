//! Variables whose value is found by an address or by chance.

use crate::{Network, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// A variable whose value is found by an address.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AddressMap {
    /// The variable that it defines, without any sigil.
    pub variable: String,
    /// The address; `None`: the client's.
    pub source: Option<Template>,
    /// The values.
    pub entries: AddressEntries,
    /// The value of all other addresses.
    pub default: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<Network>,
    /// Whether proxies that are believed are skipped in it, however many there are.
    pub recursive: bool,
    /// Whether it is evaluated at each use rather than once a request.
    pub volatile: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// Values by address.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum AddressEntries {
    /// The narrowest network counts.
    Networks(Vec<(Network, String)>),
    /// Ranges with both their ends; none overlaps another.
    Ranges(Vec<(IpAddr, IpAddr, String)>),
}

/// A variable that spreads requests over values by a hash of something.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Split {
    /// The variable that it defines, without any sigil.
    pub variable: String,
    /// What is hashed.
    pub source: Template,
    /// Values with their shares in hundredths of a percent; `None`: what is left.
    pub shares: Vec<(Option<u32>, String)>,
    /// Where it was written.
    pub origin: Origin,
}
