//! Puts the model together once every directive was read.

use model::{Choice, Http, Model, Site, SiteId};

use diagnostic::{Diagnostic, Origin};

use super::listeners::Listeners;
use super::{Level, Lowering, section};
use crate::modules::ssl::Use;
use crate::modules::{acme, log, ssl};

/// The model of the main level and of `http`, if there is one.
pub(super) fn model(lowering: &mut Lowering<'_>, http: Option<Level>) -> Model {
    let mut model = Model::default();
    if let Some(level) = http {
        model.http = self::http(lowering, level);
    }
    model.process = lowering.process.finish(lowering);
    model.process.temp_directories = std::mem::take(&mut lowering.shared.temp_directories);
    model
}

fn http(lowering: &mut Lowering<'_>, mut http: Level) -> Http {
    let servers = std::mem::take(&mut http.children);
    let mut listeners = Listeners::default();
    let mut parts = Vec::new();
    let mut sites = Vec::new();
    for (index, server) in (0..).zip(servers) {
        listeners.add(lowering, SiteId(index), &server.server);
        parts.push(server.server.clone());
        sites.push(site(lowering, &http, server));
    }
    let listeners = listeners.finish(lowering, &parts);
    ssl::check_listeners(lowering, &listeners, &sites);
    log::check_formats(lowering, &http);
    sizes_of_zones(lowering);
    names_of_groups(lowering, &http);
    let observed = lowering.shared.api.is_some();
    lowering.shared.cache_stores.iter_mut().for_each(|store| store.observed = observed);
    for issuer in &mut lowering.shared.issuers {
        issuer.resolver = http.names.finish();
    }
    let shared = std::mem::take(&mut lowering.shared);
    lowering.shared.temp_directories = shared.temp_directories;
    Http {
        listeners,
        sites,
        groups: shared.groups,
        log_formats: shared.log_formats,
        maps: shared.maps,
        address_maps: shared.address_maps,
        splits: shared.splits,
        token_values: shared.token_values,
        rate_zones: shared.rate_zones,
        count_zones: shared.count_zones,
        cache_stores: shared.cache_stores,
        charset_maps: shared.charset_maps,
        issuers: shared.issuers,
        orders: shared.orders,
        type_tables: shared.type_tables,
        variables: Vec::new(),
        handed_on: Vec::new(),
        exported: Vec::new(),
        tells_redirects: false,
        late_names: false,
    }
}

/// Groups whose servers' names are resolved while running need to know whom to ask, and where to share what they hear.
fn names_of_groups(lowering: &mut Lowering<'_>, http: &Level) {
    let mut problems = Vec::new();
    let api = lowering.shared.api;
    for group in &mut lowering.shared.groups {
        let shared = group.zone.is_some();
        (group.observed, group.editable) = (shared && api.is_some(), shared && api == Some(true));
        if !shared && let Some((directive, origin)) = needs_zone(group) {
            let message = format!("\"{directive}\" requires upstream \"{}\" in shared memory", group.name);
            let problem = Diagnostic::error("no-zone", message).at(origin);
            problems.push(problem.help(format!("write `zone {} 64k;` in it", group.name)));
        }
        if group.editable || group.state.is_some() {
            // Servers with names may come while it runs.
            group.resolver = group.resolver.take().or_else(|| http.names.finish());
        }
        let Some(server) = group.servers.iter().find(|server| server.resolve) else {
            if !group.editable && group.state.is_none() {
                group.resolver = None;
            }
            continue;
        };
        group.resolver = group.resolver.take().or_else(|| http.names.finish());
        let problem = |message: String| Diagnostic::error("no-resolver", message).at(server.origin);
        if group.zone.is_none() {
            let message = format!("resolving names at run time requires upstream \"{}\" in shared memory", group.name);
            problems.push(problem(message).help(format!("write `zone {} 64k;` in it", group.name)));
        }
        if group.resolver.is_none() {
            let message = format!("no resolver defined to resolve names at run time in upstream \"{}\"", group.name);
            problems.push(problem(message).help("write `resolver ADDRESS;`"));
        }
    }
    for problem in problems {
        lowering.report(problem);
    }
}

/// A directive of a group that works only where workers share what they know, if it has one.
fn needs_zone(group: &model::Group) -> Option<(&'static str, Origin)> {
    let state = group.state.as_ref().map(|_| "state");
    state.or(group.outliers.map(|_| "outlier_ejection")).map(|name| (name, group.origin))
}

/// One of the uses of a zone must say its size.
fn sizes_of_zones(lowering: &mut Lowering<'_>) {
    let mut zones = std::mem::take(&mut lowering.shared.zones);
    zones.sort_by(|left, right| left.name.cmp(&right.name));
    for zone in zones.chunk_by(|left, right| left.name == right.name) {
        let Some(first) = zone.first().filter(|_| !zone.iter().any(|use_of| use_of.sized)) else { continue };
        let problem = Diagnostic::error("no-size", format!("zero size shared memory zone \"{}\"", first.name));
        lowering.report(problem.at(first.origin).help(format!("write `zone {} 64k;`", first.name)));
    }
}

fn site(lowering: &mut Lowering<'_>, http: &Level, mut server: Level) -> Site {
    server.inherit(http);
    let names = std::mem::take(&mut server.server.names);
    let listens = server.server.listens.iter().any(|listen| listen.tls);
    let order = acme::order(lowering, &server, &names);
    let place = Use { listens, order, resolver: server.names.finish() };
    let tls = server.tls.finish(lowering, place, server.origin);
    Site {
        primary_name: names.first().map(crate::modules::http_core::server_name::Name::primary).unwrap_or_default(),
        names: names.into_iter().map(|name| name.matched).collect(),
        section: section::section(lowering, &server),
        script: section::script(lowering, &mut server, false),
        locations: section::locations(lowering, &mut server),
        choice: Choice::Best,
        head: server.head.finish(),
        merge_slashes: server.head.merge_slashes.or(true),
        escaped_slashes: model::EscapedSlashes::Slashes,
        http2: server.http2.finish(),
        tls,
        tally: server.location.tally.get().cloned().flatten(),
        origin: server.origin,
    }
}
