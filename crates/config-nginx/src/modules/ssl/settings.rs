//! What a level says of TLS, and what it comes to.

use std::path::PathBuf;
use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    ByteSize, ClientCertificates, Demand, KeptIdentities, Listener, OrderId, Part, Resolver, SessionCache, Sessions,
    Site, SiteIdentity, Staple, Template, Termination, TlsVersions,
};

use crate::lower::Lowering;
use crate::lower::slot::{List, Slot, settings};
use crate::modules::acme;
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

use super::ocsp::{CheckSettings, FetchSettings};

/// A session takes about so much of a shared zone.
const SESSION: u64 = 256;
/// Most sessions in a cache of one's own, where nothing is said.
const BUILT_IN: u32 = 20480;
/// nginx refuses smaller zones.
const SMALLEST_ZONE: u64 = 32 << 10;

settings! {
    /// What a level says of TLS with clients.
    struct TlsSettings {
        certificates: List<Template>,
        keys: List<Template>,
        passwords: Slot<PathBuf>,
        kept: Slot<Option<KeptIdentities>>,
        compresses: Slot<bool>,
        rejects: Slot<bool>,
        versions: Slot<TlsVersions>,
        ciphers: Slot<String>,
        commands: List<(Command, String, Origin)>,
        prefers_own_order: Slot<bool>,
        groups: Slot<String>,
        session_cache: Slot<Option<SessionCache>>,
        tickets: Slot<bool>,
        early_data: Slot<bool>,
        ticket_keys: List<(PathBuf, Origin)>,
        timeout: Slot<Duration>,
        staples: Slot<bool>,
        staple: Slot<PathBuf>,
        stapling: FetchSettings,
        check: CheckSettings,
        demand: Slot<Option<Demand>>,
        depth: Slot<u32>,
        client_certificate: Slot<PathBuf>,
        trusted: Slot<PathBuf>,
        revoked: Slot<PathBuf>,
        record: Slot<ByteSize>,
    }
}

/// What a server does with TLS.
#[derive(Clone)]
pub(crate) struct Use {
    /// It is reached over TLS.
    pub(crate) listens: bool,
    /// The certificate that it orders.
    pub(crate) order: Option<OrderId>,
    /// Who is asked for names.
    pub(crate) resolver: Option<Resolver>,
}

/// A command of OpenSSL's own configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Command {
    Ciphers,
    Suites,
    Groups,
    Options,
    Certificate,
    Key,
    /// It changes nothing here.
    Nothing,
}

const COMMANDS: [(&str, Command); 8] = [
    ("Certificate", Command::Certificate),
    ("CipherString", Command::Ciphers),
    ("Ciphersuites", Command::Suites),
    ("Curves", Command::Groups),
    ("Groups", Command::Groups),
    ("Options", Command::Options),
    ("PrivateKey", Command::Key),
    ("SignatureAlgorithms", Command::Nothing),
];

/// What a protocol's name stands for: a version that is spoken, or one that is not any more.
const PROTOCOLS: [(&str, TlsVersions); 6] = [
    ("SSLv2", OLD),
    ("SSLv3", OLD),
    ("TLSv1", OLD),
    ("TLSv1.1", OLD),
    ("TLSv1.2", TlsVersions { v1_2: true, v1_3: false }),
    ("TLSv1.3", TlsVersions { v1_2: false, v1_3: true }),
];
const OLD: TlsVersions = TlsVersions { v1_2: false, v1_3: false };

impl TlsSettings {
    pub(super) fn certificate(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = document(lowering, value::first(directive)?)?;
        self.certificates.push(name);
        Ok(())
    }

    pub(super) fn key(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = document(lowering, value::first(directive)?)?;
        self.keys.push(name);
        Ok(())
    }

    pub(super) fn kept(&mut self, directive: &Directive) -> Outcome {
        self.kept.put(directive, kept_identities(directive)?)
    }

    pub(super) fn protocols(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        self.versions.join(directive, versions(lowering, directive)?, both);
        Ok(())
    }

    /// `ssl_session_cache off | none | [builtin[:size]] [shared:name:size]`
    pub(super) fn session_cache(&mut self, directive: &Directive) -> Outcome {
        let mut cache = None;
        for word in &directive.arguments {
            let bad = || {
                let message = format!("invalid session cache \"{}\"", word.text);
                let problem = Diagnostic::error("invalid-value", message).at(word.origin);
                problem.help("write `shared:NAME:10m`, `builtin:1000`, `none` or `off`")
            };
            let mut parts = word.text.split(':');
            match (parts.next(), parts.next(), parts.next(), parts.next()) {
                (Some("off" | "none"), None, ..) => {}
                (Some("builtin"), None, ..) => {
                    cache.get_or_insert(SessionCache { name: None, size: BUILT_IN });
                }
                (Some("builtin"), Some(size), None, _) => {
                    let size = value::decimal(size).and_then(|size| u32::try_from(size).ok()).ok_or_else(bad)?;
                    cache.get_or_insert(SessionCache { name: None, size });
                }
                (Some("shared"), Some(name), Some(size), None) if !name.is_empty() => {
                    let ByteSize(size) = value::plain_size(size).ok_or_else(bad)?;
                    if size < SMALLEST_ZONE {
                        let message = format!("session cache \"{}\" is too small", word.text);
                        let problem = Diagnostic::error("invalid-value", message).at(word.origin);
                        return Err(problem.help("the smallest is 32k"));
                    }
                    let size = u32::try_from(size / SESSION).unwrap_or(u32::MAX);
                    cache = Some(SessionCache { name: Some(name.to_owned()), size });
                }
                // Its size was said where it was named first.
                (Some("shared"), Some(name), None, _) if !name.is_empty() => {
                    cache = Some(SessionCache { name: Some(name.to_owned()), size: BUILT_IN });
                }
                _ => return Err(bad()),
            }
        }
        // The last one holds.
        self.session_cache.replace(cache, directive.origin());
        Ok(())
    }

    /// `ssl_conf_command name value`
    pub(super) fn command(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = value::first(directive)?;
        let known = COMMANDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name.text));
        let Some((_, command)) = known else {
            let message = format!("the command \"{}\" of OpenSSL is not known here", name.text);
            let names: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
            let problem = Diagnostic::error("invalid-value", message).at(name.origin);
            return Err(problem.help(format!("known here: {}", names.join(", "))));
        };
        if *command == Command::Nothing {
            let why = "it is about what OpenSSL can do in several ways and this program in one";
            lowering.without_effect("ssl_conf_command", directive.origin(), why);
        }
        let value = value::argument(directive, 1)?;
        let text = match command {
            Command::Certificate | Command::Key => document(lowering, value)?.as_text().unwrap_or_default().to_owned(),
            _ => value.text.clone(),
        };
        self.commands.push((*command, text, directive.origin()));
        Ok(())
    }

    /// The model of it; `None`: the level has nothing to do with TLS.
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>, place: Use, origin: Origin) -> Option<Box<Termination>> {
        let mut identities = self.identities(lowering, origin);
        let orders = orders(lowering, &mut identities, &place);
        let rejects = self.rejects.or(false);
        if identities.is_empty() && orders.is_empty() && !rejects && !place.listens {
            return None;
        }
        if self.early_data.or(false)
            && let Some((_, key)) = self.ticket_keys.get().and_then(<[_]>::first)
        {
            lowering.without_effect_once("ssl_session_ticket_key", *key, super::NO_TICKETS);
        }
        let answers = !identities.is_empty() || !orders.is_empty();
        let own = identities.iter().any(|identity| identity.certificate.as_text().is_some());
        let mut termination = Termination {
            staple: self.staple(lowering, &place, own || !answers),
            clients: self.clients(lowering, answers, place.resolver),
            identities,
            orders,
            directory: lowering.options.directory.clone(),
            passwords: self.passwords.get().cloned(),
            kept: self.kept.get().copied().flatten(),
            compresses: self.compresses.or(false),
            rejects,
            versions: self.versions.or(TlsVersions::default()),
            ciphers: self.ciphers.get().cloned(),
            suites: None,
            prefers_own_order: self.prefers_own_order.or(false),
            groups: self.groups.get().filter(|groups| *groups != "auto").cloned(),
            early_data: self.early_data.or(false),
            sessions: Sessions {
                cache: self.session_cache.get().cloned().flatten(),
                tickets: self.tickets.or(true),
                ticket_keys: self.ticket_keys.get().unwrap_or_default().iter().map(|(path, _)| path.clone()).collect(),
                timeout: self.timeout.or(Duration::from_mins(5)),
            },
            record: self.record.or(ByteSize(16 * 1024)),
            origin: self.versions.origin().or_else(|| self.ciphers.origin()).unwrap_or(origin),
        };
        for (command, text, origin) in self.commands.get().unwrap_or_default() {
            apply(&mut termination, *command, Template::text(text.clone(), *origin));
        }
        Some(Box::new(termination))
    }

    /// What clients are given to see that the certificate still stands; `has`: there is one that can be asked about.
    fn staple(&self, lowering: &mut Lowering<'_>, place: &Use, has: bool) -> Option<Staple> {
        if !self.staples.or(false) {
            return None;
        }
        if let Some(file) = self.staple.get() {
            return Some(Staple::File(file.clone()));
        }
        let origin = self.staples.origin().unwrap_or_default();
        lowering.effects.note(has, "ssl_stapling", origin, super::NO_STAPLES);
        self.stapling.finish(self.trusted.get(), place.resolver.clone()).map(Staple::Fetched)
    }

    fn identities(&self, lowering: &mut Lowering<'_>, origin: Origin) -> Vec<SiteIdentity> {
        let certificates = self.certificates.get().unwrap_or_default();
        let keys = self.keys.get().unwrap_or_default();
        if let Some(lonely) = certificates.get(keys.len()) {
            let text = lonely.as_text().unwrap_or("…");
            let message = format!("no \"ssl_certificate_key\" is defined for certificate \"{text}\"");
            let problem = Diagnostic::error("missing-key", message).at(lonely.origin);
            lowering.report_once(problem.help("write `ssl_certificate_key FILE;`"));
        } else if let (true, Some(key)) = (certificates.is_empty(), keys.first()) {
            let message = "no \"ssl_certificate\" is defined for the \"ssl_certificate_key\" directive";
            let problem =
                Diagnostic::error("missing-certificate", message).at(key.origin).related(origin, "in this server");
            lowering.report_once(problem.help("write `ssl_certificate FILE;`"));
        }
        let pairs = certificates.iter().zip(keys);
        pairs
            .map(|(certificate, key)| SiteIdentity { certificate: certificate.clone(), key: key.clone(), chain: None })
            .collect()
    }

    /// `answers`: there is a certificate, so that clients can be asked for theirs.
    fn clients(
        &self,
        lowering: &mut Lowering<'_>,
        answers: bool,
        resolver: Option<Resolver>,
    ) -> Option<ClientCertificates> {
        let demand = self.demand.or(None);
        let check = self.check.finish(lowering, answers, demand, resolver);
        let demand = demand?;
        let announced: Vec<PathBuf> = self.client_certificate.get().into_iter().cloned().collect();
        let others = self.trusted.get().filter(|file| !announced.contains(file));
        let authorities: Vec<PathBuf> = announced.iter().chain(others).cloned().collect();
        if answers && authorities.is_empty() && demand != Demand::OptionalUnknown {
            let message = "no ssl_client_certificate or ssl_trusted_certificate for ssl_verify_client";
            let problem =
                Diagnostic::error("missing-certificate", message).at(self.demand.origin().unwrap_or_default());
            lowering
                .report_once(problem.help("write `ssl_client_certificate FILE;` with the authorities' certificates"));
        }
        let revoked = self.revoked.get().into_iter().cloned().collect();
        let depth = self.depth.or(1);
        Some(ClientCertificates { demand, authorities, announced, revoked, depth, check })
    }
}

/// Those of the certificates that are ordered; the others stay.
fn orders(lowering: &mut Lowering<'_>, identities: &mut Vec<SiteIdentity>, place: &Use) -> Vec<OrderId> {
    let mut used = None;
    identities.retain(|pair| match acme::is_ordered(&pair.certificate, &pair.key) {
        Ok(false) => true,
        found => {
            used = used.or(Some(pair.certificate.origin));
            if let Err(problem) = found {
                lowering.report_once(problem);
            }
            false
        }
    });
    let Some(origin) = used.filter(|_| place.listens || place.order.is_some()) else { return Vec::new() };
    if place.order.is_none() {
        let problem = Diagnostic::error("no-order", "this server orders no certificate for $acme_certificate");
        lowering.report_once(problem.at(origin).help("write `acme_certificate ISSUER;` in the server"));
    }
    vec![place.order.unwrap_or(acme::NO_ORDER)]
}

/// What a command of OpenSSL's own configuration changes.
fn apply(termination: &mut Termination, command: Command, value: Template) {
    let text = value.as_text().unwrap_or_default().to_owned();
    match command {
        Command::Ciphers => termination.ciphers = Some(text),
        Command::Suites => termination.suites = Some(text),
        Command::Groups => termination.groups = Some(text),
        Command::Options => {
            for option in text.split(',').map(str::trim) {
                let on = !option.starts_with('-');
                match option.trim_start_matches(['+', '-']) {
                    "SessionTicket" => termination.sessions.tickets = on,
                    "ServerPreference" => termination.prefers_own_order = on,
                    _ => {}
                }
            }
        }
        // OpenSSL takes a file that holds both, and puts them in the place of others of their kind.
        Command::Certificate => {
            termination.identities = vec![SiteIdentity { key: value.clone(), certificate: value, chain: None }];
        }
        Command::Key => {
            if let Some(identity) = termination.identities.last_mut() {
                identity.key = value;
            }
        }
        Command::Nothing => {}
    }
}

/// Each listener with TLS needs a certificate, or sites that let nobody in.
pub(crate) fn check_listeners(lowering: &mut Lowering<'_>, listeners: &[Listener], sites: &[Site]) {
    for listener in listeners.iter().filter(|listener| listener.tls) {
        let site = |id: model::SiteId| usize::try_from(id.0).ok().and_then(|index| sites.get(index));
        let terminations = |id| site(id).and_then(|site| site.tls.as_deref());
        let has = |id| terminations(id).is_some_and(|tls| !tls.identities.is_empty() || !tls.orders.is_empty());
        let rejects = |id| terminations(id).is_some_and(|tls| tls.rejects);
        let default = listener.default_site;
        let enough =
            if rejects(default) { listener.sites.iter().all(|id| has(*id) || rejects(*id)) } else { has(default) };
        if !enough {
            let message = "no \"ssl_certificate\" is defined for the \"listen … ssl\" directive";
            let mut problem = Diagnostic::error("missing-certificate", message).at(listener.origin);
            if let Some(site) = site(default).filter(|site| site.origin != listener.origin) {
                problem = problem.related(site.origin, "this is the default server of the address");
            }
            lowering.report_once(problem.help("write `ssl_certificate FILE;` and `ssl_certificate_key FILE;`"));
        }
    }
}

/// The name of a certificate or key, or the text itself.
pub(crate) fn document(lowering: &mut Lowering<'_>, word: &Word) -> Result<Template, Diagnostic> {
    for device in ["engine:", "store:"] {
        if word.text.starts_with(device) {
            return Err(super::hardware(word, device));
        }
    }
    let mut template = value::template(word)?;
    match template.parts.as_mut_slice() {
        [Part::Text(text), ..] if text.starts_with("data:") => {}
        [Part::Text(text)] => *text = lowering.document(text).display().to_string(),
        [Part::Text(text), ..] if !text.starts_with('/') => {
            *text = lowering.options.directory.join(&*text).display().to_string();
        }
        _ => {}
    }
    Ok(template)
}

/// `…_certificate_cache off`, or `max=N [inactive=time] [valid=time]`
pub(crate) fn kept_identities(directive: &Directive) -> Result<Option<KeptIdentities>, Diagnostic> {
    let (mut size, mut inactive, mut valid) = (None, Duration::from_secs(10), Duration::from_mins(1));
    for word in &directive.arguments {
        let bad = || value::invalid_parameter(word, &["off", "max=", "inactive=", "valid="]);
        match word.text.split_once('=') {
            None if word.text == "off" && directive.arguments.len() == 1 => return Ok(None),
            Some(("max", text)) => {
                let number = value::decimal(text).and_then(|number| u32::try_from(number).ok());
                size = Some(number.filter(|number| *number > 0).ok_or_else(bad)?);
            }
            Some(("inactive", text)) => inactive = value::plain_seconds(text).ok_or_else(bad)?,
            Some(("valid", text)) => valid = value::plain_seconds(text).ok_or_else(bad)?,
            _ => return Err(bad()),
        }
    }
    let size = size.ok_or_else(|| {
        let name = &directive.name.text;
        let message = format!("\"{name}\" must have the \"max\" parameter");
        let problem = Diagnostic::error("invalid-value", message).at(directive.origin());
        problem.help(format!("write `{name} max=1000 …;`"))
    })?;
    Ok(Some(KeptIdentities { size, inactive, valid }))
}

/// `…_protocols name …`: what is no longer spoken is left out; something must be left.
pub(crate) fn versions(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<TlsVersions, Diagnostic> {
    let mut versions = OLD;
    let mut old = Vec::new();
    for word in &directive.arguments {
        let version = value::choice(directive, word, &PROTOCOLS)?;
        both(&mut versions, version);
        if version == OLD {
            old.push(word.text.as_str());
        }
    }
    let names = old.join(", ");
    if versions == OLD {
        let problem = Diagnostic::error("old-protocol", format!("none of these protocols is spoken: {names}"));
        return Err(problem.at(directive.origin()).help(format!("write `{} TLSv1.2 TLSv1.3;`", directive.name.text)));
    }
    if !old.is_empty() {
        let problem = Diagnostic::warning("old-protocol", format!("{names} is not spoken and is left out"));
        lowering.report(problem.at(directive.origin()));
    }
    Ok(versions)
}

/// What several lines name adds up.
pub(crate) fn both(first: &mut TlsVersions, second: TlsVersions) {
    first.v1_2 |= second.v1_2;
    first.v1_3 |= second.v1_3;
}
