//! Variables whose value is found by an address or by chance.

use crate::exchange::Exchange;
use crate::guard::{Trusted, nearest};
use crate::plan::Template;
use admission::AddressTable;
use protocol::Name;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use transport::Address;

/// A variable whose value is found by an address.
pub struct AddressMap {
    /// The address; `None`: the client's.
    pub source: Option<Template>,
    /// Places in `values`.
    pub table: AddressTable<u32>,
    /// The values; the first is that of all other addresses.
    pub values: Vec<Box<[u8]>>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub proxies: Option<Trusted>,
    /// Whether such proxies are skipped in it.
    pub recursive: bool,
    /// Whether it is evaluated at each use.
    pub volatile: bool,
}

/// A variable that spreads requests over values.
pub struct Split {
    /// What is hashed.
    pub source: Template,
    /// Values, each for hashes below a limit; `None`: for all.
    pub parts: Vec<(Option<u32>, Box<[u8]>)>,
}

/// An address without anything else.
fn bare_address(text: &[u8]) -> Option<IpAddr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What stands for an address that is none.
const NONE: IpAddr = IpAddr::V4(Ipv4Addr::BROADCAST);

impl Exchange<'_> {
    /// Appends the value of an address.
    pub fn append_address_map(&self, index: u16, out: &mut Vec<u8>) -> bool {
        let Some(map) = self.plan.address_maps.get(usize::from(index)) else { return false };
        let cached = (!map.volatile).then(|| cache_place(self.plan.maps.len(), index)).flatten();
        self.append_cached(cached, out, |out| {
            let place = map.table.find(self.address_of(map)).unwrap_or(0);
            let value = usize::try_from(place).ok().and_then(|place| map.values.get(place));
            out.extend_from_slice(value.map(|value| &**value).unwrap_or_default());
        })
    }

    /// Appends the value that the hash chooses.
    pub fn append_split(&self, index: u16, out: &mut Vec<u8>) -> bool {
        let Some(split) = self.plan.splits.get(usize::from(index)) else { return false };
        let cached = cache_place(self.plan.maps.len() + self.plan.address_maps.len(), index);
        self.append_cached(cached, out, |out| {
            let hash = murmur(&self.text_of(&split.source));
            let part = split.parts.iter().find(|(limit, _)| limit.is_none_or(|limit| hash < limit));
            out.extend_from_slice(part.map(|(_, value)| &**value).unwrap_or_default());
        })
    }

    fn address_of(&self, map: &AddressMap) -> IpAddr {
        let address = match &map.source {
            Some(source) => bare_address(&self.text_of(source)).map(|ip| Address::Inet(SocketAddr::new(ip, 0))),
            None => Some(self.client_address().clone()),
        };
        let Some(address) = address else { return NONE };
        let told = map.proxies.as_ref().and_then(|proxies| {
            let lists: Vec<&[u8]> = self.request.head.fields.get_all_known(Name::XForwardedFor).collect();
            nearest(proxies, map.recursive, &address, lists.into_iter().rev())
        });
        told.or(address.inet()).map_or(NONE, |address| address.ip())
    }

    fn append_cached(&self, cached: Option<u16>, out: &mut Vec<u8>, append: impl FnOnce(&mut Vec<u8>)) -> bool {
        if cached.is_some_and(|place| self.bindings.append_cached_map(place, out)) {
            return true;
        }
        let start = out.len();
        append(out);
        if let Some(place) = cached {
            self.bindings.cache_map(place, out.get(start..).unwrap_or(&[]));
        }
        true
    }
}

/// Where a value is kept for the request, behind those of other lookups.
fn cache_place(start: usize, index: u16) -> Option<u16> {
    u16::try_from(start + usize::from(index)).ok()
}

/// `MurmurHash2`, as nginx hashes for `split_clients`.
fn murmur(text: &[u8]) -> u32 {
    const MIX: u32 = 0x5bd1_e995;
    let mut hash = u32::try_from(text.len() & 0xffff_ffff).unwrap_or(0);
    let mut words = text.chunks_exact(4);
    for word in &mut words {
        let mut mixed = word.iter().rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)).wrapping_mul(MIX);
        mixed = (mixed ^ mixed >> 24).wrapping_mul(MIX);
        hash = hash.wrapping_mul(MIX) ^ mixed;
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        hash ^= rest.iter().rev().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        hash = hash.wrapping_mul(MIX);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(MIX);
    hash ^ hash >> 15
}
