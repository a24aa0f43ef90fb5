//! Variables found by an address or by chance, limits, and where requests come from, compiled.

use crate::guard::{ClientAddress, CountLimit, Limits, RateLimit, Referers, SecureLink, Trusted};
use crate::plan::Build;
use crate::variables::lookup::{AddressMap, Split};
use admission::{AddressTable, CountZone, REQUEST, RateZone};
use diagnostic::Diagnostic;
use model::{AddressEntries, Network, Part, Template};
use std::collections::HashMap;
use telemetry::Level;
use value::HostTable;

/// The whole of a split, in hundredths of a percent.
const WHOLE: u32 = 10_000;

impl Build<'_> {
    /// A variable whose value is found by an address.
    pub fn address_map(&mut self, map: &model::AddressMap) -> AddressMap {
        let mut values = Values::new(&map.default);
        let table = match &map.entries {
            AddressEntries::Networks(networks) => {
                let places = networks.iter().map(|(network, value)| (*network, values.place(value)));
                AddressTable::new(places.collect::<Vec<_>>(), |_, inner| inner)
            }
            AddressEntries::Ranges(ranges) => {
                AddressTable::of_ranges(ranges.iter().map(|(first, last, value)| (*first, *last, values.place(value))))
            }
        };
        AddressMap {
            source: map.source.as_ref().map(|source| self.template(source)),
            table,
            values: values.list,
            proxies: (!map.proxies.is_empty()).then(|| trusted(&map.proxies, false)),
            recursive: map.recursive,
            volatile: map.volatile,
        }
    }

    /// A variable that spreads requests over values.
    pub fn split(&mut self, split: &model::Split) -> Split {
        let mut sum = 0_u32;
        let parts = split.shares.iter().map(|(share, value)| {
            sum += share.unwrap_or(0);
            let limit = u64::from(u32::MAX) * u64::from(sum) / u64::from(WHOLE);
            let limit = share.map(|_| u32::try_from(limit).unwrap_or(u32::MAX));
            (limit, value.as_bytes().into())
        });
        Split { parts: parts.collect(), source: self.template(&split.source) }
    }

    /// Whom proxies speak for.
    pub fn client_address(&mut self, rule: &model::ClientAddress) -> ClientAddress {
        let mut networks = Vec::new();
        let mut unix = false;
        for trusted in &rule.trusted {
            match trusted {
                model::Trusted::Network(network) => networks.push(*network),
                model::Trusted::Unix => unix = true,
                model::Trusted::Host { name, origin } => {
                    if let Ok(found) = upstream::resolve(name, 0) {
                        networks.extend(found.into_iter().map(|address| Network::host(address.ip())));
                        continue;
                    }
                    let problem = Diagnostic::error("host-not-found", format!("host not found: \"{name}\""));
                    self.diagnostics.push(problem.at(*origin));
                }
            }
        }
        let outer = trusted(&rule.outer, false).networks;
        let trusted = trusted(&networks, unix);
        let (source, recursive, consumes) = (rule.source.clone(), rule.recursive, rule.consumes);
        ClientAddress { trusted, source, recursive, consumes, outer }
    }

    /// Limits of the rate.
    pub fn rates(&mut self, rates: &model::Limits<model::RateLimit>) -> Limits<RateLimit> {
        let limits = rates.limits.iter().filter_map(|limit| {
            let zone = self.model.http.rate_zones.get(limit.zone)?;
            Some(RateLimit {
                name: zone.name.as_str().into(),
                key: self.template(&zone.key),
                zone: RateZone::open(&zone.name, &written(&zone.key), zone.size.0, zone.rate),
                burst: limit.burst.saturating_mul(REQUEST),
                delay: limit.delay.map(|delay| delay.saturating_mul(REQUEST)),
            })
        });
        let all = limits.collect();
        Limits { all, status: rates.status, level: log_level(rates.level), dry_run: rates.dry_run }
    }

    /// Limits of the number.
    pub fn counts(&mut self, counts: &model::Limits<model::CountLimit>) -> Limits<CountLimit> {
        let limits = counts.limits.iter().filter_map(|limit| {
            let zone = self.model.http.count_zones.get(limit.zone)?;
            Some(CountLimit {
                name: zone.name.as_str().into(),
                key: self.template(&zone.key),
                zone: CountZone::open(&zone.name, &written(&zone.key), zone.size.0),
                most: limit.most,
            })
        });
        let all = limits.collect();
        Limits { all, status: counts.status, level: log_level(counts.level), dry_run: counts.dry_run }
    }

    /// Where requests may come from.
    pub fn referers(&mut self, referers: &model::Referers) -> Referers {
        let mut hosts = HostTable::new();
        let site = if referers.site { self.site_names.clone() } else { Vec::new() };
        let own = referers.hosts.iter().map(|(name, path)| (name, path.as_ref().map(|path| path.as_bytes().into())));
        for (name, path) in own.chain(site.iter().map(|name| (name, None))) {
            if let Err(diagnostic) = hosts.add(name, path) {
                self.diagnostics.push(diagnostic);
            }
        }
        let patterns = referers.patterns.iter().filter_map(|pattern| self.regex(pattern)).collect();
        Referers { none: referers.none, blocked: referers.blocked, hosts, patterns }
    }

    /// How links prove who made them.
    pub fn secure_link(&mut self, link: &model::SecureLink) -> SecureLink {
        match link {
            model::SecureLink::Digest { value, of } => {
                SecureLink::Digest { value: self.template(value), of: self.template(of) }
            }
            model::SecureLink::Word(word) => SecureLink::Word(word.as_bytes().into()),
        }
    }
}

/// Values of which each is kept once.
struct Values<'v> {
    list: Vec<Box<[u8]>>,
    places: HashMap<&'v str, u32>,
}

impl<'v> Values<'v> {
    fn new(first: &'v str) -> Self {
        Self { list: vec![first.as_bytes().into()], places: HashMap::from([(first, 0)]) }
    }

    fn place(&mut self, value: &'v str) -> u32 {
        let next = u32::try_from(self.list.len()).unwrap_or(0);
        *self.places.entry(value).or_insert_with(|| {
            self.list.push(value.as_bytes().into());
            next
        })
    }
}

fn trusted(networks: &[Network], unix: bool) -> Trusted {
    Trusted { networks: AddressTable::new(networks.iter().map(|network| (*network, ())), |(), ()| ()), unix }
}

/// A key as it is written: zones with the same name and another key have nothing in common.
fn written(key: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable(name) => format!("${{{name}}}"),
        Part::Capture(number) => format!("${number}"),
        Part::Kept(_) | Part::Made { .. } | Part::Else { .. } => format!("{part:?}"),
    };
    key.parts.iter().map(part).collect()
}

/// The same level, as the error log names it.
pub fn log_level(level: model::Level) -> Level {
    match level {
        model::Level::Emergency => Level::Emergency,
        model::Level::Alert => Level::Alert,
        model::Level::Critical => Level::Critical,
        model::Level::Error => Level::Error,
        model::Level::Warning => Level::Warning,
        model::Level::Notice => Level::Notice,
        model::Level::Info => Level::Info,
        model::Level::Debug => Level::Debug,
    }
}
