//! The paths of a server that are forwarded, in the order in which httpd looks at them.

use diagnostic::Diagnostic;
use model::{Destination, Gateway, GroupId, Matcher, Part, Proxy, Scheme, Target};

use super::computed::{self, escaped};
use super::pass::{Pass, Paths};
use super::program::{self, File};
use super::url::{Url, UrlTarget};
use super::worker::WorkerSettings;
use super::{Balancer, forward};
use crate::line::Word;
use crate::lower::{Change, Forwarded, Lowering, Mapping, Scope, ServerSettings};
use crate::value;

/// What forwards, in order: of locations the last first, then what servers say.
pub(crate) fn mappings(lowering: &mut Lowering<'_>, scope: &Scope, groups: &mut Groups) -> Vec<Mapping> {
    let proxy = &scope.server.proxy;
    let passes = proxy.located.iter().rev().chain(&proxy.passes);
    passes.filter_map(|pass| mapping(lowering, &scope.server, groups, pass)).collect()
}

fn mapping(lowering: &mut Lowering<'_>, server: &ServerSettings, groups: &mut Groups, pass: &Pass) -> Option<Mapping> {
    let matcher = matcher(&pass.paths);
    let Some(url) = &pass.url else {
        return Some(Mapping { matcher, change: Change::Stay, forwarded_to: None, origin: pass.origin });
    };
    let (authority, destination) = destination(lowering, server, groups, url)?;
    let scheme = scheme_of(lowering, server, url);
    if !scheme.has_targets() && pass.raw {
        let problem = value::not_built("`nocanon` for programs").at(pass.origin);
        lowering.report_once(problem.help("leave it out: the name of a file is told as it is, escaped"));
    }
    let (target, behind) = if let Some(target) = computed::target(lowering, pass, url) {
        let behind = target.parts.clone();
        (Target::Computed { scheme, authority, destination, target }, behind)
    } else {
        let behind = vec![Part::Text(url.path.clone()), Part::Variable("uri_rest".to_owned())];
        (Target::Fixed { scheme, authority, destination, path: Some(escaped(&url.path)) }, behind)
    };
    let worker = server.proxy.worker(url);
    let mut settings = settings_of(server, url);
    if url.server.starts_with("ws://") || url.server.starts_with("wss://") {
        settings.upgrade.get_or_insert_with(|| "websocket".to_owned());
    }
    let as_written = |path: &str| pass.raw || escaped(path) == path;
    let known =
        !scheme.has_targets() || worker.is_some_and(|worker| !worker.url.has_groups() && as_written(&worker.url.path));
    if matches!(url.target, UrlTarget::Server { .. }) && !known {
        // httpd: who is not known by its whole URL is another one each time.
        settings.no_reuse.get_or_insert(true);
    }
    let mut proxy = forward::proxy(lowering, server, target, &settings, pass.origin);
    if !scheme.has_targets() {
        let path = computed::path(lowering, pass, url);
        let file = File::Named { path, program: program_of(pass, url) };
        ask(&mut proxy, program::gateway(lowering, server, (scheme, url), &settings, file));
    }
    if let UrlTarget::Balancer(name) = &url.target
        && let Some(attempts) = server.proxy.attempts_of(name)
    {
        proxy.next.tries = attempts.saturating_add(1);
    }
    let change = Change::Forward(Box::new(proxy));
    let forwarded_to = Some(Forwarded { url: url.known(), server: url.server.clone(), behind });
    Some(Mapping { matcher, change, forwarded_to, origin: pass.origin })
}

/// The part of a client's path that the path of a URL stands for, as far as it is the longer one.
fn program_of(pass: &Pass, url: &Url) -> Option<String> {
    match &pass.paths {
        Paths::From(path) => {
            let own = path.len().checked_sub(url.path.len())?;
            path.get(..own).map(str::to_owned)
        }
        Paths::Matching(_) => Some(String::new()),
    }
}

/// Who answers in the place of files.
pub(crate) fn of_files(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    groups: &mut Groups,
    url: &Url,
) -> Option<Proxy> {
    let (authority, destination) = destination(lowering, server, groups, url)?;
    let scheme = scheme_of(lowering, server, url);
    let settings = settings_of(server, url);
    let target = Target::Fixed { scheme, authority, destination, path: None };
    let mut proxy = forward::proxy(lowering, server, target, &settings, url.origin);
    let file = File::Own;
    let Some(mut gateway) = program::gateway(lowering, server, (scheme, url), &settings, file) else {
        let problem = value::not_built("a handler that is a server of HTTP").at(url.origin);
        lowering.report_once(problem.help("forward to it with `ProxyPass`"));
        return None;
    };
    if let Some(file) = gateway.params.last_mut() {
        // What the handler names beside the server stands before the name of each file.
        file.url.push_str(&url.path);
    }
    ask(&mut proxy, Some(gateway));
    proxy.for_files = true;
    Some(proxy)
}

/// The program is asked; what its head says of its status is for nobody else.
fn ask(proxy: &mut Proxy, gateway: Option<Gateway>) {
    proxy.gateway = gateway.map(Box::new);
    proxy.set_fields.clear();
    proxy.fields.hidden.push("status".to_owned());
}

/// Who a URL names, and what `Host` says of it.
fn destination(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    groups: &mut Groups,
    url: &Url,
) -> Option<(String, Destination)> {
    match &url.target {
        UrlTarget::Server { address, authority } => Some((authority.clone(), Destination::Server(address.clone()))),
        UrlTarget::Balancer(name) => {
            let group = groups.find(lowering, server, name, url)?;
            Some((name.clone(), Destination::Group(group)))
        }
    }
}

fn scheme_of(lowering: &mut Lowering<'_>, server: &ServerSettings, url: &Url) -> Scheme {
    match &url.target {
        UrlTarget::Server { .. } => url.scheme,
        UrlTarget::Balancer(name) => server.proxy.scheme_of(lowering, name),
    }
}

/// What is said of the server, or the group, of a URL.
fn settings_of(server: &ServerSettings, url: &Url) -> WorkerSettings {
    match &url.target {
        UrlTarget::Server { .. } => server.proxy.worker(url).map(|worker| worker.settings.clone()).unwrap_or_default(),
        UrlTarget::Balancer(name) => server.proxy.alike(name),
    }
}

/// What forwards requests to a server whose path each request makes anew; its matcher is the caller's to set.
pub(crate) fn forwarded(
    lowering: &mut Lowering<'_>,
    scope: &Scope,
    groups: &mut Groups,
    (server, path): (&Word, model::Template),
) -> Result<Mapping, Diagnostic> {
    let url = Url::parse(server)?;
    let pass = Pass { paths: Paths::From("/".to_owned()), url: Some(url), raw: false, origin: server.origin };
    let mapping = mapping(lowering, &scope.server, groups, &pass);
    let mut mapping =
        mapping.ok_or_else(|| Diagnostic::error("unknown-balancer", "there is no such balancer").at(server.origin))?;
    if let Change::Forward(proxy) = &mut mapping.change
        && let Target::Fixed { scheme, authority, destination, .. } = &proxy.target
    {
        let (scheme, authority, destination) = (*scheme, authority.clone(), destination.clone());
        if let Some(gateway) = &mut proxy.gateway {
            program::rename(gateway, &path);
        }
        let mut target = path;
        target.parts.extend(["is_args", "args"].map(|name| Part::Variable(name.to_owned())));
        proxy.target = Target::Computed { scheme, authority, destination, target };
    }
    Ok(mapping)
}

fn matcher(paths: &Paths) -> Matcher {
    match paths {
        Paths::From(path) if path.ends_with('/') => {
            Matcher::Prefix { path: path.clone(), skip_regexes: false, redirect_bare: false }
        }
        Paths::From(path) => Matcher::Below(path.clone()),
        Paths::Matching(pattern) => Matcher::Regex(pattern.clone()),
    }
}

/// The groups of one server that are in the model already, by their names here.
#[derive(Default)]
pub(crate) struct Groups {
    found: Vec<(String, GroupId)>,
}

impl Groups {
    fn find(&mut self, lowering: &mut Lowering<'_>, server: &ServerSettings, name: &str, url: &Url) -> Option<GroupId> {
        if let Some((_, group)) = self.found.iter().find(|(known, _)| known == name) {
            return Some(*group);
        }
        let Some(balancer) = server.proxy.balancers.iter().find(|balancer| balancer.name == name) else {
            let names = server.proxy.balancers.iter().map(|balancer| balancer.name.as_str());
            let problem = Diagnostic::warning(
                "unknown-balancer",
                format!("there is no balancer \"{name}\": its requests are answered with 503"),
            )
            .at(url.origin);
            lowering.report_once(match config_source::closest(name, names) {
                Some(close) => problem.help(format!("did you mean `balancer://{close}`?")),
                None => problem
                    .help(format!("name its members: `<Proxy balancer://{name}>` with `BalancerMember http://…`")),
            });
            return self.put(lowering, name, &Balancer::nobody(name, url.origin));
        };
        self.put(lowering, name, balancer)
    }

    fn put(&mut self, lowering: &mut Lowering<'_>, name: &str, balancer: &Balancer) -> Option<GroupId> {
        let index = GroupId(u32::try_from(lowering.shared.groups.len()).ok()?);
        if let Some(problem) = balancer.differing() {
            lowering.report_once(problem);
        }
        let group = balancer.group(free_name(lowering, balancer));
        lowering.shared.groups.push(group);
        self.found.push((name.to_owned(), index));
        Some(index)
    }
}

/// Groups of different servers may have one name here; in the model each has its own.
fn free_name(lowering: &Lowering<'_>, balancer: &Balancer) -> String {
    let taken = |name: &str| lowering.shared.groups.iter().any(|group| group.name == name);
    let numbered = (2..).map(|number: u32| format!("{}-{number}", balancer.name));
    let mut names = std::iter::once(balancer.name.clone()).chain(numbered);
    names.find(|name| !taken(name)).unwrap_or_default()
}
