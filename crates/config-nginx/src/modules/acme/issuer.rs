//! `acme_issuer`: who issues certificates, and as whom it is asked.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    AccountKey, Challenge, DnsChanger, DnsChanges, DnsUpdate, ExternalAccount, Issuer, Profile, Secret, TempDirectory,
};

use super::KEYS;
use crate::lower::slot::Slot;
use crate::lower::{Level, Lowering};
use crate::modules::address;
use crate::table::Outcome;
use crate::tree::{self, Directive, Word};
use crate::value;

const CHALLENGES: [(&str, Challenge); 6] = [
    ("http-01", Challenge::Http),
    ("http", Challenge::Http),
    ("tls-alpn-01", Challenge::TlsAlpn),
    ("tls-alpn", Challenge::TlsAlpn),
    ("dns-01", Challenge::Dns),
    ("dns", Challenge::Dns),
];

/// The port of name servers.
const DNS: u16 = 53;

type Set = fn(&mut Settings, &mut Lowering<'_>, &Directive) -> Outcome;

/// What may stand in the block: a name, how many words follow it at least and at most, and what it says.
const KNOWN: [(&str, usize, usize, Set); 15] = [
    ("accept_terms_of_service", 0, 0, |settings, _, d| settings.accepts_terms.put(d, true)),
    ("account_key", 1, 1, Settings::account_key),
    ("challenge", 1, 1, |settings, _, d| settings.challenge.choice(d, &CHALLENGES)),
    ("common_name_in_csr", 1, 1, |settings, _, d| settings.common_name.flag(d)),
    ("contact", 1, 1, Settings::contact),
    ("dns_delay", 1, 1, |settings, _, d| settings.delay.time(d)),
    ("dns_hook", 1, 16, Settings::hook),
    ("dns_update", 1, 4, Settings::update),
    ("external_account_key", 2, 2, Settings::external_account),
    ("preferred_chain", 1, 1, |settings, _, d| settings.chain.text(d)),
    ("profile", 1, 2, Settings::profile),
    ("ssl_trusted_certificate", 1, 1, |settings, lowering, d| {
        let path = lowering.document(&value::first(d)?.text);
        settings.trusted.put(d, path)
    }),
    ("ssl_verify", 1, 1, |settings, _, d| settings.verifies.flag(d)),
    ("state_path", 1, 1, Settings::state),
    ("uri", 1, 1, Settings::uri),
];

#[derive(Default)]
struct Settings {
    accepts_terms: Slot<bool>,
    account_key: Slot<AccountKey>,
    challenge: Slot<Challenge>,
    common_name: Slot<bool>,
    contacts: Vec<String>,
    delay: Slot<Duration>,
    dns: Slot<DnsChanger>,
    external_account: Slot<ExternalAccount>,
    chain: Slot<String>,
    profile: Slot<Profile>,
    trusted: Slot<PathBuf>,
    verifies: Slot<bool>,
    state: Slot<Option<PathBuf>>,
    uri: Slot<String>,
}

/// `acme_issuer name { … }`
pub(super) fn block(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let name = value::first(directive)?;
    if lowering.shared.issuers.iter().any(|known| known.name == name.text) {
        let message = format!("duplicate issuer \"{}\"", name.text);
        return Err(Diagnostic::error("duplicate", message).at(name.origin));
    }
    let mut settings = Settings::default();
    let mut usable = true;
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for inner in tree::directives(nodes) {
        if let Err(problem) = settings.take(lowering, inner) {
            usable = false;
            lowering.report(if problem.origin.is_none() { problem.at(inner.origin()) } else { problem });
        }
    }
    match settings.finish(lowering, name, directive.origin()) {
        Ok(issuer) => lowering.shared.issuers.push(issuer),
        Err(problem) => {
            lowering.shared.unusable_issuers.push(name.text.clone());
            // What is missing may be what could not be read.
            return if usable { Err(problem) } else { Ok(()) };
        }
    }
    Ok(())
}

impl Settings {
    fn take(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = directive.name.text.as_str();
        let Some((_, least, most, set)) = KNOWN.iter().find(|(known, ..)| *known == name) else {
            let problem = Diagnostic::error("unknown-directive", format!("unknown directive \"{name}\""));
            let names = KNOWN.iter().map(|(name, ..)| *name);
            let help = match config_source::closest(name, names.clone()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("known in an issuer: {}", names.collect::<Vec<_>>().join(", ")),
            };
            return Err(problem.at(directive.origin()).help(help));
        };
        if !(*least..=*most).contains(&directive.arguments.len()) || directive.block.is_some() {
            let message = format!("invalid number of arguments in \"{name}\" directive");
            return Err(Diagnostic::error("arity", message).at(directive.origin()));
        }
        set(self, lowering, directive)
    }

    fn account_key(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        let key = match KEYS.iter().find(|(name, _)| *name == word.text) {
            Some((_, kind)) => AccountKey::Made(*kind),
            None if word.text.starts_with("ecdsa:") || word.text.starts_with("rsa:") => {
                return Err(value::invalid(directive, word)
                    .help("known here: ecdsa:256, ecdsa:384, ecdsa:521, rsa:2048, rsa:3072, rsa:4096, or a file"));
            }
            None => AccountKey::File(lowering.document(&word.text)),
        };
        self.account_key.put(directive, key)
    }

    fn contact(&mut self, _: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        let has_scheme = word.text.split_once(':').is_some_and(|(scheme, rest)| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.bytes().all(is_part)
                && !rest.is_empty()
        });
        let url = if has_scheme { word.text.clone() } else { format!("mailto:{}", word.text) };
        let mail = url.strip_prefix("mailto:");
        let usable = url.bytes().all(|byte| byte.is_ascii_graphic())
            && mail.is_none_or(|mail| {
                mail.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
            });
        if !usable {
            let help = "write an address of mail, as in `contact admin@example.org;`, or a URL with its scheme";
            return Err(value::invalid(directive, word).help(help));
        }
        self.contacts.push(url);
        Ok(())
    }

    fn hook(&mut self, _: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let words: Vec<String> = directive.arguments.iter().map(|word| word.text.clone()).collect();
        let program = value::first(directive)?;
        if !program.text.starts_with('/') {
            return Err(value::invalid(directive, program).help("name the program with its whole path"));
        }
        self.dns.put(directive, DnsChanger::Command(words))
    }

    /// `dns_update server [key=file] [zone=name] [ttl=time]`
    fn update(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let server = value::first(directive)?;
        let bad = |why: &str| {
            value::invalid(directive, server)
                .help(format!("write the address of the server, as in 192.0.2.53:53: {why}"))
        };
        let (host, port) = address::split(&server.text).map_err(bad)?;
        let port = port.map_or(Ok(DNS), address::parse_port).map_err(bad)?;
        let ip = host.parse().map_err(|_| bad("it must not be a name"))?;
        let mut update = DnsUpdate { server: SocketAddr::new(ip, port), key: None, zone: None, ttl: 60 };
        for word in directive.arguments.iter().skip(1) {
            let bad = || value::invalid_parameter(word, &["key=", "zone=", "ttl="]);
            match word.text.split_once('=').ok_or_else(bad)? {
                ("key", file) if !file.is_empty() => update.key = Some(lowering.document(file)),
                ("zone", zone) if !zone.is_empty() => {
                    update.zone = Some(zone.trim_end_matches('.').to_ascii_lowercase());
                }
                ("ttl", time) => {
                    let seconds = value::plain_seconds(time).map(|time| time.as_secs());
                    update.ttl = seconds.and_then(|seconds| u32::try_from(seconds).ok()).ok_or_else(bad)?;
                }
                _ => return Err(bad()),
            }
        }
        self.dns.put(directive, DnsChanger::Update(update))
    }

    fn external_account(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let (key_id, key) = (value::first(directive)?, value::argument(directive, 1)?);
        let secret = match key.text.strip_prefix("data:") {
            Some(text) => Secret::Text(text.to_owned()),
            None => Secret::File(lowering.document(&key.text)),
        };
        self.external_account.put(directive, ExternalAccount { key_id: key_id.text.clone(), key: secret })
    }

    fn profile(&mut self, _: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = value::first(directive)?.text.clone();
        let required = match directive.arguments.get(1) {
            None => false,
            Some(word) if word.text == "require" => true,
            Some(word) => return Err(value::invalid_parameter(word, &["require"])),
        };
        self.profile.put(directive, Profile { name, required })
    }

    fn state(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        let path = (word.text != "off").then(|| lowering.path(&word.text));
        self.state.put(directive, path)
    }

    fn uri(&mut self, _: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        let host = word.text.strip_prefix("https://").and_then(|rest| rest.split('/').next());
        if host.is_none_or(|host| address::split(host).is_err()) || word.text.contains(char::is_whitespace) {
            let help = "write the URL of the directory, as in `uri https://acme-v02.api.letsencrypt.org/directory;`";
            return Err(value::invalid(directive, word).help(help));
        }
        self.uri.put(directive, word.text.clone())
    }

    fn finish(self, lowering: &mut Lowering<'_>, name: &Word, origin: Origin) -> Result<Issuer, Diagnostic> {
        let missing =
            |message: String, help: &str| Diagnostic::error("incomplete-issuer", message).at(origin).help(help);
        let Some(directory) = self.uri.get().cloned() else {
            let message = format!("\"uri\" is missing in issuer \"{}\"", name.text);
            return Err(missing(message, "write `uri https://acme-v02.api.letsencrypt.org/directory;` in it"));
        };
        let challenge = self.challenge.or(Challenge::Http);
        if challenge == Challenge::Dns && !self.dns.is_set() {
            let message = format!("issuer \"{}\" does not say how records of DNS are changed", name.text);
            return Err(missing(message, "write `dns_update SERVER key=FILE;` or `dns_hook PROGRAM;` in it"));
        }
        if challenge != Challenge::Dns
            && let Some(unused) = self.dns.origin().or(self.delay.origin())
        {
            let problem = Diagnostic::error("no-challenge", "records of DNS are changed for `challenge dns-01` only");
            return Err(problem.at(unused).help("write `challenge dns-01;`"));
        }
        if !self.accepts_terms.or(false) {
            let message = format!("the terms of service of issuer \"{}\" are not accepted", name.text);
            let problem = Diagnostic::warning("terms", message).at(origin);
            lowering.report(problem.help("most issuers want it: read them, then write `accept_terms_of_service;`"));
        }
        Ok(Issuer {
            name: name.text.clone(),
            directory,
            account_key: self.account_key.or(AccountKey::Made(model::KeyKind::default())),
            authorities: self.authorities(lowering, origin)?,
            contacts: self.contacts,
            external_account: self.external_account.get().cloned(),
            challenges: vec![challenge],
            dns: self.dns.get().map(|by| DnsChanges { by: by.clone(), delay: self.delay.or(Duration::ZERO) }),
            preferred_chain: self.chain.get().cloned(),
            profile: self.profile.get().cloned(),
            state: state(lowering, &self.state, name),
            accepts_terms: self.accepts_terms.or(false),
            common_name: self.common_name.or(false),
            resolver: None,
            origin,
        })
    }

    /// Whom the issuer's server is verified by.
    fn authorities(&self, lowering: &mut Lowering<'_>, origin: Origin) -> Result<Option<PathBuf>, Diagnostic> {
        if !self.verifies.or(true) {
            return Ok(None);
        }
        if let Some(file) = self.trusted.get() {
            return Ok(Some(file.clone()));
        }
        let Some(file) = config_source::system_authorities() else {
            let problem = Diagnostic::error("no-authorities", "there is no file with the authorities of this system");
            return Err(problem.at(origin).help("install ca-certificates, or write `ssl_trusted_certificate FILE;`"));
        };
        lowering.documents.want(file);
        Ok(Some(file.to_owned()))
    }
}

/// The directory of what is kept, which is made at start.
fn state(lowering: &mut Lowering<'_>, said: &Slot<Option<PathBuf>>, name: &Word) -> Option<PathBuf> {
    let path = said.get().cloned().unwrap_or_else(|| Some(lowering.path(&format!("acme_{}", name.text))))?;
    let directory = TempDirectory { path: path.clone(), origin: said.origin().unwrap_or_default() };
    if !lowering.shared.temp_directories.iter().any(|known| known.path == directory.path) {
        lowering.shared.temp_directories.push(directory);
    }
    Some(path)
}
