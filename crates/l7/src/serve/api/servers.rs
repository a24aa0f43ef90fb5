//! The servers of a group: listed, added, changed, removed.

use super::server::{self, Wanted};
use super::{Exchange, Refused, Reply, Verb};
use crate::plan::Group;
use crate::worker::report_server;
use serde_json::Value;
use upstream::{Change, Refusal, Roster};

impl Exchange<'_> {
    /// Answers about the servers of a group; `steps` are what follows them.
    pub(super) async fn change_servers(
        &self,
        group: &Group,
        verb: Verb,
        steps: &[&str],
        body: Option<Vec<u8>>,
    ) -> Result<Reply, Refused> {
        let number = match steps {
            [] => None,
            [number] => Some(number.parse::<u64>().map_err(|_| bad_number())?),
            _ => return Err(Refused::nowhere()),
        };
        let body = body.ok_or_else(|| Refused::new(413, "BodyReadError", "reading request body failed"));
        match (verb, number) {
            (Verb::Read, None) => Ok(list(&group.present()).into()),
            (Verb::Read, Some(id)) => Ok(one(&group.present(), id)?.into()),
            (Verb::Add, None) => {
                let server = server::added(server::wanted(&body?)?)?;
                let id = self.change(group, Change::Add(Box::new(server))).await?;
                Ok(Reply::Created(one(&group.present(), id)?, id.to_string()))
            }
            (Verb::Change, Some(id)) => {
                one(&group.present(), id)?;
                let wanted: Wanted = server::wanted(&body?)?;
                self.change(group, Change::Modify(id, Box::new(server::patch(wanted)?))).await?;
                Ok(one(&group.present(), id)?.into())
            }
            (Verb::Remove, Some(id)) => {
                self.change(group, Change::Remove(id)).await?;
                Ok(list(&group.present()).into())
            }
            (Verb::Add, Some(_)) | (Verb::Change | Verb::Remove, None) => Err(Refused::method()),
        }
    }

    async fn change(&self, group: &Group, change: Change) -> Result<u64, Refused> {
        let name = group.roster.name();
        let id = match &change {
            Change::Add(_) => 0,
            Change::Modify(id, _) | Change::Remove(id) => *id,
        };
        let removes = matches!(change, Change::Remove(_));
        let (Some(live), Some(scribe)) = (&group.live, self.plan.scribe) else { return Err(Refused::method()) };
        let outcome = live.change(&self.plan.resolving, change, (scribe, report_server)).await;
        outcome.map_err(|refusal| match refusal {
            Refusal::NotFound => missing(id),
            Refusal::Exists => Refused::new(409, "EntryExists", "entry exists"),
            Refusal::Immutable if removes => {
                Refused::new(400, "UpstreamServerImmutable", format!("server \"{id}\" not removable"))
            }
            Refusal::Immutable => {
                Refused::new(400, "UpstreamServerImmutable", format!("server \"{id}\" address is immutable"))
            }
            Refusal::NoResolver => {
                Refused::new(400, "UpstreamConfNoResolver", "no resolver defined to resolve names at run time")
            }
            Refusal::NoBackup => Refused::new(400, "UpstreamNoBackup", format!("upstream \"{name}\" has no backup")),
            Refusal::Ending => Refused::new(500, "InternalError", "the server is ending"),
        })
    }
}

fn bad_number() -> Refused {
    Refused::new(400, "UpstreamBadServerId", "invalid server ID")
}

fn missing(id: u64) -> Refused {
    Refused::new(404, "UpstreamServerNotFound", format!("server with ID \"{id}\" does not exist"))
}

fn list(group: &Roster) -> Value {
    group.servers().iter().map(server::document).collect()
}

fn one(group: &Roster, id: u64) -> Result<Value, Refused> {
    let servers = group.servers();
    servers.iter().find(|listed| listed.id == id).map(server::document).ok_or_else(|| missing(id))
}
