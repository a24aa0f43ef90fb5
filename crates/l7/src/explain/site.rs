//! Why a site takes a host name, and why the others do not.

use crate::plan::{Listener, Plan};
use model::{Origin, SiteName};
use value::{Outcome, Reason};

/// What became of one name of a site.
#[derive(Debug)]
pub struct SiteVerdict {
    /// The name as configured.
    pub name: String,
    /// Where its site was written.
    pub origin: Origin,
    /// Whether it was chosen.
    pub chosen: bool,
    /// Why.
    pub why: String,
}

/// What became of every name of a listener.
pub fn verdicts(plan: &Plan, listener: &Listener, host: &[u8]) -> Vec<SiteVerdict> {
    let origin = |site: usize| plan.sites.get(site).map(|site| site.origin).unwrap_or_default();
    let told = listener.hosts.explain(host);
    let names: Vec<String> = told.iter().map(|verdict| name(verdict.name)).collect();
    let mut verdicts: Vec<SiteVerdict> = told
        .iter()
        .zip(&names)
        .map(|(verdict, own)| SiteVerdict {
            name: own.clone(),
            origin: origin(*verdict.target),
            chosen: verdict.outcome == Outcome::Won,
            why: why(verdict.outcome, &names),
        })
        .collect();
    if !verdicts.iter().any(|verdict| verdict.chosen) {
        let (name, chosen) = ("(default)".to_owned(), true);
        let why = "no name matches, and this is the listener's default site".to_owned();
        verdicts.push(SiteVerdict { name, origin: origin(listener.default_site), chosen, why });
    }
    verdicts
}

fn why(outcome: Outcome, names: &[String]) -> String {
    let other = |index: usize| names.get(index).map_or("another name", String::as_str);
    match outcome {
        Outcome::Won => "is the name that was asked for".into(),
        Outcome::NoMatch => "does not match the host".into(),
        Outcome::Duplicate { of } => format!("is never looked at: {} stands before it", other(of)),
        Outcome::Beaten { by, reason } => {
            let rule = match reason {
                Reason::Exact => "an exact name comes first",
                Reason::LeadingFirst => "a leading wildcard comes before a trailing one",
                Reason::Longer => "the longer wildcard comes first",
                Reason::NamesFirst => "names come before expressions",
                Reason::EarlierRegex => "the first expression that matches is taken",
            };
            format!("matches, but so does {}: {rule}", other(by))
        }
    }
}

fn name(name: &SiteName) -> String {
    match name {
        SiteName::Exact(text) => format!("\"{text}\""),
        SiteName::Leading { suffix, bare: true } => format!("\".{suffix}\""),
        SiteName::Leading { suffix, bare: false } => format!("\"*.{suffix}\""),
        SiteName::Trailing(prefix) => format!("\"{prefix}.*\""),
        SiteName::Regex(pattern) => format!("\"~{}\"", pattern.expression),
    }
}
