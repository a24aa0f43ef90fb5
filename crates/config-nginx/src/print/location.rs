//! Locations: the paths that they take, and what holds inside.

use diagnostic::Origin;
use model::{Location, Matcher, OtherMethods, Section, Serve};

use super::aliasing::{Kind, Naming, Place};
use super::http::Scope;
use super::item::Item;
use super::level::{Forwarding, Level, Step};
use super::{cache, gateway, names, probe, proxy, script, section, word};
use crate::table::{LIMIT_EXCEPT, LOCATION};

/// Locations beside each other, each with those inside it.
pub(super) fn levels(locations: &[Location], scope: &Scope<'_>) -> Vec<Level> {
    locations.iter().map(|location| level(location, locations, scope)).collect()
}

fn level(location: &Location, siblings: &[Location], scope: &Scope<'_>) -> Level {
    let Location { matcher, script, nested, section, other_methods, redirect_bare, origin } = location;
    let (words, place, odd) = matched(matcher, *origin);
    let forwards = matches!(section.serve, Serve::Proxy(_));
    let bare = bare(matcher, *redirect_bare, forwards, *origin).filter(|_| !is_named_apart(matcher, siblings));
    let head = odd.into_iter().chain(bare).collect();
    let mut level = Level::new("location", words, LOCATION, place);
    level.head = head;
    fill(&mut level, section, scope);
    if scope.used && location.only_forwards() {
        forget_files(&mut level);
    }
    level.head.extend(matches!(section.serve, Serve::Pixel).then(|| Item::new("empty_gif", [], Origin::default())));
    level.head.extend(cache::purge_place(section, &scope.names));
    level.head.extend(status_page(section));
    level.head.extend(api(section));
    level
        .head
        .extend(section.tally.as_ref().map(|name| Item::new("status_zone", [word::text(name)], Origin::default())));
    level.head.extend(section::try_files(section));
    level.head.extend(probe::health_check(section, scope.http));
    level.script = script::steps(script, &level.place, scope);
    level.script.extend(
        other_methods.iter().map(|others| Step::If(Box::new(self::other_methods(others, &level.place, scope)))),
    );
    let around = scope.asking.get();
    let asks = matches!(&section.serve, Serve::Proxy(proxy) if proxy.gateway.is_some());
    scope.asking.set(around + u32::from(asks));
    level.children = levels(nested, scope);
    scope.asking.set(around);
    if section.tally.is_some() {
        let uncounted = level.children.iter_mut().zip(nested).filter(|(_, inner)| inner.section.tally.is_none());
        uncounted.for_each(|(child, _)| child.head.push(Item::one("status_zone", "off")));
    }
    level
}

/// What holds for other methods, inside the location.
fn other_methods(others: &OtherMethods, around: &Place, scope: &Scope<'_>) -> Level {
    let OtherMethods { except, section } = others;
    let words = except.iter().map(|method| word::quote(method)).collect();
    let mut level = Level::new("limit_except", words, LIMIT_EXCEPT, around.inside());
    fill(&mut level, section, scope);
    level.head.extend(section::try_files(section));
    level
}

/// Takes away what says how files are served, and what redirects to them look like.
pub(super) fn forget_files(level: &mut Level) {
    const FILES: [&str; 12] = [
        "absolute_redirect",
        "default_type",
        "directories",
        "disable_symlinks",
        "etag",
        "extensions",
        "if_modified_since",
        "index",
        "port_in_redirect",
        "root",
        "server_name_in_redirect",
        "types",
    ];
    level.settings.retain(|setting| !FILES.contains(&setting.key));
    level.naming = None;
}

/// What a section says of a block.
pub(super) fn fill(level: &mut Level, section: &Section, scope: &Scope<'_>) {
    level.settings = section::settings(section, &scope.names);
    level.naming = Some(Naming::of(&section.files));
    level.head.extend(section::edits(section));
    level.forwarding = match &section.serve {
        Serve::Files | Serve::Pixel | Serve::Purge(_) | Serve::StatusPage | Serve::Api { .. } => None,
        Serve::Proxy(proxy) => Some(match &proxy.gateway {
            None => {
                level.settings.extend(proxy::settings(proxy, &scope.names));
                Forwarding::of(proxy, scope.http)
            }
            Some(gateway) => {
                if proxy.target.is_evaluated() {
                    level.settings.extend(names::settings(proxy.resolver.as_ref()));
                }
                gateway::forwarding(proxy, gateway, scope)
            }
        }),
    };
}

/// The words after `location`, what they mean, and what they cannot say.
fn matched(matcher: &Matcher, origin: Origin) -> (Vec<String>, Place, Option<Item>) {
    let place = |name: &str, kind| Place { name: name.to_owned(), kind };
    let (words, place) = match matcher {
        Matcher::Exact(path) => (vec!["=".to_owned(), word::quote(path)], place(path, Kind::Path)),
        Matcher::Prefix { path, skip_regexes: true, .. } => {
            (vec!["^~".to_owned(), word::quote(path)], place(path, Kind::Path))
        }
        Matcher::Prefix { path, skip_regexes: false, .. } | Matcher::Below(path) => {
            (vec![word::quote(path)], place(path, Kind::Path))
        }
        Matcher::Regex(pattern) => {
            let sign = if pattern.ignore_case { "~*" } else { "~" };
            (vec![sign.to_owned(), word::quote(&pattern.expression)], place(&pattern.expression, Kind::Regex))
        }
        Matcher::Named(name) => (vec![word::quote(name)], place(name, Kind::Named)),
    };
    let is_name = matches!(matcher, Matcher::Named(_));
    let plain = words.len() == 1;
    let mistaken = plain && (place.name.starts_with(['=', '~', '@']) || place.name.starts_with("^~"));
    let odd = mistaken != is_name || (is_name && !place.name.starts_with('@'));
    let odd = odd.then(|| Item::unsaid(format!("a location called \"{}\"", place.name), origin));
    (words, place, odd)
}

/// Whether the path without its last `/` has a location of its own, so that it is never redirected.
fn is_named_apart(matcher: &Matcher, siblings: &[Location]) -> bool {
    let Matcher::Prefix { path, .. } = matcher else { return false };
    let short = path.strip_suffix('/');
    siblings.iter().any(|sibling| matches!(&sibling.matcher, Matcher::Exact(path) if Some(path.as_str()) == short))
}

/// Whether a request for the path without its last `/` is redirected follows from the path here.
fn bare(matcher: &Matcher, exact: bool, forwards: bool, origin: Origin) -> Option<Item> {
    let (path, redirected) = match matcher {
        Matcher::Exact(path) => (path, exact),
        Matcher::Prefix { path, redirect_bare, .. } => (path, *redirect_bare),
        Matcher::Below(path) if path.ends_with('/') => (path, false),
        Matcher::Below(path) => {
            return Some(Item::unsaid(format!("{path} and what is below it, but not what begins so"), origin));
        }
        Matcher::Regex(_) | Matcher::Named(_) => return None,
    };
    let short = path.strip_suffix('/').filter(|short| !short.is_empty());
    let expected = forwards && short.is_some();
    let what = match (redirected, short) {
        (true, Some(short)) => format!("a redirect from {short} to {path}"),
        (false, Some(short)) => format!("no redirect from {short} to {path}"),
        (_, None) => return None,
    };
    (redirected != expected).then(|| Item::unsaid(what, origin))
}

/// Where programs may ask.
fn api(section: &Section) -> Option<Item> {
    let Serve::Api { writes } = section.serve else { return None };
    Some(Item::new("api", writes.then(|| Ok("write=on".to_owned())), Origin::default()))
}

/// Numbers of connections and requests, where they are served.
pub(super) fn status_page(section: &Section) -> Option<Item> {
    matches!(section.serve, Serve::StatusPage).then(|| Item::new("stub_status", [], Origin::default()))
}
