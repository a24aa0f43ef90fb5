//! TLS with clients: who a server says it is, what it speaks, which clients it wants to know.

use std::path::PathBuf;
use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    ClientCertificates, Condition, Demand, Listener, OrderId, SessionCache, Sessions, Site, SiteId, SiteIdentity, Step,
    Template, Termination, TlsVersions,
};

use super::sections::{is_secure, refuse};
use crate::directive::Directive;
use crate::lower::{Inherit, Lowering, Scope, ServerSettings, settings};
use crate::table::Outcome;
use crate::value;

settings! {
    /// What a server says of TLS with its clients.
    struct TerminationSettings {
        engine: Option<(bool, Origin)>,
        certificates: Files,
        keys: Files,
        chain: Option<PathBuf>,
        versions: Option<TlsVersions>,
        ciphers: Option<String>,
        suites: Option<String>,
        groups: Option<String>,
        prefers_own_order: Option<bool>,
        tickets: Option<bool>,
        ticket_key: Option<PathBuf>,
        timeout: Option<Duration>,
        cache: Option<Option<SessionCache>>,
        needs_name: Option<bool>,
    }
}

settings! {
    /// What a server asks of clients' certificates.
    struct ClientSettings {
        demand: Option<Option<Demand>>,
        /// Some section asks for them.
        in_sections: Option<bool>,
        depth: Option<u32>,
        authorities: Option<PathBuf>,
        authority_files: Option<Vec<PathBuf>>,
        announced: Option<PathBuf>,
        announced_files: Option<Vec<PathBuf>>,
        revoked: Option<PathBuf>,
        revoked_files: Option<Vec<PathBuf>>,
        checks_revoked: Option<bool>,
    }
}

/// Files of certificates or keys: a host's take the place of as many of the main server's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(pub(super) Vec<(PathBuf, Origin)>);

impl Inherit for Files {
    fn inherit(&mut self, base: &Self) {
        self.0.extend(base.0.iter().skip(self.0.len()).cloned());
    }
}

/// A session takes about so much of a cache.
const SESSION: u64 = 256;
/// The size of a cache whose size is not said.
const CACHE: u64 = 512 << 10;

/// `SSLEngine On|Off`
pub(super) fn engine(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text.eq_ignore_ascii_case("optional") {
        return Err(value::not_built("TLS that begins within HTTP (RFC 2817)").at(word.origin));
    }
    scope.server.ssl.termination.engine = Some((value::flag(directive)?, directive.origin()));
    Ok(())
}

/// `SSLCipherSuite [protocol] suites`
pub(super) fn ciphers(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    if scope.kind.is_some() {
        let problem = Diagnostic::error("refused", "the cipher is chosen before anything is known of the request");
        return Err(problem.at(directive.origin()).help("write it in the server, outside of sections"));
    }
    let word = value::first(directive)?;
    let settings = &mut scope.server.ssl.termination;
    match directive.argument(1) {
        None => settings.ciphers = Some(word.text.clone()),
        Some(suites) => {
            let modern = value::choice(word, &[("SSL", false), ("TLSv1.3", true)])?;
            let slot = if modern { &mut settings.suites } else { &mut settings.ciphers };
            *slot = Some(suites.text.clone());
        }
    }
    Ok(())
}

/// `SSLCompression Off`
pub(super) fn compression(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? {
        let problem = Diagnostic::error("refused", "what is compressed before it is encrypted can be guessed (CRIME)");
        return Err(problem.help("write `SSLCompression Off`, or nothing"));
    }
    Ok(())
}

/// `SSLFIPS Off`
pub(super) fn fips(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? {
        let problem = Diagnostic::error("refused", "the cryptography is not the validated module");
        return Err(problem.help("write `SSLFIPS Off`, or nothing"));
    }
    Ok(())
}

/// `SSLSessionCache none|nonenotnull|type:name[(size)]`
pub(super) fn session_cache(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let (kind, name) = word.text.split_once(':').unwrap_or((&word.text, ""));
    let cache = match kind.to_ascii_lowercase().as_str() {
        "none" | "nonenotnull" => None,
        "shmcb" | "shm" | "dbm" | "dc" | "memcache" | "redis" => {
            let size = name.strip_suffix(')').and_then(|name| name.rsplit_once('('));
            let bytes = size.map_or(Ok(CACHE), |(_, size)| {
                size.parse().map_err(|_| value::bad(word, "the size of the cache is no number of bytes"))
            })?;
            let name = size.map_or(name, |(name, _)| name).to_owned();
            Some(SessionCache { name: Some(name), size: u32::try_from(bytes / SESSION).unwrap_or(u32::MAX).max(1) })
        }
        _ => return Err(value::invalid(word, &["none", "shmcb:logs/ssl_cache(512000)"])),
    };
    scope.server.ssl.termination.cache = Some(cache);
    Ok(())
}

/// What the commands of OpenSSL's own configuration are about.
#[derive(Clone, Copy)]
enum Command {
    Ciphers,
    Suites,
    Groups,
    Options,
    /// It changes nothing here.
    Nothing,
}

/// `SSLOpenSSLConfCmd name value`
pub(super) fn command(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const COMMANDS: [(&str, Command); 9] = [
        ("CipherString", Command::Ciphers),
        ("Ciphersuites", Command::Suites),
        ("Curves", Command::Groups),
        ("DHParameters", Command::Nothing),
        ("ECDHParameters", Command::Groups),
        ("Groups", Command::Groups),
        ("Options", Command::Options),
        ("SignatureAlgorithms", Command::Nothing),
        ("ClientSignatureAlgorithms", Command::Nothing),
    ];
    let command = value::choice(value::first(directive)?, &COMMANDS)?;
    let text = &value::argument(directive, 1)?.text;
    let settings = &mut scope.server.ssl.termination;
    match command {
        Command::Ciphers => settings.ciphers = Some(text.clone()),
        Command::Suites => settings.suites = Some(text.clone()),
        Command::Groups => settings.groups = Some(text.clone()).filter(|text| !text.eq_ignore_ascii_case("auto")),
        Command::Options => {
            for option in text.split(',').map(str::trim) {
                let on = !option.starts_with('-');
                match option.trim_start_matches(['+', '-']) {
                    "SessionTicket" => settings.tickets = Some(on),
                    "ServerPreference" => settings.prefers_own_order = Some(on),
                    _ => {}
                }
            }
        }
        Command::Nothing => {
            let why = "it is about what OpenSSL can do in several ways and this program in one";
            lowering.without_effect("SSLOpenSSLConfCmd", directive.origin(), why);
        }
    }
    Ok(())
}

/// Whether a server speaks TLS with its clients.
pub(crate) fn is_on(server: &ServerSettings) -> bool {
    server.ssl.termination.engine.is_some_and(|(on, _)| on)
}

/// How a server speaks TLS with its clients; `None`: it does not. `managed`: certificates that it has of its domain.
pub(crate) fn termination(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    orders: Vec<OrderId>,
    managed: Vec<SiteIdentity>,
    origin: Origin,
) -> Option<Box<Termination>> {
    let said = &server.ssl.termination;
    let (_, engine) = said.engine.filter(|(on, _)| *on)?;
    let identities: Vec<SiteIdentity> = said.identities().into_iter().chain(managed).collect();
    if identities.is_empty() && orders.is_empty() {
        let problem = Diagnostic::error("missing-certificate", "this server speaks TLS and has no certificate");
        lowering.report_once(problem.at(engine).related(origin, "this server").help("write `SSLCertificateFile FILE`"));
    }
    let clients = clients(lowering, server, engine);
    Some(Box::new(Termination {
        staple: server.ssl.ocsp.staple(lowering, !identities.is_empty()),
        identities,
        orders,
        directory: lowering.server_root.clone(),
        versions: said.versions.unwrap_or_default(),
        ciphers: said.ciphers.clone(),
        suites: said.suites.clone(),
        prefers_own_order: said.prefers_own_order.unwrap_or(false),
        groups: said.groups.clone(),
        sessions: Sessions {
            cache: said.cache.clone().flatten(),
            tickets: said.tickets.unwrap_or(true),
            ticket_keys: said.ticket_key.iter().cloned().collect(),
            timeout: said.timeout.unwrap_or(Duration::from_mins(5)),
        },
        clients,
        ..Termination::new(engine)
    }))
}

impl TerminationSettings {
    /// Each certificate with its key, which may stand in the same file.
    fn identities(&self) -> Vec<SiteIdentity> {
        let name = |(path, origin): &(PathBuf, Origin)| Template::text(path.display().to_string(), *origin);
        let pair = |(index, certificate): (usize, &(PathBuf, Origin))| SiteIdentity {
            certificate: name(certificate),
            key: name(self.keys.0.get(index).unwrap_or(certificate)),
            chain: self.chain.clone(),
        };
        self.certificates.0.iter().enumerate().map(pair).collect()
    }
}

fn clients(lowering: &mut Lowering<'_>, server: &ServerSettings, origin: Origin) -> Option<ClientCertificates> {
    let said = &server.ssl.clients;
    let in_sections = said.in_sections.unwrap_or(false).then_some(Demand::Optional);
    let demand = said.demand.flatten().or(in_sections);
    let check = server.ssl.ocsp.check(lowering, demand.is_some());
    let demand = demand?;
    let files = |file: &Option<PathBuf>, others: &Option<Vec<PathBuf>>| -> Vec<PathBuf> {
        file.iter().chain(others.iter().flatten()).cloned().collect()
    };
    let authorities = files(&said.authorities, &said.authority_files);
    if authorities.is_empty() && demand != Demand::OptionalUnknown {
        let problem =
            Diagnostic::error("missing-certificate", "nobody is known who could vouch for clients").at(origin);
        lowering.report_once(problem.help("write `SSLCACertificateFile FILE` with the authorities' certificates"));
    }
    let announced = files(&said.announced, &said.announced_files);
    let revoked = files(&said.revoked, &said.revoked_files);
    let checks = said.checks_revoked.unwrap_or(false);
    if checks && revoked.is_empty() {
        let problem = Diagnostic::error("missing-list", "there is no list of what was revoked").at(origin);
        lowering.report_once(problem.help("write `SSLCARevocationFile FILE`, or `SSLCARevocationCheck none`"));
    }
    Some(ClientCertificates {
        demand,
        announced: if announced.is_empty() { authorities.clone() } else { announced },
        authorities,
        revoked: if checks { revoked } else { Vec::new() },
        depth: said.depth.unwrap_or(1),
        check,
    })
}

/// What a server answers to clients that did not say in the handshake whom they want to speak to.
pub(crate) fn needs_name(server: &ServerSettings) -> Option<Step> {
    server.ssl.termination.needs_name.unwrap_or(false).then(nameless)
}

fn nameless() -> Step {
    let unnamed = Condition::Compare {
        value: crate::lower::variable("ssl_server_name"),
        comparison: model::Comparison::Equal,
        with: Template::default(),
    };
    refuse(Condition::All(vec![is_secure(), unnamed]), Origin::default())
}

/// What the first host of an address says of clients without a name holds for all.
pub(crate) fn needs_names(listener: &Listener, sites: &mut [Site]) {
    let index = |id: &SiteId| usize::try_from(id.0).unwrap_or(usize::MAX);
    let first = sites.get(index(&listener.default_site)).and_then(|site| site.script.first());
    let Some(step) = first.filter(|step| **step == nameless()).cloned() else { return };
    for id in &listener.sites {
        if let Some(site) = sites.get_mut(index(id)).filter(|site| site.script.first() != Some(&step)) {
            site.script.insert(0, step.clone());
        }
    }
}

/// What one address cannot be: with TLS for some of its hosts only.
pub(crate) fn check_listener(lowering: &mut Lowering<'_>, listener: &Listener, servers: &[&ServerSettings]) {
    for server in servers {
        if let Some((true, origin)) = server.ssl.termination.engine.filter(|_| !listener.tls) {
            let message = "the first virtual host of this address speaks no TLS: neither does this one";
            let problem = Diagnostic::warning("no-engine", message).at(origin);
            lowering.report_once(problem.help("write `SSLEngine On` in the first, too, or give them different ports"));
        }
    }
}
