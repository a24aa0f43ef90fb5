//! Times with nginx's units, alone or combined from the largest down.

use std::time::Duration;

/// The finest unit that a value may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Finest {
    Seconds,
    Milliseconds,
}

/// Units from the largest down; each may come once, and only after larger ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Start,
    Year,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Bare,
}

const SECOND: u64 = 1000;
const DAY: u64 = 24 * 3600 * SECOND;

/// Reads a time. A number without a unit, or before a space, means seconds and is the last but milliseconds.
pub(super) fn parse(text: &str, finest: Finest) -> Option<Duration> {
    // nginx takes years and months only where it counts in seconds.
    let mut step = if finest == Finest::Seconds { Step::Start } else { Step::Month };
    let mut total: u64 = 0;
    let mut rest = text;
    let mut any = false;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits)?;
        any |= digits > 0;
        let number = if digits == 0 { 0 } else { super::decimal(number)? };
        if after.is_empty() {
            total = total.checked_add(number.checked_mul(SECOND)?)?;
            break;
        }
        let (unit, after) = unit(after, finest)?;
        // A number before a space must stand where seconds may.
        let place = if unit == Step::Bare { Step::Second } else { unit };
        if step >= place {
            return None;
        }
        step = unit;
        total = total.checked_add(number.checked_mul(milliseconds(unit))?)?;
        rest = after.trim_start_matches(' ');
    }
    i64::try_from(total).ok()?;
    any.then(|| Duration::from_millis(total))
}

/// The unit at the beginning of a text, and what follows it.
fn unit(text: &str, finest: Finest) -> Option<(Step, &str)> {
    if let Some(after) = text.strip_prefix("ms") {
        return (finest == Finest::Milliseconds).then_some((Step::Millisecond, after));
    }
    let step = match text.bytes().next()? {
        b'y' => Step::Year,
        b'M' => Step::Month,
        b'w' => Step::Week,
        b'd' => Step::Day,
        b'h' => Step::Hour,
        b'm' => Step::Minute,
        b's' => Step::Second,
        b' ' => Step::Bare,
        _ => return None,
    };
    Some((step, text.get(1..)?))
}

fn milliseconds(unit: Step) -> u64 {
    match unit {
        Step::Year => 365 * DAY,
        Step::Month => 30 * DAY,
        Step::Week => 7 * DAY,
        Step::Day => DAY,
        Step::Hour => 3600 * SECOND,
        Step::Minute => 60 * SECOND,
        Step::Start | Step::Second | Step::Bare => SECOND,
        Step::Millisecond => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_milliseconds() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(parse(text, Finest::Milliseconds), expected.map(Duration::from_millis), "{text:?}");
        };
        check("0", Some(0));
        check("60", Some(60_000));
        check("500ms", Some(500));
        check("1s", Some(1000));
        check("1s500ms", Some(1500));
        check("1h 30m", Some(5_400_000));
        check("1h30m", Some(5_400_000));
        check("1d", Some(86_400_000));
        check("1w2d", Some(9 * 86_400_000));
        check("1y", None);
        check("1M", None);
        check("30m 1h", None);
        check("1h 1h", None);
        check("1m 30", Some(90_000));
        check("1s30", Some(31_000));
        check("1 30", Some(31_000));
        check("1 30s", None);
        check("", None);
        check("s", None);
        check("1x", None);
        check("-1", None);
        check("1.5s", None);
        check("9223372036854775807", None);
        check("99999999999999999999", None);
    }

    #[test]
    fn times_to_seconds() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(parse(text, Finest::Seconds), expected.map(Duration::from_secs), "{text:?}");
        };
        check("1y", Some(365 * 86400));
        check("1y 1M", Some(395 * 86400));
        check("10s", Some(10));
        check("10ms", None);
        check("1m", Some(60));
        check("30", Some(30));
    }
}
