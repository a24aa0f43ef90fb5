//! Groups of servers: what their servers come to, and changes of them.

use super::numbers::{responses, timestamp};
use super::{Exchange, Refused, Reply, Verb};
use crate::plan;
use serde_json::{Map, Value, json};
use std::time::Duration;
use telemetry::TimeText;
use transport::clock;
use upstream::{PeerState, PeerStatus, Roster};

impl Exchange<'_> {
    /// Answers about groups; `steps` are what follows them.
    pub(super) async fn upstreams(&mut self, verb: Verb, steps: &[&str], body: Option<Vec<u8>>) -> Reply {
        match (steps, verb) {
            ([], Verb::Read) => {
                let groups = self.plan.groups.iter().map(plan::Group::present).filter(|group| group.is_observed());
                let all = groups.map(|group| (group.name().to_owned(), self.group_document(&group)));
                Reply::Document(self.chosen_of_each(all.collect()))
            }
            ([], _) => Reply::Refused(Refused::method()),
            ([name], Verb::Read) => {
                self.group_named(name).map(|group| self.chosen_fields(self.group_document(&group.present()))).into()
            }
            ([name], Verb::Remove) => {
                let reset = |group: &plan::Group| {
                    group.present().reset();
                    Reply::Done
                };
                self.group_named(name).map(reset).into()
            }
            ([name], _) => self.group_named(name).and_then(|_| Err::<Reply, _>(Refused::method())).into(),
            ([name, "servers", rest @ ..], _) => match self.group_named(name) {
                Ok(group) => self.change_servers(group, verb, rest, body).await.into(),
                Err(refused) => Reply::Refused(refused),
            },
            _ => Reply::Refused(Refused::nowhere()),
        }
    }
}

impl<'p> Exchange<'p> {
    fn group_named(&self, name: &str) -> Result<&'p plan::Group, Refused> {
        let mut groups = self.plan.groups.iter().filter(|group| group.roster.name() == name);
        let Some(group) = groups.next() else {
            return Err(Refused::new(404, "UpstreamNotFound", "upstream not found"));
        };
        if !group.roster.is_observed() {
            return Err(Refused::new(400, "UpstreamStatic", "upstream is static"));
        }
        Ok(group)
    }

    fn group_document(&self, group: &Roster) -> Value {
        let time = &self.worker.shared.time;
        let peers: Vec<Value> = group.statuses(clock::now()).iter().map(|status| peer(status, time)).collect();
        json!({ "peers": peers, "zombies": group.zombies(), "zone": group.zone() })
    }
}

fn peer(status: &PeerStatus<'_>, time: &TimeText) -> Value {
    let now = clock::unix_time();
    let when = |ago: Duration| timestamp(time, now.saturating_sub(ago)).into();
    let probed = &status.probed;
    let mut checks = json!({ "checks": probed.asked, "fails": probed.fails, "unhealthy": probed.unwell });
    let mut put = |name: &str, value: Value| checks.as_object_mut().map(|checks| checks.insert(name.to_owned(), value));
    if let Some(passed) = probed.passed {
        put("last_passed", passed.into());
    }
    let mut peer = json!({
        "id": status.id,
        "server": status.peer.name(),
        "name": status.peer.written(),
        "backup": status.backup,
        "weight": status.weight,
        "state": word(status.state),
        "active": status.active,
        "requests": status.requests,
        "responses": responses(status.answers),
        "sent": status.sent,
        "received": status.received,
        "fails": status.fails,
        "unavail": status.rests,
        "health_checks": checks,
        "downtime": milliseconds(status.downtime),
    });
    let Some(fields) = peer.as_object_mut() else { return peer };
    let mut put = |name: &str, value: Option<Value>| put_if_any(fields, name, value);
    put("max_conns", (status.server.max_connections > 0).then(|| status.server.max_connections.into()));
    put("service", status.server.service.clone().map(Value::String));
    put("downstart", status.down_for.map(when));
    put("selected", status.chosen_ago.map(when));
    put("header_time", (status.head_time > 0).then(|| status.head_time.into()));
    put("response_time", (status.whole_time > 0).then(|| status.whole_time.into()));
    peer
}

fn put_if_any(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn word(state: PeerState) -> &'static str {
    match state {
        PeerState::Up => "up",
        PeerState::Draining => "draining",
        PeerState::Down => "down",
        PeerState::Resting => "unavail",
        PeerState::Unknown => "checking",
        PeerState::Unwell => "unhealthy",
    }
}
