//! `mod_authz_host`: clients by their addresses, which `Require` and `Allow from` name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use model::{Comparison, Condition, Network, Origin, Part, Template, Who};

use crate::line::Word;
use crate::table::Module;

pub(crate) static MODULE: Module =
    Module { name: "mod_authz_host", identifier: "authz_host_module", built: true, rows: &[] };

/// `10.1.2.3`, `10.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0` or an IPv6 address with or without the number of its bits.
pub(crate) fn network(text: &str) -> Option<Network> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let Some(bits) = bits else {
        return address.parse().map(Network::host).ok().or_else(|| beginning(address));
    };
    let address: IpAddr = address.parse().ok().or_else(|| beginning(address).map(|network| network.address))?;
    let bits = bits.parse().ok().or_else(|| mask(bits))?;
    Network::new(address, bits)
}

/// One to three parts of an IPv4 address.
fn beginning(text: &str) -> Option<Network> {
    let parts: Vec<&str> = text.trim_end_matches('.').split('.').collect();
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(&parts) {
        *octet = part.parse().ok()?;
    }
    let bits = u8::try_from(parts.len() * 8).ok().filter(|bits| (8..32).contains(bits))?;
    Network::new(IpAddr::V4(Ipv4Addr::from(octets)), bits)
}

fn mask(text: &str) -> Option<u8> {
    let mask: Ipv4Addr = text.parse().ok()?;
    let ones = u32::from(mask).leading_ones();
    (u32::from(mask).count_ones() == ones).then(|| u8::try_from(ones).ok()).flatten()
}

/// Clients that ask over this machine's own network.
pub(crate) fn loopback() -> impl Iterator<Item = Who> {
    let networks =
        [Network::new(Ipv4Addr::new(127, 0, 0, 0).into(), 8), Some(Network::host(Ipv6Addr::LOCALHOST.into()))];
    networks.into_iter().flatten().map(Who::Network)
}

/// Whether a name stands for this machine without being looked up (RFC 6761 §6.3).
pub(crate) fn is_this_machine(word: &Word) -> bool {
    word.text.eq_ignore_ascii_case("localhost")
}

/// Clients on this machine.
pub(crate) fn local() -> Vec<Who> {
    let variable = |name: &str| Template { parts: vec![Part::Variable(name.to_owned())], origin: Origin::default() };
    let same = Condition::Compare {
        value: variable("remote_addr"),
        comparison: Comparison::Equal,
        with: variable("server_addr"),
    };
    let mut who: Vec<Who> = loopback().collect();
    who.push(Who::Condition(Box::new(same)));
    who
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read() {
        let check = |text: &str, expected: Option<(&str, u8)>| {
            let found = network(text).map(|network| (network.address.to_string(), network.prefix));
            assert_eq!(found, expected.map(|(address, bits)| (address.to_owned(), bits)), "{text}");
        };
        check("10.1.2.3", Some(("10.1.2.3", 32)));
        check("10.1", Some(("10.1.0.0", 16)));
        check("10.", Some(("10.0.0.0", 8)));
        check("10.1.2.3/8", Some(("10.0.0.0", 8)));
        check("10.1/16", Some(("10.1.0.0", 16)));
        check("10.0.0.0/255.255.0.0", Some(("10.0.0.0", 16)));
        check("2001:db8::/32", Some(("2001:db8::", 32)));
        for wrong in ["", "a", "10.0.0.0/33", "10.0.0.0/255.0.255.0", "1.2.3.4.5", "256"] {
            check(wrong, None);
        }
    }
}
