//! The directives of `ngx_http_acme_module`: certificates that are ordered by the program itself.

mod issuer;

use diagnostic::{Diagnostic, Origin};
use model::{CertificateOrder, Challenge, Identifier, KeyKind, OrderId, Renewal, SiteName, Template};

use super::http_core::server_name::Name;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, Module, Outcome, Row, SERVER, at_least, no_effect, row, take};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_acme_module", rows: ROWS };

const NO_ZONE: &str = "certificates and challenges are shared by all workers without a zone of a fixed size";

const ROWS: &[Row] = &[
    row("acme_certificate", SERVER, at_least(1), certificate)
        .partial("`$acme_certificate` and `$acme_certificate_key` in `ssl_certificate` and `ssl_certificate_key` only"),
    row("acme_issuer", HTTP, take(1).block(), issuer::block),
    no_effect("acme_shared_zone", HTTP, take(1), zone, NO_ZONE),
];

/// Names of kinds of keys.
const KEYS: [(&str, KeyKind); 8] = [
    ("ecdsa", KeyKind::P256),
    ("ecdsa:256", KeyKind::P256),
    ("ecdsa:384", KeyKind::P384),
    ("ecdsa:521", KeyKind::P521),
    ("rsa", KeyKind::Rsa2048),
    ("rsa:2048", KeyKind::Rsa2048),
    ("rsa:3072", KeyKind::Rsa3072),
    ("rsa:4096", KeyKind::Rsa4096),
];

/// What a server says of its certificate.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    issuer: Word,
    identifiers: Vec<Identifier>,
    key: KeyKind,
    origin: Origin,
}

/// `acme_shared_zone zone=name:size`
fn zone(_: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let zone = word.text.strip_prefix("zone=").and_then(|zone| zone.split_once(':'));
    match zone {
        Some((name, size)) if !name.is_empty() && value::plain_size(size).is_some() => Ok(()),
        _ => Err(value::invalid_parameter(word, &["zone="])),
    }
}

/// `acme_certificate issuer [identifier …] [key=kind]`
fn certificate(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let issuer = value::first(directive)?.clone();
    let mut wanted = Wanted { issuer, identifiers: Vec::new(), key: KeyKind::default(), origin: directive.origin() };
    for word in directive.arguments.iter().skip(1) {
        match word.text.strip_prefix("key=") {
            Some(kind) => wanted.key = key(word, kind)?,
            None => add(&mut wanted.identifiers, &word.text, word.origin)?,
        }
    }
    level.server.certificate.put(directive, wanted)
}

fn key(word: &Word, kind: &str) -> Result<KeyKind, Diagnostic> {
    KEYS.iter().find(|(name, _)| *name == kind).map(|(_, key)| *key).ok_or_else(|| {
        let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
        let message = format!("invalid \"key\" value \"{kind}\"");
        Diagnostic::error("invalid-value", message).at(word.origin).help(format!("known here: {}", names.join(", ")))
    })
}

/// A name; `.name` stands for the name and `www.` before it.
fn add(identifiers: &mut Vec<Identifier>, text: &str, origin: Origin) -> Outcome {
    let texts = match text.strip_prefix('.') {
        Some(bare) => vec![format!("www.{bare}"), bare.to_owned()],
        None => vec![text.to_owned()],
    };
    for text in texts {
        let identifier: Identifier = text.parse().map_err(|why| {
            let message = format!("no certificate can be ordered for \"{text}\": {why}");
            let help = "a certificate is for names such as example.org or *.example.org, or for addresses";
            Diagnostic::error("invalid-name", message).at(origin).help(help)
        })?;
        if !identifiers.contains(&identifier) {
            identifiers.push(identifier);
        }
    }
    Ok(())
}

/// Stands for an order that something is wrong with, of which was told.
pub(crate) const NO_ORDER: OrderId = OrderId(u32::MAX);

/// The certificate that a server orders.
pub(crate) fn order(lowering: &mut Lowering<'_>, level: &Level, names: &[Name]) -> Option<OrderId> {
    let wanted = level.server.certificate.get()?;
    if lowering.shared.unusable_issuers.contains(&wanted.issuer.text) {
        return Some(NO_ORDER);
    }
    let made = make(lowering, wanted, names).map_err(|problem| lowering.report(problem));
    Some(made.map_or(NO_ORDER, |order| lowering.shared.order(order)))
}

fn make(lowering: &mut Lowering<'_>, wanted: &Wanted, names: &[Name]) -> Result<CertificateOrder, Diagnostic> {
    let mut identifiers = wanted.identifiers.clone();
    if identifiers.is_empty() {
        for name in names.iter().filter(|name| !name.text.is_empty()) {
            if matches!(name.matched, SiteName::Regex(_)) {
                let message = format!("\"{}\" is in no certificate: it is a regular expression", name.text);
                lowering.report(Diagnostic::warning("invalid-name", message).at(name.origin));
            } else {
                add(&mut identifiers, &name.text, name.origin)?;
            }
        }
    }
    if identifiers.is_empty() {
        let problem = Diagnostic::error("no-name", "no identifiers found in \"server_name\" for \"acme_certificate\"");
        return Err(problem.at(wanted.origin).help(format!("write `acme_certificate {} NAME;`", wanted.issuer.text)));
    }
    let issuers = &lowering.shared.issuers;
    let Some(index) = issuers.iter().position(|issuer| issuer.name == wanted.issuer.text) else {
        let message = format!("issuer \"{}\" is missing", wanted.issuer.text);
        let help = match config_source::closest(&wanted.issuer.text, issuers.iter().map(|issuer| issuer.name.as_str()))
        {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("write `acme_issuer {} {{ uri https://…; }}` in `http`", wanted.issuer.text),
        };
        return Err(Diagnostic::error("unknown-issuer", message).at(wanted.issuer.origin).help(help));
    };
    let challenges = issuers.get(index).map(|issuer| issuer.challenges.as_slice()).unwrap_or_default();
    if let Some(name) = identifiers.iter().find(|identifier| !challenges.iter().any(|way| can_show(*way, identifier))) {
        let message = format!("no challenge of issuer \"{}\" can show that \"{name}\" is ours", wanted.issuer.text);
        let help = match name {
            Identifier::Name(_) => "names with `*` need `challenge dns-01;` in the issuer",
            Identifier::Address(_) => "addresses need `challenge http-01;` or `challenge tls-alpn-01;` in the issuer",
        };
        return Err(Diagnostic::error("no-challenge", message).at(wanted.origin).help(help));
    }
    let (issuer, key) = (u32::try_from(index).unwrap_or(u32::MAX), wanted.key);
    Ok(CertificateOrder { issuer, identifiers, key, renewal: Renewal::Usual, origin: wanted.origin })
}

/// RFC 8555 §8.3 and §8.4, RFC 8737 §3, RFC 8738 §4.
fn can_show(way: Challenge, identifier: &Identifier) -> bool {
    match identifier {
        Identifier::Name(name) => way == Challenge::Dns || !name.starts_with("*."),
        Identifier::Address(_) => way != Challenge::Dns,
    }
}

/// Whether a certificate and its key are those that are ordered.
pub(crate) fn is_ordered(certificate: &Template, key: &Template) -> Result<bool, Diagnostic> {
    let is = |template: &Template, name: &str| matches!(template.parts.as_slice(), [model::Part::Variable(variable)] if variable.eq_ignore_ascii_case(name));
    match (is(certificate, "acme_certificate"), is(key, "acme_certificate_key")) {
        (true, true) => Ok(true),
        (false, false) => Ok(false),
        (ordered, _) => {
            let origin = if ordered { key.origin } else { certificate.origin };
            let problem = Diagnostic::error("missing-key", "an ordered certificate goes with its own key only");
            let help = "write `ssl_certificate $acme_certificate;` and `ssl_certificate_key $acme_certificate_key;`";
            Err(problem.at(origin).help(help))
        }
    }
}
