//! The block around all sites, with what is defined in it and used by name.

use std::borrow::Cow;
use std::cell::Cell;

use diagnostic::Origin;
use model::{CacheStore, CountZone, Http, LogFormat, RateZone, SiteId, TypeTable, TypeTableId};

use super::aliasing::{Kind, Place};
use super::defaults::Defaults;
use super::item::Item;
use super::level::{Level, State};
use super::{cache, filters, group, issuing, limits, log, lookup, map, names, probe, site};
use crate::table::HTTP;

/// What is looked up while sites are printed.
pub(super) struct Scope<'a> {
    pub(super) http: &'a Http,
    pub(super) names: Names<'a>,
    /// Nothing is said of files where requests are only forwarded.
    pub(super) used: bool,
    /// What holds where nothing is written.
    pub(super) usual: &'a State,
    /// How many of the blocks around ask programs, whose settings are inherited.
    pub(super) asking: Cell<u32>,
}

/// What stands for the numbers in sections.
pub(super) struct Names<'a> {
    http: &'a Http,
    formats: Vec<Cow<'a, str>>,
}

impl<'a> Names<'a> {
    pub(super) fn of(http: &'a Http, known: Option<&LogFormat>) -> Self {
        Self { http, formats: log::names(&http.log_formats, known) }
    }

    pub(super) fn types(&self, TypeTableId(id): TypeTableId) -> Option<&TypeTable> {
        self.http.type_tables.get(usize::try_from(id).ok()?)
    }

    pub(super) fn rate_zones(&self) -> &[RateZone] {
        &self.http.rate_zones
    }

    pub(super) fn cache_stores(&self) -> &[CacheStore] {
        &self.http.cache_stores
    }

    pub(super) fn count_zones(&self) -> &[CountZone] {
        &self.http.count_zones
    }

    /// The name of a log's format.
    pub(super) fn format(&self, index: usize) -> Option<&str> {
        self.formats.get(index).map(Cow::as_ref)
    }
}

/// The block `http`.
pub(super) fn item(http: &Http, defaults: &Defaults, used: bool) -> Item {
    let Http {
        listeners: _,
        sites,
        groups,
        log_formats,
        maps,
        charset_maps,
        variables: _,
        handed_on: _,
        exported: _,
        tells_redirects: _,
        // nginx knows the names of its servers when it starts.
        late_names: _,
        type_tables: _,
        address_maps,
        splits,
        token_values,
        rate_zones,
        count_zones,
        cache_stores,
        issuers,
        orders: _,
    } = http;
    let known = defaults.format.as_ref();
    let state = defaults.state();
    let scope = Scope { http, names: Names::of(http, known), used, usual: &state, asking: Cell::new(0) };
    let mut head = log::formats(log_formats, &scope.names, known);
    for map in maps {
        head.extend([Item::Gap, map::item(map)]);
    }
    for map in address_maps {
        head.extend([Item::Gap, lookup::address_map(map)]);
    }
    for split in splits {
        head.extend([Item::Gap, lookup::split(split)]);
    }
    head.extend(token_values.iter().map(lookup::token_value));
    for issuer in issuers {
        head.extend([Item::Gap, issuing::issuer(issuer)]);
    }
    head.extend(limits::zones(rate_zones, count_zones));
    head.extend(cache::stores(cache_stores));
    for map in charset_maps {
        head.extend([Item::Gap, filters::charset_map(map)]);
    }
    for group in groups {
        head.extend(probe::expected(group).into_iter().flat_map(|expected| [Item::Gap, expected]));
        head.extend([Item::Gap, group::item(group)]);
    }
    head.push(Item::Gap);
    let mut children = Vec::new();
    for (index, site) in (0..).zip(sites) {
        match site::level(site, SiteId(index), &scope) {
            Some(level) => children.push(level),
            None => head
                .push(Item::unsaid(format!("the site {}, which no address leads to", site.primary_name), site.origin)),
        }
    }
    let place = Place { name: String::new(), kind: Kind::Around };
    let mut level = Level::new("http", Vec::new(), HTTP, place);
    level.head = head;
    level.children = children;
    level.settings.extend(issuers.first().into_iter().flat_map(|issuer| names::settings(issuer.resolver.as_ref())));
    level.share(&state);
    level.item(&state)
}

/// Something that is used by a number that nothing has.
pub(super) fn lost(what: &str, origin: Origin) -> Item {
    Item::unsaid(format!("{what} that is not there"), origin)
}
