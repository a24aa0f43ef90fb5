//! A level with everything that it inherits becomes a section of the model.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{ByteSize, Location, Matcher, OtherMethods, Section, Serve, Step};

use super::{Level, LocationKind, Lowering, RawStep};
use crate::modules::{fastcgi, grpc, log, scgi, upstream_hc, uwsgi};
use crate::table::SERVER;

/// What holds for requests of a level that has inherited.
pub(super) fn section(lowering: &mut Lowering<'_>, level: &Level) -> Section {
    log::check_formats(lowering, level);
    let serve = match forwarding(lowering, level) {
        Some(proxy) => {
            let resolver = proxy.target.is_evaluated().then(|| level.names.finish()).flatten();
            Serve::Proxy(Box::new(model::Proxy { resolver, ..proxy }))
        }
        None if let Some(purged) = level.location.purged.get() => {
            purged.finish(lowering).map_or(Serve::Files, Serve::Purge)
        }
        None if level.location.pixel.or(false) => Serve::Pixel,
        None if level.location.status_page.or(false) => Serve::StatusPage,
        None if level.location.api.is_set() => Serve::Api { writes: level.location.api.or(false) },
        None => Serve::Files,
    };
    Section {
        serve,
        internal: level.location.internal.or(false),
        client_address: level.client_address.finish(),
        rates: level.limits.rates(lowering),
        counts: level.limits.counts(lowering),
        referers: level.referers.get().cloned().map(Box::new),
        secure_link: level.secure_link.finish(lowering),
        access: level.access.finish(lowering),
        client: level.client.finish(lowering),
        keep_alive: level.connection.keep_alive(),
        lingering: level.connection.lingering(),
        send_timeout: level.connection.send_timeout.or(Duration::from_mins(1)),
        files: level.files.finish(lowering, &level.location),
        try_files: level.files.try_files.get().cloned(),
        mirror: level.mirror.finish(),
        afterwards: level.pages.afterwards.get().cloned().flatten(),
        preconditions: level.files.preconditions(),
        error_pages: level.pages.finish(),
        request_edits: Vec::new(),
        user_id: level.user_id.finish(),
        fields: level.headers.finish(),
        filters: level.filters.finish(),
        limit_rate: level.connection.limit_rate.get().cloned(),
        limit_rate_after: level.connection.limit_rate_after.get().cloned(),
        slice: level.connection.slice.or(ByteSize(0)),
        scripts: level.fastcgi.scripts(),
        tally: level.location.tally.get().cloned().flatten().filter(|_| !level.contexts.intersects(SERVER)),
        logging: level.logs.finish(lowering),
        style: model::Style::default(),
        close_delimited: !level.connection.chunked.or(true),
        frame_content: level.http2.frame_content(),
        layers: None,
        moments: None,
    }
}

/// How a level forwards requests, if it does.
fn forwarding(lowering: &mut Lowering<'_>, level: &Level) -> Option<model::Proxy> {
    let targets = level.targets();
    let mut set = targets.iter().filter_map(|(name, settings)| Some((name, settings.target.origin()?)));
    if let (Some((first, one)), Some((second, other))) = (set.next(), set.next()) {
        let message = format!("\"{second}\" and \"{first}\" stand in one location");
        let problem = Diagnostic::error("two-targets", message).at(other).related(one, "the other");
        lowering.report_once(problem.help("leave one of them out"));
    }
    grpc::finish(lowering, level)
        .or_else(|| fastcgi::finish(lowering, level))
        .or_else(|| scgi::finish(lowering, level))
        .or_else(|| uwsgi::finish(lowering, level))
        .or_else(|| level.proxy.finish(lowering))
}

/// The locations of a level that has inherited.
pub(super) fn locations(lowering: &mut Lowering<'_>, level: &mut Level) -> Vec<Location> {
    let children = std::mem::take(&mut level.children);
    children.into_iter().map(|child| location(lowering, level, child)).collect()
}

fn location(lowering: &mut Lowering<'_>, parent: &Level, mut level: Level) -> Location {
    level.inherit(parent);
    if !parent.contexts.intersects(SERVER) {
        level.location.tally.inherit(&parent.location.tally);
    }
    level.proxy.default_redirect(&level.location.name);
    let section = section(lowering, &level);
    let proxy = match &section.serve {
        Serve::Proxy(proxy) => Some(&**proxy),
        _ => None,
    };
    upstream_hc::attach(lowering, &level, proxy);
    let script = script(lowering, &mut level, true);
    let other_methods = other_methods(lowering, &level);
    let nested = locations(lowering, &mut level);
    let redirect_bare = level.location.redirect_bare && matches!(level.location.kind, LocationKind::Exact);
    let origin = level.origin;
    Location { matcher: matcher(&level), script, nested, section, other_methods, redirect_bare, origin }
}

fn matcher(level: &Level) -> Matcher {
    let name = level.location.name.clone();
    let redirect_bare = level.location.redirect_bare;
    match &level.location.kind {
        LocationKind::Exact => Matcher::Exact(name),
        LocationKind::Prefix | LocationKind::If => Matcher::Prefix { path: name, skip_regexes: false, redirect_bare },
        LocationKind::PrefixFirst => Matcher::Prefix { path: name, skip_regexes: true, redirect_bare },
        LocationKind::Regex(pattern) => Matcher::Regex(pattern.clone()),
        LocationKind::Named => Matcher::Named(name),
    }
}

/// The steps of a level; `settings`: whether its conditions change the settings, as they do in locations.
pub(super) fn script(lowering: &mut Lowering<'_>, level: &mut Level, settings: bool) -> Vec<Step> {
    let steps = std::mem::take(&mut level.script);
    let mut script = Vec::new();
    for step in steps {
        script.push(match step {
            RawStep::Step(step) => step,
            RawStep::If(condition) => {
                let mut inner = *condition.level;
                inherit_all(&mut inner, level);
                let section = settings.then(|| Box::new(section(lowering, &inner)));
                let origin = inner.origin;
                Step::If {
                    condition: condition.condition,
                    steps: self::script(lowering, &mut inner, settings),
                    section,
                    origin,
                }
            }
        });
    }
    script
}

/// The settings of `limit_except`.
fn other_methods(lowering: &mut Lowering<'_>, level: &Level) -> Option<OtherMethods> {
    let (except, inner) = level.location.other_methods.get()?;
    let mut inner = (**inner).clone();
    inherit_all(&mut inner, level);
    Some(OtherMethods { except: except.clone(), section: Box::new(section(lowering, &inner)) })
}

/// A block that is a part of its location: without a handler of its own it forwards as the location does.
fn inherit_all(inner: &mut Level, level: &Level) {
    inner.inherit(level);
    inner.location.tally.inherit(&level.location.tally);
    if inner.targets().iter().all(|(_, settings)| !settings.target.is_set()) {
        inner.inherit_targets(level);
        inner.location.purged.inherit(&level.location.purged);
        inner.location.pixel.inherit(&level.location.pixel);
        inner.location.status_page.inherit(&level.location.status_page);
        inner.location.api.inherit(&level.location.api);
    }
    inner.proxy.default_redirect(&inner.location.name);
    inner.location.kind = aliased_like(level);
}

/// What an `alias` replaces in an `if` is what it replaces around it.
fn aliased_like(level: &Level) -> LocationKind {
    match &level.location.kind {
        LocationKind::Regex(pattern) => LocationKind::Regex(pattern.clone()),
        _ => LocationKind::If,
    }
}
