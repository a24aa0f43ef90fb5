//! Groups of servers: their names resolved, or looked for while running.

use std::collections::HashMap;
use std::sync::Arc;

use diagnostic::{Diagnostic, Origin};
use model::{Balance, Server, ServerAddress};
use transport::clock;
use upstream::{Live, ResolverRule, Roster};

use super::Build;
use crate::plan::Group;

impl Build<'_> {
    /// The groups of the model.
    pub(super) fn groups(&mut self) {
        let groups = &self.model.http.groups;
        if self.model.http.late_names {
            for server in groups.iter().flat_map(|group| &group.servers) {
                self.ask(&server.address);
            }
        }
        for group in groups {
            let built = self.group(group);
            self.groups.push(built);
        }
    }

    fn group(&mut self, group: &model::Group) -> Group {
        let key = match &group.balance {
            Balance::Hash { key, .. } => Some(self.template(key)),
            _ => None,
        };
        let (roster, live) = if self.model.http.late_names { nobody(&group.name) } else { self.members(group) };
        let per_location = group.idle.as_ref().is_some_and(|idle| idle.per_location);
        let sticky = group.stickiness.as_ref().map(|rule| self.stickiness(rule));
        let probe = group.probe.as_ref().map(|probe| self.probe(probe));
        let watchman = group.outliers.map(upstream::Watchman::new);
        Group { roster, live, probe, watchman, key, sticky, per_location }
    }

    /// The servers of a group, and where they come from if they may change.
    fn members(&mut self, group: &model::Group) -> (Arc<Roster>, Option<Arc<Live>>) {
        let earlier = self.earlier.and_then(|plan| {
            let index = plan.group_names.get(group.name.to_ascii_lowercase().as_bytes())?;
            let earlier = plan.groups.get(*index)?;
            Some(earlier.present())
        });
        let (late, lookups) = (self.model.http.late_names, &mut self.lookups);
        let mut resolve = |host: &str, port| {
            if late { Ok(lookups.addresses(host, port)) } else { upstream::resolve(host, port) }
        };
        let roster = match Roster::succeed(group, earlier.as_deref(), clock::now(), &mut resolve) {
            Ok(roster) => Arc::new(roster),
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                return nobody(&group.name);
            }
        };
        self.awaited.extend(roster.awaited());
        let rule = group.resolver.as_ref().map(|resolver| self.resolver(resolver));
        let live = Live::of(group, &roster, rule);
        (roster, live)
    }

    /// By the name that a target with variables may have; groups that stand for a server: by host and port.
    pub(super) fn group_names(&self) -> HashMap<Box<[u8]>, usize> {
        let mut names: HashMap<Box<[u8]>, usize> = HashMap::new();
        for (index, group) in self.model.http.groups.iter().enumerate() {
            names.entry(group.name.to_ascii_lowercase().into_bytes().into()).or_insert(index);
        }
        for (server, index) in &self.implicit {
            if let ServerAddress::Host { host, port } = server {
                let host = if host.contains(':') { format!("[{host}]") } else { host.to_ascii_lowercase() };
                names.entry(format!("{host}:{port}").into_bytes().into()).or_insert(*index);
            }
        }
        names
    }

    /// Whom to ask for names, and how.
    pub(super) fn resolver(&mut self, resolver: &model::Resolver) -> Arc<ResolverRule> {
        let mut servers = Vec::new();
        for server in &resolver.servers {
            let ServerAddress::Host { host, port } = server else { continue };
            match upstream::resolve(host, *port) {
                Ok(found) => servers.extend(found),
                Err(_) => self.diagnostics.push(
                    Diagnostic::error("host-not-found", format!("host not found in name server \"{host}\""))
                        .at(resolver.origin),
                ),
            }
        }
        let model::Resolver { valid, ipv4, ipv6, timeout, .. } = *resolver;
        Arc::new(ResolverRule { servers, valid, ipv4, ipv6, timeout })
    }

    /// The group that stands for a single server.
    pub(super) fn implicit_group(&mut self, server: &ServerAddress, origin: Origin) -> usize {
        if let Some(index) = self.implicit.get(server) {
            return *index;
        }
        let index = self.groups.len();
        let roster = if self.model.http.late_names {
            self.ask(server);
            self.late.push((index, Server::new(server.clone(), origin)));
            nobody("").0
        } else {
            let roster = Roster::implicit(server, origin, clock::now(), &mut upstream::resolve);
            let roster = roster.map_err(|diagnostic| self.diagnostics.push(diagnostic));
            roster.map_or_else(|()| nobody("").0, Arc::new)
        };
        self.groups.push(Group {
            roster,
            live: None,
            probe: None,
            watchman: None,
            key: None,
            sticky: None,
            per_location: false,
        });
        self.implicit.insert(server.clone(), index);
        index
    }

    /// Gives groups their servers whose names may come late: all of them are asked for by now, and are waited for together.
    pub(super) fn settle(&mut self) {
        if !self.model.http.late_names {
            return;
        }
        for (index, group) in self.model.http.groups.iter().enumerate() {
            let members = self.members(group);
            self.fill(index, members);
        }
        for (index, server) in std::mem::take(&mut self.late) {
            let members = self.single(server);
            self.fill(index, members);
        }
    }

    /// A server that a group stands for.
    fn single(&mut self, server: Server) -> (Arc<Roster>, Option<Arc<Live>>) {
        let lookups = &mut self.lookups;
        let mut resolve = |host: &str, port| Ok(lookups.addresses(host, port));
        let (address, origin) = (&server.address, server.origin);
        match Roster::implicit(address, origin, clock::now(), &mut resolve) {
            Ok(roster) if roster.peers().is_empty() => {
                let name = roster.name().to_owned();
                self.members(&model::Group { servers: vec![server], ..model::Group::new(name, origin) })
            }
            Ok(roster) => (Arc::new(roster), None),
            Err(diagnostic) => {
                self.diagnostics.push(diagnostic);
                nobody("")
            }
        }
    }

    fn fill(&mut self, index: usize, (roster, live): (Arc<Roster>, Option<Arc<Live>>)) {
        if let Some(group) = self.groups.get_mut(index) {
            (group.roster, group.live) = (roster, live);
        }
    }

    /// Begins to ask the system for the name of a server.
    fn ask(&mut self, server: &ServerAddress) {
        if let ServerAddress::Host { host, .. } = server {
            self.lookups.ask(host);
        }
    }
}

/// A group of which nothing is known yet, or ever will be.
fn nobody(name: &str) -> (Arc<Roster>, Option<Arc<Live>>) {
    (Arc::new(Roster::of_addresses(name, Vec::new(), clock::now())), None)
}
