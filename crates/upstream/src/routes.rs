//! Which peers a route leads to, for clients that come back to the peer that they had.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use model::{Binding, Stickiness};

use crate::peer::Peer;
use crate::roster::Tier;
use crate::sessions::Sessions;

/// The routes of a group's peers.
#[derive(Debug)]
pub(crate) struct Routes {
    by_route: HashMap<Box<[u8]>, usize>,
    by_digest: HashMap<u64, usize>,
    /// For each route the peers that it means, the best first.
    peers: Vec<Box<[usize]>>,
    /// Sessions by which routes are remembered, where it is not the client who names them.
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) strict: bool,
    pub(crate) reaches_reserve: bool,
    pub(crate) counts_fully: bool,
}

impl Routes {
    /// `earlier`: sessions that are remembered already.
    pub(crate) fn build(rule: &Stickiness, peers: &[Peer], tiers: &[Tier], earlier: Option<&Arc<Sessions>>) -> Self {
        let sessions = match &rule.binding {
            Binding::Learned(learning) => Some(Sessions::succeed(learning, earlier)),
            Binding::Own | Binding::Cookie(_) => None,
        };
        let mut routes = Self {
            by_route: HashMap::new(),
            by_digest: HashMap::new(),
            peers: Vec::new(),
            sessions,
            strict: rule.strict,
            reaches_reserve: rule.reaches_reserve,
            counts_fully: rule.counts_fully,
        };
        let order = order(tiers);
        for peer in peers.iter().filter(|peer| !peer.route.is_empty()) {
            let route = peer.route.as_bytes();
            if routes.by_route.contains_key(route) {
                continue;
            }
            let mut found = Vec::new();
            follow(&peer.route, peers, &order, &mut found, &mut Vec::new());
            let entry = routes.peers.len();
            routes.peers.push(found.into());
            routes.by_route.insert(route.into(), entry);
            if let Some(sessions) = &routes.sessions {
                routes.by_digest.insert(sessions.digest(route), entry);
            }
        }
        routes
    }

    /// The entry of what a request names: a route, or a session.
    pub(crate) fn find(&self, named: &[u8], now: Instant) -> Option<usize> {
        if named.is_empty() {
            return None;
        }
        match &self.sessions {
            Some(sessions) => self.by_digest.get(&sessions.find(named, sessions.milliseconds(now))?).copied(),
            None => self.by_route.get(named).copied(),
        }
    }

    /// The peers of an entry.
    pub(crate) fn peers(&self, entry: usize) -> impl Iterator<Item = usize> {
        self.peers.get(entry).into_iter().flatten().copied()
    }
}

/// All peers, those in reserve last.
fn order(tiers: &[Tier]) -> Vec<usize> {
    let (reserve, regular): (Vec<_>, Vec<_>) = tiers.iter().partition(|tier| tier.is_reserve);
    regular.into_iter().chain(reserve).flat_map(|tier| tier.range.clone()).collect()
}

/// The peers of a route, each followed by those that it redirects to.
fn follow<'p>(route: &'p str, peers: &'p [Peer], order: &[usize], found: &mut Vec<usize>, seen: &mut Vec<&'p str>) {
    if seen.contains(&route) {
        return;
    }
    seen.push(route);
    for index in order {
        let Some(peer) = peers.get(*index).filter(|peer| &*peer.route == route) else { continue };
        if !found.contains(index) {
            found.push(*index);
        }
        if let Some(redirect) = &peer.redirect {
            follow(redirect, peers, order, found, seen);
        }
    }
}

#[cfg(test)]
mod tests;
