//! The operator's rules: statuses that are kept and for how long; what an answer says of itself comes first.

use super::{Flags, Terms, parse_date, varies_by_all};
use protocol::{Fields, Name};
use std::time::Duration;

/// Longest list of request fields that tell answers apart.
const LONGEST_VARY: usize = 128;

/// What the operator says.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// For how long answers of a status are kept (`None`: of any) where they do not say it; the first that fits counts.
    pub valid: Vec<(Option<u16>, Duration)>,
    /// Bits of names of fields that are not obeyed.
    pub ignored: u128,
}

/// What an answer says of its being kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Said {
    Nothing,
    Until(u64),
    No,
}

impl Rules {
    /// On what terms an answer is kept, if it is.
    pub fn terms(&self, status: u16, fields: &Fields, now: u64) -> Option<Terms> {
        let mut terms = Terms { received: now, flags: Flags::default(), ..Terms::default() };
        terms.fresh_until = match self.all_said(fields, now, &mut terms) {
            Said::No => return None,
            Said::Until(time) => time,
            Said::Nothing => self.configured(status, now)?,
        };
        Some(terms)
    }

    /// Whether an answer says itself that it is not to be kept, or cannot be told from others.
    pub fn forbids(&self, fields: &Fields, now: u64) -> bool {
        self.all_said(fields, now, &mut Terms::default()) == Said::No
    }

    /// The terms that an answer sets itself.
    pub fn said_by(&self, fields: &Fields, now: u64) -> Option<Terms> {
        Self { valid: Vec::new(), ignored: self.ignored }.terms(200, fields, now)
    }

    /// Until when an answer of a status is fresh that says nothing itself.
    pub fn configured(&self, status: u16, now: u64) -> Option<u64> {
        let mut rules = self.valid.iter();
        let (_, time) = rules.find(|(of, _)| of.is_none_or(|of| of == status))?;
        (!time.is_zero()).then(|| now.saturating_add(time.as_secs()))
    }

    fn all_said(&self, fields: &Fields, now: u64, terms: &mut Terms) -> Said {
        let has_secret = self.obeys(Name::SetCookie) && fields.contains(Name::SetCookie);
        if has_secret || self.obeys(Name::Vary) && !varies_usefully(fields) {
            return Said::No;
        }
        let said = self.said(fields, now, terms);
        match self.ordered(fields, now) {
            Said::Nothing => said,
            ordered => ordered,
        }
    }

    fn obeys(&self, name: Name) -> bool {
        self.ignored & name.bit() == 0
    }

    /// `X-Accel-Expires` counts before all else.
    fn ordered(&self, fields: &Fields, now: u64) -> Said {
        let Some(value) = fields.get_known(Name::XAccelExpires).filter(|_| self.obeys(Name::XAccelExpires)) else {
            return Said::Nothing;
        };
        let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.trim().parse::<u64>().ok();
        match value.strip_prefix(b"@") {
            Some(time) => number(time).map_or(Said::Nothing, Said::Until),
            None => match number(value) {
                None => Said::Nothing,
                Some(0) => Said::No,
                Some(seconds) => Said::Until(now.saturating_add(seconds)),
            },
        }
    }

    fn said(&self, fields: &Fields, now: u64, terms: &mut Terms) -> Said {
        let mut said = Said::Nothing;
        if self.obeys(Name::CacheControl) {
            for value in fields.get_all_known(Name::CacheControl) {
                said = controlled(value, said, now, terms);
            }
        }
        if said != Said::Nothing || !self.obeys(Name::Expires) {
            return said;
        }
        match fields.get_known(Name::Expires).map(parse_date) {
            None => Said::Nothing,
            Some(Some(time)) if time >= now => Said::Until(time),
            Some(_) => Said::No,
        }
    }
}

fn controlled(value: &[u8], before: Said, now: u64, terms: &mut Terms) -> Said {
    let value = value.to_ascii_lowercase();
    if before == Said::No || [&b"no-cache"[..], b"no-store", b"private"].iter().any(|word| find(&value, word).is_some())
    {
        return Said::No;
    }
    let said = match seconds(&value, b"s-maxage=").or_else(|| seconds(&value, b"max-age=")) {
        Some(Ok(0) | Err(NoNumber)) => return Said::No,
        Some(Ok(seconds)) => Said::Until(now.saturating_add(seconds)),
        None => before,
    };
    match seconds(&value, b"stale-while-revalidate=") {
        Some(Ok(seconds)) => (terms.while_fetched, terms.on_error) = (seconds, seconds),
        Some(Err(NoNumber)) => return Said::No,
        None => {}
    }
    match seconds(&value, b"stale-if-error=") {
        Some(Ok(seconds)) => terms.on_error = seconds,
        Some(Err(NoNumber)) => return Said::No,
        None => {}
    }
    said
}

/// A directive has no number where it must have one.
struct NoNumber;

/// The number behind a word. The word may stand within another, and what ends the number may be missing: so it is read by nginx.
fn seconds(value: &[u8], word: &[u8]) -> Option<Result<u64, NoNumber>> {
    let rest = value.get(find(value, word)? + word.len()..)?;
    let number = rest.split(|byte| b", ;".contains(byte)).next().unwrap_or_default();
    if !number.iter().all(u8::is_ascii_digit) {
        return Some(Err(NoNumber));
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(Ok(number.iter().fold(0, add)))
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// Whether the fields that tell answers apart can be named.
fn varies_usefully(fields: &Fields) -> bool {
    let length: usize = fields.get_all_known(Name::Vary).map(|value| value.len() + 2).sum();
    length <= LONGEST_VARY + 2 && !varies_by_all(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000_000;

    #[track_caller]
    fn check(lines: &[(&str, &str)], expected: Option<u64>) {
        let mut fields = Fields::new();
        for (name, value) in lines {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        let rules = Rules { valid: vec![(Some(200), Duration::from_mins(1))], ignored: 0 };
        assert_eq!(rules.terms(200, &fields, NOW).map(|terms| terms.fresh_until - NOW), expected, "{lines:?}");
    }

    #[test]
    fn what_an_answer_says_counts_before_the_configuration() {
        check(&[], Some(60));
        check(&[("Cache-Control", "max-age=5")], Some(5));
        check(&[("Cache-Control", "max-age=5, s-maxage=7")], Some(7));
        check(&[("Cache-Control", "max-age=0")], None);
        check(&[("Cache-Control", "max-age=5"), ("Cache-Control", "private")], None);
        check(&[("Cache-Control", "public")], Some(60));
        check(&[("Expires", "Thu, 01 Jan 1970 00:00:01 GMT")], None);
        check(&[("Expires", "nonsense")], None);
        check(&[("Cache-Control", "max-age=9"), ("Expires", "0")], Some(9));
        check(&[("X-Accel-Expires", "3"), ("Cache-Control", "no-cache")], Some(3));
        check(&[("X-Accel-Expires", "0"), ("Cache-Control", "max-age=9")], None);
        check(&[("X-Accel-Expires", "@1000000008")], Some(8));
        check(&[("Set-Cookie", "a=b")], None);
        check(&[("Vary", "*")], None);
        check(&[("Vary", "Accept")], Some(60));
    }

    #[test]
    fn what_is_ignored_does_not_count() {
        let mut fields = Fields::new();
        fields.push(b"Set-Cookie", b"a=b");
        fields.push(b"Cache-Control", b"no-store");
        let ignored = Name::bits(&[Name::SetCookie, Name::CacheControl]);
        let rules = Rules { valid: vec![(None, Duration::from_secs(1))], ignored };
        assert_eq!(rules.terms(500, &fields, NOW).map(|terms| terms.fresh_until), Some(NOW + 1));
    }

    #[test]
    fn staleness_that_is_allowed_is_read() {
        let mut fields = Fields::new();
        fields.push(b"Cache-Control", b"max-age=1, stale-while-revalidate=10, stale-if-error=20");
        let terms = Rules::default().terms(200, &fields, NOW).unwrap();
        assert_eq!((terms.while_fetched, terms.on_error), (10, 20));
        assert!(terms.serves_while_fetched(NOW + 11) && !terms.serves_while_fetched(NOW + 12));
    }
}
