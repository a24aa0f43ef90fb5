//! How a peer is chosen among those that can be used; every rule places requests as nginx's does.

mod crc32;
mod keyed;
mod least_connections;
mod least_time;
mod least_used;
mod random;
mod ring;
mod round_robin;

use model::{AnswerTime, Measure};
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
    LeastBusy,
    LeastTraffic,
    LeastTime(AnswerTime),
    Random { two: Option<Measure> },
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
            model::Balance::LeastBusy => Self::LeastBusy,
            model::Balance::LeastTraffic => Self::LeastTraffic,
            model::Balance::LeastTime(rule) => Self::LeastTime(*rule),
            model::Balance::Random { best_of_two } => Self::Random { two: *best_of_two },
        }
    }

    /// The next peer of the first tier.
    pub(crate) fn choose<'a>(&self, view: &View<'a>, cursor: &mut Cursor) -> Option<Candidate<'a>> {
        if matches!(cursor, Cursor::Turns) || view.tier.range.len() < 2 {
            return self.choose_in_reserve(view);
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

    /// The next peer of another tier: the rules that place requests by a key, or by chance, only know the first.
    pub(crate) fn choose_in_reserve<'a>(&self, view: &View<'a>) -> Option<Candidate<'a>> {
        match self {
            Self::LeastConnections => least_connections::choose(view),
            Self::LeastBusy => least_used::by_requests(view),
            Self::LeastTraffic => least_used::by_traffic(view),
            Self::LeastTime(rule) => least_time::choose(view, *rule),
            _ => round_robin::choose(view),
        }
    }

    /// A peer was chosen by its route: what that costs it.
    pub(crate) fn charge(&self, view: &View<'_>, bound: &Candidate<'_>, fully: bool) {
        match self {
            _ if fully => round_robin::charge_fully(view, bound),
            Self::RoundRobin => round_robin::charge(view, bound),
            _ => {}
        }
    }

    /// Whether it places requests on a line of weights.
    pub(crate) fn is_weighed(&self) -> bool {
        matches!(self, Self::ClientAddress | Self::Key | Self::Random { .. })
    }

    /// Whether it asks how long answers take.
    pub(crate) fn time(&self) -> Option<AnswerTime> {
        match self {
            Self::LeastTime(rule) | Self::Random { two: Some(Measure::Time(rule)) } => Some(*rule),
            _ => None,
        }
    }

    /// Whether it asks how much went over the wire.
    pub(crate) fn counts_traffic(&self) -> bool {
        matches!(self, Self::LeastTraffic)
    }
}

impl<'a> View<'a> {
    /// The peers of the tier that can be used and were not tried. Spare ones only stand in for others that cannot be.
    fn usable(&self) -> impl Iterator<Item = Candidate<'a>> {
        let mut spares = if self.tier.has_spares { self.missing() } else { 0 };
        self.members().filter(move |candidate| {
            if !self.is_usable(candidate) {
                return false;
            }
            if candidate.peer.spare {
                let wanted = spares > 0;
                spares = spares.saturating_sub(1);
                return wanted;
            }
            true
        })
    }

    fn members(&self) -> impl Iterator<Item = Candidate<'a>> {
        let set = self.set;
        self.tier.range.clone().filter_map(move |index| set.candidate(index))
    }

    fn missing(&self) -> usize {
        self.members().filter(|candidate| !candidate.peer.spare && !self.is_usable(candidate)).count()
    }

    fn is_usable(&self, candidate: &Candidate<'_>) -> bool {
        !self.tried.contains(candidate.index) && candidate.health.usable(candidate.peer, self.now)
    }

    /// The peer at a place on a line on which each takes as much room as it has weight.
    fn at_weight(&self, place: u64) -> Option<Candidate<'a>> {
        let place = place % self.tier.weight.max(1);
        let index = self.tier.ends.partition_point(|end| *end <= place);
        self.set.candidate(self.tier.range.start + index)
    }
}
