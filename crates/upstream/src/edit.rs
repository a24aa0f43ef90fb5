//! Servers of a group are added, changed and removed while it is used.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{Server, ServerAddress};
use tokio::sync::oneshot;
use transport::Address;

use crate::live::{Live, Report};
use crate::names::{Desk, Names};
use crate::roster::{Found, Member, Members, Roster};

/// The text that keeps servers in a file.
pub type Scribe = fn(&[Server]) -> String;

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Change {
    /// Add a server.
    Add(Box<Server>),
    /// Change the server of this number.
    Modify(u64, Box<Patch>),
    /// Remove it.
    Remove(u64),
}

/// What is to be different of a server; `None`: it stays as it is.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of `model::Server`, described there")]
pub struct Patch {
    pub address: Option<ServerAddress>,
    pub weight: Option<u32>,
    pub max_connections: Option<u32>,
    pub max_fails: Option<u32>,
    pub fail_timeout: Option<Duration>,
    pub slow_start: Option<Duration>,
    pub route: Option<String>,
    pub down: Option<bool>,
    pub drain: Option<bool>,
}

/// Why a change is not made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no such server.
    NotFound,
    /// There is one of this address.
    Exists,
    /// Its address comes with a name.
    Immutable,
    /// A name is given where none can be asked for.
    NoResolver,
    /// The group's rule knows no reserve.
    NoBackup,
    /// The server is ending.
    Ending,
}

impl Patch {
    fn apply(self, server: &mut Server) {
        fn put<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        put(&mut server.address, self.address);
        put(&mut server.weight, self.weight);
        put(&mut server.max_connections, self.max_connections);
        put(&mut server.max_fails, self.max_fails);
        put(&mut server.fail_timeout, self.fail_timeout);
        put(&mut server.slow_start, self.slow_start);
        if let Some(route) = self.route {
            server.route = Some(route).filter(|route| !route.is_empty());
        }
        put(&mut server.down, self.down);
        put(&mut server.drain, self.drain);
    }
}

impl Live {
    /// Makes a change; the number of the server that it is about. All workers see it with their next request. A file that
    /// keeps the group's servers is written before this is done.
    ///
    /// # Errors
    /// When the change cannot be made.
    pub async fn change(
        self: &Arc<Self>,
        names: &Names,
        change: Change,
        (scribe, report): (Scribe, Report),
    ) -> Result<u64, Refusal> {
        let (reply, outcome) = oneshot::channel();
        let live = Arc::clone(self);
        names.run(move |desk| {
            // Whoever asked may be gone.
            let _ = reply.send(live.make(change, desk, (scribe, report)));
        });
        outcome.await.unwrap_or(Err(Refusal::Ending))
    }

    fn make(
        self: &Arc<Self>,
        change: Change,
        desk: &std::rc::Rc<Desk>,
        (scribe, report): (Scribe, Report),
    ) -> Result<u64, Refusal> {
        let current = self.roster();
        let known = self.keys();
        let (id, members) = match change {
            Change::Add(server) => self.with(&current, *server)?,
            Change::Modify(id, patch) => (id, modified(&current, id, *patch)?),
            Change::Remove(id) => (id, without(&current, id)?),
        };
        self.current.store(Arc::new(current.with_members(&self.group, members)));
        for key in self.keys().into_iter().filter(|key| !known.contains(key)) {
            self.watch(key, desk, report);
        }
        if let Some(path) = &self.group.state
            && let Err(error) = self.write(path, scribe)
        {
            let (path, name) = (path.display(), &self.group.name);
            report(format_args!("the servers of upstream \"{name}\" could not be written to \"{path}\": {error}"));
        }
        Ok(id)
    }

    fn with(&self, current: &Roster, mut server: Server) -> Result<(u64, Members), Refusal> {
        let place = place(&server);
        if place.is_none() {
            if self.rule.is_none() {
                return Err(Refusal::NoResolver);
            }
            server.resolve = true;
        }
        if server.backup && current.has_no_reserve() {
            return Err(Refusal::NoBackup);
        }
        let same = |member: &Member| {
            (&member.server.address, &member.server.service) == (&server.address, &server.service)
                || (place.is_some() && member.place == place)
        };
        if current.members.list.iter().any(same) {
            return Err(Refusal::Exists);
        }
        let id = current.members.next_id;
        let list = current.members.list.iter().cloned().chain([Member::new(id, server, place)]).collect();
        Ok((id, Members { list, next_id: id + 1 }))
    }

    /// Another process that reads the file sees the old or the new, whole.
    fn write(&self, path: &Path, scribe: Scribe) -> io::Result<()> {
        let servers: Vec<Server> = self.current().members.list.iter().map(Member::as_server).collect();
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let fresh = directory.join(name);
        let mut file = std::fs::File::create(&fresh)?;
        file.write_all(scribe(&servers).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        std::fs::File::open(directory)?.sync_all()
    }
}

impl Member {
    /// How it is kept: each address that a name stood for is one.
    fn as_server(&self) -> Server {
        let mut server = self.server.clone();
        match self.place.as_ref().map(|place| &place.address) {
            Some(Address::Inet(address)) => {
                server.address = ServerAddress::Host { host: address.ip().to_string(), port: address.port() };
            }
            Some(Address::Unix(path)) => server.address = ServerAddress::Unix(path.clone()),
            None => {}
        }
        server
    }
}

/// The place of a server whose address is written; `None`: it is a name.
fn place(server: &Server) -> Option<Found> {
    match &server.address {
        ServerAddress::Unix(path) => Some(Found::of(Address::Unix(path.clone()))),
        ServerAddress::Host { host, port } => {
            Some(Found::of(Address::Inet((host.parse::<std::net::IpAddr>().ok()?, *port).into())))
        }
    }
}

fn modified(current: &Roster, id: u64, patch: Patch) -> Result<Members, Refusal> {
    let Some(member) = current.members.find(id) else {
        return Err(if current.is_resolved(id) { Refusal::Immutable } else { Refusal::NotFound });
    };
    let mut member = member.clone();
    if let Some(address) = &patch.address {
        let place = place(&Server::new(address.clone(), member.server.origin));
        if member.place.is_none() || place.is_none() {
            return Err(Refusal::Immutable);
        }
        member.place = place;
    }
    patch.apply(&mut member.server);
    let member = Member::new(id, member.server, member.place);
    let list = current.members.list.iter().map(|known| if known.id == id { member.clone() } else { known.clone() });
    Ok(Members { list: list.collect(), next_id: current.members.next_id })
}

fn without(current: &Roster, id: u64) -> Result<Members, Refusal> {
    if current.members.find(id).is_none() {
        return Err(if current.is_resolved(id) { Refusal::Immutable } else { Refusal::NotFound });
    }
    let list = current.members.list.iter().filter(|member| member.id != id).cloned().collect();
    Ok(Members { list, next_id: current.members.next_id })
}

impl Roster {
    /// Whether the number is that of an address that a name stands for.
    fn is_resolved(&self, id: u64) -> bool {
        self.peers.iter().any(|peer| peer.id == id && peer.server != id)
    }
}
