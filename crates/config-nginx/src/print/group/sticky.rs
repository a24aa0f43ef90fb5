//! `sticky`: how clients come back to the server that they had.

use std::time::Duration;

use diagnostic::Origin;
use model::{Binding, CookieLife, Learning, Part, RouteCookie, RouteSource, Stickiness, Template};

use super::super::item::Item;
use super::super::word::{self, Word};

/// The directive, or what it cannot say.
pub(super) fn item(stickiness: &Stickiness, origin: Origin) -> Item {
    let Stickiness { sources, binding, strict, reaches_reserve, counts_fully } = stickiness;
    let unusual = *strict || *reaches_reserve || *counts_fully;
    let values: Option<Vec<&Template>> = sources.iter().map(value).collect();
    let Some(values) = values.filter(|_| !unusual) else {
        return Item::unsaid("sessions by the route in a cookie or the path, as another server reads it", origin);
    };
    let words = match binding {
        Binding::Own => [Ok("route".to_owned())].into_iter().chain(values.into_iter().map(variable)).collect(),
        Binding::Cookie(cookie) => self::cookie(cookie, &values),
        Binding::Learned(learning) => self::learned(learning, &values),
    };
    Item::new("sticky", words, origin)
}

fn value(source: &RouteSource) -> Option<&Template> {
    match source {
        RouteSource::Value(value) => Some(value),
        RouteSource::Session { parameter: _, semicolon: _, cookie: _, separator: _ } => None,
    }
}

/// A value that begins with a variable.
fn variable(value: &Template) -> Word {
    let raw = word::raw(value)?;
    if raw.starts_with('$') { Ok(word::quote(&raw)) } else { Err(format!("a route that begins with text: {raw}")) }
}

fn cookie(cookie: &RouteCookie, values: &[&Template]) -> Vec<Word> {
    let RouteCookie { name, expires, domain, path, http_only, secure, same_site } = cookie;
    let own = Part::Variable(format!("cookie_{name}"));
    let reads_own = matches!(values, [Template { parts, .. }] if *parts == [own]);
    if !reads_own {
        return vec![Err(format!("a route that is sent in the cookie {name} and read elsewhere"))];
    }
    let keyed = |key: &str, value: &Template| word::raw(value).map(|raw| word::quote(&format!("{key}={raw}")));
    let expires = expires.map(|life| match life {
        CookieLife::Span(span) => word::seconds(span).map(|span| format!("expires={span}")),
        CookieLife::Longest => Ok("expires=max".to_owned()),
    });
    let parameters = [
        expires,
        domain.as_ref().map(|domain| keyed("domain", domain)),
        path.as_ref().map(|path| Ok(word::quote(&format!("path={path}")))),
        http_only.then(|| Ok("httponly".to_owned())),
        secure.then(|| Ok("secure".to_owned())),
        same_site.as_ref().map(|site| keyed("samesite", site)),
    ];
    [Ok("cookie".to_owned()), word::text(name)].into_iter().chain(parameters.into_iter().flatten()).collect()
}

fn learned(learning: &Learning, values: &[&Template]) -> Vec<Word> {
    let Learning { sessions, zone, size, timeout, at_head } = learning;
    let keyed = |key: &'static str| {
        move |value: &Template| {
            variable(value)?;
            word::raw(value).map(|raw| word::quote(&format!("{key}={raw}")))
        }
    };
    let timeout =
        (*timeout != Duration::from_mins(10)).then(|| word::time(*timeout).map(|time| format!("timeout={time}")));
    let zone = word::quote(&format!("zone={zone}:{}", word::size(*size)));
    [Ok("learn".to_owned())]
        .into_iter()
        .chain(sessions.iter().map(keyed("create")))
        .chain(values.iter().copied().map(keyed("lookup")))
        .chain([Ok(zone)])
        .chain(timeout)
        .chain(at_head.then(|| Ok("header".to_owned())))
        .collect()
}
