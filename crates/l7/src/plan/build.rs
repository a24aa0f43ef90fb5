//! The model compiled into a plan: names resolved, expressions compiled, addresses looked up. Cold; may fail.

mod cache;
mod edits;
mod filters;
mod groups;
mod guard;
mod layers;
mod location;
mod logging;
mod lookup;
mod names;
mod probe;
mod proxy;
mod section;
mod sticky;
mod tls;
pub mod told;

pub use lookup::log_level;

use crate::plan::filters::Charsets;
use crate::plan::{AccessOutput, BodyUse, FieldNames, Format, Group, Listener, Plan, Section, Site, Tallies, Template};
use crate::route::LocationTable;
use crate::variables::{Names, Variable};
use diagnostic::{Diagnostic, Origin};
use model::{Model, ServerAddress};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use telemetry::ZoneTally;
use transport::clock;
use upstream::{Lookups, Security};
use value::{HostTable, Regex};

/// What building needs and gathers.
pub struct Build<'m> {
    model: &'m Model,
    /// The plan that this one replaces.
    earlier: Option<&'m Plan>,
    names: Names,
    groups: Vec<Group>,
    /// Groups that stand for a single server, by its address.
    implicit: HashMap<ServerAddress, usize>,
    /// Names of servers that may come late, while the system is asked for them.
    lookups: Lookups,
    /// The groups that stand for servers whose names may come late.
    late: Vec<(usize, model::Server)>,
    /// Names that are looked for while the plan is served.
    awaited: Vec<Diagnostic>,
    access_logs: Vec<AccessOutput>,
    error_logs: Vec<Vec<model::ErrorLog>>,
    diagnostics: Vec<Diagnostic>,
    /// TLS to servers, each once.
    securities: Vec<(model::UpstreamTls, Arc<Security>)>,
    body_use: BodyUse,
    /// How many places were built: each has a number.
    places: u64,
    /// Names of the site that is being built.
    site_names: Vec<model::SiteName>,
    charsets: Charsets,
    tls_stores: ::tls::Stores,
    open_files: Vec<model::OpenFiles>,
    tallies: Tallies,
    /// Certificates that are issued while the program runs, by their orders.
    issued: Vec<::tls::Issued>,
}

impl Plan {
    /// Compiles a model.
    ///
    /// # Errors
    /// Everything that is wrong, each with its place in the configuration.
    pub fn build(model: &Model) -> Result<Self, Vec<Diagnostic>> {
        Self::succeed(model, None)
    }

    /// The same in the place of an earlier plan: what its groups remember for long lives on.
    ///
    /// # Errors
    /// As [`Plan::build`].
    pub fn succeed(model: &Model, earlier: Option<&Self>) -> Result<Self, Vec<Diagnostic>> {
        let mut build = Build {
            model,
            earlier,
            names: names::define(model),
            groups: Vec::new(),
            implicit: HashMap::new(),
            lookups: Lookups::default(),
            late: Vec::new(),
            awaited: Vec::new(),
            access_logs: Vec::new(),
            error_logs: Vec::new(),
            diagnostics: Vec::new(),
            securities: Vec::new(),
            body_use: BodyUse::default(),
            places: 0,
            site_names: Vec::new(),
            charsets: filters::charsets(&model.http.charset_maps),
            open_files: Vec::new(),
            tls_stores: earlier.map(|plan| plan.tls_stores.clone()).unwrap_or_default(),
            tallies: Tallies::default(),
            issued: Vec::new(),
        };
        let plan = build.plan();
        if build.diagnostics.is_empty() { Ok(plan) } else { Err(build.diagnostics) }
    }
}

impl Plan {
    /// Compiles settings whose parts were all compiled before, each beside others.
    pub fn make_section(&self, section: &model::Section, place: u64) -> Section {
        let mut build = Build {
            model: &Model::default(),
            earlier: None,
            names: self.names.clone(),
            groups: Vec::new(),
            implicit: self.servers.clone(),
            lookups: Lookups::default(),
            late: Vec::new(),
            awaited: Vec::new(),
            access_logs: self.access_logs.clone(),
            error_logs: self.error_logs.clone(),
            diagnostics: Vec::new(),
            securities: self.securities.clone(),
            body_use: self.body_use,
            // The number that it gets is the next.
            places: place.saturating_sub(1),
            site_names: Vec::new(),
            open_files: self.open_files.clone(),
            charsets: Charsets { names: self.charsets.names.clone(), ..Charsets::default() },
            tls_stores: self.tls_stores.clone(),
            tallies: self.tallies.clone(),
            issued: Vec::new(),
        };
        build.section(section)
    }
}

impl Build<'_> {
    fn plan(&mut self) -> Plan {
        let http = &self.model.http;
        for log in &self.model.process.error_logs {
            self.look_up_syslog(&log.target, log.origin);
        }
        self.groups();
        let maps = http.maps.iter().filter_map(|map| {
            let compiled = value::Map::compile(map, &mut |name: &str, origin| resolve(&self.names, name, origin));
            compiled.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
        });
        let maps = maps.collect();
        let address_maps = http.address_maps.iter().map(|map| self.address_map(map)).collect();
        let splits = http.splits.iter().map(|split| self.split(split)).collect();
        let formats =
            http.log_formats.iter().map(|format| Format { line: self.template(&format.line), escape: format.escape });
        let formats = formats.collect();
        self.issued = self.issued_certificates();
        let sites = (0..).map(model::SiteId).zip(&http.sites).map(|(id, site)| {
            let mut listeners = http.listeners.iter().filter(|listener| listener.sites.contains(&id));
            let http2 = site.http2.offered || listeners.any(|listener| listener.http2);
            self.site(site, http2)
        });
        let sites = sites.collect();
        let listeners = http.listeners.iter().map(|listener| self.listener(listener)).collect();
        self.settle();
        let table = |table: &model::TypeTable| {
            table.types.iter().map(|(extension, media)| (extension.as_str().into(), media.as_str().into())).collect()
        };
        let slot = |name: &String| self.names.slot(name);
        let exported = http.exported.iter();
        let exported = exported.filter_map(|(name, variable)| Some((name.as_bytes().into(), slot(variable)?)));
        let handed_on = http.handed_on.iter();
        let handed_on = handed_on.filter_map(|(from, to)| Some((slot(from)?, to.as_ref().and_then(slot)))).collect();
        Plan {
            handed_on,
            exported: exported.collect(),
            tells_redirects: http.tells_redirects,
            listeners,
            sites,
            group_names: self.group_names(),
            groups: std::mem::take(&mut self.groups),
            resolving: self.earlier.map(|plan| plan.resolving.clone()).unwrap_or_default(),
            maps,
            address_maps,
            splits,
            formats,
            access_logs: std::mem::take(&mut self.access_logs),
            error_logs: std::mem::take(&mut self.error_logs),
            types: http.type_tables.iter().map(table).collect(),
            open_files: std::mem::take(&mut self.open_files),
            awaited: std::mem::take(&mut self.awaited),
            names: std::mem::take(&mut self.names),
            charsets: std::mem::take(&mut self.charsets),
            proofs: (!http.orders.is_empty()).then(|| self.tls_stores.proofs.clone()),
            tls_stores: self.tls_stores.clone(),
            body_use: self.body_use,
            watched_clients: self.watched_clients(),
            securities: std::mem::take(&mut self.securities),
            files: self.model.files.clone(),
            shutdown_timeout: self.model.process.shutdown_timeout,
            host_name: host_name(),
            cache_stores: http.cache_stores.iter().map(cache::store).collect(),
            counts_caches: http.cache_stores.iter().any(|store| store.observed),
            servers: std::mem::take(&mut self.implicit),
            tallies: std::mem::take(&mut self.tallies),
            loaded: (self.earlier.map_or(1, |plan| plan.loaded.0 + 1), clock::unix_time()),
            scribe: None,
        }
    }

    fn listener(&mut self, listener: &model::Listener) -> Listener {
        let mut hosts = HostTable::new();
        for id in &listener.sites {
            let index = index_of(*id);
            let names = self.model.http.sites.get(index).map(|site| site.names.as_slice()).unwrap_or_default();
            for name in names {
                if let Err(diagnostic) = hosts.add(name, index) {
                    self.diagnostics.push(diagnostic);
                }
            }
        }
        let sites = listener.sites.iter().filter_map(|id| self.model.http.sites.get(index_of(*id)));
        let field_names = sites.map(|site| FieldNames::of(&site.head)).reduce(FieldNames::or);
        Listener {
            address: listener.address.clone(),
            http2: listener.http2,
            proxy_protocol: listener.options.proxy_protocol,
            tls: listener.tls,
            options: listener.options.clone(),
            hosts,
            default_site: index_of(listener.default_site),
            field_names: field_names.unwrap_or_else(|| FieldNames::of(&model::HeadReading::default())),
        }
    }

    fn site(&mut self, site: &model::Site, http2: bool) -> Site {
        self.site_names.clone_from(&site.names);
        let (plain, named): (Vec<_>, Vec<_>) =
            site.locations.iter().partition(|location| !matches!(location.matcher, model::Matcher::Named(_)));
        let named = named.into_iter().filter_map(|location| match &location.matcher {
            model::Matcher::Named(name) => Some((name.as_bytes().into(), self.location(location, site.choice))),
            _ => None,
        });
        let named = named.collect();
        Site {
            primary_name: site.primary_name.clone(),
            script: self.script(&site.script),
            locations: self.locations(plain, site.choice),
            named,
            section: self.section(&site.section),
            head: site.head.clone(),
            http2: site.http2,
            merge_slashes: site.merge_slashes,
            escaped_slashes: site.escaped_slashes,
            tls: self.site_tls(site, http2),
            tally: site.tally.as_ref().map(|name| {
                let known = self.earlier.map(|plan| &plan.tallies.sites);
                tally(&mut self.tallies.sites, known, name)
            }),
            origin: site.origin,
        }
    }

    fn locations<'l>(
        &mut self,
        locations: impl IntoIterator<Item = &'l model::Location>,
        choice: model::Choice,
    ) -> LocationTable {
        let built = locations.into_iter().map(|location| {
            let regex = match &location.matcher {
                model::Matcher::Regex(pattern) => self.regex(pattern),
                _ => None,
            };
            (self.location(location, choice), regex)
        });
        LocationTable::new(built.collect(), choice)
    }

    pub(super) fn place_tally(&mut self, name: &str) -> Arc<ZoneTally> {
        // Of settings that are made later, all names are known.
        let known = self.earlier.map(|plan| &plan.tallies.places);
        tally(&mut self.tallies.places, known, name)
    }

    fn note_body_use(&mut self, parts: &[model::Part]) {
        for part in parts {
            match part {
                model::Part::Variable(name) => {
                    self.body_use.text |= name.eq_ignore_ascii_case("request_body");
                    self.body_use.file |= name.eq_ignore_ascii_case("request_body_file");
                }
                model::Part::Made { of, .. } | model::Part::Else { other: of, .. } => self.note_body_use(of),
                _ => {}
            }
        }
    }

    fn template(&mut self, template: &model::Template) -> Template {
        self.note_body_use(&template.parts);
        let names = &self.names;
        Template::compile(template, &mut |name: &str, origin| resolve(names, name, origin)).unwrap_or_else(
            |diagnostic| {
                self.diagnostics.push(diagnostic);
                Template::default()
            },
        )
    }

    fn regex(&mut self, pattern: &model::Pattern) -> Option<Regex> {
        Regex::compile(pattern).map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }
}

fn resolve(names: &Names, name: &str, origin: Origin) -> Result<Variable, Diagnostic> {
    names.resolve(name).ok_or_else(|| {
        Diagnostic::error("unknown-variable", format!("unknown \"{name}\" variable"))
            .at(origin)
            .help("a variable is built in, or defined by `set`, `map` or a named capture")
    })
}

type Named = BTreeMap<Box<str>, Arc<ZoneTally>>;

/// Where requests are counted under a name: what an earlier plan counted goes on.
fn tally(tallies: &mut Named, earlier: Option<&Named>, name: &str) -> Arc<ZoneTally> {
    let known = earlier.and_then(|known| known.get(name));
    Arc::clone(tallies.entry(name.into()).or_insert_with(|| known.map(Arc::clone).unwrap_or_default()))
}

fn index_of(id: model::SiteId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}

fn host_name() -> String {
    let read = std::fs::read_to_string("/proc/sys/kernel/hostname");
    read.map(|name| name.trim().to_ascii_lowercase()).unwrap_or_default()
}
