//! What the directives that limit rates and numbers have in common.

use diagnostic::{Diagnostic, Origin};
use model::{ByteSize, CountLimit, Level as LogLevel, Limits, RateLimit};

use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// nginx refuses smaller zones.
const SMALLEST_ZONE: ByteSize = ByteSize(32 << 10);
/// Statuses of refusals.
const STATUSES: std::ops::RangeInclusive<u64> = 400..=599;
const DEFAULT_STATUS: u16 = 503;
/// Levels of refusals.
pub(super) const LEVELS: [(&str, LogLevel); 4] =
    [("info", LogLevel::Info), ("notice", LogLevel::Notice), ("warn", LogLevel::Warning), ("error", LogLevel::Error)];

/// A use of a zone whose name is looked up once all of them are known.
#[derive(Clone, Debug)]
pub(crate) struct Use<L> {
    pub(super) zone: Word,
    pub(super) limit: L,
}

settings! {
    /// How fast requests may come and how many may be under way.
    struct LimitSettings {
        rates: List<Use<RateLimit>>,
        rate_status: Slot<u16>,
        rate_level: Slot<LogLevel>,
        rate_dry_run: Slot<bool>,
        counts: List<Use<CountLimit>>,
        count_status: Slot<u16>,
        count_level: Slot<LogLevel>,
        count_dry_run: Slot<bool>,
    }
}

impl LimitSettings {
    pub(crate) fn rates(&self, lowering: &mut Lowering<'_>) -> Option<Box<Limits<RateLimit>>> {
        let limits = self.rates.get()?.iter().filter_map(|used| {
            let zones: Vec<&str> = lowering.shared.rate_zones.iter().map(|zone| zone.name.as_str()).collect();
            match find(&zones, &used.zone) {
                Ok(zone) => Some(RateLimit { zone, ..used.limit.clone() }),
                Err(problem) => {
                    let define = "limit_req_zone $binary_remote_addr zone=NAME:10m rate=1r/s;";
                    lowering.report_once(unknown(problem, &used.zone, define));
                    None
                }
            }
        });
        let limits = limits.collect();
        Some(Box::new(Limits {
            limits,
            status: self.rate_status.or(DEFAULT_STATUS),
            level: self.rate_level.or(LogLevel::Error),
            dry_run: self.rate_dry_run.or(false),
        }))
    }

    pub(crate) fn counts(&self, lowering: &mut Lowering<'_>) -> Option<Box<Limits<CountLimit>>> {
        let limits = self.counts.get()?.iter().filter_map(|used| {
            let zones: Vec<&str> = lowering.shared.count_zones.iter().map(|zone| zone.name.as_str()).collect();
            match find(&zones, &used.zone) {
                Ok(zone) => Some(CountLimit { zone, ..used.limit.clone() }),
                Err(problem) => {
                    let define = "limit_conn_zone $binary_remote_addr zone=NAME:10m;";
                    lowering.report_once(unknown(problem, &used.zone, define));
                    None
                }
            }
        });
        let limits = limits.collect();
        Some(Box::new(Limits {
            limits,
            status: self.count_status.or(DEFAULT_STATUS),
            level: self.count_level.or(LogLevel::Error),
            dry_run: self.count_dry_run.or(false),
        }))
    }
}

/// The index of a zone; otherwise a name that is close.
fn find(zones: &[&str], word: &Word) -> Result<usize, Option<String>> {
    let known = zones.iter().position(|zone| *zone == word.text);
    known.ok_or_else(|| config_source::closest(&word.text, zones.iter().copied()).map(str::to_owned))
}

fn unknown(close: Option<String>, word: &Word, define: &str) -> Diagnostic {
    let problem = Diagnostic::error("unknown-zone", format!("zero size shared memory zone \"{}\"", word.text));
    problem.at(word.origin).help(match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("define it in http: `{}`", define.replace("NAME", &word.text)),
    })
}

/// `zone=name`, as a word of its own.
pub(super) fn zone_name(word: &Word) -> Option<Word> {
    let name = word.text.strip_prefix("zone=")?;
    let origin = word.part("zone=".len(), name.chars().count());
    Some(Word { text: name.to_owned(), origin, ..word.clone() })
}

/// The name and size of `zone=name:size`, which must be new.
pub(super) fn new_zone(
    lowering: &Lowering<'_>,
    directive: &Directive,
    word: &Word,
) -> Result<(String, ByteSize), Diagnostic> {
    let text = word.text.strip_prefix("zone=").unwrap_or(&word.text);
    let split = text.split_once(':').filter(|(name, _)| !name.is_empty());
    let Some((name, size)) = split else {
        let problem = Diagnostic::error("invalid-value", format!("invalid zone \"{}\"", word.text)).at(word.origin);
        return Err(problem.help("write `zone=name:10m`"));
    };
    let Some(size) = value::plain_size(size) else {
        return Err(Diagnostic::error("invalid-value", format!("invalid zone size \"{}\"", word.text)).at(word.origin));
    };
    if size < SMALLEST_ZONE {
        let problem = Diagnostic::error("invalid-value", format!("zone \"{name}\" is too small")).at(word.origin);
        return Err(problem.help("the smallest is 32k"));
    }
    match defined(lowering, name) {
        Some(first) => {
            let message = format!("{} \"{name}\" is already bound", directive.name.text);
            Err(Diagnostic::error("duplicate", message).at(word.origin).related(first, "it stands here already"))
        }
        None => Ok((name.to_owned(), size)),
    }
}

/// Where a zone of a name was defined.
fn defined(lowering: &Lowering<'_>, name: &str) -> Option<Origin> {
    let rates = lowering.shared.rate_zones.iter().map(|zone| (&zone.name, zone.origin));
    let counts = lowering.shared.count_zones.iter().map(|zone| (&zone.name, zone.origin));
    rates.chain(counts).find(|(known, _)| *known == name).map(|(_, origin)| origin)
}

/// The status of refusals.
pub(super) fn status(
    slot: impl FnOnce(&mut Level) -> &mut Slot<u16>,
    level: &mut Level,
    directive: &Directive,
) -> Outcome {
    let word = value::first(directive)?;
    let status = value::number(directive, word)?;
    let status = u16::try_from(status).ok().filter(|_| STATUSES.contains(&status)).ok_or_else(|| {
        let message = "value must be between 400 and 599";
        Diagnostic::error("invalid-value", message).at(word.origin)
    })?;
    slot(level).put(directive, status)
}
