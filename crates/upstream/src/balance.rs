//! How a peer is chosen among those that can be used; every rule places requests as nginx's does.

mod crc32;
mod keyed;
mod least_connections;
mod random;
mod ring;
mod round_robin;

use smallvec::SmallVec;

use crate::group::{Candidate, PeerSet};
use crate::peer::Peer;
use crate::roster::Tier;
use crate::tried::Tried;
use ring::Ring;

/// After so many unusable places the keyed and random rules fall back to taking turns.
const PATIENCE: u32 = 20;

/// The rule of a group.
#[derive(Debug)]
pub(crate) enum Balancer {
    RoundRobin,
    ClientAddress,
    Key,
    Ring(Ring),
    LeastConnections,
    Random { two: bool },
}

/// Where one exchange's search stands.
#[derive(Debug)]
pub(crate) enum Cursor {
    /// The rule needs no memory, or there is nothing to choose by.
    Turns,
    Address {
        octets: SmallVec<[u8; 16]>,
        hash: u32,
        tries: u32,
    },
    Key {
        key: SmallVec<[u8; 40]>,
        hash: u32,
        rehash: u32,
        tries: u32,
    },
    Ring {
        point: usize,
        tries: u32,
    },
    Random {
        tries: u32,
    },
}

/// The peers as one exchange sees them now.
pub(crate) struct View<'a> {
    pub(crate) set: &'a PeerSet,
    pub(crate) tier: &'a Tier,
    pub(crate) tried: &'a Tried,
    pub(crate) now: u64,
}

impl Balancer {
    pub(crate) fn build(balance: &model::Balance, primaries: &[Peer]) -> Self {
        match balance {
            model::Balance::RoundRobin => Self::RoundRobin,
            model::Balance::ClientAddress => Self::ClientAddress,
            model::Balance::Hash { consistent: false, .. } => Self::Key,
            model::Balance::Hash { consistent: true, .. } => Self::Ring(Ring::build(primaries)),
            model::Balance::LeastConnections => Self::LeastConnections,
            model::Balance::Random { two } => Self::Random { two: *two },
        }
    }

    /// The next peer of the primaries.
    pub(crate) fn choose<'a>(&self, view: &View<'a>, cursor: &mut Cursor) -> Option<Candidate<'a>> {
        if let Self::LeastConnections = self {
            return least_connections::choose(view);
        }
        if view.tier.range.len() < 2 {
            return round_robin::choose(view);
        }
        let found = match (self, cursor) {
            (Self::ClientAddress, Cursor::Address { octets, hash, tries }) => {
                keyed::by_address(view, octets, hash, tries)
            }
            (Self::Key, Cursor::Key { key, hash, rehash, tries }) => keyed::by_key(view, key, hash, rehash, tries),
            (Self::Ring(ring), Cursor::Ring { point, tries }) => ring.choose(view, point, tries),
            (Self::Random { two }, Cursor::Random { tries }) => random::choose(view, *two, tries),
            _ => None,
        };
        found.or_else(|| round_robin::choose(view))
    }

    /// The next peer of the backups: only the rules without a key have any.
    pub(crate) fn choose_backup<'a>(&self, view: &View<'a>) -> Option<Candidate<'a>> {
        match self {
            Self::LeastConnections => least_connections::choose(view),
            _ => round_robin::choose(view),
        }
    }
}

impl<'a> View<'a> {
    /// The peers of the tier that can be used and were not tried.
    fn usable(&self) -> impl Iterator<Item = Candidate<'a>> {
        let tier = self.tier.range.clone();
        let members = self.set.candidates().take(tier.end).skip(tier.start);
        members.filter(|candidate| self.is_usable(candidate))
    }

    fn is_usable(&self, candidate: &Candidate<'_>) -> bool {
        !self.tried.contains(candidate.index) && candidate.health.usable(candidate.peer, self.now)
    }

    /// The peer at a place on a line on which each takes as much room as it has weight.
    fn at_weight(&self, place: u64) -> Option<Candidate<'a>> {
        let mut place = place % self.tier.weight.max(1);
        let peers = self.set.roster.peers.iter().enumerate().take(self.tier.range.end).skip(self.tier.range.start);
        for (index, peer) in peers {
            match place.checked_sub(u64::from(peer.weight)) {
                Some(rest) => place = rest,
                None => return self.set.candidate(index),
            }
        }
        None
    }
}
