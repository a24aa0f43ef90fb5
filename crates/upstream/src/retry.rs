//! When another peer is tried: `proxy_next_upstream`, `proxy_next_upstream_tries`, `proxy_next_upstream_timeout`.

use std::time::{Duration, Instant};

use model::{NextUpstream, Trouble};

use crate::attempt::Attempt;

/// The rule of a location.
#[derive(Clone, Copy, Debug)]
pub struct RetryRule {
    when: u16,
    non_idempotent: bool,
    timeout: Duration,
    tries: u32,
}

/// How a try went that is about to be given up.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each read once by the rule")]
pub struct Trial {
    /// What was the trouble.
    pub trouble: Trouble,
    /// The connection came from the pool.
    pub reused: bool,
    /// Something of the request was sent in this try.
    pub sent: bool,
    /// The request's method is idempotent (RFC 9110 §9.2.2).
    pub idempotent: bool,
    /// The request's body, if any, is still there from its first byte.
    pub replayable: bool,
}

impl RetryRule {
    /// Made ready from the model.
    pub fn new(next: &NextUpstream) -> Self {
        Self {
            when: next.when.iter().fold(0, |bits, trouble| bits | bit(*trouble)),
            non_idempotent: next.non_idempotent,
            timeout: next.timeout,
            tries: next.tries,
        }
    }

    /// Most tries, for [`crate::Group::attempt`]; 0: no limit.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether this status is one that asks for another peer (then [`RetryRule::allows`] says whether it may be had).
    pub fn covers(&self, status: u16) -> bool {
        self.when & bit(Trouble::Status(status)) != 0
    }

    /// Whether another try may be made after this one; what it costs is taken from the group's budget. To be asked while the permit of this try is still held, and only
    /// while nothing was sent to the client.
    pub fn allows(&self, attempt: &Attempt, trial: &Trial, now: Instant) -> bool {
        let unreachable = !trial.sent && self.when & bit(Trouble::Unreachable) != 0;
        (unreachable || self.when & bit(trial.trouble) != 0)
            && attempt.tries_after(trial.trouble, trial.reused) > 0
            && (!trial.sent || (trial.replayable && (trial.idempotent || self.non_idempotent)))
            && (self.timeout.is_zero() || attempt.elapsed(now) < self.timeout)
            && attempt.spend_retry(trial.trouble, trial.reused)
    }
}

/// A bit for each trouble that can be configured; none for any other status.
fn bit(trouble: Trouble) -> u16 {
    match trouble {
        Trouble::Error => 1 << 0,
        Trouble::Timeout => 1 << 1,
        Trouble::InvalidHeader => 1 << 2,
        Trouble::Status(500) => 1 << 3,
        Trouble::Status(502) => 1 << 4,
        Trouble::Status(503) => 1 << 5,
        Trouble::Status(504) => 1 << 6,
        Trouble::Status(403) => 1 << 7,
        Trouble::Status(404) => 1 << 8,
        Trouble::Status(429) => 1 << 9,
        Trouble::Unreachable => 1 << 10,
        Trouble::Status(_) => 0,
    }
}

#[cfg(test)]
mod tests;
