//! RFC 9111: what a shared cache keeps, how long it is fresh, and when it may be used.

use super::directives::Directives;
use super::{Flags, Terms, parse_date, varies_by_all};
use protocol::{Fields, Name};

/// Longest time for which an answer is taken to be fresh that does not say it.
const LONGEST_GUESS: u64 = 86_400;

/// What a request says of kept answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    directives: Directives,
    /// It shows who asks (RFC 9111 §3.5).
    authorized: bool,
}

impl Asked {
    /// What a request's fields say.
    pub fn read(fields: &Fields) -> Self {
        let mut directives = Directives::read(fields.get_all_known(Name::CacheControl));
        let pragma = |value: &[u8]| {
            value.split(|byte| *byte == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
        };
        if !fields.contains(Name::CacheControl) && fields.get_all_known(Name::Pragma).any(pragma) {
            directives.no_cache = true;
        }
        Self { directives, authorized: fields.contains(Name::Authorization) }
    }

    /// The same where what requests say of how fresh an answer must be does not count; who asks does, and that one is not to
    /// be fetched.
    #[must_use]
    pub fn ignored(self) -> Self {
        let only_if_cached = self.directives.only_if_cached;
        Self { directives: Directives { only_if_cached, ..Directives::default() }, ..self }
    }

    /// Whether it shows who asks.
    pub fn is_authorized(&self) -> bool {
        self.authorized
    }

    /// Whether the answer must not be fetched.
    pub fn only_if_kept(&self) -> bool {
        self.directives.only_if_cached
    }

    /// Whether the answer must not be kept.
    pub fn is_secret(&self) -> bool {
        self.directives.no_store
    }

    /// Whether what is kept may be used as it is (RFC 9111 §4).
    pub fn takes(&self, terms: &Terms, now: u64) -> bool {
        let Directives { no_cache, max_age, min_fresh, max_stale, .. } = self.directives;
        let age = terms.age_at(now);
        if terms.flags.must_ask || no_cache && !(terms.flags.immutable && terms.is_fresh(now)) {
            return false;
        }
        if max_age.is_some_and(|most| age > most) && !terms.flags.immutable {
            return false;
        }
        if terms.is_fresh(now) {
            return min_fresh.is_none_or(|least| terms.fresh_until.saturating_sub(now) >= least);
        }
        !terms.flags.never_stale && max_stale.is_some_and(|most| now.saturating_sub(terms.fresh_until) <= most)
    }

    /// Whether what is kept may be used while another is fetched (RFC 5861 §3).
    pub fn takes_while_fetched(&self, terms: &Terms, now: u64) -> bool {
        self.takes_stale(terms) && terms.serves_while_fetched(now)
    }

    /// Whether neither the request nor what is kept forbids that it is used stale.
    pub fn takes_stale(&self, terms: &Terms) -> bool {
        let Directives { no_cache, max_age, .. } = self.directives;
        !no_cache && max_age.is_none() && !terms.flags.must_ask && !terms.flags.never_stale
    }
}

/// Whether what is kept may be used where its server did not answer at all, or `told` with an error (RFC 9111 §4.2.4,
/// RFC 5861 §4).
pub fn serves_on_error(terms: &Terms, now: u64, told: bool) -> bool {
    !terms.flags.must_ask && !terms.flags.never_stale && (!told || terms.serves_on_error(now))
}

/// Times of an exchange with a server, in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// When the request went.
    pub asked: u64,
    /// When the answer came.
    pub answered: u64,
}

/// What an answer says of its being kept.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Its directives.
    pub directives: Directives,
    /// They are for caches such as this, and nothing else counts (RFC 9213 §2.2).
    pub targeted: bool,
}

impl Said {
    /// Reads it.
    pub fn read(fields: &Fields) -> Self {
        let targeted = Directives::read_targeted(fields.get_all(b"CDN-Cache-Control"));
        let directives = targeted.unwrap_or_else(|| Directives::read(fields.get_all_known(Name::CacheControl)));
        Self { directives, targeted: targeted.is_some() }
    }
}

/// On what terms an answer is kept, if it may be (RFC 9111 §3).
pub fn terms(asked: &Asked, status: u16, fields: &Fields, times: Times) -> Option<Terms> {
    let said = Said::read(fields);
    let terms = terms_said(asked, status, &said, fields, times)?;
    let Directives { while_fetched, on_error, .. } = said.directives;
    let of_use = is_validated(fields) || while_fetched.is_some() || on_error.is_some();
    (of_use || terms.is_fresh(times.answered)).then_some(terms)
}

/// Whether a server can be asked if it is good still.
pub(super) fn is_validated(fields: &Fields) -> bool {
    fields.contains(Name::Etag) || fields.contains(Name::LastModified)
}

/// On what terms an answer may be kept that says so much, be it of use or not.
pub(super) fn terms_said(asked: &Asked, status: u16, said: &Said, fields: &Fields, times: Times) -> Option<Terms> {
    let Said { directives: said, targeted } = *said;
    let understood = said.must_understand && is_understood(status);
    if said.no_store && !understood
        || said.must_understand && !is_understood(status)
        || said.private
        || asked.is_secret()
    {
        return None;
    }
    if asked.authorized && !(said.public || said.must_revalidate || said.s_maxage.is_some()) {
        return None;
    }
    if status < 200 || matches!(status, 206 | 304) || varies_by_all(fields) {
        return None;
    }
    let age = age(fields, times);
    let explicit = lifetime(&said, targeted, fields, times);
    let guess = || guess(&said, status, fields, times);
    let lifetime = explicit.or_else(guess).or(said.no_cache.then_some(0))?;
    let fresh_until = times.answered.saturating_add(lifetime).saturating_sub(age.saturating_add(1));
    let flags = Flags {
        must_ask: said.no_cache,
        never_stale: said.must_revalidate || said.proxy_revalidate || said.s_maxage.is_some(),
        immutable: said.immutable,
    };
    Some(Terms {
        fresh_until,
        while_fetched: said.while_fetched.unwrap_or(0),
        on_error: said.on_error.unwrap_or(0),
        received: times.answered,
        age,
        flags,
        ..Terms::default()
    })
}

/// How long an answer is fresh that says it (RFC 9111 §4.2.1).
fn lifetime(said: &Directives, targeted: bool, fields: &Fields, times: Times) -> Option<u64> {
    if let Some(seconds) = said.s_maxage.or(said.max_age) {
        return Some(seconds);
    }
    // RFC 9213 §2.2: beside a targeted field nothing else counts.
    if targeted || !fields.contains(Name::Expires) {
        return None;
    }
    let mut all = fields.get_all_known(Name::Expires);
    let first = all.next().and_then(date);
    if all.next().is_some() {
        return Some(0);
    }
    Some(first.map_or(0, |expires| expires.saturating_sub(sent(fields, times))))
}

/// How long one is taken to be fresh that does not say it (RFC 9111 §4.2.2).
fn guess(said: &Directives, status: u16, fields: &Fields, times: Times) -> Option<u64> {
    if !said.public && !is_cacheable_unsaid(status) {
        return None;
    }
    let modified = date(fields.get_known(Name::LastModified)?)?;
    Some((sent(fields, times).saturating_sub(modified) / 10).min(LONGEST_GUESS))
}

/// When an answer was sent.
pub(super) fn sent(fields: &Fields, times: Times) -> u64 {
    fields.get_known(Name::Date).and_then(date).unwrap_or(times.answered)
}

/// How old an answer was when it came (RFC 9111 §4.2.3).
fn age(fields: &Fields, times: Times) -> u64 {
    let apparent = times.answered.saturating_sub(sent(fields, times));
    let told = fields.get_known(Name::Age).unwrap_or_default();
    let first = told.split(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
    let number = !first.is_empty() && first.iter().all(u8::is_ascii_digit);
    let add = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    let told = if number { first.iter().fold(0, add).min(u64::from(u32::MAX)) } else { 0 };
    apparent.max(told + times.answered.saturating_sub(times.asked))
}

/// A date, its words in any case of letters.
pub(super) fn date(text: &[u8]) -> Option<u64> {
    let mut usual = text.trim_ascii().to_ascii_lowercase();
    let mut starts = true;
    for byte in &mut usual {
        if starts {
            byte.make_ascii_uppercase();
        }
        starts = !byte.is_ascii_alphabetic();
    }
    if let Some(zone) = usual.strip_suffix(b"Gmt").map(<[u8]>::len)
        && let Some(zone) = usual.get_mut(zone..)
    {
        zone.make_ascii_uppercase();
    }
    parse_date(&usual)
}

/// Statuses of answers that may be kept though they do not say it (RFC 9110 §15.1).
fn is_cacheable_unsaid(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Statuses whose meaning for caches is known (RFC 9111 §5.2.2.3).
fn is_understood(status: u16) -> bool {
    is_cacheable_unsaid(status)
        || matches!(status, 201 | 202 | 302 | 303 | 307 | 400..=403 | 406..=409 | 411..=413 | 415..=417 | 421 | 500 | 502..=505)
}

/// The fields of an answer that was found good, with what the server said then in place of what it said before (RFC 9111
/// §3.2).
pub fn updated(kept: &Fields, told: &Fields) -> Fields {
    const STAY: u128 = Name::bits(&[
        Name::Connection,
        Name::ContentEncoding,
        Name::ContentLength,
        Name::ContentRange,
        Name::ContentType,
        Name::Etag,
        Name::KeepAlive,
        Name::ProxyConnection,
        Name::Te,
        Name::Trailer,
        Name::TransferEncoding,
        Name::Upgrade,
    ]);
    let replaces = |name: &[u8]| {
        let known = Name::of(name);
        known.bit() & STAY == 0 && told.get(name).is_some()
    };
    let mut fields = Fields::new();
    for (name, value) in kept.iter().filter(|(name, _)| !replaces(name)) {
        fields.push(name, value);
    }
    for (name, value) in told.iter().filter(|(name, _)| Name::of(name).bit() & STAY == 0) {
        fields.push(name, value);
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 784_111_777; // Sun, 06 Nov 1994 08:49:37 GMT
    const DATE: (&str, &str) = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");

    fn fields(lines: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in lines {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        fields
    }

    fn kept(request: &[(&str, &str)], status: u16, answer: &[(&str, &str)]) -> Option<Terms> {
        let times = Times { asked: NOW, answered: NOW };
        terms(&Asked::read(&fields(request)), status, &fields(answer), times)
    }

    /// For how many seconds more an answer is fresh; `None`: it is not kept, or stale at once.
    #[track_caller]
    fn check(answer: &[(&str, &str)], expected: Option<u64>) {
        let left = kept(&[], 200, answer).filter(|terms| terms.is_fresh(NOW)).map(|terms| terms.fresh_until + 1 - NOW);
        assert_eq!(left, expected, "{answer:?}");
    }

    #[test]
    fn an_answer_says_how_long_it_is_fresh() {
        check(&[("Cache-Control", "max-age=60")], Some(60));
        check(&[("Cache-Control", "max-age=60, s-maxage=7")], Some(7));
        check(&[("Cache-Control", "max-age=60"), ("Age", "20")], Some(40));
        check(&[("Cache-Control", "max-age=60"), ("Age", "0, 7200")], Some(60));
        check(&[("Cache-Control", "max-age=60"), ("Age", "7200.0")], Some(60));
        check(&[("Cache-Control", "max-age=60"), ("Age", "60")], None);
        check(&[DATE, ("Expires", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10));
        check(&[DATE, ("Expires", "SUN, 06 NOV 1994 08:49:47 gmt")], Some(10));
        check(&[DATE, ("Expires", "0")], None);
        check(&[DATE, ("Last-Modified", "Sun, 06 Nov 1994 08:47:57 GMT")], Some(10));
        check(&[("Cache-Control", "max-age=1"), ("CDN-Cache-Control", "max-age=9")], Some(9));
        check(&[("Cache-Control", "max-age=9"), ("CDN-Cache-Control", "max-age=1, &")], Some(9));
        check(&[("Cache-Control", "max-age=9"), ("Vary", "a, *")], None);
        check(&[("Cache-Control", "max-age=9, private")], None);
        check(&[("Cache-Control", "max-age=9, no-store, must-understand")], Some(9));
    }

    #[test]
    fn what_is_one_persons_is_not_kept_for_others() {
        let authorized = [("Authorization", "x")];
        assert!(kept(&authorized, 200, &[("Cache-Control", "max-age=9")]).is_none());
        for allowed in ["public, max-age=9", "s-maxage=9", "max-age=9, must-revalidate"] {
            assert!(kept(&authorized, 200, &[("Cache-Control", allowed)]).is_some(), "{allowed}");
        }
        assert!(kept(&[("Cache-Control", "no-store")], 200, &[("Cache-Control", "max-age=9")]).is_none());
    }

    #[test]
    fn a_request_may_ask_for_more() {
        let terms = kept(&[], 200, &[("Cache-Control", "max-age=60")]).unwrap();
        let takes =
            |value: &str, later: u64| Asked::read(&fields(&[("Cache-Control", value)])).takes(&terms, NOW + later);
        assert!(takes("max-age=10", 5) && !takes("max-age=10", 11));
        assert!(takes("min-fresh=10", 40) && !takes("min-fresh=30", 40));
        assert!(!takes("no-cache", 0) && Asked::default().takes(&terms, NOW + 59));
        assert!(takes("max-stale=10", 65) && !takes("max-stale=10", 75) && takes("max-stale", 1000));
        assert!(!Asked::default().takes(&terms, NOW + 60));
    }

    #[test]
    fn staleness_is_forbidden_by_those_who_must_be_asked() {
        for never in ["must-revalidate", "proxy-revalidate", "no-cache"] {
            let terms =
                kept(&[], 200, &[("Cache-Control", &format!("max-age=1, {never}")), ("ETag", "\"a\"")]).unwrap();
            assert!(!serves_on_error(&terms, NOW + 5, false), "{never}");
        }
        let terms = kept(&[], 200, &[("Cache-Control", "max-age=1")]).unwrap();
        assert!(serves_on_error(&terms, NOW + 5, false) && !serves_on_error(&terms, NOW + 5, true));
    }
}
