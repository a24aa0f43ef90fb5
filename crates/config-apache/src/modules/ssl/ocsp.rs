//! Who is asked whether certificates still stand: `SSLOCSP…` and `SSLStapling…`.

use diagnostic::{Diagnostic, Origin};
use model::{FetchedStaple, Reach, Responder, ResponderNames, RevocationCheck, Staple, check_responder};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, settings};
use crate::table::Outcome;
use crate::value;

const NO_CLIENTS: &str = "no client is asked for a certificate: write `SSLVerifyClient require`, too";
const NO_STAPLES: &str = "nothing is fetched for the certificates of an `MDomain`";

settings! {
    /// What a server says of answers about certificates.
    struct OcspSettings {
        staples: Option<(bool, Origin)>,
        stapling_responder: Option<String>,
        reach: Option<(Option<Reach>, Origin)>,
        responder: Option<String>,
        overrides: Option<bool>,
    }
}

impl OcspSettings {
    /// What clients are given to see that the certificate still stands; `own`: there is one that is not ordered.
    pub(super) fn staple(&self, lowering: &mut Lowering<'_>, own: bool) -> Option<Staple> {
        let (_, origin) = self.staples.filter(|(on, _)| *on)?;
        lowering.effects.note(own, "SSLUseStapling", origin, NO_STAPLES);
        let responder = self.stapling_responder.clone();
        let names = ResponderNames::System;
        Some(Staple::Fetched(FetchedStaple { responder, verified: false, trusted: Vec::new(), names }))
    }

    /// How authorities are asked about clients' certificates; `asks`: clients are asked for them.
    pub(super) fn check(&self, lowering: &mut Lowering<'_>, asks: bool) -> Option<RevocationCheck> {
        let (reach, origin) = self.reach?;
        let reach = reach?;
        lowering.effects.note(asks, "SSLOCSPEnable", origin, NO_CLIENTS);
        let always = self.overrides.unwrap_or(false);
        Some(RevocationCheck {
            reach,
            responder: self.responder.clone().map(|url| Responder { url, always }),
            kept: None,
            names: ResponderNames::System,
        })
    }
}

/// `SSLOCSPEnable on|leaf|off [no_ocsp_for_cert_ok]`
pub(super) fn enable(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let reach = value::choice(word, &[("off", None), ("on", Some(Reach::Chain)), ("leaf", Some(Reach::Leaf))])?;
    if let Some(flag) = directive.argument(1) {
        return Err(value::not_built(&format!("`{}`", flag.text)).at(flag.origin));
    }
    scope.server.ssl.ocsp.reach = Some((reach, directive.origin()));
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
    check_responder(&word.text)
        .map_err(|why| value::bad(word, format!("{why} of a responder")).help("write `http://HOST/`"))?;
    Ok(word.text.clone())
}
