//! The servers of a group as they are now: those of the configuration, and what was changed while running.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use diagnostic::Diagnostic;
use model::{Server, ServerAddress};
use transport::Address;

use crate::peer;

/// What names stand for.
pub(crate) type KnownNames = HashMap<NameKey, Vec<Found>>;

/// One server of a group: one address, or a name that is resolved while running.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) id: u64,
    pub(crate) server: Server,
    /// It as the configuration names it.
    pub(crate) written: Box<str>,
    /// Its place; `None`: its name is followed to where it leads.
    pub(crate) place: Option<Found>,
}

/// The servers of a group, and the number that the next thing gets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    /// By their numbers.
    pub(crate) list: Arc<[Member]>,
    pub(crate) next_id: u64,
}

/// A name that is resolved while running, and perhaps a service of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct NameKey {
    pub(crate) host: Box<str>,
    pub(crate) service: Option<Box<str>>,
    /// It is looked for until the system knows it; else it is followed for as long as it is there.
    pub(crate) late: bool,
}

impl NameKey {
    /// The name of a server that is resolved anew while running.
    pub(crate) fn of(server: &Server) -> Option<Self> {
        if server.resolve { Self::named(server) } else { None }
    }

    /// The name of a server; `None`: it has an address.
    fn named(server: &Server) -> Option<Self> {
        let ServerAddress::Host { host, .. } = &server.address else { return None };
        let service = server.service.as_deref().map(Into::into);
        host.parse::<IpAddr>().is_err().then(|| Self { host: host.as_str().into(), service, late: !server.resolve })
    }
}

/// A place that a server's name stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    /// The port is that of a service; for a host, the server's counts.
    pub(crate) address: Address,
    /// A share that holds where the server has none of its own.
    pub(crate) weight: Option<u32>,
    /// Used only when no other place can be.
    pub(crate) reserve: bool,
    /// What it is called instead of the server.
    pub(crate) written: Option<Box<str>>,
}

impl Found {
    pub(crate) fn of(address: Address) -> Self {
        Self { address, weight: None, reserve: false, written: None }
    }
}

impl Members {
    /// The servers of the configuration. Each address that is known by now is one, and each name that has none yet.
    pub(crate) fn of(
        servers: &[Server],
        resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut list = Vec::new();
        let mut diagnostics = Vec::new();
        let mut id = 0;
        let mut add = |server: &Server, place| {
            list.push(Member::new(id, server.clone(), place));
            id += 1;
        };
        for server in servers {
            if NameKey::of(server).is_some() {
                add(server, None);
                continue;
            }
            match addresses(server, resolve) {
                Ok(found) if found.is_empty() => add(server, None),
                Ok(found) => found.into_iter().for_each(|address| add(server, Some(Found::of(address)))),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
        if diagnostics.is_empty() { Ok(Self { list: list.into(), next_id: id }) } else { Err(diagnostics) }
    }

    pub(crate) fn find(&self, id: u64) -> Option<&Member> {
        let index = self.list.binary_search_by_key(&id, |member| member.id).ok()?;
        self.list.get(index)
    }
}

impl Member {
    pub(crate) fn new(id: u64, server: Server, place: Option<Found>) -> Self {
        let written = peer::written(&server.address);
        Self { id, server, written, place }
    }

    /// The name that leads to where it is; `None`: its place is known for good.
    pub(crate) fn key(&self) -> Option<NameKey> {
        if self.place.is_none() { NameKey::named(&self.server) } else { None }
    }

    /// What it stands for.
    pub(crate) fn places(&self, known: &KnownNames) -> Vec<Found> {
        match (&self.place, self.key()) {
            (Some(place), _) => vec![place.clone()],
            (None, Some(key)) => known.get(&key).cloned().unwrap_or_default(),
            (None, None) => Vec::new(),
        }
    }

    /// Whether its name is looked for, and nothing was found yet.
    pub(crate) fn is_awaited(&self, known: &KnownNames) -> bool {
        self.key().is_some_and(|key| key.late && !known.contains_key(&key))
    }
}

/// The addresses of a server that are found out when the configuration is loaded; none where its name may come later.
pub(super) fn addresses(
    server: &Server,
    resolve: &mut impl FnMut(&str, u16) -> io::Result<Vec<SocketAddr>>,
) -> Result<Vec<Address>, Diagnostic> {
    let (host, port) = match &server.address {
        ServerAddress::Host { host, port } => (host, *port),
        ServerAddress::Unix(path) => return Ok(vec![Address::Unix(path.clone())]),
    };
    match resolve(host, port) {
        Ok(found) => Ok(found.into_iter().map(Address::Inet).collect()),
        Err(_) => Err(Diagnostic::error("host-not-found", not_found(server))
            .at(server.origin)
            .help("names are resolved when the configuration is loaded: check the spelling, or write the IP address")),
    }
}

/// That the name of a server is not known.
pub(super) fn not_found(server: &Server) -> String {
    format!("host not found in upstream \"{}\"", peer::written(&server.address))
}
