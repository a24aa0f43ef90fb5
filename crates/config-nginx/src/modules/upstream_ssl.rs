//! TLS to upstream servers: the directives `…_ssl_…` that modules which forward requests have in common.

use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{KeptIdentities, ServerTrust, Template, TlsVersions, UpstreamIdentity, UpstreamTls};

use crate::lower::Lowering;
use crate::lower::slot::{List, Slot, settings};
use crate::modules::ssl::{both, document, kept_identities, versions};
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

/// What the directives of all these modules do but for.
pub(super) const KEYS: &str = "files only: neither `engine:` nor `store:`";
pub(super) const SUITES: &str = "suites with ephemeral keys and authenticated encryption; others are left out";
pub(super) const COMMAND_NAMES: &str = "`Certificate`, `PrivateKey`, `CipherString` and `Protocol`";
pub(super) const VERSIONS: &str = "`TLSv1.2` and `TLSv1.3`; others are left out with a warning";

settings! {
    /// What a level says of TLS to upstream servers.
    struct UpstreamTlsSettings {
        certificate: Slot<Template>,
        key: Slot<Template>,
        cache: Slot<Option<KeptIdentities>>,
        passwords: Slot<PathBuf>,
        ciphers: Slot<String>,
        commands: List<Command>,
        revoked: Slot<PathBuf>,
        name: Slot<Template>,
        versions: Slot<TlsVersions>,
        sends_name: Slot<bool>,
        resumes: Slot<bool>,
        trusted: Slot<PathBuf>,
        verifies: Slot<bool>,
        depth: Slot<u32>,
    }
}

/// A command of OpenSSL's own configuration.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    what: What,
    value: String,
    /// The file that it names, or its text.
    file: Option<Template>,
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Certificate,
    Key,
    Ciphers,
    Protocols,
}

const COMMANDS: [(&str, What); 4] = [
    ("Certificate", What::Certificate),
    ("CipherString", What::Ciphers),
    ("PrivateKey", What::Key),
    ("Protocol", What::Protocols),
];

impl UpstreamTlsSettings {
    /// `…_ssl_certificate_cache off` or `max=N [inactive=time] [valid=time]`
    pub(crate) fn cache(&mut self, directive: &Directive) -> Outcome {
        self.cache.put(directive, kept_identities(directive)?)
    }

    /// `…_ssl_protocols name …`
    pub(crate) fn protocols(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        self.versions.join(directive, versions(lowering, directive)?, both);
        Ok(())
    }

    /// `…_ssl_certificate file`
    pub(crate) fn certificate(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = document(lowering, value::first(directive)?)?;
        self.certificate.put(directive, name)
    }

    /// `…_ssl_certificate_key file`
    pub(crate) fn key(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = document(lowering, value::first(directive)?)?;
        self.key.put(directive, name)
    }

    /// `…_ssl_password_file file`
    pub(crate) fn password_file(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let path = lowering.document(&value::first(directive)?.text);
        self.passwords.put(directive, path)
    }

    /// `…_ssl_trusted_certificate file`
    pub(crate) fn trusted_certificate(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let path = lowering.document(&value::first(directive)?.text);
        self.trusted.put(directive, path)
    }

    /// `…_ssl_crl file`
    pub(crate) fn crl(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let path = lowering.document(&value::first(directive)?.text);
        self.revoked.put(directive, path)
    }

    /// `…_ssl_conf_command name value`
    pub(crate) fn conf_command(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let name = value::first(directive)?;
        let known = COMMANDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name.text));
        let Some((_, what)) = known else {
            let message = format!("the command \"{}\" of OpenSSL is not known here", name.text);
            return Err(Diagnostic::error("invalid-value", message)
                .at(name.origin)
                .help("known here: Certificate, PrivateKey, CipherString, Protocol"));
        };
        let word = value::argument(directive, 1)?;
        let names = matches!(what, What::Certificate | What::Key);
        let file = names.then(|| document(lowering, word)).transpose()?;
        self.commands.push(Command { what: *what, value: word.text.clone(), file, origin: directive.origin() });
        Ok(())
    }

    /// The model of it, for a module whose directives begin with `prefix` and a target written at `origin`.
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>, prefix: &str, origin: Origin) -> Box<UpstreamTls> {
        let verifies = self.verifies.or(false);
        let mut tls = UpstreamTls {
            trust: verifies.then(|| self.trust(lowering, prefix)).flatten(),
            checks_name: verifies,
            checks_time: false,
            name: self.name.get().cloned(),
            sends_name: self.sends_name.or(false),
            resumes: self.resumes.or(true),
            identity: self.identity(lowering, prefix),
            versions: self.versions.or(TlsVersions::default()),
            // `DEFAULT` is what holds where nothing is said.
            ciphers: self.ciphers.get().filter(|ciphers| *ciphers != "DEFAULT").cloned(),
            origin,
        };
        for command in self.commands.get().unwrap_or_default() {
            self.apply(lowering, command, &mut tls);
        }
        Box::new(tls)
    }

    fn trust(&self, lowering: &mut Lowering<'_>, prefix: &str) -> Option<ServerTrust> {
        let Some(trusted) = self.trusted.get() else {
            let message = format!("no {prefix}_ssl_trusted_certificate for {prefix}_ssl_verify");
            let problem = Diagnostic::error("missing-certificate", message)
                .at(self.verifies.origin().unwrap_or_default())
                .help(format!("write `{prefix}_ssl_trusted_certificate FILE;` with the authorities' certificates"));
            lowering.report_once(problem);
            return None;
        };
        Some(ServerTrust {
            authorities: vec![trusted.clone()],
            revoked: self.revoked.get().cloned(),
            depth: self.depth.or(1),
            takes_unknown: false,
        })
    }

    fn identity(&self, lowering: &mut Lowering<'_>, prefix: &str) -> Option<UpstreamIdentity> {
        let certificate = self.certificate.get().filter(|certificate| certificate.as_text() != Some(""))?;
        let Some(key) = self.key.get() else {
            let text = certificate.as_text().unwrap_or("…");
            let message = format!("no \"{prefix}_ssl_certificate_key\" is defined for certificate \"{text}\"");
            let problem = Diagnostic::error("missing-key", message).at(certificate.origin);
            lowering.report_once(problem.help(format!("write `{prefix}_ssl_certificate_key FILE;`")));
            return None;
        };
        Some(UpstreamIdentity {
            certificate: certificate.clone(),
            key: key.clone(),
            chain: None,
            directory: lowering.options.directory.clone(),
            passwords: self.passwords.get().cloned(),
            kept: self.cache.get().copied().flatten(),
        })
    }

    fn apply(&self, lowering: &mut Lowering<'_>, command: &Command, tls: &mut UpstreamTls) {
        match (command.what, &command.file) {
            (What::Certificate, Some(file)) => match &mut tls.identity {
                Some(identity) => identity.certificate.clone_from(file),
                // OpenSSL takes a file that holds both.
                none => {
                    *none = Some(UpstreamIdentity {
                        certificate: file.clone(),
                        key: file.clone(),
                        chain: None,
                        directory: lowering.options.directory.clone(),
                        passwords: self.passwords.get().cloned(),
                        kept: None,
                    });
                }
            },
            (What::Key, Some(file)) => {
                if let Some(identity) = &mut tls.identity {
                    identity.key.clone_from(file);
                }
            }
            (What::Certificate | What::Key, None) => {}
            (What::Ciphers, _) => tls.ciphers = Some(command.value.clone()),
            (What::Protocols, _) => apply_protocols(lowering, command, tls),
        }
    }
}

/// `ALL,-TLSv1.3`, `TLSv1.2`, `-TLSv1.2`: what is said is added or taken away, one after the other.
fn apply_protocols(lowering: &mut Lowering<'_>, command: &Command, tls: &mut UpstreamTls) {
    for word in command.value.split(',').map(str::trim) {
        let on = !word.starts_with('-');
        match word.trim_start_matches(['+', '-']).to_ascii_lowercase().as_str() {
            "all" => tls.versions = TlsVersions { v1_2: on, v1_3: on },
            "tlsv1.2" => tls.versions.v1_2 = on,
            "tlsv1.3" => tls.versions.v1_3 = on,
            // They are not spoken whatever is said of them.
            "sslv2" | "sslv3" | "tlsv1" | "tlsv1.1" => {}
            _ => {
                let message = format!("\"{word}\" is no protocol");
                lowering.report_once(Diagnostic::error("invalid-value", message).at(command.origin));
            }
        }
    }
    if !(tls.versions.v1_2 || tls.versions.v1_3) {
        let problem = Diagnostic::error("old-protocol", "none of these protocols is spoken").at(command.origin);
        lowering.report_once(problem.help("allow TLSv1.2 or TLSv1.3"));
    }
}
