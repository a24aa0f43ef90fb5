//! Domains, the virtual hosts that have names of them, and what is ordered for each.

use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{
    AccountKey, CertificateOrder, Challenge, Comparison, Condition, DnsChanger, DnsChanges, Identifier, Issuer,
    KeyKind, OrderId, Part, SiteIdentity, Step, TempDirectory, Template,
};

use super::settings::{DomainSettings, LETS_ENCRYPT, Mode, contact_url, no_name};
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{self, Inherit as _, Lowering, Scope, ServerSettings};
use crate::modules::ssl;
use crate::table::{DOMAIN, Outcome};
use crate::value;

/// Names that have their certificates together.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    names: Vec<(String, Origin)>,
    settings: DomainSettings,
    origin: Origin,
}

/// What a virtual host has of its domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Managed {
    /// Its certificates, one for each kind of key.
    pub(crate) orders: Vec<OrderId>,
    /// Those that are in files and ordered by nobody here.
    pub(crate) identities: Vec<SiteIdentity>,
    /// What sends those away who came without TLS.
    pub(crate) redirect: Option<Step>,
}

/// `MDomain name … [auto|manual]`
pub(super) fn line(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    add(lowering, directive, DomainSettings::default())
}

/// `<MDomain name … [auto|manual]>`
pub(super) fn section(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let mut inner = Scope::new(DOMAIN, directive.origin());
    lowering.body(&mut inner, directive);
    add(lowering, directive, inner.server.md)
}

fn add(lowering: &mut Lowering<'_>, directive: &Directive, mut settings: DomainSettings) -> Outcome {
    let mut names = Vec::new();
    for Word { text, origin, .. } in &directive.arguments {
        match text.to_ascii_lowercase().as_str() {
            "auto" => settings.takes_members = Some(true),
            "manual" => settings.takes_members = Some(false),
            _ => names.push((text.clone(), *origin)),
        }
    }
    names.extend(settings.members.take().unwrap_or_default());
    if names.is_empty() {
        return Err(Diagnostic::error("no-name", "a domain needs a name").at(directive.origin()));
    }
    for (name, origin) in &names {
        name.parse::<Identifier>().map_err(|why| no_name(name, why).at(*origin))?;
        let known = lowering.shared.domains.iter().find(|domain| domain.has(name));
        if let Some(known) = known {
            let message = format!("\"{name}\" is in two domains");
            return Err(Diagnostic::error("duplicate", message).at(*origin).related(known.origin, "the other one"));
        }
    }
    lowering.shared.domains.push(Domain { names, settings, origin: directive.origin() });
    Ok(())
}

impl Domain {
    /// Its certificates that are in files; none: they are ordered.
    fn files(&self) -> Result<Vec<SiteIdentity>, Diagnostic> {
        let certificates = self.settings.certificates.as_deref().unwrap_or_default();
        let keys = self.settings.certificate_keys.as_deref().unwrap_or_default();
        match (self.settings.mode, certificates) {
            (Some((Mode::Manual, origin)), []) => {
                let problem =
                    Diagnostic::error("missing-certificate", "this domain's certificate is in no file and not ordered");
                return Err(problem
                    .at(self.origin)
                    .related(origin, "not ordered")
                    .help("write `MDCertificateFile FILE`"));
            }
            (Some((Mode::Always, origin)), [_, ..]) => {
                let what = "ordering a certificate beside the one of a file";
                return Err(value::not_built(what).at(origin).help("write `MDRenewMode auto`"));
            }
            _ => {}
        }
        if let Some((_, origin)) = certificates.get(keys.len()) {
            let problem = Diagnostic::error("missing-key", "this certificate has no key").at(*origin);
            return Err(problem.help("write `MDCertificateKeyFile FILE`"));
        }
        if let Some((_, origin)) = keys.get(certificates.len()) {
            let problem = Diagnostic::error("missing-certificate", "this key has no certificate").at(*origin);
            return Err(problem.help("write `MDCertificateFile FILE`"));
        }
        let name = |(path, origin): &(PathBuf, Origin)| Template::text(path.display().to_string(), *origin);
        let pairs = certificates.iter().zip(keys);
        let pairs = pairs.map(|(certificate, key)| SiteIdentity {
            certificate: name(certificate),
            key: name(key),
            chain: None,
        });
        Ok(pairs.collect())
    }

    /// Whether a name is one of its own, or stands under one with a wildcard.
    fn has(&self, name: &str) -> bool {
        self.names.iter().any(|(own, _)| {
            let under = own.strip_prefix("*.").zip(name.split_once('.'));
            own.eq_ignore_ascii_case(name) || under.is_some_and(|(own, (_, rest))| own.eq_ignore_ascii_case(rest))
        })
    }
}

/// The names of a virtual host, as they are written.
fn names_of(server: &ServerSettings) -> impl Iterator<Item = (&str, Origin)> {
    let names = &server.core.names;
    let own = names.name.as_ref().map(|name| (name.host.as_str(), name.origin));
    own.into_iter().chain(names.aliases.iter().map(|(text, origin)| (text.as_str(), *origin)))
}

/// What each virtual host has of the domain that it has a name of.
pub(crate) fn managed(lowering: &mut Lowering<'_>, main: &ServerSettings) -> Vec<Managed> {
    let mut managed = vec![Managed::default(); lowering.hosts.len()];
    for mut domain in std::mem::take(&mut lowering.shared.domains) {
        domain.settings.inherit(&main.md);
        let hosts: Vec<usize> = (0..lowering.hosts.len())
            .filter(|index| {
                let host = lowering.hosts.get(*index);
                host.is_some_and(|host| names_of(&host.scope.server).any(|(name, _)| domain.has(name)))
            })
            .collect();
        if hosts.is_empty() {
            let problem = Diagnostic::warning("unused-domain", "no virtual host has a name of this domain");
            lowering.report(problem.at(domain.origin));
            continue;
        }
        if domain.settings.takes_members.unwrap_or(true) {
            take_members(lowering, &mut domain, &hosts);
        }
        let had = domain.files().and_then(|identities| match identities.as_slice() {
            [] => Ok((order(lowering, &domain, main)?, identities)),
            _ => Ok((Vec::new(), identities)),
        });
        let (orders, identities) = match had {
            Ok(had) => had,
            Err(problem) => {
                lowering.report(problem);
                continue;
            }
        };
        let redirect = domain.settings.requires_tls.flatten().map(|permanent| redirect(permanent, domain.origin));
        for index in hosts {
            let secured = lowering.hosts.get(index).is_some_and(|host| ssl::is_on(&host.scope.server));
            if let Some(host) = managed.get_mut(index) {
                *host = if secured {
                    Managed { orders: orders.clone(), identities: identities.clone(), redirect: None }
                } else {
                    Managed { redirect: redirect.clone(), ..Managed::default() }
                };
            }
        }
    }
    managed
}

/// The names of its virtual hosts are the domain's, too.
fn take_members(lowering: &mut Lowering<'_>, domain: &mut Domain, hosts: &[usize]) {
    let mut problems = Vec::new();
    for index in hosts {
        let Some(host) = lowering.hosts.get(*index) else { continue };
        for (name, origin) in names_of(&host.scope.server) {
            if domain.has(name) {
                continue;
            }
            match name.parse::<Identifier>() {
                Ok(_) => domain.names.push((name.to_owned(), origin)),
                Err(why) => problems.push(no_name(name, why).at(origin)),
            }
        }
    }
    for problem in problems {
        lowering.report_once(problem);
    }
}

/// The numbers of a domain's orders, one for each kind of key.
fn order(lowering: &mut Lowering<'_>, domain: &Domain, main: &ServerSettings) -> Result<Vec<OrderId>, Diagnostic> {
    let mut issuer = issuer(lowering, domain, main)?;
    let identifiers: Vec<Identifier> = domain.names.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    let is_wild = |name: &Identifier| matches!(name, Identifier::Name(name) if name.starts_with("*."));
    if identifiers.iter().any(is_wild) && !issuer.challenges.contains(&Challenge::Dns) {
        let problem =
            Diagnostic::error("no-challenge", "names with `*` need `dns-01`, and nothing changes records of DNS");
        return Err(problem.at(domain.origin).help("write `MDChallengeDns01 /PROGRAM`"));
    }
    let shared = &mut lowering.shared;
    let is_same =
        |known: &Issuer| Issuer { name: known.name.clone(), origin: known.origin, ..issuer.clone() } == *known;
    let index = shared.issuers.iter().position(is_same).unwrap_or(shared.issuers.len());
    if index == shared.issuers.len() {
        // One that is asked in another way has a name of its own.
        let namesakes = shared.issuers.iter().filter(|known| known.directory == issuer.directory).count();
        if namesakes > 0 {
            issuer.name = format!("{}-{}", issuer.name, namesakes + 1);
        }
        shared.issuers.push(issuer);
    }
    let issuer = u32::try_from(index).unwrap_or(u32::MAX);
    let keys = domain.settings.keys.clone().unwrap_or_else(|| vec![KeyKind::Rsa2048]);
    let renewal = domain.settings.window.unwrap_or_default();
    let numbered = keys.into_iter().map(|key| {
        let identifiers = identifiers.clone();
        shared.orders.push(CertificateOrder { issuer, identifiers, key, renewal, origin: domain.origin });
        OrderId(u32::try_from(shared.orders.len() - 1).unwrap_or(u32::MAX))
    });
    Ok(numbered.collect())
}

fn issuer(lowering: &mut Lowering<'_>, domain: &Domain, main: &ServerSettings) -> Result<Issuer, Diagnostic> {
    let said = &domain.settings;
    let directory = said.directory.clone().unwrap_or_else(|| LETS_ENCRYPT.to_owned());
    if !said.agreed.unwrap_or(false) {
        let message = "the issuer's terms of service are not accepted";
        let problem = Diagnostic::warning("terms", message).at(domain.origin);
        lowering
            .report_once(problem.help("most issuers want it: read them, then write `MDCertificateAgreement accepted`"));
    }
    let admin = main.core.admin.as_deref().and_then(contact_url);
    let name = directory.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    Ok(Issuer {
        name: name.to_owned(),
        account_key: AccountKey::Made(KeyKind::default()),
        contacts: said.contact.clone().or(admin).into_iter().collect(),
        external_account: said.account.clone().flatten(),
        challenges: challenges(lowering, domain)?,
        dns: said
            .command
            .clone()
            .map(|command| DnsChanges { by: DnsChanger::Command(command), delay: std::time::Duration::ZERO }),
        preferred_chain: None,
        profile: said.wanted_profile(),
        authorities: Some(authorities(lowering, domain)?),
        state: Some(state(lowering, said)),
        accepts_terms: said.agreed.unwrap_or(false),
        common_name: false,
        resolver: None,
        origin: domain.origin,
        directory,
    })
}

/// Those that are asked for, of which records of DNS need a program that changes them.
fn challenges(lowering: &Lowering<'_>, domain: &Domain) -> Result<Vec<Challenge>, Diagnostic> {
    let listens = |port| lowering.listens.iter().any(|listen| listen.port == port);
    // The issuer comes by port 80 or 443, whatever is said here.
    let mut usual = vec![Challenge::Http, Challenge::TlsAlpn, Challenge::Dns];
    if listens(443) && !listens(80) {
        usual.swap(0, 1);
    }
    let mut chosen = domain.settings.challenges.clone().unwrap_or(usual);
    if domain.settings.command.is_none() {
        chosen.retain(|challenge| *challenge != Challenge::Dns);
    }
    if chosen.is_empty() {
        let problem = Diagnostic::error("no-challenge", "nothing changes records of DNS for `dns-01`");
        return Err(problem.at(domain.origin).help("write `MDChallengeDns01 /PROGRAM`"));
    }
    Ok(chosen)
}

/// Whom the issuer's server is verified by.
fn authorities(lowering: &mut Lowering<'_>, domain: &Domain) -> Result<PathBuf, Diagnostic> {
    if let Some(file) = domain.settings.authorities.clone().flatten() {
        return Ok(file);
    }
    let Some(file) = config_source::system_authorities() else {
        let problem = Diagnostic::error("no-authorities", "there is no file with the authorities of this system");
        return Err(problem.at(domain.origin).help("install ca-certificates, or write `MDCACertificateFile FILE`"));
    };
    lowering.shared.documents.want(file);
    Ok(file.to_owned())
}

/// The directory of what is kept, which is made at start.
fn state(lowering: &mut Lowering<'_>, said: &DomainSettings) -> PathBuf {
    let path = said.store.clone().unwrap_or_else(|| lowering.path("md"));
    let directories = &mut lowering.shared.kept_directories;
    if !directories.iter().any(|known| known.path == path) {
        directories.push(TempDirectory { path: path.clone(), origin: Origin::default() });
    }
    path
}

/// Requests without TLS go to the same place with it; those that bring something keep their method.
fn redirect(permanent: bool, origin: Origin) -> Step {
    let variable = |name: &str| Part::Variable(name.to_owned());
    let parts = vec![Part::Text("https://".to_owned()), variable("host"), variable("request_uri")];
    let to = |status| Step::Return { status, text: Some(Template { parts: parts.clone(), origin }), origin };
    let is = |method: &str| Condition::Compare {
        value: lower::variable("request_method"),
        comparison: Comparison::Equal,
        with: lower::text(method),
    };
    let (reading, writing) = if permanent { (301, 308) } else { (302, 307) };
    let reads = Condition::Any(vec![is("GET"), is("HEAD")]);
    let secure =
        Condition::Compare { value: lower::variable("https"), comparison: Comparison::Equal, with: lower::text("on") };
    let read = Step::If { condition: reads, steps: vec![to(reading)], section: None, origin };
    let condition = Condition::Not(Box::new(secure));
    Step::If { condition, steps: vec![read, to(writing)], section: None, origin }
}
