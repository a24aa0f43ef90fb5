//! The directives of `ngx_http_geo_module`: values by address.

use std::collections::BTreeMap;
use std::net::IpAddr;

use diagnostic::Diagnostic;
use model::{AddressEntries, AddressMap, Network, Template};

use super::address;
use super::rewrite::variable_name;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, Module, Outcome, Row, between, row};
use crate::tree::{self, Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_geo_module", rows: ROWS };

const ROWS: &[Row] = &[row("geo", HTTP, between(1, 2).block(), geo)];

fn geo(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let first = value::first(directive)?;
    let name = directive.argument(1).unwrap_or(first);
    let variable = variable_name(name)?;
    let source: Option<Template> = match directive.argument(1) {
        Some(_) => Some(value::template(first)?),
        None => None,
    };
    let mut building = Building::default();
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for entry in tree::directives(nodes) {
        if let Err(problem) = building.entry(lowering, entry) {
            lowering.report(problem);
        }
    }
    let entries = if building.by_ranges {
        AddressEntries::Ranges(building.ranges.into_iter().map(|(first, (last, value))| (first, last, value)).collect())
    } else {
        AddressEntries::Networks(building.networks.into_iter().collect())
    };
    lowering.shared.address_maps.push(AddressMap {
        variable,
        source,
        entries,
        default: building.default.unwrap_or_default(),
        proxies: building.proxies,
        recursive: building.recursive,
        volatile: building.volatile,
        origin: directive.origin(),
    });
    Ok(())
}

/// A map of which some entries were read.
#[derive(Default)]
struct Building {
    by_ranges: bool,
    networks: BTreeMap<Network, String>,
    /// By their first addresses; they lie apart.
    ranges: BTreeMap<IpAddr, (IpAddr, String)>,
    default: Option<String>,
    proxies: Vec<Network>,
    recursive: bool,
    volatile: bool,
}

impl Building {
    fn entry(&mut self, lowering: &mut Lowering<'_>, entry: &Directive) -> Outcome {
        let name = &entry.name;
        match (name.text.as_str(), entry.arguments.as_slice()) {
            ("ranges", []) => self.begin_ranges(name)?,
            ("proxy_recursive", []) => self.recursive = true,
            ("volatile", []) => self.volatile = true,
            ("default", [value]) => {
                if self.default.replace(value.text.clone()).is_some() {
                    let problem = Diagnostic::warning("duplicate", "duplicate default value of \"geo\"");
                    lowering.report(problem.at(name.origin));
                }
            }
            ("proxy", [word]) => self.proxies.push(network(lowering, word)?),
            ("delete", [word]) => self.delete(lowering, word)?,
            (_, [value]) if self.by_ranges => self.range(lowering, name, &value.text)?,
            (_, [value]) => {
                let network = network(lowering, name)?;
                if self.networks.insert(network, value.text.clone()).is_some() {
                    let message = format!("duplicate network \"{}\", the earlier value is replaced", name.text);
                    lowering.report(Diagnostic::warning("duplicate", message).at(name.origin));
                }
            }
            _ => {
                let problem = Diagnostic::error("wrong-arity", "invalid number of the geo parameters");
                return Err(problem.at(name.origin));
            }
        }
        Ok(())
    }

    fn begin_ranges(&mut self, name: &Word) -> Outcome {
        if !self.networks.is_empty() {
            let problem = Diagnostic::error(
                "misplaced-directive",
                "the \"ranges\" directive must be the first directive inside \"geo\" block",
            );
            return Err(problem.at(name.origin));
        }
        self.by_ranges = true;
        Ok(())
    }

    fn delete(&mut self, lowering: &mut Lowering<'_>, word: &Word) -> Outcome {
        let removed = if self.by_ranges {
            let (first, last) = ends(word)?;
            let same = self.ranges.get(&first).is_some_and(|(known, _)| *known == last);
            same && self.ranges.remove(&first).is_some()
        } else {
            self.networks.remove(&network(lowering, word)?).is_some()
        };
        if !removed {
            let message = format!("no address \"{}\" to delete", word.text);
            lowering.report(Diagnostic::warning("nothing-to-delete", message).at(word.origin));
        }
        Ok(())
    }

    /// A range may lie in an earlier one, of which then less is left; it may not lie across its end.
    fn range(&mut self, lowering: &mut Lowering<'_>, word: &Word, value: &str) -> Outcome {
        let (first, last) = ends(word)?;
        let overlapping = self.ranges.range(..=last).rev().map(|(start, (end, _))| (*start, *end));
        let overlapping: Vec<(IpAddr, IpAddr)> = overlapping.take_while(|(_, end)| *end >= first).collect();
        if let [(start, end)] = overlapping.as_slice()
            && *start <= first
            && last <= *end
        {
            if (*start, *end) == (first, last) {
                let message = format!("duplicate range \"{}\", the earlier value is replaced", word.text);
                lowering.report(Diagnostic::warning("duplicate", message).at(word.origin));
            }
            self.split((*start, *end), (first, last));
        } else if !overlapping.is_empty() {
            let message = format!("range \"{}\" overlaps an earlier one", word.text);
            return Err(Diagnostic::error("overlapping-range", message).at(word.origin));
        }
        self.ranges.insert(first, (last, value.to_owned()));
        Ok(())
    }

    /// Leaves of a range what lies before and behind another.
    fn split(&mut self, (start, end): (IpAddr, IpAddr), (first, last): (IpAddr, IpAddr)) {
        let Some((_, value)) = self.ranges.remove(&start) else { return };
        if let Some(before) = step(first, false).filter(|_| start < first) {
            self.ranges.insert(start, (before, value.clone()));
        }
        if let Some(after) = step(last, true).filter(|_| last < end) {
            self.ranges.insert(after, (end, value));
        }
    }
}

/// The address beside another.
fn step(address: IpAddr, up: bool) -> Option<IpAddr> {
    match address {
        IpAddr::V4(ip) => {
            let ip = u32::from(ip);
            let next = if up { ip.checked_add(1) } else { ip.checked_sub(1) };
            next.map(|ip| IpAddr::V4(ip.into()))
        }
        IpAddr::V6(ip) => {
            let ip = u128::from(ip);
            let next = if up { ip.checked_add(1) } else { ip.checked_sub(1) };
            next.map(|ip| IpAddr::V6(ip.into()))
        }
    }
}

fn network(lowering: &mut Lowering<'_>, word: &Word) -> Result<Network, Diagnostic> {
    address::network(lowering, word).ok_or_else(|| {
        let problem = Diagnostic::error("invalid-value", format!("invalid network \"{}\"", word.text));
        problem.at(word.origin).help("it is an address, or a network as in 192.0.2.0/24")
    })
}

/// Both ends of `first-last`.
fn ends(word: &Word) -> Result<(IpAddr, IpAddr), Diagnostic> {
    let parse = |text: &str| text.parse::<std::net::Ipv4Addr>().ok().map(IpAddr::V4);
    let ends = word.text.split_once('-').and_then(|(first, last)| Some((parse(first)?, parse(last)?)));
    ends.filter(|(first, last)| first <= last).ok_or_else(|| {
        let problem = Diagnostic::error("invalid-value", format!("invalid range \"{}\"", word.text));
        problem.at(word.origin).help("it is two IPv4 addresses, as in 192.0.2.1-192.0.2.9")
    })
}
