//! Which sites are reached through which address, and with which socket options.

use std::collections::HashMap;

use diagnostic::{Diagnostic, Origin};
use model::{ListenAddress, Listener, SiteId};

use super::{Lowering, ServerPart};
use crate::modules::http_core::listen::Listen;
use crate::modules::http_core::server_name::claims;

/// The addresses of a configuration, in the order in which they are first named.
#[derive(Default)]
pub(super) struct Listeners {
    found: Vec<Found>,
    by_address: HashMap<ListenAddress, usize>,
}

/// An address while servers are read.
struct Found {
    listener: Listener,
    /// Where socket options were written, if they were.
    options: Option<Origin>,
    /// Where a default server was named, if one was.
    default: Option<Origin>,
}

impl Listeners {
    /// Takes the addresses of a server.
    pub(super) fn add(&mut self, lowering: &mut Lowering<'_>, site: SiteId, server: &ServerPart) {
        for listen in &server.listens {
            for address in &listen.addresses {
                if let Err(problem) = self.place(address, site, listen) {
                    lowering.report(problem.at(listen.origin));
                }
            }
        }
    }

    fn place(&mut self, address: &ListenAddress, site: SiteId, listen: &Listen) -> Result<(), Diagnostic> {
        let known = self.by_address.get(address).and_then(|&index| self.found.get_mut(index));
        let Some(found) = known else {
            self.by_address.insert(address.clone(), self.found.len());
            let listener = Listener {
                address: address.clone(),
                options: listen.options.clone(),
                tls: listen.tls,
                http2: listen.http2,
                sites: vec![site],
                default_site: site,
                origin: listen.origin,
            };
            let options = listen.explicit.then_some(listen.origin);
            let default = listen.default.then_some(listen.origin);
            self.found.push(Found { listener, options, default });
            return Ok(());
        };
        if found.listener.sites.contains(&site) {
            return Err(Diagnostic::error("duplicate", format!("a duplicate listen {}", show(address))));
        }
        found.listener.sites.push(site);
        found.listener.tls |= listen.tls;
        found.listener.http2 |= listen.http2;
        found.listener.options.proxy_protocol |= listen.options.proxy_protocol;
        if listen.explicit {
            if let Some(first) = found.options.replace(listen.origin) {
                let problem = Diagnostic::error("duplicate", format!("duplicate listen options for {}", show(address)));
                return Err(problem
                    .related(first, "options stand here already")
                    .help("options hold for all servers of an address"));
            }
            let proxy_protocol = found.listener.options.proxy_protocol;
            found.listener.options = listen.options.clone();
            found.listener.options.proxy_protocol = proxy_protocol;
        }
        if listen.default {
            if let Some(first) = found.default.replace(listen.origin) {
                let problem =
                    Diagnostic::error("duplicate", format!("a duplicate default server for {}", show(address)));
                return Err(problem.related(first, "this is the default server already"));
            }
            found.listener.default_site = site;
        }
        Ok(())
    }

    /// The addresses, with a warning for each name that two of an address's servers claim.
    pub(super) fn finish(self, lowering: &mut Lowering<'_>, servers: &[ServerPart]) -> Vec<Listener> {
        let listeners: Vec<Listener> = self.found.into_iter().map(|found| found.listener).collect();
        for listener in &listeners {
            names(lowering, listener, servers);
        }
        listeners
    }
}

fn names(lowering: &mut Lowering<'_>, listener: &Listener, servers: &[ServerPart]) {
    let mut claimed: HashMap<String, Origin> = HashMap::new();
    let sites = listener.sites.iter().filter_map(|site| servers.get(usize::try_from(site.0).ok()?));
    for name in sites.flat_map(|server| &server.names) {
        if listener.sites.len() > 1 && !name.is_valid() {
            let message = format!("invalid server name or wildcard \"{}\" on {}", name.text, show(&listener.address));
            lowering.report_once(Diagnostic::error("invalid-name", message).at(name.origin));
        }
        for claim in claims(&name.matched) {
            let Some(first) = claimed.get(&claim) else {
                claimed.insert(claim, name.origin);
                continue;
            };
            let message = format!("conflicting server name \"{}\" on {}, ignored", name.text, show(&listener.address));
            let problem = Diagnostic::warning("conflicting-name", message).at(name.origin);
            lowering.report_once(problem.related(*first, "this one holds"));
            break;
        }
    }
}

/// An address as nginx writes it.
fn show(address: &ListenAddress) -> String {
    match address {
        ListenAddress::Inet(address) => address.to_string(),
        ListenAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}
