//! One question through: both kinds of address, aliases followed, the hosts of a service found.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hickory_proto::rr::{Name, RData, Record, RecordType};
use transport::clock;

use super::exchange::Servers;
use super::{Answer, Located, NameFailure, ResolverRule, ServicePlace, Subject};

/// Aliases that are followed one after the other at most.
const MOST_ALIASES: usize = 10;
/// Hosts of one service at most.
const MOST_HOSTS: usize = 256;

/// Asks one set of servers.
pub(super) struct Client {
    rule: Arc<ResolverRule>,
    servers: Servers,
}

/// Records that were found, and how long they may be kept.
struct Found {
    data: Vec<RData>,
    /// What the name stands for, as far as the answer tells.
    alias: Option<Name>,
    keep: u32,
}

impl Found {
    fn nothing() -> Self {
        Self { data: Vec::new(), alias: None, keep: u32::MAX }
    }
}

impl Client {
    pub(super) fn new(rule: Arc<ResolverRule>) -> Self {
        Self { servers: Servers::new(rule.servers.clone()), rule }
    }

    /// The places of a host or of a service.
    pub(super) async fn find(&self, subject: &Subject) -> Result<Answer, NameFailure> {
        let deadline = clock::now() + self.rule.timeout;
        let found = match &subject.service {
            None => self.addresses(&name(&subject.host)?, deadline).await,
            Some(service) => self.service(&service_name(&subject.host, service)?, deadline).await,
        };
        let (places, keep) = found?;
        let keep = self.rule.valid.unwrap_or(Duration::from_secs(u64::from(keep)));
        Ok(Answer { places, expires: clock::now() + keep })
    }

    /// Both kinds of address that a name has. Where neither is there, its alias is asked for; where a server fails on one,
    /// the name has none: half an answer is no answer.
    async fn addresses(&self, name: &Name, deadline: Instant) -> Result<(Vec<Located>, u32), NameFailure> {
        let mut name = name.clone();
        let mut keep = u32::MAX;
        for _ in 0..MOST_ALIASES {
            let (v4, v6) = tokio::join!(
                self.asked(self.rule.ipv4, &name, RecordType::A, deadline),
                self.asked(self.rule.ipv6, &name, RecordType::AAAA, deadline)
            );
            let (v4, v6) = (v4?, v6?);
            keep = keep.min(v4.keep).min(v6.keep);
            let found = v4.data.iter().chain(&v6.data).filter_map(address);
            let places: Vec<_> = found.map(|ip| Located { ip, service: None }).collect();
            if !places.is_empty() {
                return Ok((places, keep));
            }
            name = v6.alias.or(v4.alias).ok_or(NameFailure::NotFound)?;
        }
        Err(NameFailure::NotFound)
    }

    async fn asked(
        &self,
        wanted: bool,
        name: &Name,
        kind: RecordType,
        deadline: Instant,
    ) -> Result<Found, NameFailure> {
        if wanted { self.records(name, kind, deadline).await } else { Ok(Found::nothing()) }
    }

    async fn service(&self, name: &Name, deadline: Instant) -> Result<(Vec<Located>, u32), NameFailure> {
        let mut found = self.records(name, RecordType::SRV, deadline).await?;
        let mut keep = found.keep;
        if let (true, Some(alias)) = (found.data.is_empty(), &found.alias) {
            found = self.records(alias, RecordType::SRV, deadline).await?;
            keep = keep.min(found.keep);
        }
        let mut places = Vec::new();
        let records = found.data.iter().filter_map(|data| match data {
            RData::SRV(record) => Some(record),
            _ => None,
        });
        for record in records.take(MOST_HOSTS) {
            // A lone dot says that there is no such service here (RFC 2782).
            if record.target.is_root() {
                continue;
            }
            match self.addresses(&record.target, deadline).await {
                Ok((found, kept)) => {
                    keep = keep.min(kept);
                    let host: Box<str> = record.target.to_ascii().trim_end_matches('.').into();
                    places.extend(found.into_iter().map(|located| Located {
                        service: Some(ServicePlace {
                            port: record.port,
                            weight: record.weight,
                            priority: record.priority,
                            host: host.clone(),
                        }),
                        ..located
                    }));
                }
                Err(NameFailure::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        if places.is_empty() { Err(NameFailure::NotFound) } else { Ok((places, keep)) }
    }

    /// What one answer says of a name.
    async fn records(&self, name: &Name, kind: RecordType, deadline: Instant) -> Result<Found, NameFailure> {
        let answers = self.servers.ask(name, kind, deadline).await?;
        let (end, mut keep) = follow(&answers, name);
        let own = answers.iter().filter(|record| record.record_type() == kind && record.name.eq_ignore_root(&end));
        let mut data = Vec::new();
        for record in own {
            keep = keep.min(record.ttl);
            data.push(record.data.clone());
        }
        let alias = (!end.eq_ignore_root(name)).then_some(end);
        Ok(Found { data, alias, keep })
    }
}

/// Where the aliases among the answers lead, and how long the shortest-lived may be kept.
fn follow(answers: &[Record], name: &Name) -> (Name, u32) {
    let mut end = name.clone();
    let mut keep = u32::MAX;
    for _ in 0..MOST_ALIASES {
        let alias = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name.eq_ignore_root(&end) => Some((target.0.clone(), record.ttl)),
            _ => None,
        });
        let Some((target, ttl)) = alias else { break };
        keep = keep.min(ttl);
        end = target;
    }
    (end, keep)
}

fn address(data: &RData) -> Option<IpAddr> {
    match data {
        RData::A(address) => Some(IpAddr::V4(address.0)),
        RData::AAAA(address) => Some(IpAddr::V6(address.0)),
        _ => None,
    }
}

fn name(host: &str) -> Result<Name, NameFailure> {
    let mut name = Name::from_ascii(host).map_err(|_| NameFailure::NotFound)?;
    name.set_fqdn(true);
    Ok(name)
}

/// A service without a dot is one over TCP (RFC 2782); one with a dot says all before the host itself.
fn service_name(host: &str, service: &str) -> Result<Name, NameFailure> {
    let prefix = match (service.contains('.'), service.starts_with('_')) {
        (true, _) => service.to_owned(),
        (false, true) => format!("{service}._tcp"),
        (false, false) => format!("_{service}._tcp"),
    };
    name(&format!("{prefix}.{host}"))
}
