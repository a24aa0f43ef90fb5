//! The directives of `mod_proxy` and of the modules that it forwards through: forwarding requests.

mod balancer;
mod computed;
mod forward;
mod group;
mod mapping;
mod pass;
mod program;
mod programs;
mod reverse;
mod settings;
mod url;
mod via;
mod worker;

use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::lower::{Inherit as _, Lowering, Scope, SectionKind, settings};
use crate::modules::core::sections;
use crate::table::{
    ANYWHERE, Contexts, FLAG, LOCATION, Module, Outcome, PROXY, Row, SERVER, at_least, between, no_effect, refused,
    row, take,
};
use crate::value;

pub(crate) use balancer::{Balancer, Balancers};
pub(crate) use forward::TIMEOUT;
pub(crate) use mapping::{Groups, forwarded, mappings, of_files};
pub(crate) use pass::Pass;
pub(crate) use program::{Handler, asks_programs, exported, redirected};
pub(crate) use programs::{FASTCGI, SCGI, UWSGI, credentials, handler, variable_of_programs};
pub(crate) use reverse::of_members;
pub(crate) use settings::DirectoryDefaults;
pub(crate) use worker::Worker;

pub(crate) static MODULE: Module = Module { name: "mod_proxy", identifier: "proxy_module", built: true, rows: ROWS };

/// Modules that stand beside it and have no directives of their own.
pub(crate) static HTTP: Module =
    Module { name: "mod_proxy_http", identifier: "proxy_http_module", built: true, rows: &[] };
pub(crate) static BALANCER: Module =
    Module { name: "mod_proxy_balancer", identifier: "proxy_balancer_module", built: true, rows: &[] };
pub(crate) static BY_REQUESTS: Module =
    Module { name: "mod_lbmethod_byrequests", identifier: "lbmethod_byrequests_module", built: true, rows: &[] };
pub(crate) static BY_BUSYNESS: Module =
    Module { name: "mod_lbmethod_bybusyness", identifier: "lbmethod_bybusyness_module", built: true, rows: &[] };
pub(crate) static BY_TRAFFIC: Module =
    Module { name: "mod_lbmethod_bytraffic", identifier: "lbmethod_bytraffic_module", built: true, rows: &[] };
pub(crate) static TUNNEL: Module =
    Module { name: "mod_proxy_wstunnel", identifier: "proxy_wstunnel_module", built: true, rows: &[] };
pub(crate) static MEMORY: Module =
    Module { name: "mod_slotmem_shm", identifier: "slotmem_shm_module", built: true, rows: &[] };

/// Servers, and locations, whose path is then left out.
const MAPPING: Contexts = SERVER.or(LOCATION);
const OPEN: &str =
    "requests are forwarded to the servers that are named here, never to any other: there is no open proxy";

const REMOTE: &str = "servers are asked without another proxy between: name that proxy with `ProxyPass`, as the server";

const ROWS: &[Row] = &[
    row("<Proxy>", SERVER, at_least(1), section),
    row("<ProxyMatch>", SERVER, at_least(1), section_match),
    no_effect("BalancerGrowth", SERVER, take(1), "groups do not grow while they serve"),
    row("BalancerInherit", SERVER, FLAG, |_, s, d| {
        s.server.proxy.own_balancers = Some(!value::flag(d)?);
        Ok(())
    }),
    row("BalancerMember", SERVER.or(PROXY).or(LOCATION), at_least(1), balancer::member)
        .partial("see the page of balancers for the parameters"),
    no_effect("BalancerPersist", SERVER, FLAG, "state of members begins anew with the configuration"),
    refused("NoProxy", SERVER, OPEN),
    row("Proxy100Continue", ANYWHERE, FLAG, settings::pass_expectation),
    row("ProxyAddHeaders", ANYWHERE, FLAG, settings::add_headers),
    row("ProxyBadHeader", SERVER, take(1), settings::bad_header).partial("only `IsError`"),
    refused(
        "ProxyBlock",
        SERVER,
        "name what is forwarded, with `ProxyPass`, rather than what is not; `Require` says who may ask",
    ),
    refused("ProxyDomain", SERVER, OPEN),
    row("ProxyErrorOverride", ANYWHERE, at_least(1), settings::error_override),
    no_effect("ProxyIOBufferSize", SERVER, take(1), "buffers have the size that their use asks for"),
    row("ProxyMaxForwards", SERVER, take(1), |_, s, d| {
        let word = value::first(d)?;
        let most: i64 = word.text.parse().map_err(|_| value::bad(word, "this is no number"))?;
        s.server.proxy.most_forwards = u64::try_from(most).ok();
        Ok(())
    }),
    row("ProxyPass", MAPPING, at_least(1), pass::proxy_pass)
        .partial("`http://`, `https://`, their WebSockets, `fcgi://`, `scgi://`, `uwsgi://`, `balancer://` and `unix:…|http://`; see the page of forwarding for the parameters"),
    row("ProxyPassInherit", SERVER, FLAG, |_, s, d| {
        s.server.proxy.own_passes = Some(!value::flag(d)?);
        Ok(())
    }),
    row("ProxyPassInterpolateEnv", ANYWHERE, FLAG, settings::interpolation).partial("only `Off`"),
    row("ProxyPassMatch", MAPPING, at_least(1), pass::proxy_pass_match)
        .partial("as ProxyPass; the server is not taken from what the expression matched"),
    row("ProxyPassReverse", MAPPING, between(1, 3), reverse::location).partial("no `interpolate`"),
    row("ProxyPassReverseCookieDomain", MAPPING, between(2, 3), reverse::cookie_domain).partial("no `interpolate`"),
    row("ProxyPassReverseCookiePath", MAPPING, between(2, 3), reverse::cookie_path).partial("no `interpolate`"),
    row("ProxyPreserveHost", ANYWHERE, FLAG, settings::preserve_host),
    no_effect("ProxyReceiveBufferSize", SERVER, take(1), "the system chooses the size"),
    refused("ProxyRemote", SERVER, REMOTE),
    refused("ProxyRemoteMatch", SERVER, REMOTE),
    row("ProxyRequests", SERVER, FLAG, requests).partial("only `Off`"),
    row("ProxySet", MAPPING.or(PROXY), at_least(1), balancer::set),
    row("ProxySourceAddress", SERVER, take(1), |_, s, d| {
        let word = value::first(d)?;
        let address = word.text.parse().map_err(|_| value::bad(word, "this is no address"))?;
        s.server.proxy.source_address = Some(address);
        Ok(())
    }),
    no_effect("ProxyStatus", SERVER, take(1), "there is no page that would show it"),
    row("ProxyTimeout", SERVER, take(1), |_, s, d| {
        s.server.proxy.timeout = Some(value::time(value::first(d)?)?);
        Ok(())
    }),
    row("ProxyVia", SERVER, take(1), via::via),
];

settings! {
    /// What a server says about forwarding.
    struct ProxySettings {
        /// In the order of the text.
        passes: Vec<Pass>,
        /// Those of locations, in the order of the text.
        located: Vec<Pass>,
        workers: Vec<Worker>,
        balancers: Balancers,
        timeout: Option<std::time::Duration>,
        via: Option<via::Via>,
        most_forwards: Option<u64>,
        source_address: Option<std::net::IpAddr>,
        /// What the main server forwards is not forwarded here.
        own_passes: Option<bool>,
        /// The main server's groups are not known here.
        own_balancers: Option<bool>,
    }
}

impl ProxySettings {
    /// The URLs of a group's members.
    pub(crate) fn servers_of(&self, name: &str) -> Vec<String> {
        let group = self.balancers.iter().find(|balancer| balancer.name == name);
        let members = group.into_iter().flat_map(|group| &group.members);
        members.map(|member| member.url.text()).collect()
    }

    /// The protocol that the members of a group speak, which must be one.
    pub(crate) fn scheme_of(&self, lowering: &mut Lowering<'_>, name: &str) -> model::Scheme {
        let group = self.balancers.iter().find(|balancer| balancer.name == name);
        let mut members = group.into_iter().flat_map(|group| &group.members);
        let Some(first) = members.next() else { return model::Scheme::Http };
        if let Some(other) = members.find(|member| member.url.scheme != first.url.scheme) {
            let what = "a balancer whose members speak different protocols";
            let problem = value::not_built(what).at(other.origin);
            lowering.report_once(problem.help("let all members speak the same"));
        }
        first.url.scheme
    }

    /// What holds for the requests to all members of a group.
    pub(crate) fn alike(&self, name: &str) -> worker::WorkerSettings {
        let group = self.balancers.iter().find(|balancer| balancer.name == name);
        group.map(Balancer::alike).unwrap_or_default()
    }

    /// The URL of a group's first member.
    pub(super) fn first_member(&self, name: &str) -> Option<&url::Url> {
        let group = self.balancers.iter().find(|balancer| balancer.name == name)?;
        group.members.first().map(|member| &member.url)
    }

    /// How many members of a group are tried after the first, where that is said.
    pub(crate) fn attempts_of(&self, name: &str) -> Option<u32> {
        self.balancers.iter().find(|balancer| balancer.name == name)?.settings.attempts
    }

    /// Takes over what the main server says, but for what is to be left out.
    pub(crate) fn inherit_from(&mut self, main: &Self) {
        let (passes, located, balancers) = (self.passes.clone(), self.located.clone(), self.balancers.clone());
        self.inherit(main);
        if self.own_passes == Some(true) {
            (self.passes, self.located) = (passes, located);
        }
        if self.own_balancers == Some(true) {
            self.balancers = balancers;
        }
    }

    /// Takes over what a location says.
    pub(crate) fn take_location(&mut self, inner: Self) {
        self.located.extend(inner.passes);
        self.workers.extend(inner.workers);
        self.balancers.extend(inner.balancers);
    }
}

fn section(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Proxy(sections::pattern(directive, false)?);
    if let Some(name) = balancer::named_by(&kind) {
        // It is a group even if nobody is named in it.
        scope.server.proxy.balancers.entry(&name, directive.origin());
    }
    sections::open(lowering, scope, directive, PROXY, kind);
    Ok(())
}

fn section_match(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Proxy(sections::pattern(directive, true)?);
    sections::open(lowering, scope, directive, PROXY, kind);
    Ok(())
}

/// This is no open proxy.
fn requests(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? {
        return Err(Diagnostic::error("refused", "\"ProxyRequests On\" is not supported")
            .at(directive.origin())
            .help(OPEN));
    }
    Ok(())
}
