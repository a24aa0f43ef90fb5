//! What `SSL_…` stands for: variables that say what TLS with the client settled.

use std::collections::BTreeSet;

use diagnostic::Origin;
use model::{DefaultValue, Part, Template};

use crate::directive::Directive;
use crate::lower::{self, Lowering, Scope};

/// Parts of names, as httpd and as OpenSSL calls them.
const PARTS: [(&str, &str); 15] = [
    ("C", "C"),
    ("CN", "CN"),
    ("D", "description"),
    ("DC", "DC"),
    ("Email", "emailAddress"),
    ("G", "GN"),
    ("I", "initials"),
    ("L", "L"),
    ("O", "O"),
    ("OU", "OU"),
    ("S", "SN"),
    ("SP", "ST"),
    ("ST", "ST"),
    ("T", "title"),
    ("UID", "UID"),
];

/// Variables that programs are usually told.
pub(crate) const USUAL: [&str; 35] = [
    "SSL_CIPHER",
    "SSL_CIPHER_ALGKEYSIZE",
    "SSL_CIPHER_EXPORT",
    "SSL_CIPHER_USEKEYSIZE",
    "SSL_CLIENT_A_KEY",
    "SSL_CLIENT_A_SIG",
    "SSL_CLIENT_CERT",
    "SSL_CLIENT_I_DN",
    "SSL_CLIENT_I_DN_CN",
    "SSL_CLIENT_M_SERIAL",
    "SSL_CLIENT_M_VERSION",
    "SSL_CLIENT_S_DN",
    "SSL_CLIENT_S_DN_CN",
    "SSL_CLIENT_VERIFY",
    "SSL_CLIENT_V_END",
    "SSL_CLIENT_V_REMAIN",
    "SSL_CLIENT_V_START",
    "SSL_COMPRESS_METHOD",
    "SSL_PROTOCOL",
    "SSL_SECURE_RENEG",
    "SSL_SERVER_A_KEY",
    "SSL_SERVER_A_SIG",
    "SSL_SERVER_I_DN",
    "SSL_SERVER_I_DN_CN",
    "SSL_SERVER_M_SERIAL",
    "SSL_SERVER_M_VERSION",
    "SSL_SERVER_S_DN",
    "SSL_SERVER_S_DN_CN",
    "SSL_SERVER_V_END",
    "SSL_SERVER_V_START",
    "SSL_SESSION_ID",
    "SSL_SESSION_RESUMED",
    "SSL_TLS_SNI",
    "SSL_VERSION_INTERFACE",
    "SSL_VERSION_LIBRARY",
];

/// Suites whose keys have 128 bits; those of the others have 256.
const SHORT_KEYS: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"];

/// The parts of a variable that begins with `SSL_`; `None`: there is none of that name.
pub(crate) fn variable(lowering: &mut Lowering<'_>, name: &str) -> Option<Vec<Part>> {
    let one = |name: &str| Some(vec![Part::Variable(name.to_owned())]);
    match name {
        "HTTPS" => {
            let entries = vec![("on", lower::text("on"))];
            return one(&lowering.lookup(lower::variable("https"), entries, lower::text("off")));
        }
        "SSL_PROTOCOL" => return one("ssl_protocol"),
        "SSL_CIPHER" => return one("ssl_cipher"),
        "SSL_CIPHER_EXPORT" => return Some(constant(lowering, "false")),
        "SSL_CIPHER_USEKEYSIZE" | "SSL_CIPHER_ALGKEYSIZE" => {
            let mut entries: Vec<_> = SHORT_KEYS.iter().map(|suite| (*suite, lower::text("128"))).collect();
            entries.push(("", lower::text("")));
            return one(&lowering.lookup(lower::variable("ssl_cipher"), entries, lower::text("256")));
        }
        "SSL_COMPRESS_METHOD" => return Some(constant(lowering, "NULL")),
        "SSL_SECURE_RENEG" => return Some(constant(lowering, "true")),
        "SSL_SESSION_ID" => return one("ssl_session_id"),
        "SSL_SESSION_RESUMED" => {
            let entries = vec![("r", lower::text("Resumed")), (".", lower::text("Initial"))];
            return one(&lowering.lookup(lower::variable("ssl_session_reused"), entries, lower::text("")));
        }
        "SSL_TLS_SNI" => return one("ssl_server_name"),
        "SSL_CLIENT_VERIFY" => return one("ssl_client_verify"),
        "SSL_VERSION_INTERFACE" => return Some(vec![Part::Text("mod_ssl".to_owned())]),
        "SSL_VERSION_LIBRARY" => return Some(vec![Part::Text("rustls".to_owned())]),
        _ => {}
    }
    let (whose, rest) = match (name.strip_prefix("SSL_CLIENT_"), name.strip_prefix("SSL_SERVER_")) {
        (Some(rest), _) => ("client", rest),
        (_, Some(rest)) => ("server", rest),
        _ => return None,
    };
    one(&format!("certificate:{whose}:{}", aspect(rest)?))
}

/// A text that is there if the client speaks TLS.
fn constant(lowering: &mut Lowering<'_>, text: &str) -> Vec<Part> {
    let entries = vec![("on", lower::text(text))];
    vec![Part::Variable(lowering.lookup(lower::variable("https"), entries, lower::text("")))]
}

/// The value of a variable, of TLS or of the request, or another text where it has none or is empty.
pub(crate) fn or_else(lowering: &mut Lowering<'_>, name: &str, instead: &str) -> Part {
    let found = variable(lowering, name).or_else(|| crate::request::variable(lowering, name));
    let found = found.unwrap_or_default().into_iter().next();
    let Some(Part::Variable(found)) = found else {
        return found.unwrap_or_else(|| Part::Text(instead.to_owned()));
    };
    let entries = vec![("", lower::text(instead))];
    Part::Variable(lowering.lookup(lower::variable(found.clone()), entries, lower::variable(found)))
}

/// `HTTPS` is `on` in the environment of every request over TLS, where anything asks for that.
pub(crate) fn export_https(lowering: &mut Lowering<'_>, main: &mut Scope) {
    let variable = lower::environment("HTTPS");
    if lowering.shared.environment.contains(&variable) {
        let value = Some(Template { parts: constant(lowering, "on"), origin: Origin::default() });
        lowering.shared.given.insert(variable.clone());
        main.overrides.moments.defaults.insert(0, DefaultValue { variable, value, group: 0 });
    }
    if lowering.asks_programs {
        // httpd: this one is told whatever `SSLOptions` says.
        let variable = lower::environment("SSL_TLS_SNI");
        let value = Some(lower::variable("ssl_server_name"));
        lowering.shared.given.insert(variable.clone());
        main.overrides.moments.defaults.insert(0, DefaultValue { variable, value, group: 0 });
    }
}

/// What is asked of a certificate.
fn aspect(name: &str) -> Option<String> {
    let plain = match name {
        "M_VERSION" => "version",
        "M_SERIAL" => "serial",
        "S_DN" => "subject",
        "I_DN" => "issuer",
        "V_START" => "start",
        "V_END" => "end",
        "V_REMAIN" => "remain",
        "A_SIG" => "signature",
        "A_KEY" => "key",
        "CERT" => "line",
        _ => return indexed(name),
    };
    Some(plain.to_owned())
}

/// A part of a name, an alternative name, a certificate of the chain.
fn indexed(name: &str) -> Option<String> {
    const PREFIXES: [(&str, &str); 3] = [("S_DN_", "subject"), ("I_DN_", "issuer"), ("SAN_", "name")];
    if let Some(number) = name.strip_prefix("CERT_CHAIN_") {
        return number.parse::<u8>().ok().map(|number| format!("chain:{number}"));
    }
    let (rest, kind) = PREFIXES.iter().find_map(|(prefix, kind)| Some((name.strip_prefix(prefix)?, *kind)))?;
    let (part, number) = match rest.rsplit_once('_') {
        Some((part, number)) => (part, number.parse::<u8>().ok()?),
        None => (rest, 0),
    };
    let part = match kind {
        "name" => {
            [("DNS", "dns"), ("Email", "mail")].iter().find(|(known, _)| *known == part).map(|(_, kind)| *kind)?
        }
        _ => PARTS.iter().find(|(known, _)| *known == part).map(|(_, part)| *part)?,
    };
    Some(format!("{kind}:{part}:{number}"))
}

/// Whether a variable holds a whole certificate.
pub(super) fn is_certificate(name: &str) -> bool {
    name.ends_with("_CERT") || name.contains("_CERT_CHAIN_")
}

/// The names of such variables that directives speak of.
pub(crate) fn named(directives: &[Directive]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for directive in directives {
        let text = directive.rest.text();
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        names.extend(words.filter(|word| word.starts_with("SSL_")).map(str::to_owned));
        names.append(&mut named(directive.body.as_deref().unwrap_or_default()));
    }
    names
}

/// What a log calls some of them.
pub(crate) fn of_logs(name: &str) -> Option<&'static str> {
    Some(match name {
        "version" => "SSL_PROTOCOL",
        "cipher" => "SSL_CIPHER",
        "subjectdn" => "SSL_CLIENT_S_DN",
        "issuerdn" => "SSL_CLIENT_I_DN",
        _ => return None,
    })
}
