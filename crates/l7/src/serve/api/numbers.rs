//! Numbers of the process, its connections, its requests, and the zones in which they are counted.

use super::{Exchange, Refused, Reply, Verb};
use crate::variables::connection::NGINX_VERSION;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use telemetry::{StatusCounts, TimeText, ZoneTally, counters};
use transport::clock;

impl Exchange<'_> {
    /// What is not of groups.
    pub(super) fn numbers(&self, verb: Verb, steps: &[&str]) -> Result<Reply, Refused> {
        let tallies = &self.plan.tallies;
        match (steps, verb) {
            ([], Verb::Read) => Ok(json!(["nginx", "processes", "connections", "http"]).into()),
            (["http"], Verb::Read) => {
                Ok(json!(["requests", "server_zones", "location_zones", "caches", "upstreams"]).into())
            }
            (["nginx"], Verb::Read) => Ok(self.chosen_fields(self.running()).into()),
            (["processes"], Verb::Read) => {
                Ok(self.chosen_fields(json!({ "respawned": counters::process().recent_respawns() })).into())
            }
            (["connections"], Verb::Read) => Ok(self.chosen_fields(connections()).into()),
            (["http", "requests"], Verb::Read) => Ok(self.chosen_fields(requests()).into()),
            (["processes"], Verb::Remove) => {
                counters::process().forget_respawns();
                Ok(Reply::Done)
            }
            (["connections"], Verb::Remove) => {
                counters::process().forget_connections();
                Ok(Reply::Done)
            }
            (["http", "requests"], Verb::Remove) => {
                counters::process().forget_requests();
                Ok(Reply::Done)
            }
            (["http", "server_zones", rest @ ..], _) => {
                let missing = || Refused::new(404, "ServerZoneNotFound", "server zone not found");
                self.zones(verb, rest, (&tallies.sites, true), missing)
            }
            (["http", "location_zones", rest @ ..], _) => {
                let missing = || Refused::new(404, "LocationZoneNotFound", "location zone not found");
                self.zones(verb, rest, (&tallies.places, false), missing)
            }
            ([] | ["http" | "nginx" | "processes" | "connections"] | ["http", "requests"], _) => Err(Refused::method()),
            _ => Err(Refused::nowhere()),
        }
    }

    fn running(&self) -> Value {
        let (generation, loaded) = self.plan.loaded;
        let time = &self.worker.shared.time;
        let address = self.connection.facts.local.inet().map(|address| address.ip().to_string());
        json!({
            "version": NGINX_VERSION,
            "build": "zaguan",
            "address": address.unwrap_or_default(),
            "generation": generation,
            "load_timestamp": timestamp(time, loaded),
            "timestamp": timestamp(time, clock::unix_time()),
            "pid": std::process::id(),
            "ppid": std::os::unix::process::parent_id(),
        })
    }

    fn zones(
        &self,
        verb: Verb,
        steps: &[&str],
        (zones, of_sites): (&BTreeMap<Box<str>, Arc<ZoneTally>>, bool),
        missing: impl Fn() -> Refused,
    ) -> Result<Reply, Refused> {
        match (steps, verb) {
            ([], Verb::Read) => {
                let all = zones.iter().map(|(name, tally)| (name.to_string(), zone(tally, of_sites)));
                Ok(self.chosen_of_each(all.collect()).into())
            }
            ([name], Verb::Read) => {
                let tally = zones.get(*name).ok_or_else(missing)?;
                Ok(self.chosen_fields(zone(tally, of_sites)).into())
            }
            ([name], Verb::Remove) => {
                zones.get(*name).ok_or_else(missing)?.reset();
                Ok(Reply::Done)
            }
            ([] | [_], _) => Err(Refused::method()),
            _ => Err(Refused::nowhere()),
        }
    }
}

fn connections() -> Value {
    let totals = counters::process().recent_totals();
    let idle = totals.active.saturating_sub(totals.reading).saturating_sub(totals.writing);
    json!({
        "accepted": totals.accepted,
        "dropped": totals.accepted.saturating_sub(totals.handled),
        "active": totals.active.saturating_sub(idle),
        "idle": idle,
    })
}

fn requests() -> Value {
    let totals = counters::process().recent_totals();
    json!({ "total": totals.requests, "current": totals.writing })
}

fn zone(tally: &ZoneTally, of_sites: bool) -> Value {
    let totals = tally.totals();
    let mut zone = json!({
        "requests": totals.requests,
        "responses": responses(tally.responses()),
        "discarded": totals.discarded,
        "received": totals.received,
        "sent": totals.sent,
    });
    if let Some(zone) = zone.as_object_mut().filter(|_| of_sites) {
        zone.insert("processing".to_owned(), totals.processing.into());
    }
    zone
}

/// Responses by the first digit of their status and by the whole of it.
pub(super) fn responses(counts: &StatusCounts) -> Value {
    let mut classes = [0_u64; 5];
    let mut codes = Map::new();
    for (status, count) in counts.counts() {
        if let Some(class) = classes.get_mut(usize::from(status / 100 - 1)) {
            *class += count;
        }
        codes.insert(status.to_string(), count.into());
    }
    let total: u64 = classes.iter().sum();
    let classes = (1..).zip(classes).map(|(class, count)| (format!("{class}xx"), count.into()));
    let rest = [("codes".to_owned(), Value::Object(codes)), ("total".to_owned(), total.into())];
    Value::Object(classes.chain(rest).collect())
}

/// A time since 1970 as ISO 8601 has it, with milliseconds.
pub(super) fn timestamp(time: &TimeText, unix: Duration) -> String {
    let mut text = Vec::new();
    time.append_format(unix, "%Y-%m-%dT%H:%M:%S", false, &mut text);
    format!("{}.{:03}Z", String::from_utf8_lossy(&text), unix.subsec_millis())
}
