//! `BalancerMember`, `ProxySet` and the groups that they make.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{Balance, Failing, Group, IdlePool, Server, ServerAddress, ServerTarget, Trouble};

use super::computed::escaped;
use super::group::GroupSettings;
use super::url::{Url, UrlTarget};
use super::worker::{Worker, WorkerSettings};
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
    pub(crate) settings: GroupSettings,
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
    scope.server.proxy.balancers.add(&name, Worker { url, settings, origin: directive.origin() });
    Ok(())
}

/// `ProxySet`: parameters of the group, or server, that the section is of.
pub(super) fn set(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter().peekable();
    let url = words.next_if(|word| word.text.contains("://")).cloned().or_else(|| url_of(scope, directive));
    let Some(url) = url else {
        let problem = Diagnostic::error("wrong-arity", "ProxySet needs the URL of a server or of a balancer");
        return Err(problem
            .at(directive.origin())
            .help("write `ProxySet URL KEY=VALUE`, or put it into `<Proxy URL>`"));
    };
    let Ok(name) = balancer_name(&url) else {
        let url = Url::parse(&url)?;
        let settings = scope.server.proxy.worker_of(&url, directive.origin());
        for word in words {
            if let Err(problem) = settings.set(lowering, word) {
                lowering.report(problem);
            }
        }
        return Ok(());
    };
    let group = scope.server.proxy.balancers.entry(&name, directive.origin());
    for word in words {
        if let Err(problem) = group.settings.set(lowering, word) {
            lowering.report(problem);
        }
    }
    Ok(())
}

/// The URL that a section is of.
fn url_of(scope: &Scope, directive: &Directive) -> Option<Word> {
    match &scope.kind {
        Some(SectionKind::Proxy(Pattern::Text(text))) => Some(Word { text: text.clone(), ..directive.name.clone() }),
        _ => None,
    }
}

/// The group that a section is of.
fn named(scope: &Scope) -> Option<String> {
    scope.kind.as_ref().and_then(named_by)
}

/// The group that a section of this kind is of.
pub(super) fn named_by(kind: &SectionKind) -> Option<String> {
    let SectionKind::Proxy(Pattern::Text(text)) = kind else { return None };
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

    /// The group of a name, which is made where there is none.
    pub(super) fn entry(&mut self, name: &str, origin: Origin) -> &mut Balancer {
        let known = self.0.iter().position(|known| known.name == name);
        // One that is new goes to the end: nothing can be there yet.
        let index = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push(Balancer::nobody(name, origin));
        }
        self.0.get_mut(index).unwrap_or_else(|| unreachable!("it was found, or was just put there"))
    }

    fn add(&mut self, name: &str, member: Worker) {
        self.entry(name, member.origin).members.push(member);
    }

    pub(super) fn extend(&mut self, others: Self) {
        for balancer in others.0 {
            let known = self.entry(&balancer.name, balancer.origin);
            known.members.extend(balancer.members);
            known.settings.take_over(balancer.settings);
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
    /// A group without members.
    pub(super) fn nobody(name: &str, origin: Origin) -> Self {
        Self { name: name.to_owned(), members: Vec::new(), settings: GroupSettings::default(), origin }
    }

    /// What holds for the requests to its members, which are all made alike.
    pub(super) fn alike(&self) -> WorkerSettings {
        let upgrade = self.members.iter().find_map(|member| match &member.settings.upgrade {
            Some(protocol) => Some(protocol.clone()),
            None => ["ws://", "wss://"]
                .iter()
                .any(|scheme| member.url.server.starts_with(scheme))
                .then(|| "websocket".to_owned()),
        });
        let any = |said: fn(&WorkerSettings) -> Option<bool>| {
            self.members.iter().any(|member| said(&member.settings) == Some(true)).then_some(true)
        };
        let longest = |said: fn(&WorkerSettings) -> Option<Duration>| {
            self.members.iter().filter_map(|member| said(&member.settings)).max()
        };
        WorkerSettings {
            upgrade,
            no_reuse: any(|settings| settings.no_reuse),
            socket_keep_alive: any(|settings| settings.socket_keep_alive),
            timeout: longest(|settings| settings.timeout),
            connect_timeout: longest(|settings| settings.connect_timeout),
            ..WorkerSettings::default()
        }
    }

    /// Where members say differently what holds for all.
    pub(super) fn differing(&self) -> Option<Diagnostic> {
        let alike = |member: &Worker| {
            let settings = &member.settings;
            let reuse = (settings.no_reuse.unwrap_or(false), settings.socket_keep_alive.unwrap_or(false));
            (settings.timeout, settings.connect_timeout, reuse)
        };
        let first = self.members.first()?;
        let other = self.members.iter().find(|member| alike(member) != alike(first))?;
        let problem =
            Diagnostic::warning("members-differ", "members of a balancer have the same times and connections");
        Some(problem.at(other.origin).related(first.origin, "this one says otherwise").help(
            "the longest `timeout` and `connectiontimeout` hold for all, and `disablereuse` and `keepalive` of any",
        ))
    }

    /// The group of the model.
    pub(super) fn group(&self, name: String) -> Group {
        let balance = self.settings.balance.clone().unwrap_or_default();
        // Shares are whole numbers where they can be; httpd divides bytes by hundredths, and drops what is left.
        let whole = balance != Balance::LeastTraffic
            && self.members.iter().all(|member| member.settings.load_factor.unwrap_or(100) % 100 == 0);
        let weight = |settings: &WorkerSettings| settings.load_factor.unwrap_or(100) / if whole { 100 } else { 1 };
        let all_wait = self.members.iter().all(|member| member.settings.standby);
        let servers = self.members.iter().filter_map(|member| {
            let UrlTarget::Server { address, authority } = &member.url.target else { return None };
            let target = ServerTarget { authority: authority.clone(), path: escaped(&member.url.path) };
            let mut server = server(member, address, weight(&member.settings));
            (server.target, server.backup) = (Some(target), server.backup && !all_wait);
            Some(server)
        });
        let mut servers: Vec<Server> = servers.collect();
        if servers.is_empty() {
            // A group without members answers with 503, as one of which none can be used does.
            let nobody = ServerAddress::Host { host: "127.0.0.1".to_owned(), port: 1 };
            servers.push(Server { down: true, ..Server::new(nobody, self.origin) });
        }
        let reuse = self.members.iter().all(|member| !member.settings.no_reuse.unwrap_or(false));
        let idle_time = self.members.iter().filter_map(|member| member.settings.idle_time).min();
        let zone = Some(format!("balancer://{name}"));
        let idle = reuse.then(|| pool(idle_time));
        // A member that cannot be reached is left alone for its `retry`; where all are, all are tried again.
        let counts = [Trouble::Unreachable].into_iter().chain(self.settings.troubles());
        let failing = Failing { counts: Some(counts.collect()), eases_back: false, recovers: self.settings.recovers() };
        let stickiness = self.settings.stickiness();
        Group { servers, balance, stickiness, zone, idle, failing, ..Group::new(name, self.origin) }
    }
}

fn server(member: &Worker, address: &ServerAddress, weight: u32) -> Server {
    let settings = &member.settings;
    Server {
        weight,
        max_fails: u32::from(!settings.ignores_errors),
        final_word: settings.ignores_errors,
        fail_timeout: settings.retry.unwrap_or(RETRY),
        max_connections: settings.most_connections.unwrap_or(0),
        backup: settings.standby,
        down: settings.disabled,
        spare: settings.spare,
        drain: settings.drain,
        set: settings.set.unwrap_or(0),
        route: Some(settings.route.clone().unwrap_or_default()),
        redirect: settings.redirect.clone(),
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
