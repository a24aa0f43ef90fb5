//! Values by IP address: as quick to find among a hundred thousand networks as among ten.

use model::Network;
use std::net::IpAddr;

/// Values by IP address.
///
/// Networks become the steps of one sorted line of addresses, so that a search halves it.
#[derive(Clone, Debug)]
pub struct AddressTable<V> {
    v4: Steps<u32, V>,
    v6: Steps<u128, V>,
}

/// A value that holds from an address up to the next step.
#[derive(Clone, Debug)]
struct Steps<K, V> {
    starts: Box<[K]>,
    values: Box<[Option<V>]>,
}

/// A span of addresses, both ends included.
#[derive(Clone, Copy, Debug)]
struct Span<K, V> {
    first: K,
    last: K,
    value: V,
}

impl<V: Copy + PartialEq> AddressTable<V> {
    /// The values of networks; where one lies in another, `choose` is given the outer and the inner value.
    pub fn new(networks: impl IntoIterator<Item = (Network, V)>, choose: impl Fn(V, V) -> V) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (network, value) in networks {
            match network.address {
                IpAddr::V4(ip) => {
                    let first = u32::from(ip);
                    let last = first | u32::MAX.checked_shr(u32::from(network.prefix)).unwrap_or(0);
                    v4.push(Span { first, last, value });
                }
                IpAddr::V6(ip) => {
                    let first = u128::from(ip);
                    let last = first | u128::MAX.checked_shr(u32::from(network.prefix)).unwrap_or(0);
                    v6.push(Span { first, last, value });
                }
            }
        }
        Self { v4: Steps::nested(v4, &choose), v6: Steps::nested(v6, &choose) }
    }

    /// The values of ranges, both ends included, which lie apart.
    pub fn of_ranges(ranges: impl IntoIterator<Item = (IpAddr, IpAddr, V)>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (first, last, value) in ranges {
            match (first, last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    v4.push(Span { first: u32::from(first), last: u32::from(last), value });
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    v6.push(Span { first: u128::from(first), last: u128::from(last), value });
                }
                (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => {}
            }
        }
        Self { v4: Steps::nested(v4, &|_, inner| inner), v6: Steps::nested(v6, &|_, inner| inner) }
    }

    /// The value of an address. IPv4 addresses in IPv6 form are looked up as what they are.
    pub fn find(&self, address: IpAddr) -> Option<V> {
        match address.to_canonical() {
            IpAddr::V4(ip) => self.v4.find(u32::from(ip)),
            IpAddr::V6(ip) => self.v6.find(u128::from(ip)),
        }
    }

    /// Whether no address has a value.
    pub fn is_empty(&self) -> bool {
        self.v4.starts.is_empty() && self.v6.starts.is_empty()
    }
}

/// A whole number as wide as an address.
trait Key: Copy + Ord {
    fn next(self) -> Option<Self>;
}

impl Key for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Key for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl<K: Key, V: Copy + PartialEq> Steps<K, V> {
    /// Steps of spans of which each two either lie apart or one in the other.
    fn nested(mut spans: Vec<Span<K, V>>, choose: &impl Fn(V, V) -> V) -> Self {
        spans.sort_by(|left, right| left.first.cmp(&right.first).then(right.last.cmp(&left.last)));
        let mut line = Line { starts: Vec::new(), values: Vec::new() };
        // The spans that the present address lies in, outermost first.
        let mut open: Vec<Span<K, V>> = Vec::new();
        for span in spans {
            line.close(&mut open, Some(span.first));
            let value = open.last().map_or(span.value, |outer| choose(outer.value, span.value));
            line.step(span.first, Some(value));
            open.push(Span { value, ..span });
        }
        line.close(&mut open, None);
        Self { starts: line.starts.into(), values: line.values.into() }
    }

    fn find(&self, key: K) -> Option<V> {
        let after = self.starts.partition_point(|start| *start <= key);
        self.values.get(after.checked_sub(1)?).copied().flatten()
    }
}

/// Steps that are being made, in order.
struct Line<K, V> {
    starts: Vec<K>,
    values: Vec<Option<V>>,
}

impl<K: Key, V: Copy + PartialEq> Line<K, V> {
    /// Ends the spans that end before an address; `None`: all.
    fn close(&mut self, open: &mut Vec<Span<K, V>>, before: Option<K>) {
        while let Some(inner) = open.pop_if(|span| before.is_none_or(|before| span.last < before)) {
            let Some(next) = inner.last.next() else { continue };
            self.step(next, open.last().map(|outer| outer.value));
        }
    }

    fn step(&mut self, start: K, value: Option<V>) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.values.pop();
        }
        if self.values.last().copied().flatten() != value {
            self.starts.push(start);
            self.values.push(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        let (address, prefix) = text.split_once('/').unwrap();
        Network::new(address.parse().unwrap(), prefix.parse().unwrap()).unwrap()
    }

    fn table(networks: &[&str], choose: fn(usize, usize) -> usize) -> AddressTable<usize> {
        AddressTable::new(networks.iter().enumerate().map(|(index, text)| (network(text), index)), choose)
    }

    #[test]
    fn the_first_of_several_networks_or_the_narrowest() {
        let networks =
            ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "0.0.0.0/0", "2001:db8::/32", "::/0"];
        let narrowest = table(&networks, |_, inner| inner);
        let first = table(&networks, usize::min);
        let check = |address: &str, narrow: usize, early: usize| {
            let address = address.parse().unwrap();
            assert_eq!((narrowest.find(address), first.find(address)), (Some(narrow), Some(early)), "{address}");
        };
        check("10.9.9.9", 0, 0);
        check("10.1.9.9", 1, 0);
        check("10.1.2.9", 2, 0);
        check("10.1.2.3", 3, 0);
        check("10.1.3.0", 1, 0);
        check("11.0.0.0", 4, 4);
        check("255.255.255.255", 4, 4);
        check("0.0.0.0", 4, 4);
        check("::ffff:10.1.2.3", 3, 0);
        check("2001:db8::1", 5, 5);
        check("2001:db9::1", 6, 6);
        check("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6, 6);
    }

    #[test]
    fn what_no_network_holds_has_no_value() {
        let table = table(&["192.0.2.0/25", "192.0.2.128/25", "255.255.255.255/32"], |_, inner| inner);
        for (address, value) in [
            ("192.0.1.255", None),
            ("192.0.2.127", Some(0)),
            ("192.0.2.128", Some(1)),
            ("192.0.3.0", None),
            ("255.255.255.254", None),
            ("255.255.255.255", Some(2)),
            ("::1", None),
        ] {
            assert_eq!(table.find(address.parse().unwrap()), value, "{address}");
        }
        assert!(!table.is_empty() && super::AddressTable::<u8>::new([], |_, inner| inner).is_empty());
    }

    #[test]
    fn a_hundred_thousand_networks_agree_with_a_search_one_by_one() {
        let networks: Vec<Network> = (0..100_000_u32)
            .map(|number| {
                let scattered = number.wrapping_mul(2_654_435_761);
                let prefix = 8 + u8::try_from(number % 25).unwrap();
                Network::new(IpAddr::V4(scattered.into()), prefix).unwrap()
            })
            .collect();
        let table = AddressTable::new(networks.iter().copied().zip(0..), usize::min);
        for number in 0..200_u32 {
            let address = number.wrapping_mul(40_503).wrapping_mul(97_003);
            let holds =
                |network: &Network| Network::new(IpAddr::V4(address.into()), network.prefix).unwrap() == *network;
            assert_eq!(table.find(IpAddr::V4(address.into())), networks.iter().position(holds), "{address:x}");
        }
    }
}
