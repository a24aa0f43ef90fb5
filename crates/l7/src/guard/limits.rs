//! How fast requests may come and how many may be under way.

use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::Template;
use crate::response::Outcome;
use admission::{CountZone, REQUEST, RateZone, Refusal};
use std::time::Duration;
use telemetry::Level;
use transport::clock;

/// Longest key of a rate.
const LONGEST_RATE_KEY: usize = 65535;
/// Longest key of a count.
const LONGEST_COUNT_KEY: usize = 255;

/// Limits of a place.
pub struct Limits<L> {
    /// All of them.
    pub all: Vec<L>,
    /// The status of refusals.
    pub status: u16,
    /// How refusals are logged.
    pub level: Level,
    /// Whether all is only logged.
    pub dry_run: bool,
}

/// A limit of the rate.
pub struct RateLimit {
    /// The zone's name.
    pub name: Box<str>,
    /// What requests are told apart by.
    pub key: Template,
    /// The zone.
    pub zone: RateZone,
    /// How much may come too early, in thousandths of a request.
    pub burst: u64,
    /// How much of that is served at once; `None`: all.
    pub delay: Option<u64>,
}

/// A limit of the number.
pub struct CountLimit {
    /// The zone's name.
    pub name: Box<str>,
    /// What requests are told apart by.
    pub key: Template,
    /// The zone.
    pub zone: CountZone,
    /// Most requests under way.
    pub most: u64,
}

/// What limits came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limited {
    /// The request kept them.
    Passed,
    /// It had to wait.
    Delayed,
    /// It was refused.
    Rejected,
    /// It would have had to wait.
    DelayedDryRun,
    /// It would have been refused.
    RejectedDryRun,
}

impl Limited {
    /// As variables show it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Delayed => "DELAYED",
            Self::Rejected => "REJECTED",
            Self::DelayedDryRun => "DELAYED_DRY_RUN",
            Self::RejectedDryRun => "REJECTED_DRY_RUN",
        }
    }
}

/// A limit that a request must keep, and what it found there.
struct Met<'p> {
    limit: &'p RateLimit,
    key: Vec<u8>,
    excess: u64,
}

impl<'p> Exchange<'p> {
    /// Keeps the place's rates, unless the request was measured before; `None`: it may go on.
    pub(super) async fn keep_rates(
        &mut self,
        rates: &'p Limits<RateLimit>,
        client: &mut Client<'_>,
    ) -> Option<Outcome> {
        if self.findings().rate.is_some() {
            return None;
        }
        let met = match self.measure(rates) {
            Ok(met) => met,
            Err((limit, excess)) => {
                self.log(rates.level, || {
                    let dry_run = if rates.dry_run { ", dry run" } else { "" };
                    let (whole, part, name) = (excess / REQUEST, excess % REQUEST, &limit.name);
                    format!("limiting requests{dry_run}, excess: {whole}.{part:03} by zone \"{name}\"")
                });
                let limited = if rates.dry_run { Limited::RejectedDryRun } else { Limited::Rejected };
                self.findings().rate = Some(limited);
                return (!rates.dry_run).then(|| self.refuse(rates.status));
            }
        };
        let slowest = met.iter().map(|met| (met.delay(), met)).max_by_key(|(delay, _)| *delay);
        let (delay, met) = slowest?;
        if delay == 0 {
            self.findings().rate = Some(Limited::Passed);
            return None;
        }
        let milder = if rates.level == Level::Info { Level::Info } else { next(rates.level) };
        self.log(milder, || {
            let dry_run = if rates.dry_run { ", dry run" } else { "" };
            let (whole, part, name) = (met.excess / REQUEST, met.excess % REQUEST, &met.limit.name);
            format!("delaying request{dry_run}, excess: {whole}.{part:03}, by zone \"{name}\"")
        });
        if rates.dry_run {
            self.findings().rate = Some(Limited::DelayedDryRun);
            return None;
        }
        self.findings().rate = Some(Limited::Delayed);
        match self.pause(Duration::from_millis(delay), client).await {
            Ok(()) => None,
            Err(failure) => Some(Outcome::Fail(failure)),
        }
    }

    /// Measures the request by each limit. It is added to no bucket unless all take it.
    fn measure(&self, rates: &'p Limits<RateLimit>) -> Result<Vec<Met<'p>>, (&'p RateLimit, u64)> {
        let now = milliseconds();
        let mut met: Vec<Met<'p>> = Vec::with_capacity(rates.all.len());
        for limit in &rates.all {
            let key = self.text_of(&limit.key);
            if key.len() > LONGEST_RATE_KEY {
                self.log_error(|| format!("the value of the key of zone \"{}\" is more than 65535 bytes", limit.name));
            } else if !key.is_empty() {
                met.push(Met { limit, key, excess: 0 });
            }
        }
        let last = met.len().saturating_sub(1);
        for (index, met) in met.iter_mut().enumerate() {
            let Met { limit, key, excess } = met;
            let found = if index == last {
                limit.zone.add(key, limit.burst, now)
            } else {
                limit.zone.look(key, limit.burst, now)
            };
            *excess = found.map_err(|excess| (*limit, excess))?;
        }
        for met in met.iter_mut().take(last) {
            // Another request may have come between; the bucket is then fuller than its burst for once.
            met.excess = met.limit.zone.add(&met.key, u64::MAX, now).unwrap_or(met.excess);
        }
        Ok(met)
    }

    /// Keeps the place's numbers, unless the request was counted before; `None`: it may go on.
    pub(super) fn keep_counts(&mut self, counts: &Limits<CountLimit>) -> Option<Outcome> {
        if self.findings().count.is_some() {
            return None;
        }
        let mut seats = Vec::new();
        for limit in &counts.all {
            let key = self.text_of(&limit.key);
            if key.is_empty() {
                continue;
            }
            if key.len() > LONGEST_COUNT_KEY {
                self.log_error(|| format!("the value of the key of zone \"{}\" is more than 255 bytes", limit.name));
                continue;
            }
            match limit.zone.enter(&key, limit.most) {
                Ok(seat) => seats.push(seat),
                Err(refusal) => {
                    self.log(counts.level, || {
                        let dry_run = if counts.dry_run { ", dry run," } else { "" };
                        let full = if refusal == Refusal::Full { ", which is full" } else { "" };
                        format!("limiting connections{dry_run} by zone \"{}\"{full}", limit.name)
                    });
                    let limited = if counts.dry_run { Limited::RejectedDryRun } else { Limited::Rejected };
                    self.findings().count = Some(limited);
                    return (!counts.dry_run).then(|| self.refuse(counts.status));
                }
            }
        }
        if !seats.is_empty() {
            let found = self.findings();
            found.count = Some(Limited::Passed);
            found.seats = seats;
        }
        None
    }
}

impl Met<'_> {
    /// Milliseconds that the request must wait.
    fn delay(&self) -> u64 {
        let at_once = self.limit.delay.unwrap_or(u64::MAX);
        self.limit.zone.time_for(self.excess.saturating_sub(at_once))
    }
}

/// Time for buckets.
fn milliseconds() -> u64 {
    u64::try_from(clock::unix_time().as_millis()).unwrap_or(0)
}

/// The level below.
fn next(level: Level) -> Level {
    match level {
        Level::Error => Level::Warning,
        Level::Warning => Level::Notice,
        _ => Level::Info,
    }
}
