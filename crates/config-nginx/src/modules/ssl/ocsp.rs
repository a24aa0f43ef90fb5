//! `ssl_ocsp…` and `ssl_stapling_…`: who is asked whether certificates still stand.

use std::path::PathBuf;

use diagnostic::Diagnostic;
use model::{
    ByteSize, Demand, FetchedStaple, KeptAnswers, Reach, Resolver, Responder, ResponderNames, RevocationCheck,
    check_responder,
};

use crate::lower::Lowering;
use crate::lower::slot::{Slot, settings};
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

/// An answer takes about so much of a shared zone.
const ANSWER: u64 = 128;
/// nginx refuses smaller zones.
const SMALLEST_ZONE: u64 = 32 << 10;
/// The size of a store that is named without one.
const USUAL: u32 = 8192;

/// About which certificates of a client somebody is asked.
pub(super) const REACHES: [(&str, Option<Reach>); 3] =
    [("off", None), ("on", Some(Reach::Chain)), ("leaf", Some(Reach::Leaf))];

const NO_CLIENTS: &str = "no client is asked for a certificate: write `ssl_verify_client on`, too";

settings! {
    /// What a level says of answers about its own certificates.
    struct FetchSettings {
        responder: Slot<Option<String>>,
        verified: Slot<bool>,
    }
}

settings! {
    /// What a level says of answers about clients' certificates.
    struct CheckSettings {
        reach: Slot<Option<Reach>>,
        responder: Slot<String>,
        kept: Slot<Option<KeptAnswers>>,
    }
}

impl FetchSettings {
    /// `ssl_stapling_responder url`: where that is none, nothing is stapled.
    pub(super) fn responder(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let url = responder(directive);
        if let Err(problem) = &url {
            let message = format!("\"ssl_stapling\" is ignored: {}", problem.message);
            let help = "write `ssl_stapling_responder http://HOST/;`";
            lowering.report(Diagnostic::warning("no-stapling", message).at(directive.origin()).help(help));
        }
        self.responder.put(directive, url.ok())
    }

    pub(super) fn finish(&self, trusted: Option<&PathBuf>, resolver: Option<Resolver>) -> Option<FetchedStaple> {
        let responder = match self.responder.get() {
            Some(None) => return None,
            Some(Some(url)) => Some(url.clone()),
            None => None,
        };
        let names = ResponderNames::of(resolver, ResponderNames::System);
        let trusted = trusted.into_iter().cloned().collect();
        Some(FetchedStaple { responder, verified: self.verified.or(false), trusted, names })
    }
}

impl CheckSettings {
    /// `ssl_ocsp_responder url`
    pub(super) fn responder(&mut self, directive: &Directive) -> Outcome {
        let url = responder(directive)?;
        self.responder.put(directive, url)
    }

    /// `ssl_ocsp_cache off | shared:name:size`
    pub(super) fn kept(&mut self, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        let bad = || {
            let message = format!("invalid OCSP cache \"{}\"", word.text);
            Diagnostic::error("invalid-value", message).at(word.origin).help("write `shared:NAME:1m`, or `off`")
        };
        let kept = if word.text == "off" {
            None
        } else {
            let text = word.text.strip_prefix("shared:").ok_or_else(bad)?;
            let (name, size) = match text.split_once(':') {
                None => (text, USUAL),
                Some((name, size)) => {
                    let ByteSize(size) =
                        value::plain_size(size).filter(|size| size.0 >= SMALLEST_ZONE).ok_or_else(bad)?;
                    (name, u32::try_from(size / ANSWER).unwrap_or(u32::MAX))
                }
            };
            Some(KeptAnswers { name: Some(name).filter(|name| !name.is_empty()).ok_or_else(bad)?.to_owned(), size })
        };
        self.kept.put(directive, kept)
    }

    /// `answers`: the site has a certificate of its own, so that it asks clients for theirs if it says so.
    pub(super) fn finish(
        &self,
        lowering: &mut Lowering<'_>,
        answers: bool,
        demand: Option<Demand>,
        resolver: Option<Resolver>,
    ) -> Option<RevocationCheck> {
        let reach = self.reach.or(None)?;
        let origin = self.reach.origin().unwrap_or_default();
        if answers {
            lowering.effects.note(demand.is_some(), "ssl_ocsp", origin, NO_CLIENTS);
        }
        if demand? == Demand::OptionalUnknown {
            let message = "\"ssl_ocsp\" is incompatible with \"ssl_verify_client optional_no_ca\"";
            let problem = Diagnostic::error("invalid-value", message).at(origin);
            lowering
                .report_once(problem.help("write `ssl_verify_client optional;`, with the authorities' certificates"));
        }
        let responder = self.responder.get().map(|url| Responder { url: url.clone(), always: true });
        Some(RevocationCheck {
            reach,
            names: ResponderNames::of(resolver, ResponderNames::for_clients(responder.as_ref())),
            responder,
            kept: self.kept.get().cloned().flatten(),
        })
    }
}

/// The URL of who is asked.
fn responder(directive: &Directive) -> Result<String, Diagnostic> {
    let word = value::first(directive)?;
    check_responder(&word.text).map_err(|why| {
        let message = format!("{why} in OCSP responder \"{}\"", word.text);
        let problem = Diagnostic::error("invalid-value", message).at(word.origin);
        problem.help("write `http://HOST/`: answers are signed, and asked for in the clear")
    })?;
    Ok(word.text.clone())
}
