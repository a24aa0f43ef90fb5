//! `hash … consistent`: the ketama ring, on which few keys move when peers come and go.

use super::{PATIENCE, View, crc32, round_robin};
use crate::group::Candidate;
use crate::peer::Peer;

/// Points that a peer has on the ring for each unit of weight.
const POINTS: u32 = 160;

/// Points sorted by hash, each with the index of the first peer that is written so.
#[derive(Debug)]
pub(crate) struct Ring {
    points: Box<[(u32, usize)]>,
}

impl Ring {
    pub(super) fn build(peers: &[Peer]) -> Self {
        let mut points = Vec::new();
        for (own, peer) in peers.iter().enumerate() {
            let server = peers.iter().position(|other| other.written == peer.written).unwrap_or(own);
            points.extend(points_of(peer).map(|hash| (hash, server)));
        }
        points.sort_by_key(|(hash, _)| *hash);
        points.dedup_by_key(|(hash, _)| *hash);
        Self { points: points.into() }
    }

    /// Where the search for a key starts: the first point not before its hash.
    pub(crate) fn point(&self, key: &[u8]) -> usize {
        let hash = crc32::of(key);
        self.points.partition_point(|(point, _)| *point < hash)
    }

    /// The peer at `point` or, while none there can be used, at the points after it. Addresses of one name share its
    /// points and take turns.
    pub(super) fn choose<'a>(&self, view: &View<'a>, point: &mut usize, tries: &mut u32) -> Option<Candidate<'a>> {
        let peers = &view.set.roster.peers;
        while *tries <= PATIENCE {
            let (_, server) = self.points.get(point.checked_rem(self.points.len())?)?;
            let written = &peers.get(*server)?.written;
            let found = round_robin::smooth(view.usable().filter(|candidate| candidate.peer.written == *written));
            if found.is_some() {
                return found;
            }
            *point += 1;
            *tries += 1;
        }
        None
    }
}

/// Each point hashes host, NUL, port and the point before it.
fn points_of(peer: &Peer) -> impl Iterator<Item = u32> {
    let (host, port) = host_and_port(&peer.written);
    let mut base = crc32::update(crc32::START, host.as_bytes());
    base = crc32::update(base, b"\0");
    base = crc32::update(base, port.as_bytes());
    let mut previous = 0_u32;
    (0..peer.weight.saturating_mul(POINTS)).map(move |_| {
        previous = crc32::finish(crc32::update(base, &previous.to_le_bytes()));
        previous
    })
}

fn host_and_port(written: &str) -> (&str, &str) {
    if let Some(path) = written.strip_prefix("unix:") {
        return (path, "");
    }
    match written.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (written, ""),
    }
}
