//! Which virtual hosts are reached through which address: httpd looks at addresses first, then at names.

use std::net::SocketAddr;

use diagnostic::{Diagnostic, Origin};
use model::{ListenAddress, Listener, ListenerOptions, SiteId};

use super::{HostAddress, Listen, Lowering};

/// The listeners, and whether the main server is the answer to any of them; `main` is its number.
pub(super) fn listeners(lowering: &mut Lowering<'_>, main: SiteId) -> (Vec<Listener>, bool) {
    imply_listens(lowering);
    let mut found: Vec<Listener> = Vec::new();
    for listen in lowering.listens.clone() {
        for socket in listen.sockets(lowering.options.ipv6) {
            if found.iter().any(|known| known.address == ListenAddress::Inet(socket)) {
                continue;
            }
            found.push(listener(lowering, socket, listen.origin, main));
        }
    }
    for listener in of_hosts_behind_wildcards(lowering, &found, main) {
        found.push(listener);
    }
    unreachable_hosts(lowering);
    let needed = found.iter().any(|listener| listener.sites.contains(&main));
    (found, needed)
}

/// A file with virtual hosts only: their ports are listened on.
fn imply_listens(lowering: &mut Lowering<'_>) {
    if !lowering.listens.is_empty() {
        return;
    }
    let mut implied: Vec<Listen> = Vec::new();
    for address in lowering.hosts.iter().flat_map(|host| &host.addresses) {
        let port = address.port.unwrap_or(80);
        // One address of the machine is no more than its hosts ask for.
        let listen = Listen { ip: address.ip, port, origin: address.origin };
        if !implied.iter().any(|known| (known.ip, known.port) == (listen.ip, port)) {
            implied.push(listen);
        }
    }
    let wildcards: Vec<u16> = implied.iter().filter(|listen| listen.ip.is_none()).map(|listen| listen.port).collect();
    implied.retain(|listen| listen.ip.is_none() || !wildcards.contains(&listen.port));
    if lowering.hosts.is_empty() && !lowering.has_errors() {
        let problem = Diagnostic::error("no-listen", "no listening sockets available");
        lowering.report(problem.help("write `Listen 80`, or a `<VirtualHost *:80>`"));
    }
    for listen in &implied {
        let text = listen.ip.map_or_else(|| listen.port.to_string(), |ip| SocketAddr::new(ip, listen.port).to_string());
        let problem = Diagnostic::note("implied-listen", format!("there is no `Listen`: `Listen {text}` is implied"));
        lowering.report(problem.at(listen.origin));
    }
    lowering.listens = implied;
}

/// The hosts of a socket: those of its address, or else those of any, or else the main server.
fn listener(lowering: &Lowering<'_>, socket: SocketAddr, origin: Origin, main: SiteId) -> Listener {
    let any = |address: &HostAddress| address.ip.is_none();
    let own = |address: &HostAddress| address.ip == Some(socket.ip());
    let mut sites = chain(lowering, socket.port(), own);
    if sites.is_empty() {
        sites = chain(lowering, socket.port(), any);
    }
    if sites.is_empty() {
        sites.push(main);
    }
    Listener {
        address: ListenAddress::Inet(socket),
        options: ListenerOptions { ..lowering.sockets.clone() },
        tls: false,
        http2: false,
        default_site: sites.first().copied().unwrap_or(main),
        sites,
        origin,
    }
}

/// The hosts with an address of a kind and this port, in the order of the text: those of the first such address's port.
fn chain(lowering: &Lowering<'_>, port: u16, kind: impl Fn(&HostAddress) -> bool) -> Vec<SiteId> {
    let fits = |address: &HostAddress| kind(address) && address.port.is_none_or(|own| own == port);
    let numbered = || (0..).map(SiteId).zip(&lowering.hosts);
    let addresses = || numbered().flat_map(|(_, host)| &host.addresses).filter(|address| fits(address));
    // An address with its port comes before one of any port.
    let exact = addresses().find(|address| address.ip.is_some() && address.port.is_some());
    let first = exact.or_else(|| addresses().next());
    let Some(first) = first else { return Vec::new() };
    let same = |address: &HostAddress| fits(address) && address.port == first.port;
    numbered().filter(|(_, host)| host.addresses.iter().any(same)).map(|(id, _)| id).collect()
}

/// Addresses of hosts whose connections come through a socket of all addresses.
fn of_hosts_behind_wildcards(lowering: &Lowering<'_>, found: &[Listener], main: SiteId) -> Vec<Listener> {
    let mut more: Vec<Listener> = Vec::new();
    for listener in found {
        let ListenAddress::Inet(socket) = &listener.address else { continue };
        if !socket.ip().is_unspecified() {
            continue;
        }
        for address in lowering.hosts.iter().flat_map(|host| &host.addresses) {
            let Some(ip) = address.ip.filter(|ip| ip.is_ipv4() == socket.is_ipv4()) else { continue };
            if address.port.is_some_and(|port| port != socket.port()) {
                continue;
            }
            let own = SocketAddr::new(ip, socket.port());
            let known = found.iter().chain(&more).any(|listener| listener.address == ListenAddress::Inet(own));
            if !known {
                let options =
                    ListenerOptions { proxy_protocol: listener.options.proxy_protocol, ..ListenerOptions::default() };
                more.push(Listener { options, ..self::listener(lowering, own, address.origin, main) });
            }
        }
    }
    more
}

/// Hosts on ports that nobody listens on.
fn unreachable_hosts(lowering: &mut Lowering<'_>) {
    let listens = lowering.listens.clone();
    let reached = |address: &HostAddress| {
        listens.iter().any(|listen| {
            address.port.is_none_or(|port| port == listen.port)
                && (listen.ip.is_none() || address.ip.is_none() || listen.ip == address.ip)
        })
    };
    let addresses: Vec<HostAddress> = lowering.hosts.iter().flat_map(|host| host.addresses.clone()).collect();
    for address in addresses.into_iter().filter(|address| !reached(address)) {
        let port = address.port.map_or_else(String::new, |port| port.to_string());
        let problem = Diagnostic::warning("unreachable-host", "no socket listens on this virtual host's address");
        lowering.report(problem.at(address.origin).help(format!("write `Listen {port}`")));
    }
}
