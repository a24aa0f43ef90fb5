//! `BalancerMember`, `ProxySet` and the groups that they make.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{Failing, Group, IdlePool, Server, ServerAddress, Trouble};

use super::url::{Url, UrlTarget};
use super::worker::{Worker, WorkerSettings, parameter};
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Inherit, Lowering, Pattern, Scope, SectionKind};
use crate::table::Outcome;
use crate::value;

/// A group of servers, or a part of what is said of it.
#[derive(Clone, Debug)]
pub(crate) struct Balancer {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) members: Vec<Worker>,
    pub(crate) origin: Origin,
}

/// How long a server rests where nothing is said.
const RETRY: Duration = Duration::from_mins(1);

pub(super) fn member(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter();
    let name = match named(scope) {
        Some(name) => name,
        None => balancer_name(words.next().unwrap_or(&directive.name))?,
    };
    let word = words.next().ok_or_else(|| {
        Diagnostic::error("wrong-arity", "BalancerMember must define a remote proxy server").at(directive.origin())
    })?;
    let url = Url::parse(word)?;
    if matches!(url.target, UrlTarget::Balancer(_)) {
        return Err(value::bad(word, "a balancer is no member of a balancer"));
    }
    let mut settings = WorkerSettings::default();
    for word in words {
        if let Err(problem) = settings.set(lowering, word) {
            lowering.report(problem);
        }
    }
    scope.server.proxy.balancers.add(name, Worker { url, settings, origin: directive.origin() });
    Ok(())
}

/// `ProxySet`: parameters of the group, or server, that the section is of.
pub(super) fn set(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter().peekable();
    let first = words.peek().is_some_and(|word| word.text.contains("://"));
    let of_balancer = if first {
        words.next().is_some_and(|word| word.text.to_ascii_lowercase().starts_with("balancer://"))
    } else {
        named(scope).is_some()
    };
    if !of_balancer {
        return Err(value::not_built("`ProxySet` of a single server").help("write its parameters behind `ProxyPass`"));
    }
    for word in words {
        if let Err(problem) = group_parameter(lowering, word) {
            lowering.report(problem);
        }
    }
    Ok(())
}

const GROUP_PARAMETERS: [&str; 9] = [
    "failonstatus=",
    "failontimeout=",
    "forcerecovery=",
    "growth=",
    "lbmethod=",
    "maxattempts=",
    "nofailover=",
    "stickysession=",
    "timeout=",
];

/// Takes a parameter of a group.
pub(super) fn group_parameter(_: &mut Lowering<'_>, word: &Word) -> Outcome {
    let (name, text) = parameter(word)?;
    match name.as_str() {
        "lbmethod" if text == "byrequests" => Ok(()),
        _ if GROUP_PARAMETERS.iter().any(|known| known.trim_end_matches('=') == name) => {
            Err(value::not_built(&format!("the parameter `{}`", word.text)).at(word.origin))
        }
        _ => Err(value::invalid(word, &GROUP_PARAMETERS)),
    }
}

/// The group that a section is of.
fn named(scope: &Scope) -> Option<String> {
    let Some(SectionKind::Proxy(Pattern::Text(text))) = &scope.kind else { return None };
    let name = text.to_ascii_lowercase();
    let name = name.strip_prefix("balancer://")?;
    Some(name.trim_end_matches('/').to_owned())
}

fn balancer_name(word: &Word) -> Result<String, Diagnostic> {
    let text = word.text.to_ascii_lowercase();
    let name = text.strip_prefix("balancer://").map(|name| name.trim_end_matches('/').to_owned());
    name.ok_or_else(|| {
        value::bad(word, "BalancerMember needs the name of its balancer")
            .help("write `BalancerMember balancer://NAME http://…`, or put it into `<Proxy balancer://NAME>`")
    })
}

/// The groups of a server; one of the main server with the name of one here has its members too.
#[derive(Clone, Debug, Default)]
pub(crate) struct Balancers(Vec<Balancer>);

impl Balancers {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Balancer> {
        self.0.iter()
    }

    fn add(&mut self, name: String, member: Worker) {
        let origin = member.origin;
        match self.0.iter_mut().find(|known| known.name == name) {
            Some(known) => known.members.push(member),
            None => self.0.push(Balancer { name, members: vec![member], origin }),
        }
    }

    pub(super) fn extend(&mut self, others: Self) {
        for balancer in others.0 {
            balancer.members.into_iter().for_each(|member| self.add(balancer.name.clone(), member));
        }
    }
}

impl Inherit for Balancers {
    fn inherit(&mut self, base: &Self) {
        let own = std::mem::replace(self, base.clone());
        self.extend(own);
    }
}

impl Balancer {
    /// The group of the model.
    pub(super) fn group(&self, name: String) -> Group {
        // Shares are whole numbers where they can be.
        let whole = self.members.iter().all(|member| member.settings.load_factor.unwrap_or(100) % 100 == 0);
        let weight = |settings: &WorkerSettings| settings.load_factor.unwrap_or(100) / if whole { 100 } else { 1 };
        let servers = self.members.iter().filter_map(|member| {
            let UrlTarget::Server { address, .. } = &member.url.target else { return None };
            Some(server(member, address, weight(&member.settings)))
        });
        let servers = servers.collect();
        let reuse = self.members.iter().all(|member| !member.settings.no_reuse.unwrap_or(false));
        let idle_time = self.members.iter().filter_map(|member| member.settings.idle_time).min();
        let zone = Some(format!("balancer://{name}"));
        let idle = reuse.then(|| pool(idle_time));
        // A member that cannot be reached is left alone for its `retry`; where all are, all are tried again.
        let failing = Failing { counts: Some(vec![Trouble::Unreachable]), eases_back: false, recovers: true };
        Group { servers, zone, idle, failing, ..Group::new(name, self.origin) }
    }
}

fn server(member: &Worker, address: &ServerAddress, weight: u32) -> Server {
    let settings = &member.settings;
    Server {
        weight,
        max_fails: u32::from(!settings.ignores_errors),
        fail_timeout: settings.retry.unwrap_or(RETRY),
        max_connections: settings.most_connections.unwrap_or(0),
        backup: settings.standby,
        down: settings.disabled,
        ..Server::new(address.clone(), member.origin)
    }
}

/// Connections are kept for as long as the server keeps them.
pub(super) fn pool(idle_time: Option<Duration>) -> IdlePool {
    IdlePool {
        size: 32,
        requests: u64::MAX,
        time: Duration::from_hours(24),
        timeout: idle_time.unwrap_or(Duration::from_mins(1)),
        per_location: false,
    }
}
