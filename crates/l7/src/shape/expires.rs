//! `expires`: when a response goes stale, as `Expires` and `Cache-Control` say it.

use crate::exchange::Exchange;
use crate::plan::ExpiresRule;
use crate::response::Response;
use crate::variables::append_number;
use model::{ExpiresByType, ExpiresTime};
use protocol::Name;
use std::time::Duration;
use transport::clock;

const DAY: u64 = 86_400;
/// A thousand years.
const LONGEST: u64 = 1000 * 31_536_000;
/// 31 December 2037, 23:55:55, and ten years.
const LATEST: (Duration, Age) = (Duration::from_secs(2_145_916_555), Age::Seconds(315_360_000));

/// What `Cache-Control` says beside `Expires`.
enum Age {
    NoCache,
    Seconds(u64),
}

impl Exchange<'_> {
    /// Sets both fields as the rule asks; a value that is no such time sets nothing.
    pub fn set_expires(&self, rule: &ExpiresRule, response: &mut Response) {
        let time = match rule {
            ExpiresRule::ByType(rule) => return self.set_expires_by_type(rule, response),
            ExpiresRule::Fixed(time) => Some(*time),
            ExpiresRule::Variable { value, from_modified: false } => parse(&self.text_of(value)),
            ExpiresRule::Variable { value, from_modified: true } => parse_modified(&self.text_of(value)),
        };
        let Some((expires, age)) = time.and_then(|time| self.expiry(time, response.modified)) else { return };
        let fields = &mut response.head.fields;
        fields.set(b"Expires", &clock::format_date(expires));
        fields.set_with(b"Cache-Control", |out| match age {
            Age::NoCache => out.extend_from_slice(b"no-cache"),
            Age::Seconds(seconds) => {
                out.extend_from_slice(b"max-age=");
                append_number(seconds, out);
            }
        });
    }

    /// Says it for the media type, after what `Cache-Control` says already.
    fn set_expires_by_type(&self, rule: &ExpiresByType, response: &mut Response) {
        let fields = &mut response.head.fields;
        if fields.contains(Name::Expires) {
            return;
        }
        let content_type = fields.get_known(Name::ContentType).unwrap_or_default();
        let content_type = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let fits = |name: &str| match name.strip_suffix('*') {
            Some(start) => {
                content_type.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start.as_bytes()))
            }
            None => content_type.eq_ignore_ascii_case(name.as_bytes()),
        };
        let named = rule.types.iter().find(|(name, _)| fits(name)).map(|(_, time)| *time);
        let Some(time) = named.or(rule.default) else { return };
        if matches!(time, ExpiresTime::AfterModified(_)) && response.modified.is_none() {
            return;
        }
        let Some((expires, age)) = self.expiry(time, response.modified) else { return };
        let now = Duration::from_secs(clock::unix_time().as_secs());
        let seconds = match age {
            Age::NoCache => 0,
            Age::Seconds(seconds) => seconds,
        };
        fields.set(b"Expires", &clock::format_date(expires.max(now)));
        let mut said = fields.get_known(Name::CacheControl).unwrap_or_default().to_vec();
        if !said.is_empty() {
            said.extend_from_slice(b", ");
        }
        said.extend_from_slice(b"max-age=");
        append_number(seconds, &mut said);
        fields.set(b"Cache-Control", &said);
    }

    fn expiry(&self, time: ExpiresTime, modified: Option<u64>) -> Option<(Duration, Age)> {
        let now = Duration::from_secs(clock::unix_time().as_secs());
        Some(match time {
            ExpiresTime::Off => return None,
            ExpiresTime::Epoch => (Duration::from_secs(1), Age::NoCache),
            ExpiresTime::Max => LATEST,
            ExpiresTime::After(span) => (now.saturating_add(span), Age::Seconds(span.as_secs())),
            ExpiresTime::Before(span) => (now.saturating_sub(span), Age::NoCache),
            ExpiresTime::AfterModified(span) => {
                let expires = modified.map_or(now, Duration::from_secs).saturating_add(span);
                (expires, expires.checked_sub(now).map_or(Age::NoCache, |left| Age::Seconds(left.as_secs())))
            }
            ExpiresTime::Daily(second) => {
                let passed = u64::from(self.worker.shared.time.second_of_day(now));
                // At that very second the next day's is meant.
                let left = (u64::from(second) + DAY - passed - 1) % DAY + 1;
                (now + Duration::from_secs(left), Age::Seconds(left))
            }
        })
    }
}

/// A time of expiry as a variable gives it.
fn parse(text: &[u8]) -> Option<ExpiresTime> {
    let text = std::str::from_utf8(text).ok()?;
    match text {
        "off" => return Some(ExpiresTime::Off),
        "epoch" => return Some(ExpiresTime::Epoch),
        "max" => return Some(ExpiresTime::Max),
        _ => {}
    }
    if let Some(span) = text.strip_prefix('@') {
        let second = u32::try_from(parse_span(span)?.as_secs()).ok()?;
        return (u64::from(second) <= DAY).then_some(ExpiresTime::Daily(second));
    }
    match text.strip_prefix('-') {
        Some(span) => parse_span(span).map(ExpiresTime::Before),
        None => parse_span(text.strip_prefix('+').unwrap_or(text)).map(ExpiresTime::After),
    }
}

/// A time from the modification as a variable gives it.
fn parse_modified(text: &[u8]) -> Option<ExpiresTime> {
    let text = std::str::from_utf8(text).ok()?;
    parse_span(text.strip_prefix('+').unwrap_or(text)).map(ExpiresTime::AfterModified)
}

fn parse_span(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut number: Option<u64> = None;
    for character in text.chars().filter(|character| *character != ' ') {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match character {
            'y' => 31_536_000,
            'M' => 2_592_000,
            'w' => 604_800,
            'd' => DAY,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    seconds = seconds.checked_add(number.unwrap_or(0))?;
    (!text.is_empty() && seconds <= LONGEST).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_variables_give() {
        let seconds = Duration::from_secs;
        for (text, expected) in [
            ("off", Some(ExpiresTime::Off)),
            ("epoch", Some(ExpiresTime::Epoch)),
            ("max", Some(ExpiresTime::Max)),
            ("2048", Some(ExpiresTime::After(seconds(2048)))),
            ("+1h30m", Some(ExpiresTime::After(seconds(5400)))),
            ("-1d", Some(ExpiresTime::Before(seconds(86_400)))),
            ("@15h30m", Some(ExpiresTime::Daily(55_800))),
            ("@25h", None),
            ("", None),
            ("bad", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
        assert_eq!(parse_modified(b"1m"), Some(ExpiresTime::AfterModified(seconds(60))));
        assert_eq!(parse_modified(b"epoch"), None);
    }
}
