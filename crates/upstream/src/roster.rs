//! A group as the plan holds it: its peers resolved, its rules ready; shared by all workers and never changed.

mod member;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::Instant;

use diagnostic::{Diagnostic, Origin};
use model::{IdlePool, Queue, Server, ServerAddress, Trouble};
use transport::Address;

use crate::balance::Balancer;
use crate::budget::Budget;
use crate::health::Health;
use crate::ledger::Ledger;
use crate::outlier::Window;
use crate::peer::{self, Peer};
use crate::routes::Routes;
use crate::sessions::Sessions;
use crate::tally::Tally;
pub(crate) use member::{Found, Member, Members, NameKey};
use member::{KnownNames, addresses, not_found};

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
    /// Its servers, of which the peers come.
    pub(crate) members: Members,
    /// What names stand for that are resolved while running.
    known: Arc<KnownNames>,
    /// What is known of peers that are there no more, while they are in use.
    pub(crate) departed: Vec<Weak<Shared>>,
    /// How many requests may be tried again.
    pub(crate) budget: Option<Arc<Budget>>,
    /// Whether it is counted what peers come to.
    pub(crate) observed: bool,
    pub(crate) zone: Box<str>,
    /// From when the times in [`Health`] count.
    pub(crate) epoch: Instant,
}

/// State of a peer that workers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) health: Health,
    pub(crate) ledger: Option<Ledger>,
    /// What it came to, where that is asked for.
    pub(crate) tally: Option<Box<Tally>>,
    /// What it did lately, where that decides whether it is left out.
    pub(crate) window: Option<Window>,
}

impl Shared {
    /// The head of an answer came.
    pub(crate) fn answered(&self, status: u16, took: u64) {
        if let Some(tally) = &self.tally {
            tally.answers.add(status);
        }
        if let Some(window) = &self.window {
            window.answered(status, took);
        }
    }
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
    /// Resolves the servers of a group. `resolve` gives all addresses of a name ([`crate::resolve`] asks the system), or
    /// none where the name may come later: it is then looked for while running.
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
        let members = Members::of(&group.servers, resolve)?;
        let known = earlier.map(|earlier| Arc::clone(&earlier.known)).unwrap_or_default();
        let sessions = earlier.and_then(|earlier| earlier.routes.as_ref()?.sessions.as_ref());
        let mut roster = Self::assemble(group, members, known, now);
        if roster.peers.is_empty() || roster.tiers.first().is_none_or(|tier| tier.is_reserve) {
            without_primary(group).map_or(Ok(()), |diagnostic| Err(vec![diagnostic]))?;
        }
        roster.obey(group, sessions);
        if let Some(earlier) = earlier.filter(|_| group.probe.as_ref().is_some_and(|probe| probe.persistent)) {
            roster.believe(earlier);
        }
        Ok(roster)
    }

    /// The same group once one of its names stands for other places.
    pub(crate) fn renewed(&self, group: &model::Group, name: NameKey, found: Vec<Found>) -> Self {
        let mut known = KnownNames::clone(&self.known);
        known.insert(name, found);
        self.changed(group, self.members.clone(), Arc::new(known))
    }

    /// The same group with other servers.
    pub(crate) fn with_members(&self, group: &model::Group, members: Members) -> Self {
        self.changed(group, members, Arc::clone(&self.known))
    }

    fn changed(&self, group: &model::Group, members: Members, known: Arc<KnownNames>) -> Self {
        let sessions = self.routes.as_ref().and_then(|routes| routes.sessions.as_ref());
        let mut roster = Self::assemble(group, members, known, self.epoch);
        roster.keep_ids(self);
        roster.obey(group, sessions);
        roster.keep_states(self);
        roster
    }

    fn assemble(group: &model::Group, members: Members, known: Arc<KnownNames>, now: Instant) -> Self {
        let mut peers: Vec<((u32, bool), Peer)> = Vec::new();
        let mut next_id = members.next_id;
        for member in members.list.iter() {
            for found in member.places(&known) {
                let tier = (member.server.set, member.server.backup || found.reserve);
                let mut peer = Peer::found(&member.server, member.id, found);
                if member.place.is_none() {
                    peer.id = next_id;
                    next_id += 1;
                }
                peers.push((tier, peer));
            }
        }
        peers.sort_by_key(|(place, peer)| (*place, peer.spare));
        let step = if members.list.iter().any(|member| !member.server.slow_start.is_zero()) { FINE } else { 1 };
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
        roster.members = Members { next_id, ..members };
        roster
    }

    /// Peers that were there before keep their numbers.
    fn keep_ids(&mut self, earlier: &Self) {
        let known: HashMap<_, _> = earlier.peers.iter().map(|peer| (peer.key(), peer.id)).collect();
        for peer in &mut self.peers {
            if let Some(id) = known.get(&peer.key()) {
                peer.id = *id;
            }
        }
    }

    /// Peers that were there before keep what is known of them.
    fn keep_states(&mut self, earlier: &Self) {
        self.budget.clone_from(&earlier.budget);
        let (Some(states), Some(before)) = (&mut self.shared, &earlier.shared) else { return };
        let mut known: HashMap<_, _> =
            earlier.peers.iter().zip(before).map(|(peer, state)| (peer.key(), state)).collect();
        for (state, peer) in states.iter_mut().zip(&self.peers) {
            if let Some(before) = known.remove(&peer.key()) {
                *state = Arc::clone(before);
            }
        }
        let gone = known.into_values().map(Arc::downgrade);
        self.departed = earlier.departed.iter().filter(|state| state.strong_count() > 0).cloned().chain(gone).collect();
    }

    /// Peers that were well before a reload need not prove it again.
    fn believe(&self, earlier: &Self) {
        for (peer, state) in self.peers.iter().zip(self.shared.iter().flatten()) {
            let before =
                earlier.peers.iter().position(|known| known.name == peer.name && known.written == peer.written);
            let before = before.and_then(|index| earlier.health_of(index));
            if before.is_some_and(|health| !health.is_unwell()) {
                state.health.set_unwell(false, peer, 0);
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
        self.zone = group.zone.as_deref().unwrap_or_default().into();
        self.observed = group.observed && group.zone.is_some();
        self.budget = group.retries.map(|rule| Arc::new(Budget::new(rule)));
        let watched = group.outliers.is_some();
        self.attentive = self.balancer.time().is_some() || self.counts.is_some() || self.observed || watched;
        self.idle.clone_from(&group.idle);
        self.queue = group.queue;
        let ledgers = self.keeps_ledgers();
        let waits = group.probe.as_ref().is_some_and(|probe| probe.mandatory);
        self.shared = group.zone.as_ref().map(|_| {
            let state = || Shared {
                health: Health::waiting(waits),
                ledger: ledgers.then(Ledger::default),
                tally: self.observed.then(Box::default),
                window: watched.then(Window::default),
            };
            self.peers.iter().map(|_| Arc::new(state())).collect()
        });
    }

    /// A warning for each name that is looked for.
    pub fn awaited(&self) -> Vec<Diagnostic> {
        let awaited = self.members.list.iter().filter(|member| member.is_awaited(&self.known));
        let warning = |member: &Member| {
            Diagnostic::warning("host-not-found", not_found(&member.server)).at(member.server.origin).help(
                "the name is looked for while running; until it is found, the server is passed over, and what only it \
                 could answer is answered with an error",
            )
        };
        awaited.map(warning).collect()
    }

    /// A name that is looked for, of a server that would be used.
    pub fn missing(&self) -> Option<&str> {
        let awaited = |member: &&Member| !member.server.down && !member.server.drain && member.is_awaited(&self.known);
        self.members.list.iter().find(awaited).map(|member| &*member.written)
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
        let found = addresses(&Server::new(server.clone(), origin), resolve)?;
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
            members: Members::default(),
            known: Arc::default(),
            departed: Vec::new(),
            budget: None,
            observed: false,
            zone: Box::default(),
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

    pub(crate) fn tally(&self, index: usize) -> Option<&Tally> {
        self.shared.as_ref()?.get(index)?.tally.as_deref()
    }

    pub(crate) fn window(&self, index: usize) -> Option<&Window> {
        self.shared.as_ref()?.get(index)?.window.as_ref()
    }

    /// Whether it is measured how long answers take.
    pub(crate) fn is_timed(&self) -> bool {
        self.observed || self.balancer.time().is_some()
    }

    pub(crate) fn milliseconds(&self, now: Instant) -> u64 {
        peer::milliseconds(now.saturating_duration_since(self.epoch))
    }

    /// What a name stands for, where it was ever resolved.
    pub(crate) fn stands_for(&self, name: &NameKey) -> Option<&Vec<Found>> {
        self.known.get(name)
    }

    /// The names of its servers whose addresses are found out while it runs.
    pub(crate) fn names(&self) -> impl Iterator<Item = NameKey> {
        self.members.list.iter().filter_map(Member::key)
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

fn without_primary(group: &model::Group) -> Option<Diagnostic> {
    // A group whose servers are kept in a file may have none yet, and what is resolved while running may be anything.
    if group.state.is_some() || group.servers.iter().any(is_primary) {
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
