//! What is said of orders: for all domains, or for one.

use std::path::PathBuf;
use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{Challenge, ExternalAccount, KeyKind, Profile, Renewal, Secret};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, settings};
use crate::table::Outcome;
use crate::value;

settings! {
    /// What a domain has from the server where it says nothing itself.
    struct DomainSettings {
        directory: Option<String>,
        agreed: Option<bool>,
        contact: Option<String>,
        keys: Option<Vec<KeyKind>>,
        challenges: Option<Vec<Challenge>>,
        command: Option<Vec<String>>,
        account: Option<Option<ExternalAccount>>,
        profile: Option<String>,
        profile_required: Option<bool>,
        authorities: Option<Option<PathBuf>>,
        window: Option<Renewal>,
        takes_members: Option<bool>,
        requires_tls: Option<Option<bool>>,
        store: Option<PathBuf>,
        members: Option<Vec<(String, Origin)>>,
        certificates: Option<Vec<(PathBuf, Origin)>>,
        certificate_keys: Option<Vec<(PathBuf, Origin)>>,
        mode: Option<(Mode, Origin)>,
    }
}

impl DomainSettings {
    /// The kind of certificate that is asked for.
    pub(super) fn wanted_profile(&self) -> Option<Profile> {
        let name = self.profile.clone()?;
        Some(Profile { name, required: self.profile_required.unwrap_or(false) })
    }
}

/// When certificates are ordered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Where there are none in files.
    Auto,
    /// In any case.
    Always,
    /// Never.
    Manual,
}

/// Names by which issuers are known.
const AUTHORITIES: [(&str, &str); 4] = [
    ("letsencrypt", LETS_ENCRYPT),
    ("letsencrypt-test", "https://acme-staging-v02.api.letsencrypt.org/directory"),
    ("buypass", "https://api.buypass.com/acme/directory"),
    ("buypass-test", "https://api.test4.buypass.no/acme/directory"),
];
/// The issuer where none is said.
pub(super) const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

const CHALLENGES: [(&str, Challenge); 3] =
    [("http-01", Challenge::Http), ("tls-alpn-01", Challenge::TlsAlpn), ("dns-01", Challenge::Dns)];

const CURVES: [(&str, KeyKind); 7] = [
    ("P-256", KeyKind::P256),
    ("P-384", KeyKind::P384),
    ("P-521", KeyKind::P521),
    ("prime256v1", KeyKind::P256),
    ("secp256r1", KeyKind::P256),
    ("secp384r1", KeyKind::P384),
    ("secp521r1", KeyKind::P521),
];

/// Takes a flag of which only one value is there.
fn only(directive: &Directive, there: bool, what: &str) -> Outcome {
    if value::flag(directive)? == there { Ok(()) } else { Err(value::not_built(what).at(directive.origin())) }
}

pub(super) fn base_server(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    only(directive, false, "ordering a certificate for the main server")
}

pub(super) fn must_staple(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    only(directive, false, "asking for certificates that must be stapled")
}

pub(super) fn stapling(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    only(directive, false, "stapling by this module")
}

pub(super) fn by_information(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    only(directive, true, "renewing without asking the issuer when")
}

/// `MDCACertificateFile none|file`
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn authorities(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let path = directive.argument(0).filter(|word| !word.text.eq_ignore_ascii_case("none"));
    let path = path.map(|word| lowering.path(&word.text));
    if let Some(path) = &path {
        lowering.shared.documents.want(path);
    }
    scope.server.md.authorities = Some(path);
    Ok(())
}

/// `MDCAChallenges name …`
pub(super) fn challenges(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let chosen: Result<Vec<_>, _> = directive.arguments.iter().map(|word| value::choice(word, &CHALLENGES)).collect();
    scope.server.md.challenges = Some(chosen?);
    Ok(())
}

/// `MDCertificateAgreement accepted`
pub(super) fn agreement(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.md.agreed = Some(value::choice(value::first(directive)?, &[("accepted", true)])?);
    Ok(())
}

/// `MDCertificateAuthority url|name`
pub(super) fn authority(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if let Some(other) = directive.argument(1) {
        return Err(value::not_built("turning to another issuer").at(other.origin));
    }
    let known = AUTHORITIES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&word.text));
    let url = known.map_or(word.text.as_str(), |(_, url)| *url);
    if url.strip_prefix("https://").is_none_or(str::is_empty) {
        let names: Vec<&str> = AUTHORITIES.iter().map(|(name, _)| *name).collect();
        return Err(value::invalid(word, &names));
    }
    scope.server.md.directory = Some(url.to_owned());
    Ok(())
}

/// `MDCertificateProtocol ACME`
pub(super) fn protocol(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    value::choice(value::first(directive)?, &[("ACME", ()), ("ACMEv2", ())])
}

/// `MDChallengeDns01 program [argument …]`
pub(super) fn command(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let words: Vec<String> =
        directive.arguments.iter().flat_map(|word| word.text.split_whitespace()).map(str::to_owned).collect();
    if !words.first().is_some_and(|program| program.starts_with('/')) {
        return Err(value::bad(word, "no program").help("name the program with its whole path"));
    }
    scope.server.md.command = Some(words);
    Ok(())
}

/// `MDContactEmail address`
pub(super) fn contact(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let url = contact_url(&word.text).ok_or_else(|| value::bad(word, "no address of mail"))?;
    scope.server.md.contact = Some(url);
    Ok(())
}

/// The URL of an address of mail.
pub(super) fn contact_url(text: &str) -> Option<String> {
    let mail = text.strip_prefix("mailto:").unwrap_or(text);
    let (name, host) = mail.split_once('@')?;
    let usable = !name.is_empty() && !host.is_empty() && mail.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then(|| format!("mailto:{mail}"))
}

/// `MDRenewMode auto|always|manual`
pub(super) fn mode(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let mode = value::choice(word, &[("auto", Mode::Auto), ("always", Mode::Always), ("manual", Mode::Manual)])?;
    scope.server.md.mode = Some((mode, word.origin));
    Ok(())
}

/// `MDCertificateFile path`, `MDCertificateKeyFile path`
pub(super) fn file(
    lowering: &mut Lowering<'_>,
    files: &mut Option<Vec<(PathBuf, Origin)>>,
    directive: &Directive,
) -> Outcome {
    let path = lowering.path(&value::first(directive)?.text);
    lowering.shared.documents.want(&path);
    files.get_or_insert_default().push((path, directive.origin()));
    Ok(())
}

/// `MDExternalAccountBinding none|key-id key`
pub(super) fn binding(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let account = match directive.argument(1) {
        Some(key) => Some(ExternalAccount { key_id: word.text.clone(), key: Secret::Text(key.text.clone()) }),
        None if word.text.eq_ignore_ascii_case("none") => None,
        None => return Err(value::not_built("reading it from a file").at(word.origin).help("write KEY-ID KEY")),
    };
    scope.server.md.account = Some(account);
    Ok(())
}

/// `MDMatchNames all|servernames`
pub(super) fn match_names(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if value::choice(word, &[("all", true), ("servernames", false)])? {
        return Ok(());
    }
    Err(value::not_built("looking at the names of servers alone").at(word.origin))
}

/// `MDMember name …`
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn member(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let members = scope.server.md.members.get_or_insert_default();
    members.extend(directive.arguments.iter().map(|word| (word.text.clone(), word.origin)));
    Ok(())
}

/// `MDMembers auto|manual`
pub(super) fn members(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let takes = value::choice(value::first(directive)?, &[("auto", true), ("manual", false)])?;
    scope.server.md.takes_members = Some(takes);
    Ok(())
}

/// `MDPrivateKeys Default|RSA [bits]|curve …`
pub(super) fn keys(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const BITS: [(&str, KeyKind); 3] =
        [("2048", KeyKind::Rsa2048), ("3072", KeyKind::Rsa3072), ("4096", KeyKind::Rsa4096)];
    let mut keys = Vec::new();
    let mut words = directive.arguments.iter().peekable();
    while let Some(word) = words.next() {
        let is_rsa = word.text.eq_ignore_ascii_case("rsa");
        let key = if is_rsa || word.text.eq_ignore_ascii_case("default") {
            match words.next_if(|next| is_rsa && next.text.starts_with(|first: char| first.is_ascii_digit())) {
                Some(bits) => value::choice(bits, &BITS)?,
                None => KeyKind::Rsa2048,
            }
        } else {
            value::choice(word, &CURVES)?
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    scope.server.md.keys = Some(keys);
    Ok(())
}

/// `MDProfile name`
pub(super) fn profile(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.md.profile = Some(value::first(directive)?.text.clone());
    Ok(())
}

/// `MDProfileMandatory on|off`
pub(super) fn profile_mandatory(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.md.profile_required = Some(value::flag(directive)?);
    Ok(())
}

/// `MDRenewWindow 33%|30d`
pub(super) fn window(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let bad = || value::bad(word, "no part of a certificate's life").help("write `33%` or `30d`");
    let window = match word.text.strip_suffix('%') {
        Some(percent) => {
            let percent = percent.parse().ok().filter(|percent| (1..100).contains(percent));
            Renewal::Share(percent.ok_or_else(bad)?)
        }
        None => Renewal::Left(span(&word.text).filter(|left| !left.is_zero()).ok_or_else(bad)?),
    };
    scope.server.md.window = Some(window);
    Ok(())
}

/// A time, in days unless it says what in.
fn span(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let seconds = match unit {
        "" | "d" => 86_400,
        "h" => 3600,
        "mi" | "m" => 60,
        "s" => 1,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?))
}

/// `MDRequireHttps off|temporary|permanent`
pub(super) fn requires_tls(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const CHOICES: [(&str, Option<bool>); 3] = [("off", None), ("temporary", Some(false)), ("permanent", Some(true))];
    scope.server.md.requires_tls = Some(value::choice(value::first(directive)?, &CHOICES)?);
    Ok(())
}

/// `MDStoreDir path`
pub(super) fn store(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.md.store = Some(lowering.path(&value::first(directive)?.text));
    Ok(())
}

/// Where it is said that a name is none that a certificate can be for.
pub(super) fn no_name(text: &str, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error("invalid-name", format!("no certificate can be ordered for \"{text}\": {why}"))
}
