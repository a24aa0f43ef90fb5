//! Servers that do much worse than the others of their group are left out for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use model::Outliers;
use transport::clock;

use crate::live::Report;
use crate::names::Names;
use crate::peer;
use crate::roster::Roster;

/// Differences below this, in milliseconds, do not make a server slow.
const LEAST_DIFFERENCE: u64 = 10;
/// Servers with enough requests that it takes to say what is usual.
const LEAST_SERVERS: usize = 3;

/// What a peer did since it was last looked at.
#[derive(Debug, Default)]
pub(crate) struct Window {
    requests: AtomicU32,
    errors: AtomicU32,
    /// Milliseconds until heads were there, together.
    time: AtomicU64,
}

impl Window {
    /// A head came.
    pub(crate) fn answered(&self, status: u16, took: u64) {
        self.requests.fetch_add(1, Relaxed);
        self.errors.fetch_add(u32::from(status >= 500), Relaxed);
        self.time.fetch_add(took, Relaxed);
    }

    /// None came.
    pub(crate) fn failed(&self) {
        self.requests.fetch_add(1, Relaxed);
        self.errors.fetch_add(1, Relaxed);
    }

    fn take(&self) -> Sample {
        let requests = self.requests.swap(0, Relaxed);
        let errors = self.errors.swap(0, Relaxed);
        Sample { requests, errors, time: self.time.swap(0, Relaxed) }
    }
}

/// What a peer did within an interval.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    requests: u32,
    errors: u32,
    time: u64,
}

impl Sample {
    fn error_percent(&self) -> u32 {
        (u64::from(self.errors) * 100)
            .checked_div(u64::from(self.requests))
            .and_then(|share| share.try_into().ok())
            .unwrap_or(0)
    }

    fn mean(&self) -> u64 {
        self.time.checked_div(u64::from(self.requests)).unwrap_or(0)
    }
}

/// Why a peer is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    Errors(u32),
    Slow { mean: u64, usual: u64 },
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Errors(percent) => write!(formatter, "{percent}% of its requests failed"),
            Self::Slow { mean, usual } => write!(formatter, "its answers take {mean} ms, others' {usual} ms"),
        }
    }
}

/// Looks at a group's peers at regular times.
#[derive(Debug)]
pub struct Watchman {
    rule: Outliers,
    started: AtomicBool,
}

/// Peers that are left out, and until when.
type Ejected = HashMap<u64, Instant>;

impl Watchman {
    /// By this rule.
    pub fn new(rule: Outliers) -> Arc<Self> {
        Arc::new(Self { rule, started: AtomicBool::new(false) })
    }

    /// Begins to look at the peers that `roster` gives, for as long as it gives any; once is enough.
    pub fn start(
        self: &Arc<Self>,
        names: &Names,
        roster: impl Fn() -> Option<Arc<Roster>> + Send + 'static,
        report: Report,
    ) {
        if self.started.swap(true, Relaxed) {
            return;
        }
        let watchman = Arc::clone(self);
        names.run(move |_| {
            tokio::task::spawn_local(watchman.run(roster, report));
        });
    }

    async fn run(self: Arc<Self>, roster: impl Fn() -> Option<Arc<Roster>>, report: Report) {
        let mut ejected = Ejected::new();
        let mut next = clock::now() + self.rule.interval;
        loop {
            let wake = ejected.values().copied().chain([next]).min().unwrap_or(next);
            tokio::time::sleep_until(wake.into()).await;
            let Some(current) = roster() else { return };
            let now = clock::now();
            take_back(&current, &mut ejected, now, report);
            if now >= next {
                self.look(&current, &mut ejected, now, report);
                next = now + self.rule.interval;
            }
        }
    }

    fn look(&self, roster: &Roster, ejected: &mut Ejected, now: Instant, report: Report) {
        let samples: Vec<Sample> =
            (0..roster.peers.len()).map(|index| roster.window(index).map(Window::take).unwrap_or_default()).collect();
        let time = roster.milliseconds(now);
        let is_out = |index: &usize| {
            let peer = roster.peers.get(*index);
            peer.zip(roster.health_of(*index)).is_some_and(|(peer, health)| !health.in_service(peer, time))
        };
        let out = (0..roster.peers.len()).filter(is_out).count();
        let room = (roster.peers.len() * usize::try_from(self.rule.most).unwrap_or(0) / 100).saturating_sub(out);
        let worst = judge(&samples, &self.rule);
        for (index, reason) in worst.into_iter().filter(|(index, _)| !is_out(index)).take(room) {
            let (Some(peer), Some(health)) = (roster.peers.get(index), roster.health_of(index)) else { continue };
            health.eject(true, peer, time);
            if let Some(tally) = roster.tally(index) {
                tally.went_down(time);
            }
            ejected.insert(peer.id, now + self.rule.time);
            let (name, span) = (&peer.name, Seconds(self.rule.time));
            report(format_args!("peer {name} of upstream \"{}\" is left out for {span}: {reason}", roster.name));
        }
    }
}

fn take_back(roster: &Roster, ejected: &mut Ejected, now: Instant, report: Report) {
    for (id, _) in ejected.extract_if(|_, until| *until <= now) {
        let found = roster.peers.iter().enumerate().find(|(_, peer)| peer.id == id);
        let Some((index, peer)) = found else { continue };
        let Some(health) = roster.health_of(index) else { continue };
        let time = roster.milliseconds(now);
        health.eject(false, peer, time);
        if let Some(tally) = roster.tally(index) {
            tally.came_up(time);
        }
        report(format_args!("peer {} of upstream \"{}\" is used again", peer.name, roster.name));
    }
}

/// Who is to be left out and why, the worst first.
fn judge(samples: &[Sample], rule: &Outliers) -> Vec<(usize, Reason)> {
    let known = samples.iter().enumerate().filter(|(_, sample)| sample.requests >= rule.requests.max(1));
    let known: Vec<(usize, &Sample)> = known.collect();
    let mut means: Vec<u64> = known.iter().map(|(_, sample)| sample.mean()).collect();
    means.sort_unstable();
    let usual = means.get(means.len().saturating_sub(1) / 2).copied().filter(|_| means.len() >= LEAST_SERVERS);
    let mut failing = Vec::new();
    let mut slow = Vec::new();
    for (index, sample) in known {
        let percent = sample.error_percent();
        let mean = sample.mean();
        if rule.errors.is_some_and(|limit| percent >= limit) {
            failing.push((index, percent));
        } else if let (Some(slower), Some(usual)) = (rule.slower, usual)
            && mean > usual.saturating_mul(u64::from(slower)).max(usual + LEAST_DIFFERENCE)
        {
            slow.push((index, mean, usual));
        }
    }
    failing.sort_by_key(|(_, percent)| std::cmp::Reverse(*percent));
    slow.sort_by_key(|(_, mean, _)| std::cmp::Reverse(*mean));
    let failing = failing.into_iter().map(|(index, percent)| (index, Reason::Errors(percent)));
    failing.chain(slow.into_iter().map(|(index, mean, usual)| (index, Reason::Slow { mean, usual }))).collect()
}

/// A time as logs say it.
struct Seconds(Duration);

impl std::fmt::Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match peer::milliseconds(self.0) {
            whole if whole % 1000 == 0 => write!(formatter, "{}s", whole / 1000),
            odd => write!(formatter, "{odd}ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(errors: Option<u32>, slower: Option<u32>) -> Outliers {
        let second = Duration::from_secs(1);
        Outliers { errors, slower, requests: 10, interval: second, time: second, most: 50 }
    }

    fn sample(requests: u32, errors: u32, mean: u64) -> Sample {
        Sample { requests, errors, time: mean * u64::from(requests) }
    }

    #[test]
    fn errors_count_from_their_share_on_the_most_first() {
        let samples = [sample(100, 50, 1), sample(100, 49, 1), sample(100, 90, 1), sample(9, 9, 1)];
        let found = judge(&samples, &rule(Some(50), None));
        assert_eq!(found, [(2, Reason::Errors(90)), (0, Reason::Errors(50))], "too few requests say nothing");
        assert!(judge(&samples, &rule(None, None)).is_empty());
    }

    #[test]
    fn slow_is_what_takes_times_as_long_as_is_usual() {
        let samples = [sample(20, 0, 10), sample(20, 0, 12), sample(20, 0, 31), sample(20, 0, 37)];
        assert_eq!(judge(&samples, &rule(None, Some(3))), [(3, Reason::Slow { mean: 37, usual: 12 })]);
        let quick = [sample(20, 0, 1), sample(20, 0, 1), sample(20, 0, 9)];
        assert!(judge(&quick, &rule(None, Some(3))).is_empty(), "some milliseconds make nobody slow");
        assert!(judge(&samples[2..], &rule(None, Some(1))).is_empty(), "of two, none is the usual one");
    }
}
