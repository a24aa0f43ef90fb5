//! A group as the plan holds it: its peers resolved, its rules ready; shared by all workers and never changed.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use diagnostic::{Diagnostic, Origin};
use model::{IdlePool, Queue, Server, ServerAddress, Trouble};
use transport::Address;

use crate::balance::Balancer;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::peer::{self, Peer};
use crate::routes::Routes;
use crate::sessions::Sessions;

/// Shares are so much finer where they come back little by little.
const FINE: u32 = 100;

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
    pub(crate) queue: Option<Queue>,
    /// The peers' state where workers share it (`zone`).
    pub(crate) shared: Option<Box<[Arc<Shared>]>>,
    /// What names stand for that are resolved while running.
    known: Arc<KnownNames>,
    /// From when the times in [`Health`] count.
    pub(crate) epoch: Instant,
}

type KnownNames = HashMap<NameKey, Vec<Found>>;

/// A name that is resolved while running, and perhaps a service of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NameKey {
    pub(crate) host: Box<str>,
    pub(crate) service: Option<Box<str>>,
}

impl NameKey {
    /// The name of a server; `None`: its addresses never change.
    pub(crate) fn of(server: &Server) -> Option<Self> {
        let ServerAddress::Host { host, .. } = &server.address else { return None };
        let literal = host.parse::<IpAddr>().is_ok();
        (server.resolve && !literal)
            .then(|| Self { host: host.as_str().into(), service: server.service.as_deref().map(Into::into) })
    }
}

/// A place that a server's name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    /// The port is that of a service; for a host, the server's counts.
    pub(crate) address: Address,
    /// A share that holds where the server has none of its own.
    pub(crate) weight: Option<u32>,
    /// Used only when no other place can be.
    pub(crate) reserve: bool,
    /// What it is called instead of the server.
    pub(crate) written: Option<Box<str>>,
}

impl Found {
    fn of(address: Address) -> Self {
        Self { address, weight: None, reserve: false, written: None }
    }
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
        let known = earlier.map(|earlier| Arc::clone(&earlier.known)).unwrap_or_default();
        let sessions = earlier.and_then(|earlier| earlier.routes.as_ref()?.sessions.as_ref());
        Self::assemble(group, known, sessions, now, &mut |_, server| {
            let found = addresses(&server.address, server.origin, resolve)?;
            Ok(found.into_iter().map(Found::of).collect())
        })
    }

    /// The same group once one of its names stands for other places.
    ///
    /// # Errors
    /// None: what was found out before stays.
    pub(crate) fn renewed(
        &self,
        group: &model::Group,
        name: NameKey,
        found: Vec<Found>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut known = KnownNames::clone(&self.known);
        known.insert(name, found);
        let sessions = self.routes.as_ref().and_then(|routes| routes.sessions.as_ref());
        let mut roster = Self::assemble(group, Arc::new(known), sessions, self.epoch, &mut |index, _| {
            let own = self.peers.iter().filter(|peer| peer.server == index);
            Ok(own.map(|peer| Found::of(peer.address.clone())).collect())
        })?;
        roster.keep_states(self);
        Ok(roster)
    }

    fn assemble(
        group: &model::Group,
        known: Arc<KnownNames>,
        sessions: Option<&Arc<Sessions>>,
        now: Instant,
        fixed: &mut impl FnMut(usize, &Server) -> Result<Vec<Found>, Diagnostic>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let mut peers: Vec<((u32, bool), Peer)> = Vec::new();
        for (index, server) in group.servers.iter().enumerate() {
            let found = match NameKey::of(server) {
                Some(key) => known.get(&key).cloned().unwrap_or_default(),
                None => fixed(index, server).unwrap_or_else(|diagnostic| {
                    diagnostics.push(diagnostic);
                    Vec::new()
                }),
            };
            let own = found.into_iter().map(|found| ((server.set, server.backup || found.reserve), found));
            peers.extend(own.map(|(place, found)| (place, Peer::found(server, index, found))));
        }
        diagnostics.extend(without_primary(group));
        if !diagnostics.is_empty() {
            return Err(diagnostics);
        }
        peers.sort_by_key(|(place, peer)| (*place, peer.spare));
        let step = if group.servers.iter().any(|server| !server.slow_start.is_zero()) { FINE } else { 1 };
        let tiers = peers.chunk_by(|one, other| one.0 == other.0).map(<[_]>::len).collect::<Vec<_>>();
        let mut peers = peers.into_iter();
        let tiers = tiers.into_iter().map(|length| {
            let members: Vec<_> = peers.by_ref().take(length).collect();
            let reserve = members.first().is_some_and(|((_, reserve), _)| *reserve);
            let finer = |(_, peer): (_, Peer)| Peer { weight: peer.weight.saturating_mul(step), ..peer };
            (reserve, members.into_iter().map(finer).collect())
        });
        let mut roster = Self::of(group.name.as_str().into(), tiers, now);
        roster.step = step;
        roster.known = known;
        roster.obey(group, sessions);
        Ok(roster)
    }

    /// Peers that were there before keep what is known of them.
    fn keep_states(&mut self, earlier: &Self) {
        let (Some(states), Some(before)) = (&mut self.shared, &earlier.shared) else { return };
        let known: HashMap<_, _> = earlier.peers.iter().zip(before).map(|(peer, state)| (peer.key(), state)).collect();
        for (state, peer) in states.iter_mut().zip(&self.peers) {
            if let Some(before) = known.get(&peer.key()) {
                *state = Arc::clone(before);
            }
        }
    }

    fn obey(&mut self, group: &model::Group, sessions: Option<&Arc<Sessions>>) {
        if let Some(rule) = &group.stickiness {
            for peer in &mut self.peers {
                peer.name_route();
            }
            self.routes = Some(Routes::build(rule, &self.peers, &self.tiers, sessions));
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
        self.queue = group.queue;
        let ledgers = self.keeps_ledgers();
        let waits = group.probe.as_ref().is_some_and(|probe| probe.mandatory);
        self.shared = group.zone.as_ref().map(|_| {
            let states = self
                .peers
                .iter()
                .map(|_| Arc::new(Shared { health: Health::waiting(waits), ledger: ledgers.then(Ledger::default) }));
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
        let found = addresses(server, origin, resolve)?;
        Ok(Self { recovers: false, ..Self::of_addresses(&peer::written(server), found, now) })
    }

    /// The same of addresses that are known already (a URL with variables). `name` is what `$upstream_addr` shows when
    /// none of them can be used. Where all rest after failures, all are tried again.
    pub fn of_addresses(name: &str, addresses: Vec<Address>, now: Instant) -> Self {
        let peers = addresses.into_iter().map(|address| Peer::implicit(address, name)).collect();
        Self { recovers: true, ..Self::of(name.into(), [(false, peers)], now) }
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
            queue: None,
            shared: None,
            known: Arc::default(),
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

    /// What workers share of a peer.
    pub(crate) fn health_of(&self, index: usize) -> Option<&Health> {
        self.shared.as_ref()?.get(index).map(|shared| &shared.health)
    }

    /// What a name stands for, where it was ever resolved.
    pub(crate) fn stands_for(&self, name: &NameKey) -> Option<&Vec<Found>> {
        self.known.get(name)
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

fn is_primary(server: &Server) -> bool {
    !server.backup
}

/// Peers of one address share their idle connections, as in nginx, whose pool knows addresses only.
fn assign_slots(peers: &mut [Peer]) {
    let mut first: HashMap<Box<str>, usize> = HashMap::new();
    for (own, peer) in peers.iter_mut().enumerate() {
        peer.slot = *first.entry(peer.name.clone()).or_insert(own);
    }
}

#[cfg(test)]
mod tests;
