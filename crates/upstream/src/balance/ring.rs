//! `hash … consistent`: the ketama ring, on which few keys move when peers come and go.

use std::collections::HashMap;

use super::{PATIENCE, View, crc32, round_robin};
use crate::group::Candidate;
use crate::peer::Peer;

/// Points that a peer has on the ring for each unit of weight.
const POINTS: u32 = 160;

/// Points sorted by hash, each with the server that it stands for.
#[derive(Debug)]
pub(crate) struct Ring {
    points: Box<[(u32, usize)]>,
    /// The peers of each server: the addresses of its name.
    servers: Vec<Vec<usize>>,
}

impl Ring {
    pub(super) fn build(peers: &[Peer]) -> Self {
        let mut points = Vec::new();
        let mut servers: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (index, peer) in peers.iter().enumerate() {
            let server = *known.entry(&peer.written).or_insert_with(|| {
                servers.push(Vec::new());
                servers.len() - 1
            });
            if let Some(own) = servers.get_mut(server) {
                own.push(index);
            }
            points.extend(points_of(peer).map(|hash| (hash, server)));
        }
        points.sort_by_key(|(hash, _)| *hash);
        points.dedup_by_key(|(hash, _)| *hash);
        Self { points: points.into(), servers }
    }

    /// Where the search for a key starts: the first point not before its hash.
    pub(crate) fn point(&self, key: &[u8]) -> usize {
        let hash = crc32::of(key);
        self.points.partition_point(|(point, _)| *point < hash)
    }

    /// The peer at `point` or, while none there can be used, at the points after it. Addresses of one name share its
    /// points and take turns.
    pub(super) fn choose<'a>(&self, view: &View<'a>, point: &mut usize, tries: &mut u32) -> Option<Candidate<'a>> {
        while *tries <= PATIENCE {
            let (_, server) = self.points.get(point.checked_rem(self.points.len())?)?;
            let peers = self.servers.get(*server)?.iter().filter_map(|index| view.set.candidate(*index));
            let found = round_robin::smooth(view, peers.filter(|candidate| view.is_usable(candidate)));
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
