//! The directives of `mod_ssl` about servers that are forwarded to.

use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{Scheme, ServerTrust, Template, TlsVersions, UpstreamIdentity, UpstreamTls};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, ServerSettings, settings};
use crate::table::{FLAG, Module, Outcome, Row, SERVER, at_least, between, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_ssl", identifier: "ssl_module", built: false, rows: ROWS };

/// Where the text is about all.
const NOTE: &str = "for whole servers, not in `<Proxy>`";

const ROWS: &[Row] = &[
    row("SSLProxyCACertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.authorities = Some(file);
        Ok(())
    })
    .partial(NOTE),
    pending("SSLProxyCACertificatePath", SERVER),
    row("SSLProxyCARevocationCheck", SERVER, at_least(1), revocation_check).partial("`none` and `chain`"),
    row("SSLProxyCARevocationFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.revoked = Some(file);
        Ok(())
    })
    .partial(NOTE),
    pending("SSLProxyCARevocationPath", SERVER),
    row("SSLProxyCheckPeerCN", SERVER, FLAG, |_, s, d| {
        s.server.ssl.checks_common_name = Some(value::flag(d)?);
        Ok(())
    })
    .partial("the name is looked for among the alternative names, too"),
    row("SSLProxyCheckPeerExpire", SERVER, FLAG, |_, s, d| {
        s.server.ssl.checks_time = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCheckPeerName", SERVER, FLAG, |_, s, d| {
        s.server.ssl.checks_name = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCipherSuite", SERVER, between(1, 2), ciphers)
        .partial("those of TLS 1.2 with ephemeral keys and authenticated encryption; others are left out"),
    row("SSLProxyEngine", SERVER, FLAG, |_, s, d| {
        s.server.ssl.engine = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    pending("SSLProxyMachineCertificateChainFile", SERVER),
    row("SSLProxyMachineCertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.identity = Some((file, d.origin()));
        Ok(())
    })
    .partial("the first certificate and key of the file are shown to every server"),
    pending("SSLProxyMachineCertificatePath", SERVER),
    row("SSLProxyProtocol", SERVER, at_least(1), protocols).partial("TLSv1.2 and TLSv1.3"),
    row("SSLProxyVerify", SERVER, take(1), |_, s, d| {
        s.server.ssl.verifies = Some(value::choice(value::first(d)?, &VERIFYING)?);
        Ok(())
    })
    .partial("a server always shows a certificate: `optional` is `require`"),
    row("SSLProxyVerifyDepth", SERVER, take(1), |_, s, d| {
        s.server.ssl.depth = Some(value::small_number(value::first(d)?)?);
        Ok(())
    })
    .partial(NOTE),
];

/// How servers are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verifying {
    Not,
    Required,
    /// One that nobody known vouches for is taken.
    UnknownTaken,
}

const VERIFYING: [(&str, Verifying); 4] = [
    ("none", Verifying::Not),
    ("optional", Verifying::Required),
    ("require", Verifying::Required),
    ("optional_no_ca", Verifying::UnknownTaken),
];

settings! {
    /// What a server says of TLS.
    struct SslSettings {
        engine: Option<bool>,
        verifies: Option<Verifying>,
        depth: Option<u32>,
        authorities: Option<PathBuf>,
        revoked: Option<PathBuf>,
        checks_revoked: Option<bool>,
        checks_name: Option<bool>,
        checks_common_name: Option<bool>,
        checks_time: Option<bool>,
        identity: Option<(PathBuf, Origin)>,
        versions: Option<TlsVersions>,
        ciphers: Option<String>,
    }
}

/// A file that is read with the configuration.
fn document(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<PathBuf, Diagnostic> {
    let path = lowering.path(&value::first(directive)?.text);
    lowering.shared.documents.want(&path);
    Ok(path)
}

fn revocation_check(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if let Some(flag) = directive.argument(1) {
        return Err(value::not_built(&format!("`{}`", flag.text)).at(flag.origin));
    }
    scope.server.ssl.checks_revoked = match word.text.to_ascii_lowercase().as_str() {
        "none" => Some(false),
        "chain" => Some(true),
        "leaf" => return Err(value::not_built("`leaf`").at(word.origin).help("write `chain`, with all the lists")),
        _ => return Err(value::invalid(word, &["none", "chain"])),
    };
    Ok(())
}

fn ciphers(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let Some(suites) = directive.argument(1) else {
        scope.server.ssl.ciphers = Some(word.text.clone());
        return Ok(());
    };
    match word.text.to_ascii_lowercase().as_str() {
        "ssl" => scope.server.ssl.ciphers = Some(suites.text.clone()),
        _ => return Err(value::not_built("choosing among the suites of TLS 1.3").at(word.origin)),
    }
    Ok(())
}

/// Each word adds a protocol, behind `-` takes it away, or alone means it only.
fn protocols(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut versions = TlsVersions { v1_2: false, v1_3: false };
    let mut old = Vec::new();
    for word in &directive.arguments {
        let (on, name) = match word.text.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => (true, word.text.as_str()),
        };
        match name.to_ascii_lowercase().as_str() {
            "all" => versions = TlsVersions { v1_2: on, v1_3: on },
            "tlsv1.2" => versions.v1_2 = on,
            "tlsv1.3" => versions.v1_3 = on,
            "sslv3" | "tlsv1" | "tlsv1.1" if on => old.push(word),
            "sslv2" | "sslv3" | "tlsv1" | "tlsv1.1" => {}
            _ => return Err(value::invalid(word, &["all", "TLSv1.2", "TLSv1.3"])),
        }
    }
    let help = "write `SSLProxyProtocol TLSv1.2 TLSv1.3`";
    if !(versions.v1_2 || versions.v1_3) {
        let problem = Diagnostic::error("old-protocol", "none of these protocols is spoken to servers");
        return Err(problem.at(directive.origin()).help(help));
    }
    for word in old {
        let message = format!("{} to servers is not spoken and is left out", word.text);
        lowering.report(Diagnostic::warning("old-protocol", message).at(word.origin));
    }
    scope.server.ssl.versions = Some(versions);
    Ok(())
}

/// How a server of `scheme` is spoken to over TLS; `None`: it is spoken to without.
pub(crate) fn upstream(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    scheme: Scheme,
    origin: Origin,
) -> Option<Box<UpstreamTls>> {
    if scheme == Scheme::Http {
        return None;
    }
    let ssl = &server.ssl;
    if !ssl.engine.unwrap_or(false) {
        let problem = Diagnostic::error("no-engine", "TLS to servers is not switched on").at(origin);
        lowering.report_once(problem.help("write `SSLProxyEngine on` in this server"));
    }
    Some(Box::new(UpstreamTls {
        trust: ssl.trust(),
        checks_name: ssl.checks_name.unwrap_or(true) || ssl.checks_common_name.unwrap_or(false),
        checks_time: ssl.checks_time.unwrap_or(true),
        name: None,
        sends_name: true,
        resumes: true,
        identity: ssl.identity.as_ref().map(|(file, origin)| {
            let name = Template::text(file.display().to_string(), *origin);
            let directory = lowering.server_root.clone();
            UpstreamIdentity { certificate: name.clone(), key: name, directory, passwords: None, kept: None }
        }),
        versions: ssl.versions.unwrap_or_default(),
        ciphers: ssl.ciphers.clone(),
        origin,
    }))
}

impl SslSettings {
    fn trust(&self) -> Option<ServerTrust> {
        let verifying = self.verifies.filter(|verifying| *verifying != Verifying::Not)?;
        Some(ServerTrust {
            authorities: self.authorities.iter().cloned().collect(),
            revoked: self.revoked.clone().filter(|_| self.checks_revoked.unwrap_or(false)),
            depth: self.depth.unwrap_or(1),
            takes_unknown: verifying == Verifying::UnknownTaken,
        })
    }
}
