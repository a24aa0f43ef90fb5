//! Directives of our own in groups of servers: servers that do badly are left out, retries are bounded.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{Outliers, RetryBudget};

use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, at_least, between, row};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "zaguan", rows: ROWS };

const ROWS: &[Row] = &[
    row("outlier_ejection", UPSTREAM, at_least(1), outlier_ejection),
    row("retry_budget", UPSTREAM, between(1, 2), retry_budget),
];

const PARAMETERS: [&str; 6] = ["error_rate=", "latency_factor=", "min_requests=", "interval=", "time=", "max_ejected="];

/// `outlier_ejection [error_rate=percent] [latency_factor=number] [min_requests=number] [interval=time] [time=time]
/// [max_ejected=percent]`
fn outlier_ejection(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let seconds = Duration::from_secs;
    let mut rule =
        Outliers { errors: None, slower: None, requests: 20, interval: seconds(10), time: seconds(30), most: 50 };
    for word in &directive.arguments {
        let bad = || value::invalid_parameter(word, &PARAMETERS);
        let (name, text) = word.text.split_once('=').ok_or_else(bad)?;
        let number = |least: u32| {
            let number = value::decimal(text).and_then(|number| u32::try_from(number).ok());
            number.filter(|number| *number >= least).ok_or_else(bad)
        };
        let time = || value::plain_time(text).filter(|time| !time.is_zero()).ok_or_else(bad);
        match name {
            "error_rate" => rule.errors = Some(percent(text).ok_or_else(bad)?),
            "latency_factor" => rule.slower = Some(number(2)?),
            "min_requests" => rule.requests = number(1)?,
            "interval" => rule.interval = time()?,
            "time" => rule.time = time()?,
            "max_ejected" => rule.most = percent(text).ok_or_else(bad)?,
            _ => return Err(bad()),
        }
    }
    if rule.errors.is_none() && rule.slower.is_none() {
        let message = "\"outlier_ejection\" needs \"error_rate=\" or \"latency_factor=\"";
        let problem = Diagnostic::error("missing-parameter", message).at(directive.origin());
        return Err(problem.help("as in `outlier_ejection error_rate=50% latency_factor=3;`"));
    }
    level.group.outliers.put(directive, rule)
}

/// `retry_budget percent [burst=number]`
fn retry_budget(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let invalid = |word: &Word| value::invalid(directive, word).help("as in `retry_budget 20%;`");
    let percent = percent(&word.text).ok_or_else(|| invalid(word))?;
    let burst = match directive.argument(1) {
        None => 100,
        Some(word) => {
            let number = word.text.strip_prefix("burst=").and_then(value::decimal);
            number
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| value::invalid_parameter(word, &["burst="]))?
        }
    };
    level.group.retries.put(directive, RetryBudget { percent, burst })
}

fn percent(text: &str) -> Option<u32> {
    let number = value::decimal(text.strip_suffix('%')?).and_then(|number| u32::try_from(number).ok());
    number.filter(|number| (1..=100).contains(number))
}
