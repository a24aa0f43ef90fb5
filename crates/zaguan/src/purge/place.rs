//! Finding the place of a configuration where programs may write.

use super::ask::Door;
use model::{ListenAddress, Listener, Location, Matcher, Model, Serve};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The first place that takes orders over a plain connection; rather one that only this machine reaches.
pub(super) fn of_model(model: &Model) -> Option<Door> {
    let plain = model.http.listeners.iter().filter(|listener| !listener.tls && !listener.options.proxy_protocol);
    let mut doors: Vec<(bool, Door)> = plain.filter_map(|listener| door(model, listener)).collect();
    doors.sort_by_key(|(open, _)| *open);
    doors.into_iter().next().map(|(_, door)| door)
}

/// The place behind a listener, and whether others may reach that.
fn door(model: &Model, listener: &Listener) -> Option<(bool, Door)> {
    let mut sites = listener.sites.iter().filter_map(|id| model.http.sites.get(usize::try_from(id.0).ok()?));
    let (host, path) = sites.find_map(|site| Some((site.primary_name.clone(), path_in(&site.locations)?)))?;
    Some(match &listener.address {
        ListenAddress::Unix(socket) => (false, Door::unix(socket.clone(), host, &path)),
        ListenAddress::Inet(address) => {
            (!address.ip().is_loopback(), Door::inet(reachable(*address).to_string(), host, &path))
        }
    })
}

fn path_in(locations: &[Location]) -> Option<String> {
    locations.iter().find_map(|location| {
        let path = match &location.matcher {
            Matcher::Prefix { path, .. } | Matcher::Exact(path) | Matcher::Below(path) => path,
            Matcher::Regex(_) | Matcher::Named(_) => return None,
        };
        let writes = matches!(location.section.serve, Serve::Api { writes: true });
        if writes { Some(path.clone()) } else { path_in(&location.nested) }
    })
}

/// A wildcard is reached through this machine's own address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let own = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(own, address.port())
}
