//! TLS to servers that are forwarded to: `SSLProxy…`.

use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{Scheme, ServerTrust, Template, TlsVersions, UpstreamIdentity, UpstreamTls};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, ServerSettings, settings};
use crate::table::Outcome;
use crate::value;

/// How servers are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verifying {
    Not,
    Required,
    /// One that nobody known vouches for is taken.
    UnknownTaken,
}

pub(super) const VERIFYING: [(&str, Verifying); 4] = [
    ("none", Verifying::Not),
    ("optional", Verifying::Required),
    ("require", Verifying::Required),
    ("optional_no_ca", Verifying::UnknownTaken),
];

settings! {
    /// What a server says of TLS to the servers behind it.
    struct UpstreamSettings {
        engine: Option<bool>,
        verifies: Option<Verifying>,
        depth: Option<u32>,
        authorities: Option<PathBuf>,
        authority_files: Option<Vec<PathBuf>>,
        revoked: Option<PathBuf>,
        checks_revoked: Option<bool>,
        checks_name: Option<bool>,
        checks_common_name: Option<bool>,
        checks_time: Option<bool>,
        identity: Option<(PathBuf, Origin)>,
        chain: Option<PathBuf>,
        versions: Option<TlsVersions>,
        ciphers: Option<String>,
    }
}

/// Whether certificates are looked up in lists of what was revoked.
pub(super) fn checks_revoked(directive: &Directive) -> Result<bool, Diagnostic> {
    let word = value::first(directive)?;
    if let Some(flag) = directive.argument(1) {
        return Err(value::not_built(&format!("`{}`", flag.text)).at(flag.origin));
    }
    match word.text.to_ascii_lowercase().as_str() {
        "none" => Ok(false),
        "chain" => Ok(true),
        "leaf" => Err(value::not_built("`leaf`").at(word.origin).help("write `chain`, with all the lists")),
        _ => Err(value::invalid(word, &["none", "chain"])),
    }
}

pub(super) fn ciphers(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let Some(suites) = directive.argument(1) else {
        scope.server.ssl.upstream.ciphers = Some(word.text.clone());
        return Ok(());
    };
    match word.text.to_ascii_lowercase().as_str() {
        "ssl" => scope.server.ssl.upstream.ciphers = Some(suites.text.clone()),
        _ => return Err(value::not_built("choosing among the suites of TLS 1.3").at(word.origin)),
    }
    Ok(())
}

/// `SSLProxyMachineCertificatePath directory`: one file in it, with a certificate and its key.
pub(super) fn identity_in(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let folder = lowering.path(&word.text);
    let names = lowering.files.list(&folder);
    let mut names =
        names.map_err(|error| value::bad(word, format!("cannot read the directory {}: {error}", folder.display())))?;
    names.retain(|name| !name.starts_with('.'));
    let [name] = names.as_slice() else {
        let message =
            format!("there are {} files in {}: one identity is shown to every server", names.len(), folder.display());
        let problem = Diagnostic::error("unsupported", message).at(word.origin);
        return Err(problem.help("name the one with `SSLProxyMachineCertificateFile FILE`"));
    };
    let file = folder.join(name);
    lowering.shared.documents.want(&file);
    scope.server.ssl.upstream.identity = Some((file, directive.origin()));
    Ok(())
}

/// How a server of `scheme` is spoken to over TLS; `None`: it is spoken to without.
pub(crate) fn upstream(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    scheme: Scheme,
    origin: Origin,
) -> Option<Box<UpstreamTls>> {
    if !scheme.is_secure() {
        return None;
    }
    let ssl = &server.ssl.upstream;
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
            UpstreamIdentity {
                certificate: name.clone(),
                key: name,
                chain: ssl.chain.clone(),
                directory,
                passwords: None,
                kept: None,
            }
        }),
        versions: ssl.versions.unwrap_or_default(),
        ciphers: ssl.ciphers.clone(),
        origin,
    }))
}

impl UpstreamSettings {
    fn trust(&self) -> Option<ServerTrust> {
        let verifying = self.verifies.filter(|verifying| *verifying != Verifying::Not)?;
        Some(ServerTrust {
            authorities: self.authorities.iter().chain(self.authority_files.iter().flatten()).cloned().collect(),
            revoked: self.revoked.clone().filter(|_| self.checks_revoked.unwrap_or(false)),
            depth: self.depth.unwrap_or(1),
            takes_unknown: verifying == Verifying::UnknownTaken,
        })
    }
}
