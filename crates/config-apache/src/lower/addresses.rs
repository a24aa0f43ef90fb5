//! Addresses: those to listen on, and those of virtual hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use diagnostic::Origin;

/// An address to listen on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Listen {
    /// `None`: all of the machine.
    pub(crate) ip: Option<IpAddr>,
    pub(crate) port: u16,
    pub(crate) origin: Origin,
}

/// An address of a virtual host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HostAddress {
    /// `None`: any that no other host has.
    pub(crate) ip: Option<IpAddr>,
    /// `None`: any.
    pub(crate) port: Option<u16>,
    pub(crate) origin: Origin,
}

impl Listen {
    /// `[address:]port`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = split(text);
        // A number alone is a port.
        let (host, port) = if port.is_none() { (None, host) } else { (Some(host), port.unwrap_or_default()) };
        let port = port.parse().ok().filter(|&port| port > 0)?;
        let ip = match host {
            None | Some("*") => None,
            Some(host) => Some(parse_ip(host)?).filter(|ip| !ip.is_unspecified() || ip.is_ipv6()),
        };
        Some(Self { ip, port, origin: Origin::default() })
    }

    /// The sockets that it stands for.
    pub(crate) fn sockets(self, ipv6: bool) -> Vec<SocketAddr> {
        let any = [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)];
        match self.ip {
            Some(ip) => vec![SocketAddr::new(ip, self.port)],
            None => any.iter().take(if ipv6 { 2 } else { 1 }).map(|ip| SocketAddr::new(*ip, self.port)).collect(),
        }
    }
}

impl HostAddress {
    /// `address[:port]`, where the address may be `*` or `_default_` and the port `*`; a name is looked up.
    pub(crate) fn parse(
        text: &str,
        default_port: Option<u16>,
        look_up: impl Fn(&str) -> Vec<IpAddr>,
    ) -> Option<Vec<Self>> {
        let (host, port) = split(text);
        let port = match port {
            None => default_port,
            Some("*") => None,
            Some(port) => Some(port.parse().ok()?),
        };
        let wildcard = host == "*" || host.eq_ignore_ascii_case("_default_");
        if host.is_empty() || (!wildcard && port.is_some() && host.parse::<u16>().is_ok()) {
            return None;
        }
        let ips = if wildcard {
            vec![None]
        } else {
            match parse_ip(host) {
                Some(ip) => vec![Some(ip).filter(|ip| !ip.is_unspecified())],
                None => look_up(host).into_iter().map(Some).collect(),
            }
        };
        Some(ips.into_iter().map(|ip| Self { ip, port, origin: Origin::default() }).collect())
    }
}

/// Host and port; the colons of an IPv6 address stand in brackets.
fn split(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    }
}

fn parse_ip(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let listen = |text: &str| Listen::parse(text).map(|listen| (listen.ip.map(|ip| ip.to_string()), listen.port));
        assert_eq!(listen("80"), Some((None, 80)));
        assert_eq!(listen("*:80"), Some((None, 80)));
        assert_eq!(listen("0.0.0.0:80"), Some((None, 80)));
        assert_eq!(listen("127.0.0.1:8080"), Some((Some("127.0.0.1".to_owned()), 8080)));
        assert_eq!(listen("[::1]:8080"), Some((Some("::1".to_owned()), 8080)));
        for text in ["", "a:80", "127.0.0.1", "0", "70000", "1.2.3.4:x", ":"] {
            assert_eq!(listen(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_of_hosts_are_read() {
        let none = |_: &str| Vec::new();
        let host = |text: &str| {
            let found = HostAddress::parse(text, Some(99), none)?;
            Some(found.iter().map(|host| (host.ip.map(|ip| ip.to_string()), host.port)).collect::<Vec<_>>())
        };
        assert_eq!(host("*:80"), Some(vec![(None, Some(80))]));
        assert_eq!(host("_default_:*"), Some(vec![(None, None)]));
        assert_eq!(host("*"), Some(vec![(None, Some(99))]));
        assert_eq!(host("10.0.0.1"), Some(vec![(Some("10.0.0.1".to_owned()), Some(99))]));
        assert_eq!(host("[::1]:443"), Some(vec![(Some("::1".to_owned()), Some(443))]));
        assert_eq!(host("unknown.invalid:80"), Some(vec![]));
        assert_eq!(host("*:http"), None);
        let found =
            HostAddress::parse("here:80", None, |_| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        assert_eq!(found.unwrap().len(), 2);
    }
}
