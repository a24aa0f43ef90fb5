//! A group as the plan holds it: its peers resolved, its rules ready; shared by all workers and never changed.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::time::Instant;

use diagnostic::{Diagnostic, Origin};
use model::{IdlePool, Server, ServerAddress};
use transport::Address;

use crate::balance::Balancer;
use crate::health::Health;
use crate::peer::{self, Peer};

/// The peers of one group, and how they are used.
#[derive(Debug)]
pub struct Roster {
    pub(crate) name: Box<str>,
    /// The primaries, then the backups.
    pub(crate) peers: Box<[Peer]>,
    pub(crate) primaries: Tier,
    pub(crate) backups: Tier,
    /// There is nothing to choose: failures are not counted, and one try is all.
    pub(crate) single: bool,
    pub(crate) balancer: Balancer,
    pub(crate) idle: Option<IdlePool>,
    /// The peers' state where workers share it (`zone`).
    pub(crate) shared: Option<Box<[Health]>>,
    /// From when the times in [`Health`] count.
    pub(crate) epoch: Instant,
}

/// Either all primaries or all backups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tier {
    pub(crate) range: Range<usize>,
    pub(crate) weight: u64,
    /// Peers that are not `down`.
    pub(crate) tries: u32,
}

impl Tier {
    fn over(peers: &[Peer], range: Range<usize>) -> Self {
        let members = peers.iter().take(range.end).skip(range.start);
        let weight = members.clone().map(|peer| u64::from(peer.weight)).sum();
        let tries = members.filter(|peer| !peer.down).count();
        Self { range, weight, tries: u32::try_from(tries).unwrap_or(u32::MAX) }
    }
}

impl Roster {
    /// Resolves the servers of a group. `resolve` gives all addresses of a name ([`crate::resolve`] asks the system).
    ///
    /// # Errors
    /// One diagnostic for each server whose name has no address, and one if the group has no primary server.
    pub fn build(
        group: &model::Group,
        now: Instant,
        resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut tiers = [Vec::new(), Vec::new()];
        let [primaries, backups] = &mut tiers;
        for server in &group.servers {
            let tier = if server.backup { &mut *backups } else { &mut *primaries };
            match addresses(&server.address, server.origin, resolve) {
                Ok(found) => tier.extend(found.into_iter().map(|address| Peer::new(server, address))),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        diagnostics.extend(without_primary(group));
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let mut roster = Self::of(group.name.as_str().into(), tiers, now);
        roster.balancer = Balancer::build(&group.balance, roster.primary_peers());
        roster.idle.clone_from(&group.idle);
        roster.shared = group.zone.as_ref().map(|_| Health::of_peers(roster.peers.len()));
        Ok(roster)
    }

    /// What `proxy_pass` to a server without an `upstream` block means: its addresses in turn, no idle connections kept.
    ///
    /// # Errors
    /// When the name has no address.
    pub fn implicit(
        server: &ServerAddress,
        origin: Origin,
        now: Instant,
        resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Self, Diagnostic> {
        Ok(Self::of_addresses(&peer::written(server), addresses(server, origin, resolve)?, now))
    }

    /// The same of addresses that are known already (a URL with variables). `name` is what `$upstream_addr` shows when
    /// none of them can be used.
    pub fn of_addresses(name: &str, addresses: Vec<Address>, now: Instant) -> Self {
        let peers = addresses.into_iter().map(|address| Peer::implicit(address, name)).collect();
        Self::of(name.into(), [peers, Vec::new()], now)
    }

    fn of(name: Box<str>, [mut peers, backups]: [Vec<Peer>; 2], now: Instant) -> Self {
        let primaries = peers.len();
        peers.extend(backups);
        assign_slots(&mut peers);
        Self {
            name,
            primaries: Tier::over(&peers, 0..primaries),
            backups: Tier::over(&peers, primaries..peers.len()),
            single: peers.len() == 1,
            peers: peers.into(),
            balancer: Balancer::RoundRobin,
            idle: None,
            shared: None,
            epoch: now,
        }
    }

    /// The group's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All peers: the primaries, then the backups.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// How its idle connections are kept; `None`: they are not.
    pub fn idle(&self) -> Option<&IdlePool> {
        self.idle.as_ref()
    }

    fn primary_peers(&self) -> &[Peer] {
        self.peers.get(self.primaries.range.clone()).unwrap_or_default()
    }
}

fn addresses(
    server: &ServerAddress,
    origin: Origin,
    resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
) -> Result<Vec<Address>, Diagnostic> {
    let (host, port) = match server {
        ServerAddress::Host { host, port } => (host, *port),
        ServerAddress::Unix(path) => return Ok(vec![Address::Unix(path.clone())]),
    };
    match resolve(host, port) {
        Ok(found) if !found.is_empty() => Ok(found.into_iter().map(Address::Inet).collect()),
        Ok(_) | Err(_) => {
            let message = format!("host not found in upstream \"{}\"", peer::written(server));
            Err(Diagnostic::error("host-not-found", message).at(origin).help(
                "names are resolved when the configuration is loaded: check the spelling, or write the IP address",
            ))
        }
    }
}

fn without_primary(group: &model::Group) -> Option<Diagnostic> {
    if group.servers.iter().any(is_primary) {
        return None;
    }
    let message = format!("no servers in upstream \"{}\"", group.name);
    Some(Diagnostic::error("no-servers", message).at(group.origin).help("add a `server` that is not marked `backup`"))
}

fn is_primary(server: &Server) -> bool {
    !server.backup
}

/// Peers of one address share their idle connections, as in nginx, whose pool knows addresses only.
fn assign_slots(peers: &mut [Peer]) {
    let slots: Vec<usize> = peers
        .iter()
        .enumerate()
        .map(|(own, peer)| peers.iter().position(|other| other.name == peer.name).unwrap_or(own))
        .collect();
    for (peer, slot) in peers.iter_mut().zip(slots) {
        peer.slot = slot;
    }
}

#[cfg(test)]
mod tests;
