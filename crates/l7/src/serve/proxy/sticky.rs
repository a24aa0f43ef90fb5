//! Clients come back to the server that they had: what a request says of it, and what its answer does for the next.

use crate::exchange::Exchange;
use crate::plan::sticky::{RouteCookie, RouteSource, Stickiness};
use crate::serve::proxy::target::Aim;
use crate::variables::append_number;
use model::CookieLife;
use protocol::Name;
use std::time::Duration;
use transport::clock;
use upstream::Permit;

/// 31 December 2037, 23:55:55, and ten years.
const FOR_EVER: &[u8] = b"; expires=Thu, 31-Dec-37 23:55:55 GMT; max-age=315360000";

/// How an exchange of a sticky group found its server.
pub struct Bond<'p> {
    rule: &'p Stickiness,
    /// The route, or the session, that the request names.
    pub named: Vec<u8>,
    /// The route of the server that was chosen last.
    pub route: Box<str>,
    /// That server as configured.
    pub server: Box<str>,
    /// The group's name.
    pub group: Box<str>,
    /// The cookie that goes with the response.
    cookie: Option<Vec<u8>>,
}

impl Bond<'_> {
    /// Whether the request came without a route, or got another server than its route's.
    pub fn is_changed(&self) -> bool {
        !self.route.is_empty() && self.named != self.route.as_bytes()
    }
}

impl<'p> Exchange<'p> {
    /// What a request to a sticky group says of its server.
    pub fn name_route(&mut self, aim: &Aim<'p>) {
        let Some(rule) = aim.sticky else { return };
        let named = rule.sources.iter().map(|source| self.route_from(source, aim.target(&self.request.head)));
        let named = named.into_iter().find(|named| !named.is_empty()).unwrap_or_default();
        self.upstream.bond = Some(Box::new(Bond {
            rule,
            named,
            route: Box::default(),
            server: Box::default(),
            group: aim.group.roster().name().into(),
            cookie: None,
        }));
    }

    fn route_from(&self, source: &RouteSource, target: &[u8]) -> Vec<u8> {
        let (parameter, ends, cookie, separator) = match source {
            RouteSource::Value(value) => return self.text_of(value),
            RouteSource::Session { parameter, ends, cookie, separator } => (parameter, *ends, cookie, *separator),
        };
        let cookies = || self.request.head.fields.get_all_known(Name::Cookie);
        let session = parameter_of(target, parameter, ends)
            .or_else(|| cookies().find_map(|cookies| session_cookie(cookies, cookie)))
            .unwrap_or(b"");
        let Some(separator) = separator else { return session.to_vec() };
        match memchr::memchr(separator, session) {
            Some(at) => session.get(at + 1..).unwrap_or(b"").to_vec(),
            None => Vec::new(),
        }
    }

    /// The request goes to this server: the client is told so that it comes back there.
    pub fn bind(&mut self, permit: &Permit) {
        let Some(mut bond) = self.upstream.bond.take() else { return };
        bond.route = permit.peer().route().into();
        bond.server = permit.peer().written().into();
        bond.cookie = bond.rule.cookie.as_ref().map(|cookie| self.cookie_of(cookie, &bond.route));
        self.upstream.bond = Some(bond);
    }

    /// Puts the cookie among the fields that the response gets, whoever makes it.
    pub fn hand_over_cookie(&mut self) {
        if let Some(cookie) = self.upstream.bond.as_mut().and_then(|bond| bond.cookie.take()) {
            self.carried.push(b"Set-Cookie", &cookie);
        }
    }

    fn cookie_of(&self, rule: &RouteCookie, route: &str) -> Vec<u8> {
        let mut cookie = rule.start.to_vec();
        cookie.extend_from_slice(route.as_bytes());
        match rule.expires {
            None => {}
            Some(CookieLife::Longest) => cookie.extend_from_slice(FOR_EVER),
            Some(CookieLife::Span(span)) => {
                cookie.extend_from_slice(b"; expires=");
                append_date(Duration::from_secs(clock::unix_time().as_secs()).saturating_add(span), &mut cookie);
                cookie.extend_from_slice(b"; max-age=");
                append_number(span.as_secs(), &mut cookie);
            }
        }
        if let Some(domain) = rule.domain.as_ref().map(|domain| self.text_of(domain)).filter(|text| !text.is_empty()) {
            cookie.extend_from_slice(b"; domain=");
            cookie.extend_from_slice(&domain);
        }
        cookie.extend_from_slice(&rule.flags);
        let same_site = rule.same_site.as_ref().map(|value| self.text_of(value)).unwrap_or_default();
        if !same_site.is_empty() {
            let known = [&b"strict"[..], b"lax", b"none"].iter().any(|known| same_site.eq_ignore_ascii_case(known));
            cookie.extend_from_slice(b"; samesite=");
            cookie.extend_from_slice(if known { &same_site } else { b"strict" });
        }
        cookie.extend_from_slice(&rule.path);
        cookie
    }

    /// The answer's head is there: what it says of the session will be remembered.
    pub fn learn_session(&self, permit: &mut Permit) {
        let Some(bond) = &self.upstream.bond else { return };
        let Some(learning) = &bond.rule.learning else { return };
        let made = learning.sessions.iter().map(|session| self.text_of(session)).find(|session| !session.is_empty());
        let (session, create) = made.map_or_else(|| (bond.named.clone(), false), |session| (session, true));
        if !session.is_empty() {
            permit.learn(session, create, learning.at_head, clock::now());
        }
    }
}

/// The value of the first `NAME=` that is followed by something.
fn parameter_of<'a>(target: &'a [u8], start: &[u8], ends: &[u8]) -> Option<&'a [u8]> {
    let found = memchr::memmem::find_iter(target, start).find_map(|at| {
        let value = target.get(at + start.len()..)?;
        let from = value.iter().position(|byte| !ends.contains(byte))?;
        value.get(from..)
    })?;
    let end = found.iter().position(|byte| ends.contains(byte)).unwrap_or(found.len());
    found.get(..end)
}

/// The value of a cookie whose name is written exactly so; `,` separates cookies too.
fn session_cookie<'a>(cookies: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    cookies.split(|byte| matches!(byte, b';' | b',')).find_map(|pair| {
        let value = pair.trim_ascii_start().strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?;
        (!value.is_empty()).then_some(value)
    })
}

/// A date as cookies had it first: with dashes, and two digits for the years that they had in mind.
fn append_date(time: Duration, out: &mut Vec<u8>) {
    // "Sun, 06 Nov 1994 08:49:37 GMT"
    let date = clock::format_date(time);
    let part = |range: std::ops::Range<usize>| date.get(range).unwrap_or(b"");
    let year = part(12..16);
    out.extend_from_slice(part(0..7));
    out.push(b'-');
    out.extend_from_slice(part(8..11));
    out.push(b'-');
    out.extend_from_slice(if year > &b"2037"[..] { year } else { part(14..16) });
    out.extend_from_slice(part(16..29));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_in_paths_and_queries() {
        for (target, ends, expected) in [
            ("/a;JSESSIONID=x.r1?q=1", "?&", Some("x.r1")),
            ("/a;JSESSIONID=x.r1;v=2?q=1", "?&", Some("x.r1;v=2")),
            ("/a;JSESSIONID=x.r1;v=2?q=1", ";?&", Some("x.r1")),
            ("/a?b=1&JSESSIONID=x.r2&c", "?&", Some("x.r2")),
            ("/a?JSESSIONID=", "?&", None),
            ("/a?JSESSIONI=x.r2", "?&", None),
        ] {
            let found = parameter_of(target.as_bytes(), b"JSESSIONID=", ends.as_bytes());
            assert_eq!(found, expected.map(str::as_bytes), "{target}");
        }
    }

    #[test]
    fn sessions_in_cookies() {
        for (cookies, expected) in [
            ("a=1; S = x.r1; b=2", Some(" x.r1")),
            ("a=1,S=x.r1", Some("x.r1")),
            ("XS=x.r1", None),
            ("s=x.r1", None),
            ("S=; S=x", Some("x")),
        ] {
            assert_eq!(session_cookie(cookies.as_bytes(), b"S"), expected.map(str::as_bytes), "{cookies}");
        }
    }

    #[test]
    fn dates_of_cookies() {
        let date = |seconds| {
            let mut out = Vec::new();
            append_date(Duration::from_secs(seconds), &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(date(784_111_777), "Sun, 06-Nov-94 08:49:37 GMT");
        assert_eq!(date(2_145_916_555 + 86_400), "Fri, 01-Jan-2038 23:55:55 GMT");
    }
}
