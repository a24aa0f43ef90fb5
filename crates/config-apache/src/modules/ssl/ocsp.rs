//! Who is asked whether certificates still stand: `SSLOCSP…` and `SSLStapling…`.

use diagnostic::Diagnostic;
use model::{FetchedStaple, Responder, ResponderNames, RevocationCheck, Staple};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, settings};
use crate::table::Outcome;
use crate::value;

/// About which certificates of a client somebody is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Nothing,
    Leaf,
    Chain,
}

settings! {
    /// What a server says of answers about certificates.
    struct OcspSettings {
        staples: Option<bool>,
        stapling_responder: Option<String>,
        reach: Option<Reach>,
        responder: Option<String>,
        overrides: Option<bool>,
    }
}

impl OcspSettings {
    /// What clients are given to see that the certificate still stands.
    pub(super) fn staple(&self) -> Option<Staple> {
        self.staples.unwrap_or(false).then(|| {
            let responder = self.stapling_responder.clone();
            let names = ResponderNames::System;
            Staple::Fetched(FetchedStaple { responder, verified: false, trusted: Vec::new(), names })
        })
    }

    /// How authorities are asked about clients' certificates.
    pub(super) fn check(&self) -> Option<RevocationCheck> {
        let reach = self.reach.filter(|reach| *reach != Reach::Nothing)?;
        let always = self.overrides.unwrap_or(false);
        Some(RevocationCheck {
            whole_chain: reach == Reach::Chain,
            responder: self.responder.clone().map(|url| Responder { url, always }),
            kept: None,
            names: ResponderNames::System,
        })
    }
}

/// `SSLOCSPEnable on|leaf|off [no_ocsp_for_cert_ok]`
pub(super) fn enable(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let reach = value::choice(word, &[("off", Reach::Nothing), ("on", Reach::Chain), ("leaf", Reach::Leaf)])?;
    if let Some(flag) = directive.argument(1) {
        return Err(value::not_built(&format!("`{}`", flag.text)).at(flag.origin));
    }
    scope.server.ssl.ocsp.reach = Some(reach);
    Ok(())
}

/// `SSLOCSPNoverify off`
pub(super) fn no_verify(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? {
        let problem = Diagnostic::error("refused", "an answer that nobody vouches for says nothing of a client");
        return Err(problem.at(directive.origin()).help("write `SSLOCSPNoverify off`, or nothing"));
    }
    Ok(())
}

/// The URL of who is asked.
pub(super) fn url(directive: &Directive) -> Result<String, Diagnostic> {
    let word = value::first(directive)?;
    if word.text.strip_prefix("http://").is_none_or(|rest| rest.is_empty() || rest.starts_with(['/', ':'])) {
        return Err(value::bad(word, "a responder has a URL of http").help("write `http://HOST/`"));
    }
    Ok(word.text.clone())
}
