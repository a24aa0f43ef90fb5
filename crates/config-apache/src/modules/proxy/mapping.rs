//! The paths of a server that are forwarded, in the order in which httpd looks at them.

use diagnostic::Diagnostic;
use model::{Destination, GroupId, Matcher, Part, Target};

use super::computed::{self, escaped};
use super::pass::{Pass, Paths};
use super::url::{Url, UrlTarget};
use super::{Balancer, forward};
use crate::line::Word;
use crate::lower::{Change, Forwarded, Lowering, Mapping, Scope, ServerSettings};

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
    let (authority, destination) = match &url.target {
        UrlTarget::Server { address, authority } => (authority.clone(), Destination::Server(address.clone())),
        UrlTarget::Balancer(name) => {
            let group = groups.find(lowering, server, name, url)?;
            (name.clone(), Destination::Group(group))
        }
    };
    let scheme = match &url.target {
        UrlTarget::Server { .. } => url.scheme,
        UrlTarget::Balancer(name) => server.proxy.scheme_of(lowering, name),
    };
    let (target, behind) = if let Some(target) = computed::target(lowering, pass, url) {
        let behind = target.parts.clone();
        (Target::Computed { scheme, authority, destination, target }, behind)
    } else {
        let behind = vec![Part::Text(url.path.clone()), Part::Variable("uri_rest".to_owned())];
        (Target::Fixed { scheme, authority, destination, path: Some(escaped(&url.path)) }, behind)
    };
    let worker = server.proxy.worker(url);
    let mut settings = match &url.target {
        UrlTarget::Server { .. } => worker.map(|worker| worker.settings.clone()).unwrap_or_default(),
        UrlTarget::Balancer(name) => server.proxy.alike(name),
    };
    if url.server.starts_with("ws://") || url.server.starts_with("wss://") {
        settings.upgrade.get_or_insert_with(|| "websocket".to_owned());
    }
    let as_written = |path: &str| pass.raw || escaped(path) == path;
    let known = worker.is_some_and(|worker| !worker.url.has_groups() && as_written(&worker.url.path));
    if matches!(url.target, UrlTarget::Server { .. }) && !known {
        // httpd: who is not known by its whole URL is another one each time.
        settings.no_reuse.get_or_insert(true);
    }
    let mut proxy = forward::proxy(lowering, server, target, &settings, pass.origin);
    if let UrlTarget::Balancer(name) = &url.target
        && let Some(attempts) = server.proxy.attempts_of(name)
    {
        proxy.next.tries = attempts.saturating_add(1);
    }
    let change = Change::Forward(Box::new(proxy));
    let forwarded_to = Some(Forwarded { url: url.known(), server: url.server.clone(), behind });
    Some(Mapping { matcher, change, forwarded_to, origin: pass.origin })
}

/// What forwards requests to a server whose path each request makes anew; its matcher is the caller's to set.
pub(crate) fn forwarded(
    lowering: &mut Lowering<'_>,
    scope: &Scope,
    groups: &mut Groups,
    (server, target): (&Word, model::Template),
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
