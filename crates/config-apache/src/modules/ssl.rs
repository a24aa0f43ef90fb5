//! The directives of `mod_ssl`: TLS with clients, and with servers that are forwarded to.

mod ocsp;
mod protocols;
mod sections;
mod termination;
mod upstream;
mod variables;

use std::path::PathBuf;

use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::lower::{Lowering, settings};
use crate::table::{
    ANYWHERE, FLAG, MAIN, Module, Row, SECTION, SERVER, at_least, between, no_effect, pending, refused, row, take,
};
use crate::value;

pub(crate) use sections::{asked_everywhere, requirement, takes_certificates};
pub(crate) use termination::{check_listener, is_on, needs_name, needs_names, termination};
pub(crate) use upstream::upstream;
pub(crate) use variables::{USUAL, export_https, named, of_logs, or_else, variable};

pub(crate) static MODULE: Module = Module { name: "mod_ssl", identifier: "ssl_module", built: true, rows: ROWS };

/// Sessions are kept in memory that the workers share, as this module would keep them.
pub(crate) static SHARED_MEMORY: Module =
    Module { name: "mod_socache_shmcb", identifier: "socache_shmcb_module", built: true, rows: &[] };

/// Where the text is about all.
const NOTE: &str = "for whole servers, not in `<Proxy>`";
const SUITES: &str = "those of TLS 1.2 with ephemeral keys and authenticated encryption; others are left out";
const VERSIONS: &str = "TLSv1.2 and TLSv1.3; older ones are left out, with a warning";
const NO_RENEGOTIATION: &str = "a handshake is made once: nothing is negotiated anew on a connection";
const RANDOM: &str = "random numbers come from the system";
const ANSWER_TIMES: &str = "a responder has 15 s; an answer holds as long as it says, clocks may differ by 5 minutes";
const STAPLING_TIMES: &str =
    "answers are fetched beforehand, given as long as they hold, and kept in memory that the workers share";
const NO_ERRORS: &str = "only answers are given that say that the certificate stands";
const PASSWORD: &str = "nobody is asked for passwords: a key that has one is refused where it is named";

const ROWS: &[Row] = &[
    row("SSLCACertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.clients.authorities = Some(file);
        Ok(())
    }),
    row("SSLCACertificatePath", SERVER, take(1), |l, s, d| {
        let files = documents_in(l, d)?;
        s.server.ssl.clients.authority_files = Some(files);
        Ok(())
    }),
    row("SSLCADNRequestFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.clients.announced = Some(file);
        Ok(())
    }),
    row("SSLCADNRequestPath", SERVER, take(1), |l, s, d| {
        let files = documents_in(l, d)?;
        s.server.ssl.clients.announced_files = Some(files);
        Ok(())
    }),
    row("SSLCARevocationCheck", SERVER, at_least(1), |_, s, d| {
        s.server.ssl.clients.checks_revoked = Some(upstream::checks_revoked(d)?);
        Ok(())
    })
    .partial("`none` and `chain`"),
    row("SSLCARevocationFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.clients.revoked = Some(file);
        Ok(())
    }),
    row("SSLCARevocationPath", SERVER, take(1), |l, s, d| {
        let files = documents_in(l, d)?;
        s.server.ssl.clients.revoked_files = Some(files);
        Ok(())
    }),
    row("SSLCertificateChainFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.termination.chain = Some(file);
        Ok(())
    }),
    row("SSLCertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.termination.certificates.0.push((file, d.origin()));
        Ok(())
    })
    .partial("files in PEM; no `pkcs11:`"),
    row("SSLCertificateKeyFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.termination.keys.0.push((file, d.origin()));
        Ok(())
    })
    .partial("files in PEM without a password; no `pkcs11:`"),
    row("SSLCipherSuite", ANYWHERE, between(1, 2), termination::ciphers).partial(SUITES),
    row("SSLCompression", SERVER, FLAG, termination::compression).partial("only `Off`"),
    no_effect("SSLCryptoDevice", MAIN, take(1), "there is one cryptography, in software that uses the processor's own"),
    row("SSLEngine", SERVER, take(1), termination::engine).partial("no `optional`"),
    row("SSLFIPS", MAIN, FLAG, termination::fips).partial("only `Off`"),
    row("SSLHonorCipherOrder", SERVER, FLAG, |_, s, d| {
        s.server.ssl.termination.prefers_own_order = Some(value::flag(d)?);
        Ok(())
    }),
    no_effect("SSLInsecureRenegotiation", SERVER, FLAG, NO_RENEGOTIATION),
    row("SSLOCSPDefaultResponder", SERVER, take(1), |_, s, d| {
        s.server.ssl.ocsp.responder = Some(ocsp::url(d)?);
        Ok(())
    }),
    row("SSLOCSPEnable", SERVER, between(1, 2), ocsp::enable).partial("no `no_ocsp_for_cert_ok`"),
    row("SSLOCSPNoVerify", SERVER, FLAG, ocsp::no_verify).partial("only `Off`"),
    row("SSLOCSPOverrideResponder", SERVER, FLAG, |_, s, d| {
        s.server.ssl.ocsp.overrides = Some(value::flag(d)?);
        Ok(())
    }),
    pending("SSLOCSPProxyURL", SERVER),
    pending("SSLOCSPResponderCertificateFile", SERVER),
    no_effect("SSLOCSPResponderTimeout", SERVER, take(1), ANSWER_TIMES),
    no_effect("SSLOCSPResponseMaxAge", SERVER, take(1), ANSWER_TIMES),
    no_effect("SSLOCSPResponseTimeSkew", SERVER, take(1), ANSWER_TIMES),
    no_effect(
        "SSLOCSPUseRequestNonce",
        SERVER,
        FLAG,
        "questions have no nonce, so that answers can be made beforehand",
    ),
    row("SSLOpenSSLConfCmd", SERVER, take(2), termination::command).partial(
        "`CipherString`, `Ciphersuites`, `Curves`, `Groups`, `ECDHParameters`, `Options`, and some without effect",
    ),
    row("SSLOptions", ANYWHERE, at_least(1), sections::options).partial(
        "`StdEnvVars`, `ExportCertData`, `FakeBasicAuth`, `StrictRequire`, `OptRenegotiate`; what is required is strict in any case",
    ),
    no_effect("SSLPassPhraseDialog", MAIN, take(1), PASSWORD),
    row("SSLProtocol", SERVER, at_least(1), |l, s, d| {
        s.server.ssl.termination.versions = Some(protocols::versions(l, d, "")?);
        Ok(())
    })
    .partial(VERSIONS),
    row("SSLProxyCACertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.upstream.authorities = Some(file);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCACertificatePath", SERVER, take(1), |l, s, d| {
        let files = documents_in(l, d)?;
        s.server.ssl.upstream.authority_files = Some(files);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCARevocationCheck", SERVER, at_least(1), |_, s, d| {
        s.server.ssl.upstream.checks_revoked = Some(upstream::checks_revoked(d)?);
        Ok(())
    })
    .partial("`none` and `chain`"),
    row("SSLProxyCARevocationFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.upstream.revoked = Some(file);
        Ok(())
    })
    .partial(NOTE),
    pending("SSLProxyCARevocationPath", SERVER),
    row("SSLProxyCheckPeerCN", SERVER, FLAG, |_, s, d| {
        s.server.ssl.upstream.checks_common_name = Some(value::flag(d)?);
        Ok(())
    })
    .partial("the name is looked for among the alternative names, too"),
    row("SSLProxyCheckPeerExpire", SERVER, FLAG, |_, s, d| {
        s.server.ssl.upstream.checks_time = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCheckPeerName", SERVER, FLAG, |_, s, d| {
        s.server.ssl.upstream.checks_name = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyCipherSuite", SERVER, between(1, 2), upstream::ciphers).partial(SUITES),
    row("SSLProxyEngine", SERVER, FLAG, |_, s, d| {
        s.server.ssl.upstream.engine = Some(value::flag(d)?);
        Ok(())
    })
    .partial(NOTE),
    row("SSLProxyMachineCertificateChainFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.upstream.chain = Some(file);
        Ok(())
    })
    .partial("all of the file is shown with the certificate"),
    row("SSLProxyMachineCertificateFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.upstream.identity = Some((file, d.origin()));
        Ok(())
    })
    .partial("the first certificate and key of the file are shown to every server"),
    row("SSLProxyMachineCertificatePath", SERVER, take(1), upstream::identity_in)
        .partial("a directory with one file, which has a certificate and its key"),
    row("SSLProxyProtocol", SERVER, at_least(1), |l, s, d| {
        s.server.ssl.upstream.versions = Some(protocols::versions(l, d, " to servers")?);
        Ok(())
    })
    .partial("TLSv1.2 and TLSv1.3"),
    row("SSLProxyVerify", SERVER, take(1), |_, s, d| {
        s.server.ssl.upstream.verifies = Some(value::choice(value::first(d)?, &upstream::VERIFYING)?);
        Ok(())
    })
    .partial("a server always shows a certificate: `optional` is `require`"),
    row("SSLProxyVerifyDepth", SERVER, take(1), |_, s, d| {
        s.server.ssl.upstream.depth = Some(value::small_number(value::first(d)?)?);
        Ok(())
    })
    .partial(NOTE),
    no_effect("SSLRandomSeed", MAIN, between(2, 3), RANDOM),
    no_effect("SSLRenegBufferSize", SECTION, take(1), NO_RENEGOTIATION),
    row("SSLRequire", SECTION, at_least(1), sections::require),
    row("SSLRequireSSL", SECTION, take(0), sections::require_tls),
    refused(
        "SSLSRPUnknownUserSeed",
        SERVER,
        "passwords in the handshake (SRP) are not of TLS 1.3: use client certificates",
    ),
    refused(
        "SSLSRPVerifierFile",
        SERVER,
        "passwords in the handshake (SRP) are not of TLS 1.3: use client certificates",
    ),
    row("SSLSessionCache", MAIN, take(1), termination::session_cache)
        .partial("sessions are kept in memory that the workers share, whatever is named"),
    row("SSLSessionCacheTimeout", SERVER, take(1), |_, s, d| {
        s.server.ssl.termination.timeout = Some(value::seconds(value::first(d)?)?);
        Ok(())
    }),
    row("SSLSessionTicketKeyFile", SERVER, take(1), |l, s, d| {
        let file = document(l, d)?;
        s.server.ssl.termination.ticket_key = Some(file);
        Ok(())
    }),
    row("SSLSessionTickets", SERVER, FLAG, |_, s, d| {
        s.server.ssl.termination.tickets = Some(value::flag(d)?);
        Ok(())
    }),
    no_effect("SSLStaplingCache", MAIN, take(1), STAPLING_TIMES),
    no_effect("SSLStaplingErrorCacheTimeout", SERVER, take(1), STAPLING_TIMES),
    no_effect("SSLStaplingFakeTryLater", SERVER, FLAG, NO_ERRORS),
    row("SSLStaplingForceURL", SERVER, take(1), |_, s, d| {
        s.server.ssl.ocsp.stapling_responder = Some(ocsp::url(d)?);
        Ok(())
    }),
    no_effect("SSLStaplingResponderTimeout", SERVER, take(1), STAPLING_TIMES),
    no_effect("SSLStaplingResponseMaxAge", SERVER, take(1), STAPLING_TIMES),
    no_effect("SSLStaplingResponseTimeSkew", SERVER, take(1), STAPLING_TIMES),
    no_effect("SSLStaplingReturnResponderErrors", SERVER, FLAG, NO_ERRORS),
    no_effect("SSLStaplingStandardCacheTimeout", SERVER, take(1), STAPLING_TIMES),
    row("SSLStrictSNIVHostCheck", SERVER, FLAG, |_, s, d| {
        s.server.ssl.termination.needs_name = Some(value::flag(d)?);
        Ok(())
    }),
    row("SSLUseStapling", SERVER, FLAG, |_, s, d| {
        s.server.ssl.ocsp.staples = Some((value::flag(d)?, d.origin()));
        Ok(())
    })
    .partial("nothing is fetched for the certificates of an `MDomain`"),
    row("SSLUserName", ANYWHERE, take(1), sections::user_name),
    no_effect(
        "SSLVHostSNIPolicy",
        MAIN,
        take(1),
        "a request for a site that asks for certificates needs that site's handshake",
    ),
    row("SSLVerifyClient", ANYWHERE, take(1), sections::verify_client)
        .partial("in sections, clients are asked in the handshake already, for nothing is negotiated anew"),
    row("SSLVerifyDepth", SERVER, take(1), |_, s, d| {
        s.server.ssl.clients.depth = Some(value::small_number(value::first(d)?)?);
        Ok(())
    })
    .partial("for whole servers"),
];

settings! {
    /// What a server says of TLS.
    struct SslSettings {
        termination: termination::TerminationSettings,
        clients: termination::ClientSettings,
        ocsp: ocsp::OcspSettings,
        upstream: upstream::UpstreamSettings,
    }
}

/// A file that is read with the configuration.
fn document(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<PathBuf, Diagnostic> {
    let word = value::first(directive)?;
    if word.text.starts_with("pkcs11:") {
        let problem = Diagnostic::error("unsupported", "certificates and keys are not loaded from devices");
        return Err(problem.at(word.origin).help("name a file in PEM format"));
    }
    let path = lowering.path(&word.text);
    lowering.shared.documents.want(&path);
    Ok(path)
}

/// The files of a directory whose names are hashes, as OpenSSL finds them.
fn documents_in(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<Vec<PathBuf>, Diagnostic> {
    let word = value::first(directive)?;
    let path = lowering.path(&word.text);
    let mut names = lowering.files.list(&path).map_err(|error| {
        value::bad(word, format!("cannot read the directory {}: {error}", path.display())).help("name a directory")
    })?;
    names.retain(|name| {
        name.split_once('.').is_some_and(|(hash, number)| {
            hash.len() == 8
                && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
                && number.trim_start_matches('r').bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    names.sort();
    let files: Vec<PathBuf> = names.into_iter().map(|name| path.join(name)).collect();
    if files.is_empty() {
        let message = format!("no file in {} has a hash for a name", path.display());
        let problem = Diagnostic::warning("no-authorities", message).at(word.origin);
        lowering.report(problem.help("`openssl rehash` makes such links"));
    }
    for file in &files {
        lowering.shared.documents.want(file);
    }
    Ok(files)
}
