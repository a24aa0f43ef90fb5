//! Compression of responses: which coding the client gets, if any.

mod encoder;

pub use encoder::{Encoder, Spare};

use crate::body::{Body, Filter, Filtered};
use crate::exchange::Exchange;
use crate::plan::filters::{Compressor, Filters, GzipRules};
use crate::response::{Ranges, Response};
use crate::shape::conditional::parse_date;
use crate::shape::gunzip::Gunzip;
use model::{Coding, PageStyle, Proxied};
use protocol::{Fields, Name};
use transport::clock;

impl Exchange<'_> {
    /// Decompresses a gzip body for a client that does not take it.
    pub fn gunzip(&mut self, filters: &Filters, response: &mut Response) {
        let fields = &response.head.fields;
        if !fields.get_known(Name::ContentEncoding).is_some_and(|coding| coding.eq_ignore_ascii_case(b"gzip")) {
            return;
        }
        self.varies = true;
        if self.takes_gzip(&filters.gzip, &response.head.fields) {
            return;
        }
        response.head.fields.remove_known(Name::ContentEncoding);
        change_length(response);
        weaken_tag(&mut response.head.fields);
        response.filter(Filter::Gunzip(Box::new(Gunzip::new())));
    }

    /// Compresses the body with the coding that the client likes best of those that are worth it.
    pub fn compress(&mut self, filters: &Filters, response: &mut Response) {
        let fields = &response.head.fields;
        let encoded = fields.get_known(Name::ContentEncoding).is_some_and(|coding| !coding.is_empty());
        let own_page = response.built_in && self.place.section.style.pages == PageStyle::Document;
        if encoded || own_page || !matches!(response.head.status, 200 | 403 | 404) {
            return;
        }
        let content_type = fields.get_known(Name::ContentType);
        let worth = |rule: &&Compressor| {
            response.length.is_none_or(|length| length >= rule.least) && rule.types.contain(content_type)
        };
        let mut best: Option<(&Compressor, u16)> = None;
        for rule in filters.codings.iter().filter(worth) {
            self.varies = true;
            let liking = self.liking(rule.coding, &filters.gzip, fields);
            if liking > best.map_or(0, |(_, liking)| liking) {
                best = Some((rule, liking));
            }
        }
        let Some((rule, _)) = best else { return };
        response.head.fields.push(b"Content-Encoding", coding_name(rule.coding).as_bytes());
        change_length(response);
        weaken_tag(&mut response.head.fields);
        let encoder = Encoder::new(rule, &self.worker.shared);
        if let Encoder::Gzip(gzip) = &encoder {
            self.sent.gzipped = Some(gzip.outcome());
        }
        response.filter(Filter::Compress(encoder));
    }

    /// How much the client likes a coding, in thousandths; 0: it does not take it.
    pub fn liking(&self, coding: Coding, rules: &GzipRules, fields: &Fields) -> u16 {
        if self.is_child() {
            return 0;
        }
        if coding == Coding::Gzip && !self.takes_gzip(rules, fields) {
            return 0;
        }
        let accepted = self.request.head.fields.get_known(Name::AcceptEncoding);
        accepted.map_or(0, |accepted| liking(accepted, coding_name(coding).as_bytes()))
    }

    /// Whether the client takes gzip, and gets it by the rules of the place.
    pub fn takes_gzip(&self, rules: &GzipRules, answer: &Fields) -> bool {
        // What is a part of another response is compressed with it.
        if self.is_child() {
            return false;
        }
        let fields = &self.request.head.fields;
        let accepted = fields.get_known(Name::AcceptEncoding);
        if accepted.is_none_or(|accepted| liking(accepted, b"gzip") == 0) || self.request.head.version < rules.version {
            return false;
        }
        if fields.contains(Name::Via) && !self.is_allowed_to_proxies(&rules.proxied, answer) {
            return false;
        }
        let agent = fields.get_known(Name::UserAgent);
        !agent.is_some_and(|agent| rules.disabled.iter().any(|regex| regex.is_match(agent).unwrap_or(true)))
    }

    /// `gzip_proxied`: whether a request that came through a proxy gets gzip.
    fn is_allowed_to_proxies(&self, allowed: &[Proxied], answer: &Fields) -> bool {
        let has = |kind: Proxied| allowed.contains(&kind);
        if allowed.is_empty() {
            return false;
        }
        if has(Proxied::Any) || (has(Proxied::Authorized) && self.request.head.fields.contains(Name::Authorization)) {
            return true;
        }
        if let Some(expires) = answer.get_known(Name::Expires) {
            let now = || clock::unix_time().as_secs();
            let date = answer.get_known(Name::Date).map_or_else(|| Some(now()), parse_date);
            return has(Proxied::Expired)
                && parse_date(expires).zip(date).is_some_and(|(expires, date)| expires < date);
        }
        if answer.contains(Name::CacheControl) {
            let says = |word: &[u8]| answer.get_all_known(Name::CacheControl).any(|value| directs(value, word));
            return (has(Proxied::NoCache) && says(b"no-cache"))
                || (has(Proxied::NoStore) && says(b"no-store"))
                || (has(Proxied::Private) && says(b"private"));
        }
        let unwanted = (has(Proxied::NoLastModified) && answer.contains(Name::LastModified))
            || (has(Proxied::NoEtag) && answer.contains(Name::Etag));
        !unwanted
    }
}

impl Response {
    /// Puts a filter around the body.
    pub fn filter(&mut self, filter: Filter) {
        if matches!(self.body, Body::Empty) {
            return;
        }
        let eager = self.body.relay().is_some_and(|relay| !relay.reads_ahead());
        let inner = std::mem::replace(&mut self.body, Body::Empty);
        self.body = Body::Filtered(Box::new(Filtered::new(inner, filter, eager)));
    }
}

/// The body will be of another length, which is not known yet.
pub fn change_length(response: &mut Response) {
    response.length = None;
    response.ranges = Ranges::No;
    response.head.fields.remove_known(Name::AcceptRanges);
}

/// A tag of what is changed here stands for its meaning, no longer for its bytes (RFC 9110 §8.8.1).
pub fn weaken_tag(fields: &mut Fields) {
    let Some(tag) = fields.get_known(Name::Etag) else { return };
    if tag.starts_with(b"W/") {
        return;
    }
    if tag.len() > 2 && tag.starts_with(b"\"") {
        let weak = [b"W/", tag].concat();
        fields.set(b"ETag", &weak);
    } else {
        fields.remove_known(Name::Etag);
    }
}

/// The body will be another: its validators go, or, where the rule keeps them, say that it means the same.
pub fn change_validators(response: &mut Response, keep: bool) {
    if keep {
        weaken_tag(&mut response.head.fields);
    } else {
        response.modified = None;
        response.head.fields.remove_known(Name::LastModified);
        response.head.fields.remove_known(Name::Etag);
    }
}

/// The name of a coding in `Accept-Encoding` and `Content-Encoding`.
pub fn coding_name(coding: Coding) -> &'static str {
    match coding {
        Coding::Gzip => "gzip",
        Coding::Brotli => "br",
        Coding::Zstd => "zstd",
    }
}

/// What `Accept-Encoding` says of a coding, in thousandths (RFC 9110 §12.5.3).
fn liking(accepted: &[u8], coding: &[u8]) -> u16 {
    for item in accepted.split(|byte| *byte == b',') {
        let mut parts = item.split(|byte| *byte == b';');
        if !parts.next().is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(coding)) {
            continue;
        }
        let quality = parts.find_map(|part| {
            let (name, value) = part.trim_ascii().split_at_checked(2)?;
            name.eq_ignore_ascii_case(b"q=").then_some(value)
        });
        return quality.map_or(1000, thousandths);
    }
    0
}

/// A quality from 0 to 1 with three decimals at most; what is malformed counts as nothing.
fn thousandths(value: &[u8]) -> u16 {
    let (whole, decimals) = match value.split_first() {
        Some((whole @ (b'0' | b'1'), rest)) => (u16::from(*whole - b'0'), rest),
        _ => return 0,
    };
    let decimals = match decimals.split_first() {
        None => &[][..],
        Some((b'.', decimals)) => decimals,
        Some(_) => return 0,
    };
    if decimals.len() > 3 || !decimals.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    let units = [100, 10, 1];
    let parts: u16 = decimals.iter().zip(units).map(|(digit, unit)| u16::from(digit - b'0') * unit).sum();
    (whole * 1000 + parts).min(1000)
}

/// Whether a `Cache-Control` has a word.
fn directs(value: &[u8], word: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|item| {
        let name = item.split(|byte| *byte == b'=').next().unwrap_or_default();
        name.trim_ascii().eq_ignore_ascii_case(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likings_are_read() {
        for (accepted, expected) in [
            ("gzip", 1000),
            ("deflate, GZIP;q=0.5", 500),
            ("gzip;q=0", 0),
            ("gzip; q=0.000", 0),
            ("gzip;q=0.001", 1),
            ("gzip;q=1.000", 1000),
            ("gzip;q=2", 0),
            ("gzipped", 0),
            ("x-gzip", 0),
            ("*", 0),
            ("", 0),
        ] {
            assert_eq!(liking(accepted.as_bytes(), b"gzip"), expected, "{accepted}");
        }
    }

    #[test]
    fn tags_are_weakened() {
        for (tag, expected) in [("\"a\"", Some("W/\"a\"")), ("W/\"a\"", Some("W/\"a\"")), ("a", None), ("\"", None)] {
            let mut fields = Fields::new();
            fields.push(b"ETag", tag.as_bytes());
            weaken_tag(&mut fields);
            assert_eq!(fields.get_known(Name::Etag), expected.map(str::as_bytes), "{tag}");
        }
    }
}
