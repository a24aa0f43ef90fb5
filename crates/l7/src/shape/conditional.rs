//! Conditional requests (RFC 9110 §13): 304 and 412.

use crate::body::Body;
use crate::exchange::Exchange;
use crate::response::Response;
use model::SinceRule;
use protocol::{Method, Name};

impl Exchange<'_> {
    /// Answers a request whose preconditions say so with 304 or 412 instead.
    pub fn judge_preconditions(&mut self, response: Response) -> Response {
        if !response.conditional || response.head.status != 200 {
            return response;
        }
        let fields = &self.request.head.fields;
        let unmodified_since = fields.get_known(Name::IfUnmodifiedSince);
        let fails = unmodified_since.is_some_and(|date| is_modified_after(&response, date))
            || fields.get_known(Name::IfMatch).is_some_and(|tags| !matches_tag(&response, tags, false));
        if fails {
            return if self.tells_methods() { self.failed(response) } else { self.built_in_page(412) };
        }
        let since = fields.get_known(Name::IfModifiedSince);
        let none_match = fields.get_known(Name::IfNoneMatch);
        if since.is_none() && none_match.is_none() {
            return response;
        }
        // RFC 9110 §13.1.3: beside a tag, a date does not count.
        let by_tag = none_match.is_some() && self.keeps_to_standard();
        let modified = !by_tag && since.is_some_and(|date| self.is_modified_since(&response, date));
        let differs = none_match.is_some_and(|tags| !matches_tag(&response, tags, true));
        if modified || differs { response } else { not_modified(response) }
    }

    /// Whether kept answers are given out as RFC 9111 says.
    fn keeps_to_standard(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.asked.is_some())
    }

    /// The file's own fields stand beside the status.
    fn failed(&self, mut response: Response) -> Response {
        response.head.status = 412;
        response.ranges = crate::response::Ranges::No;
        if self.request.method != Method::Head {
            response.body = Body::Empty;
            response.length = Some(0);
        }
        response
    }

    fn is_modified_since(&self, response: &Response, date: &[u8]) -> bool {
        let (Some(modified), Some(date)) = (response.modified, parse_date(date)) else { return true };
        if self.keeps_to_standard() {
            return date < modified;
        }
        match self.place.section.since {
            SinceRule::Off => true,
            SinceRule::Exact => date != modified,
            SinceRule::Before => date < modified,
        }
    }
}

fn is_modified_after(response: &Response, date: &[u8]) -> bool {
    response.modified.zip(parse_date(date)).is_some_and(|(modified, date)| modified > date)
}

fn not_modified(mut response: Response) -> Response {
    response.head.status = 304;
    response.body = Body::Empty;
    response.length = None;
    response.ranges = crate::response::Ranges::No;
    for name in [Name::ContentType, Name::ContentEncoding] {
        response.head.fields.remove_known(name);
    }
    response
}

/// Whether one of the listed tags is the response's; `weak`: `W/` makes no difference.
fn matches_tag(response: &Response, listed: &[u8], weak: bool) -> bool {
    if listed.trim_ascii() == b"*" {
        return true;
    }
    let Some(own) = response.head.fields.get_known(Name::Etag) else { return false };
    listed.split(|byte| *byte == b',').any(|tag| bare(tag, weak) == bare(own, weak))
}

fn bare(tag: &[u8], weak: bool) -> &[u8] {
    let tag = tag.trim_ascii();
    if weak { tag.strip_prefix(b"W/").unwrap_or(tag) } else { tag }
}

/// An HTTP date as seconds since 1970.
pub fn parse_date(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let date = httpdate::parse_http_date(text.trim()).ok()?;
    date.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}
