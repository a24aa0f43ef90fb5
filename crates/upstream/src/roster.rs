//! A group as the plan holds it: its peers resolved, its rules ready; shared by all workers and never changed.

use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use diagnostic::{Diagnostic, Origin};
use model::{IdlePool, Server, ServerAddress, Trouble};
use transport::Address;

use crate::balance::Balancer;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::peer::{self, Peer};
use crate::routes::Routes;

/// The peers of one group, and how they are used.
#[derive(Debug)]
pub struct Roster {
    pub(crate) name: Box<str>,
    /// By tier.
    pub(crate) peers: Box<[Peer]>,
    /// In the order in which they are turned to.
    pub(crate) tiers: Box<[Tier]>,
    /// Peers that a search may go through.
    pub(crate) tries: u32,
    /// There is nothing to choose: failures are not counted, and one try is all.
    pub(crate) single: bool,
    pub(crate) balancer: Balancer,
    /// Routes by which clients come back.
    pub(crate) routes: Option<Routes>,
    /// Trouble that counts as a failure; `None`: all that ends a try.
    counts: Option<Box<[Trouble]>>,
    /// Whether failures lower a peer's weight for a while.
    pub(crate) eases_back: bool,
    /// Whether all peers are tried again where all rest.
    pub(crate) recovers: bool,
    /// What a weight regains with each choice: the scale of weights.
    pub(crate) step: u32,
    /// Whether permits are to be told of answers.
    pub(crate) attentive: bool,
    pub(crate) idle: Option<IdlePool>,
    /// The peers' state where workers share it (`zone`).
    pub(crate) shared: Option<Box<[Arc<Shared>]>>,
    /// From when the times in [`Health`] count.
    pub(crate) epoch: Instant,
}

/// State of a peer that workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) health: Health,
    pub(crate) ledger: Option<Ledger>,
}

/// Peers that are equal but for their weight: of one set, and either all regular or all in reserve.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tier {
    pub(crate) range: Range<usize>,
    pub(crate) weight: u64,
    /// Where each peer's room ends on a line of weights, where the rule places requests on one.
    pub(crate) ends: Box<[u64]>,
    pub(crate) has_spares: bool,
    pub(crate) is_reserve: bool,
}

impl Tier {
    fn over(peers: &[Peer], range: Range<usize>, is_reserve: bool) -> Self {
        let members = peers.iter().take(range.end).skip(range.start);
        let weight = members.clone().map(|peer| u64::from(peer.weight)).sum();
        let has_spares = members.clone().any(|peer| peer.spare);
        Self { range, weight, ends: Box::default(), has_spares, is_reserve }
    }

    fn lay_out(&mut self, peers: &[Peer]) {
        let members = peers.iter().take(self.range.end).skip(self.range.start);
        let ends = members.scan(0_u64, |end, peer| {
            *end += u64::from(peer.weight);
            Some(*end)
        });
        self.ends = ends.collect();
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
        Self::succeed(group, None, now, resolve)
    }

    /// The same in the place of an earlier group of that name: what is remembered for long lives on.
    ///
    /// # Errors
    /// As [`Roster::build`].
    pub fn succeed(
        group: &model::Group,
        earlier: Option<&Self>,
        now: Instant,
        resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut servers: Vec<&Server> = group.servers.iter().collect();
        servers.sort_by_key(|server| (place_of(server), server.spare));
        let mut tiers: Vec<((u32, bool), Vec<Peer>)> = Vec::new();
        for server in servers {
            let found = match addresses(&server.address, server.origin, resolve) {
                Ok(found) => found,
                Err(diagnostic) => {
                    diagnostics.push(diagnostic);
                    continue;
                }
            };
            let peers = found.into_iter().map(|address| Peer::new(server, address));
            match tiers.last_mut().filter(|(place, _)| *place == place_of(server)) {
                Some((_, tier)) => tier.extend(peers),
                None => tiers.push((place_of(server), peers.collect())),
            }
        }
        diagnostics.extend(without_primary(group));
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        let tiers = tiers.into_iter().map(|((_, reserve), peers)| (reserve, peers));
        let mut roster = Self::of(group.name.as_str().into(), tiers, now);
        roster.obey(group, earlier);
        Ok(roster)
    }

    fn obey(&mut self, group: &model::Group, earlier: Option<&Self>) {
        if let Some(rule) = &group.stickiness {
            for peer in &mut self.peers {
                peer.name_route();
            }
            let earlier = earlier.and_then(|earlier| earlier.routes.as_ref()?.sessions.as_ref());
            self.routes = Some(Routes::build(rule, &self.peers, &self.tiers, earlier));
        }
        let primaries = self.tiers.first().map(|tier| tier.range.clone()).unwrap_or_default();
        self.balancer = Balancer::build(&group.balance, self.peers.get(primaries).unwrap_or_default());
        if self.balancer.is_weighed() {
            for tier in &mut self.tiers {
                tier.lay_out(&self.peers);
            }
        }
        self.counts = group.failing.counts.as_deref().map(Into::into);
        self.eases_back = group.failing.eases_back;
        self.recovers = group.failing.recovers;
        self.attentive = self.balancer.time().is_some() || self.counts.is_some();
        self.idle.clone_from(&group.idle);
        let ledgers = self.keeps_ledgers();
        self.shared = group.zone.as_ref().map(|_| {
            let states = self
                .peers
                .iter()
                .map(|_| Arc::new(Shared { health: Health::default(), ledger: ledgers.then(Ledger::default) }));
            states.collect()
        });
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
        Self::of(name.into(), [(false, peers)], now)
    }

    fn of(name: Box<str>, tiers: impl IntoIterator<Item = (bool, Vec<Peer>)>, now: Instant) -> Self {
        let mut peers = Vec::new();
        let mut places = Vec::new();
        for (reserve, members) in tiers {
            let start = peers.len();
            peers.extend(members);
            places.push((start..peers.len(), reserve));
        }
        assign_slots(&mut peers);
        let tries = peers.iter().filter(|peer| !peer.down && !peer.drain).count();
        Self {
            name,
            tiers: places.into_iter().map(|(range, reserve)| Tier::over(&peers, range, reserve)).collect(),
            tries: u32::try_from(tries).unwrap_or(u32::MAX),
            single: peers.len() == 1,
            peers: peers.into(),
            balancer: Balancer::RoundRobin,
            routes: None,
            counts: None,
            eases_back: true,
            recovers: false,
            step: 1,
            attentive: false,
            idle: None,
            shared: None,
            epoch: now,
        }
    }

    /// Whether a try that ended like this counts as a failure of its peer.
    pub(crate) fn counts(&self, trouble: Trouble, sent: bool) -> bool {
        match &self.counts {
            None => true,
            Some(counts) => counts.contains(&trouble) || (!sent && counts.contains(&Trouble::Unreachable)),
        }
    }

    /// Whether an answer with this status counts as a failure though it is passed on.
    pub(crate) fn counts_answer(&self, status: u16) -> bool {
        self.counts.as_ref().is_some_and(|counts| counts.contains(&Trouble::Status(status)))
    }

    pub(crate) fn keeps_ledgers(&self) -> bool {
        self.balancer.counts_traffic() || self.balancer.time().is_some_and(|rule| rule.in_flight)
    }

    /// The group's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All peers, by the order in which they are turned to.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// How its idle connections are kept; `None`: they are not.
    pub fn idle(&self) -> Option<&IdlePool> {
        self.idle.as_ref()
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

/// In which order servers are turned to: by set, in each the reserve last.
fn place_of(server: &Server) -> (u32, bool) {
    (server.set, server.backup)
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
