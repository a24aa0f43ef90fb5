//! Whom proxies before this one speak for: the client's true address.

use crate::exchange::Exchange;
use admission::AddressTable;
use model::AddressSource;
use protocol::Name;
use std::net::{IpAddr, SocketAddr};
use transport::Address;

/// Where a client's true address comes from.
pub struct ClientAddress {
    /// Proxies that are believed.
    pub trusted: Trusted,
    /// What tells the address.
    pub source: AddressSource,
    /// Whether proxies that are believed are skipped.
    pub recursive: bool,
    /// Whether what is believed is taken out of the field.
    pub consumes: bool,
    /// Those that are not believed where they tell of an address that is not public.
    pub outer: AddressTable<()>,
}

/// Proxies that are believed.
pub struct Trusted {
    /// By their addresses.
    pub networks: AddressTable<()>,
    /// Those that came through a Unix-domain socket.
    pub unix: bool,
}

impl Trusted {
    fn believes(&self, address: &Address) -> bool {
        match address.inet() {
            Some(address) => self.networks.find(address.ip()).is_some(),
            None => self.unix,
        }
    }
}

/// A client as a proxy tells of it.
pub struct TrueClient {
    /// Its address.
    pub address: Address,
    /// As variables and logs show it.
    pub text: Box<[u8]>,
}

impl Exchange<'_> {
    /// The client's address: the true one, if a proxy told it.
    pub fn client_address(&self) -> &Address {
        match &self.found {
            Some(found) => found.client.as_ref().map_or(&self.connection.facts.peer, |client| &client.address),
            None => &self.connection.facts.peer,
        }
    }

    /// The client's address as variables and logs show it.
    pub fn client_text(&self) -> &[u8] {
        match &self.found {
            Some(found) => found.client.as_ref().map_or(&self.connection.client, |client| &client.text),
            None => &self.connection.client,
        }
    }

    /// Finds the client behind a proxy, unless that was done before.
    pub fn find_client(&mut self, rule: &ClientAddress) {
        if self.found.as_ref().is_some_and(|found| found.client.is_some()) {
            return;
        }
        let peer = &self.connection.facts.peer;
        let fields = &self.request.head.fields;
        let found = match &rule.source {
            AddressSource::Field(name) if rule.consumes => {
                let values: Vec<&[u8]> = fields.get_all(name.as_bytes()).collect();
                let list = values.join(&b", "[..]);
                let at = self.connection.facts.proxy_source.map_or_else(|| peer.clone(), Address::Inet);
                let (found, left) = rule.unwind(at, &list);
                let fields = &mut self.request.head.fields;
                if found.is_some() && left.is_empty() {
                    fields.remove(name.as_bytes());
                } else if found.is_some() {
                    fields.set(name.as_bytes(), left);
                }
                found
            }
            AddressSource::Field(name) => {
                fields.get(name.as_bytes()).and_then(|value| rule.nearest(peer, std::iter::once(value)))
            }
            AddressSource::ForwardedFor => {
                let values: Vec<&[u8]> = fields.get_all_known(Name::XForwardedFor).collect();
                rule.nearest(peer, values.into_iter().rev())
            }
            AddressSource::ProxyProtocol => self.connection.facts.proxy_source.filter(|_| rule.trusted.believes(peer)),
        };
        if let Some(address) = found {
            // As it was told, be it IPv4 in the form of IPv6.
            let text = address.ip().to_string().into_bytes().into();
            self.findings().client = Some(TrueClient { address: Address::Inet(address), text });
        }
    }
}

impl ClientAddress {
    /// The client that a list tells of to one who stands at an address, and what of the list is before that.
    fn unwind<'l>(&self, mut at: Address, list: &'l [u8]) -> (Option<SocketAddr>, &'l [u8]) {
        let (mut known, mut left) = (None, list);
        while self.trusted.believes(&at) && !left.is_empty() {
            let (before, word) = match memchr::memrchr(b',', left) {
                Some(comma) => (left.get(..comma).unwrap_or_default(), left.get(comma + 1..).unwrap_or_default()),
                None => (&[][..], left),
            };
            let Some(address) = parse(word.trim_ascii()) else { break };
            let is_outer = at.inet().is_some_and(|at| self.outer.find(at.ip()).is_some());
            if is_outer && !is_public(address.ip()) {
                break;
            }
            (known, left, at) = (Some(address), before.trim_ascii_end(), Address::Inet(address));
        }
        (known, left)
    }

    /// The address that lists tell, the nearest list first.
    fn nearest<'v>(&self, peer: &Address, lists: impl Iterator<Item = &'v [u8]>) -> Option<SocketAddr> {
        nearest(&self.trusted, self.recursive, peer, lists)
    }
}

/// Whether an address may be one of the whole network (RFC 1918, RFC 3927, RFC 4291 §2.4).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !(ip.is_private() || ip.is_loopback() || ip.is_link_local()),
        IpAddr::V6(ip) => ip.octets().first().is_some_and(|first| first >> 5 == 1),
    }
}

/// The client that lists of addresses tell of, the nearest list first: each list is read from its end, and further as long as
/// what it tells is a proxy that is believed.
pub fn nearest<'v>(
    trusted: &Trusted,
    recursive: bool,
    peer: &Address,
    lists: impl Iterator<Item = &'v [u8]>,
) -> Option<SocketAddr> {
    let mut known = None;
    let mut at = peer.clone();
    for list in lists {
        let words = list.rsplit(|byte| matches!(byte, b' ' | b',')).filter(|word| !word.is_empty());
        for word in words {
            if !trusted.believes(&at) {
                return known;
            }
            let Some(address) = parse(word) else { return known };
            known = Some(address);
            at = Address::Inet(address);
            if !recursive {
                return known;
            }
        }
    }
    known
}

/// An address with or without a port.
pub fn parse(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let bare = |text: &str| text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, 0));
    let bracketed = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).and_then(bare);
    bare(text).or_else(|| text.parse().ok().filter(|address: &SocketAddr| address.port() > 0)).or_else(bracketed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Network;

    #[test]
    fn a_list_is_taken_apart() {
        let table = |networks: &[(u8, u8)]| {
            let networks = networks.iter().map(|(first, bits)| Network::new([*first, 0, 0, 0].into(), *bits).unwrap());
            AddressTable::new(networks.map(|network| (network, ())), |(), ()| ())
        };
        let trusted = Trusted { networks: table(&[(127, 8), (10, 8), (203, 8)]), unix: false };
        let source = AddressSource::Field("X-Forwarded-For".to_owned());
        let rule = ClientAddress { trusted, source, recursive: true, consumes: true, outer: table(&[(203, 8)]) };
        let check = |list: &str, expected: Option<&str>, left: &str| {
            let (found, rest) = rule.unwind(Address::Inet(([127, 0, 0, 1], 1).into()), list.as_bytes());
            let found = found.map(|address| address.ip().to_string());
            assert_eq!((found.as_deref(), String::from_utf8_lossy(rest).as_ref()), (expected, left), "{list}");
        };
        check("192.0.2.1", Some("192.0.2.1"), "");
        check("192.0.2.1, 192.0.2.2", Some("192.0.2.2"), "192.0.2.1");
        check("192.0.2.1, 10.0.0.1", Some("192.0.2.1"), "");
        check("10.0.0.9, 203.0.0.1", Some("203.0.0.1"), "10.0.0.9");
        check("192.0.2.1, 203.0.0.1", Some("192.0.2.1"), "");
        check("nonsense", None, "nonsense");
        check("192.0.2.1, nonsense, 10.0.0.1", Some("10.0.0.1"), "192.0.2.1, nonsense");
        check("", None, "");
    }

    #[test]
    fn lists_are_read_from_their_ends() {
        let network = Network::new([127, 0, 0, 0].into(), 8).unwrap();
        let networks = AddressTable::new([(network, ())], |(), ()| ());
        let trusted = Trusted { networks, unix: false };
        let check = |recursive: bool, lists: &[&str], expected: Option<&str>| {
            let peer = Address::Inet(([127, 0, 0, 1], 1).into());
            let lists = lists.iter().rev().map(|list| list.as_bytes());
            let found = nearest(&trusted, recursive, &peer, lists).map(|address| address.to_string());
            assert_eq!(found.as_deref(), expected);
        };
        check(false, &["192.0.2.1, 192.0.2.2"], Some("192.0.2.2:0"));
        check(false, &["192.0.2.1", "192.0.2.2"], Some("192.0.2.2:0"));
        check(true, &["192.0.2.1, 127.0.0.2, 127.0.0.3,"], Some("192.0.2.1:0"));
        check(true, &["192.0.2.1, 192.0.2.2", "127.0.0.2"], Some("192.0.2.2:0"));
        check(true, &["127.0.0.1"], Some("127.0.0.1:0"));
        check(true, &["x, 127.0.0.2"], Some("127.0.0.2:0"));
        check(false, &["x"], None);
        check(false, &["192.0.2.1:80"], Some("192.0.2.1:80"));
        check(false, &["[2001:db8::1]:80"], Some("[2001:db8::1]:80"));
        check(false, &["2001:db8::1"], Some("[2001:db8::1]:0"));
    }
}
