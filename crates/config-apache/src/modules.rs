//! The directive tables, one file for each of httpd's modules.

mod access_compat;
pub(crate) mod alias;
mod auth_basic;
mod authn_core;
mod authn_file;
mod authz_core;
mod authz_host;
mod authz_user;
mod autoindex;
pub(crate) mod cache;
pub(crate) mod core;
pub(crate) mod deflate;
mod dir;
pub(crate) mod elsewhere;
mod env;
mod expires;
mod file_cache;
mod headers;
pub(crate) mod http2;
pub(crate) mod log_config;
mod macros;
pub(crate) mod md;
pub(crate) mod mime;
mod mpm;
mod negotiation;
mod others;
pub(crate) mod proxy;
pub(crate) mod remoteip;
mod reqtimeout;
pub(crate) mod rewrite;
pub(crate) mod setenvif;
mod so;
pub(crate) mod ssl;
mod unixd;
mod version;

pub(crate) use authz_core::Asked;

use std::collections::BTreeSet;

use crate::table::{Contexts, Module, Row};

/// Every table.
pub(crate) static MODULES: &[&Module] = &[
    &access_compat::MODULE,
    &alias::MODULE,
    &auth_basic::MODULE,
    &authn_core::MODULE,
    &authn_file::MODULE,
    &authz_core::MODULE,
    &authz_host::MODULE,
    &authz_user::MODULE,
    &autoindex::MODULE,
    &cache::MODULE,
    &cache::DISK,
    &cache::SHARED,
    &core::MODULE,
    &deflate::MODULE,
    &deflate::BY_TYPE,
    &dir::MODULE,
    &env::MODULE,
    &expires::MODULE,
    &file_cache::MODULE,
    &headers::MODULE,
    &http2::MODULE,
    &log_config::MODULE,
    &log_config::BYTES,
    &macros::MODULE,
    &md::MODULE,
    &mime::MODULE,
    &mpm::MODULE,
    &negotiation::MODULE,
    &proxy::MODULE,
    &proxy::BALANCER,
    &proxy::BY_BUSYNESS,
    &proxy::BY_REQUESTS,
    &proxy::BY_TRAFFIC,
    &proxy::FASTCGI,
    &proxy::HTTP,
    &proxy::MEMORY,
    &proxy::SCGI,
    &proxy::TUNNEL,
    &proxy::UWSGI,
    &remoteip::MODULE,
    &reqtimeout::MODULE,
    &rewrite::MODULE,
    &setenvif::MODULE,
    &so::MODULE,
    &ssl::MODULE,
    &ssl::SHARED_MEMORY,
    &unixd::MODULE,
    &version::MODULE,
];

/// A module, built or not.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) built: bool,
}

fn all() -> impl Iterator<Item = (Known, &'static str)> {
    let tables = MODULES.iter().map(|module| (Known { name: module.name, built: module.built }, module.identifier));
    let others = others::OTHERS.iter().map(|other| (Known { name: other.name, built: false }, other.identifier));
    tables.chain(others)
}

/// The module that is loaded under this identifier.
pub(crate) fn by_identifier(identifier: &str) -> Option<Known> {
    all().find(|(_, known)| *known == identifier).map(|(module, _)| module)
}

/// Modules that httpd need not load, as it is usually built.
const ALWAYS_THERE: [&str; 8] =
    ["core", "mod_http", "mod_log_config", "mod_logio", "mod_so", "mod_unixd", "mod_version", "mod_watchdog"];

/// Modules of httpd whose work is done here in another way: they have no directives of their own, but for the numbers of processes.
const STANDING_IN: [(&str, &str); 4] = [
    ("mod_http", "http_module"),
    ("mod_slotmem_plain", "slotmem_plain_module"),
    ("mpm_prefork", "mpm_prefork_module"),
    ("mpm_worker", "mpm_worker_module"),
];

/// What is known of a module that a configuration asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Presence {
    /// It is there.
    There,
    /// It is not built, and the configuration loads it.
    Missed,
    /// It is not built, and the configuration does not say which modules are loaded.
    Unsaid,
    /// It is not loaded.
    Absent,
}

/// Whether a module is there, by its identifier or its source file, as `<IfModule>` names it. A configuration that loads modules has
/// no others; one that loads none has all that are built.
pub(crate) fn presence(name: &str, loaded: &BTreeSet<String>) -> Presence {
    let file = name.strip_suffix(".c").unwrap_or_default();
    let asked = |module: &str, identifier: &str| {
        identifier == name || module == file || module.strip_prefix("mpm_").is_some_and(|module| module == file)
    };
    let tables = all().map(|(module, identifier)| (module.name, identifier, module.built));
    let others = STANDING_IN.into_iter().map(|(module, identifier)| (module, identifier, !loaded.is_empty()));
    let Some((module, identifier, built)) =
        tables.chain(others).find(|(module, identifier, _)| asked(module, identifier))
    else {
        let short = file.strip_prefix("mod_").unwrap_or(file);
        let names = [name.to_owned(), file.to_owned(), format!("{short}_module")];
        return match names.iter().any(|name| loaded.contains(name)) {
            true => Presence::Missed,
            false if loaded.is_empty() => Presence::Unsaid,
            false => Presence::Absent,
        };
    };
    match loaded.is_empty() || is_loaded(module, identifier, loaded) {
        true if built => Presence::There,
        true if loaded.is_empty() => Presence::Unsaid,
        true => Presence::Missed,
        false => Presence::Absent,
    }
}

/// Whether a module is httpd's own, and nothing is missing without it.
pub(crate) fn stands_in(identifier: &str) -> bool {
    STANDING_IN.iter().any(|(_, known)| *known == identifier)
}

/// Whether a directive may decide who comes in or what is answered, whoever it is of.
pub(crate) fn decides(name: &str) -> bool {
    const DECIDING: [&str; 5] = ["mod_access_compat", "mod_alias", "mod_proxy", "mod_rewrite", "mod_ssl"];
    const ALONE: [&str; 6] =
        ["AddHandler", "DocumentRoot", "ForceType", "SetHandler", "SetInputFilter", "SetOutputFilter"];
    let deciding = |module: &str| DECIDING.contains(&module) || module.starts_with("mod_auth");
    ALONE.iter().any(|known| known.eq_ignore_ascii_case(name))
        || row(name).is_some_and(|(module, _)| deciding(module.name))
        || other(name).is_some_and(|module| !others::SETTINGS_ONLY.contains(&module))
        || elsewhere::decides(name)
}

/// The module of a directive that changes neither who comes in nor what is answered, if it is of one that is not built.
pub(crate) fn settings_only(name: &str) -> Option<&'static str> {
    other(name).filter(|module| others::SETTINGS_ONLY.contains(module))
}

/// The identifiers of the modules that are built, in the order of their names.
pub fn built() -> impl Iterator<Item = &'static str> {
    all().filter(|(module, _)| module.built).map(|(_, identifier)| identifier)
}

/// Whether the name is that of a directive that runs; a section's stands in angle brackets.
pub(crate) fn is_known(name: &str) -> bool {
    row(name).is_some_and(|(module, _)| module.built)
}

/// Whether a directive has this name, built or not, in whatever case of letters.
pub fn is_directive(name: &str) -> bool {
    row(name).is_some() || other(name).is_some()
}

/// Whether a directive's module is loaded, where the configuration loads any; built or not.
pub(crate) fn is_there(name: &str, loaded: &BTreeSet<String>) -> bool {
    if loaded.is_empty() {
        return is_directive(name) || elsewhere::is_of(name, loaded);
    }
    let mut modules = MODULES.iter().filter(|module| module.rows.iter().any(|row| row.name.eq_ignore_ascii_case(name)));
    modules.any(|module| is_loaded(module.name, module.identifier, loaded))
        || others::OTHERS.iter().any(|other| has(other, name) && is_loaded(other.name, other.identifier, loaded))
        || elsewhere::is_of(name, loaded)
}

fn is_loaded(module: &str, identifier: &str, loaded: &BTreeSet<String>) -> bool {
    loaded.contains(identifier) || ALWAYS_THERE.contains(&module)
}

fn has(other: &others::Other, name: &str) -> bool {
    other.directives.split_whitespace().any(|known| known.eq_ignore_ascii_case(name))
}

/// The row of a name, in whatever case of letters it is written, with its module.
pub(crate) fn row(name: &str) -> Option<(&'static Module, &'static Row)> {
    MODULES.iter().find_map(|module| {
        let row = module.rows.iter().find(|row| row.name.eq_ignore_ascii_case(name))?;
        Some((*module, row))
    })
}

/// The module that a directive is of and that is not built.
pub(crate) fn other(name: &str) -> Option<&'static str> {
    others::OTHERS.iter().find(|other| has(other, name)).map(|other| other.name)
}

/// The names of the directives that may stand in a place.
pub(crate) fn names_in(contexts: Contexts) -> impl Iterator<Item = &'static str> {
    let rows = MODULES.iter().flat_map(|module| module.rows);
    rows.filter(move |row| row.contexts.intersects(contexts)).map(|row| row.name)
}

/// Modules that have no table: their names and their directives, separated by white space.
pub(crate) fn not_built() -> impl Iterator<Item = (&'static str, &'static str)> {
    others::OTHERS.iter().map(|other| (other.name, other.directives))
}
