//! `listen`: the addresses on which a server is reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{ListenAddress, ListenerOptions, SocketKeepAlive};

use crate::lower::{Level, Lowering};
use crate::modules::verify;
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// A `listen` directive; ranges of ports and names with several addresses give several addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listen {
    pub(crate) addresses: Vec<ListenAddress>,
    pub(crate) options: ListenerOptions,
    /// Options of the socket are written here, rather than in another `listen` with this address.
    pub(crate) explicit: bool,
    pub(crate) default: bool,
    pub(crate) tls: bool,
    pub(crate) http2: bool,
    pub(crate) origin: Origin,
}

impl Listen {
    /// What nginx does for a server without `listen`.
    pub(crate) fn default_port(superuser: bool, origin: Origin) -> Self {
        let port = if superuser { 80 } else { 8000 };
        let address = ListenAddress::Inet(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port));
        Self { addresses: vec![address], origin, ..Self::default() }
    }
}

/// Parameters that are known, for suggestions.
const PARAMETERS: [&str; 16] = [
    "default_server",
    "bind",
    "backlog=",
    "rcvbuf=",
    "sndbuf=",
    "fastopen=",
    "setfib=",
    "accept_filter=",
    "deferred",
    "ipv6only=",
    "reuseport",
    "so_keepalive=",
    "proxy_protocol",
    "ssl",
    "http2",
    "quic",
];

pub(super) fn listen(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let mut listen = Listen { origin: directive.origin(), ..Listen::default() };
    match addresses(&word.text) {
        Ok(addresses) => listen.addresses = addresses,
        Err(problem) => {
            let message = format!("{problem} in \"{}\" of the \"listen\" directive", word.text);
            lowering.report(Diagnostic::error("invalid-address", message).at(word.origin));
        }
    }
    for word in directive.arguments.iter().skip(1) {
        if let Err(problem) = parameter(lowering, &mut listen, word) {
            lowering.report(problem);
        }
    }
    level.server.listens.push(listen);
    Ok(())
}

fn parameter(lowering: &mut Lowering<'_>, listen: &mut Listen, word: &Word) -> Outcome {
    let (name, text) = word.text.split_once('=').map_or((word.text.as_str(), None), |(name, text)| (name, Some(text)));
    let bad = || Diagnostic::error("invalid-value", format!("invalid {name} \"{}\"", word.text)).at(word.origin);
    let number =
        |text: &str| value::decimal(text).filter(|_| !text.is_empty()).and_then(|number| u32::try_from(number).ok());
    let options = &mut listen.options;
    match (name, text) {
        ("default_server" | "default", None) => {
            listen.default = true;
            return Ok(());
        }
        ("proxy_protocol", None) => {
            options.proxy_protocol = true;
            return Ok(());
        }
        ("ssl", None) => {
            listen.tls = true;
            return Ok(());
        }
        ("http2", None) => {
            listen.http2 = true;
            lowering.report(
                Diagnostic::warning("deprecated", "the \"listen ... http2\" directive is deprecated")
                    .at(word.origin)
                    .help("write `http2 on;` in the server instead"),
            );
            return Ok(());
        }
        ("quic" | "multipath", None) => {
            return Err(verify::not_built(&format!("\"listen … {name}\"")).at(word.origin));
        }
        ("bind", None) => {}
        ("deferred", None) => options.deferred = true,
        ("reuseport", None) => options.reuse_port = true,
        ("accept_filter", Some(_)) => {
            lowering.without_effect("accept_filter", word.origin, "accept filters exist on FreeBSD only");
            return Ok(());
        }
        ("setfib", Some(text)) => {
            number(text).ok_or_else(bad)?;
            lowering.without_effect("setfib", word.origin, "numbered routing tables exist on FreeBSD only");
        }
        ("fastopen", Some(text)) => options.fast_open = Some(number(text).ok_or_else(bad)?),
        ("backlog", Some(text)) => options.backlog = Some(number(text).filter(|&length| length > 0).ok_or_else(bad)?),
        ("rcvbuf", Some(text)) => options.receive_buffer = Some(value::plain_size(text).ok_or_else(bad)?),
        ("sndbuf", Some(text)) => options.send_buffer = Some(value::plain_size(text).ok_or_else(bad)?),
        ("ipv6only", Some("on")) => options.ipv6_only = Some(true),
        ("ipv6only", Some("off")) => options.ipv6_only = Some(false),
        ("so_keepalive", Some(text)) => options.keep_alive = Some(keep_alive(text).ok_or_else(bad)?),
        ("ipv6only", Some(_)) => return Err(bad().help("it is `on` or `off`")),
        _ => return Err(value::invalid_parameter(word, &PARAMETERS)),
    }
    listen.explicit = true;
    Ok(())
}

/// `on`, `off` or `[idle]:[interval]:[count]`
fn keep_alive(text: &str) -> Option<SocketKeepAlive> {
    match text {
        "on" => return Some(SocketKeepAlive { enabled: true, ..SocketKeepAlive::default() }),
        "off" => return Some(SocketKeepAlive::default()),
        _ => {}
    }
    let mut parts = text.splitn(3, ':');
    let mut time = || match parts.next() {
        None | Some("") => Some(None),
        Some(text) => Some(Some(value::plain_seconds(text)?)),
    };
    let (idle, interval) = (time()?, time()?);
    let count = match parts.next() {
        None | Some("") => None,
        Some(text) => Some(u32::try_from(value::decimal(text)?).ok()?),
    };
    let any = idle.is_some_and(|time| !time.is_zero())
        || interval.is_some_and(|time| !time.is_zero())
        || count.is_some_and(|count| count > 0);
    any.then_some(SocketKeepAlive { enabled: true, idle, interval, count })
}

/// The addresses that a word means: an address with or without port, a port, or a Unix-domain socket.
fn addresses(text: &str) -> Result<Vec<ListenAddress>, &'static str> {
    if let Some(path) = strip_prefix_ignoring_case(text, "unix:") {
        return match path.len() {
            0 => Err("no path in the unix domain socket"),
            1..=107 => Ok(vec![ListenAddress::Unix(PathBuf::from(path))]),
            _ => Err("too long path in the unix domain socket"),
        };
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or("invalid host")?;
        let address: Ipv6Addr = host.parse().map_err(|_| "invalid IPv6 address")?;
        let ports = match rest.strip_prefix(':') {
            Some(ports) => port_range(ports)?,
            None if rest.is_empty() => 80..=80,
            None => return Err("invalid host"),
        };
        return Ok(at_ports(&[IpAddr::V6(address)], ports));
    }
    if text.contains(['/', '?']) {
        return Err("invalid host");
    }
    let (host, ports) = match text.split_once(':') {
        Some((host, ports)) => (host, port_range(ports)?),
        None if text.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') =>
        {
            ("*", port_range(text)?)
        }
        None => (text, 80..=80),
    };
    Ok(at_ports(&hosts(host)?, ports))
}

fn hosts(host: &str) -> Result<Vec<IpAddr>, &'static str> {
    if host.is_empty() {
        return Err("no host");
    }
    if host == "*" {
        return Ok(vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)]);
    }
    if let Ok(address) = host.parse() {
        return Ok(vec![IpAddr::V4(address)]);
    }
    let found = (host, 0).to_socket_addrs().map_err(|_| "host not found")?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|found| found.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err("host not found") } else { Ok(addresses) }
}

fn at_ports(hosts: &[IpAddr], ports: std::ops::RangeInclusive<u16>) -> Vec<ListenAddress> {
    let at = |port| hosts.iter().map(move |host| ListenAddress::Inet(SocketAddr::new(*host, port)));
    ports.flat_map(at).collect()
}

fn port_range(text: &str) -> Result<std::ops::RangeInclusive<u16>, &'static str> {
    let port = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|&port: &u16| digits && port > 0).ok_or("invalid port")
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    if first > last { Err("invalid port range") } else { Ok(first..=last) }
}

/// What follows a prefix that may be written in any case of letters.
pub(crate) fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
