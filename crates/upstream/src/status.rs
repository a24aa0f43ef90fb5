//! What is known of a group's servers, for whoever asks while it runs.

use std::sync::Weak;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use model::Server;
use telemetry::StatusCounts;

use crate::peer::Peer;
use crate::roster::{Roster, Shared};

/// What a peer is up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PeerState {
    /// It is used.
    Up,
    /// Only clients that are bound to it use it.
    Draining,
    /// The configuration says that it is not used.
    Down,
    /// It rests after failures.
    Resting,
    /// It was not asked yet whether it is well.
    Unknown,
    /// It said that it is not well, or does much worse than the others.
    Unwell,
}

/// What probes of a peer came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "each says what it is")]
pub struct Probed {
    pub asked: u64,
    pub fails: u64,
    /// How often it was found unwell.
    pub unwell: u64,
    /// Whether the last one went well; `None`: there was none.
    pub passed: Option<bool>,
}

/// One peer of a group that is observed.
#[derive(Debug)]
pub struct PeerStatus<'a> {
    /// Its number.
    pub id: u64,
    /// It.
    pub peer: &'a Peer,
    /// The server that it is of.
    pub server: &'a Server,
    /// Whether it stands in reserve.
    pub backup: bool,
    /// Its share.
    pub weight: u32,
    /// What it is up to.
    pub state: PeerState,
    /// Requests that are under way.
    pub active: u32,
    /// Requests that it was chosen for.
    pub requests: u64,
    /// Its answers.
    pub answers: &'a StatusCounts,
    /// Bytes that went to it.
    pub sent: u64,
    /// Bytes that came from it.
    pub received: u64,
    /// Tries that failed.
    pub fails: u64,
    /// How often it began to rest.
    pub rests: u64,
    /// What probes came to.
    pub probed: Probed,
    /// How long it was out of use.
    pub downtime: Duration,
    /// How long ago it went out of use, if it is.
    pub down_for: Option<Duration>,
    /// How long ago it was last chosen, if ever.
    pub chosen_ago: Option<Duration>,
    /// Average milliseconds until its answers' heads were there; 0: unknown.
    pub head_time: u32,
    /// Average milliseconds until its answers were there.
    pub whole_time: u32,
}

/// A server of a group as it can be changed, or an address that its name stands for.
#[derive(Debug)]
pub struct Listed<'a> {
    /// Its number.
    pub id: u64,
    /// Its address, or the name that it was given.
    pub address: &'a str,
    /// What is said of it.
    pub server: &'a Server,
    /// The number of the server that it is an address of.
    pub parent: Option<u64>,
}

impl Roster {
    /// Whether it is counted what its peers come to.
    pub fn is_observed(&self) -> bool {
        self.observed
    }

    /// The name under which its workers share what they know; nothing if they do not.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// Whether its rule of balancing knows no reserve.
    pub(crate) fn has_no_reserve(&self) -> bool {
        self.balancer.is_weighed() || matches!(self.balancer, crate::balance::Balancer::Ring(_))
    }

    /// What is known of its peers, by their numbers; nothing if it is not observed.
    pub fn statuses(&self, now: Instant) -> Vec<PeerStatus<'_>> {
        let time = self.milliseconds(now);
        let peers = self.peers.iter().zip(self.shared.iter().flatten()).enumerate();
        let mut statuses: Vec<_> =
            peers.filter_map(|(index, (peer, state))| self.status(index, (peer, state), time)).collect();
        statuses.sort_by_key(|status| status.id);
        statuses
    }

    fn status<'a>(&'a self, index: usize, (peer, state): (&'a Peer, &'a Shared), now: u64) -> Option<PeerStatus<'a>> {
        let tally = state.tally.as_deref()?;
        let server = &self.members.find(peer.server)?.server;
        let ago = |then: u64| Duration::from_millis(now.saturating_sub(then));
        let (downtime, since) = tally.downtime(now);
        let asked = tally.probes.asked.load(Relaxed);
        Some(PeerStatus {
            id: peer.id,
            peer,
            server,
            backup: self.tiers.iter().any(|tier| tier.is_reserve && tier.range.contains(&index)),
            weight: peer.weight / self.step,
            state: Self::state_of(peer, state, now),
            active: state.health.connections(),
            requests: tally.requests.load(Relaxed),
            answers: &tally.answers,
            sent: tally.sent.load(Relaxed),
            received: tally.received.load(Relaxed),
            fails: tally.fails.load(Relaxed),
            rests: tally.rests.load(Relaxed),
            probed: Probed {
                asked,
                fails: tally.probes.fails.load(Relaxed),
                unwell: tally.probes.unwell.load(Relaxed),
                passed: (asked > 0).then(|| tally.probes.passed.load(Relaxed)),
            },
            downtime: Duration::from_millis(downtime),
            down_for: since.map(ago),
            chosen_ago: Some(tally.selected.load(Relaxed)).filter(|then| *then != 0).map(ago),
            head_time: state.health.time(false),
            whole_time: state.health.time(true),
        })
    }

    fn state_of(peer: &Peer, state: &Shared, now: u64) -> PeerState {
        match &state.health {
            _ if peer.down => PeerState::Down,
            health if health.is_unknown() => PeerState::Unknown,
            health if health.is_kept_out() => PeerState::Unwell,
            _ if peer.drain => PeerState::Draining,
            health if health.resting(peer, now) => PeerState::Resting,
            _ => PeerState::Up,
        }
    }

    /// Its servers, by their numbers, each name followed by the addresses that it stands for.
    pub fn servers(&self) -> Vec<Listed<'_>> {
        let mut peers: Vec<&Peer> = self.peers.iter().collect();
        peers.sort_by_key(|peer| (peer.server, peer.id));
        let mut listed = Vec::new();
        for member in self.members.list.iter() {
            let (id, server, named) = (member.id, &member.server, member.place.is_none());
            if named {
                listed.push(Listed { id, address: &member.written, server, parent: None });
            }
            let start = peers.partition_point(|peer| peer.server < id);
            let own = peers.iter().skip(start).take_while(|peer| peer.server == id);
            let parent = named.then_some(id);
            listed.extend(own.map(|peer| Listed { id: peer.id, address: &peer.name, server, parent }));
        }
        listed
    }

    /// Requests that are under way with servers that are there no more.
    pub fn zombies(&self) -> usize {
        let busy = self.departed.iter().filter_map(Weak::upgrade).filter(|state| state.health.connections() > 0);
        busy.count()
    }

    /// Begins to count anew.
    pub fn reset(&self) {
        for tally in self.shared.iter().flatten().filter_map(|state| state.tally.as_ref()) {
            tally.reset();
        }
    }
}
