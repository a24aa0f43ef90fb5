//! What a place asks before it serves, in words: for whoever wants to know why.

use crate::plan::Build;
use diagnostic::Origin;
use model::{Check, KeySource, Part, Requirement, Satisfy, Template, Who};

/// A question in words, and where it was written.
pub type Told = (Box<str>, Origin);

/// Rules of a list that are written out.
const MOST_RULES: usize = 5;

impl Build<'_> {
    /// The questions of a place, in the order in which they are asked.
    pub(super) fn told(&self, section: &model::Section) -> Box<[Told]> {
        let http = &self.model.http;
        let mut told = Vec::new();
        for limit in section.rates.iter().flat_map(|rates| &rates.limits) {
            if let Some(zone) = http.rate_zones.get(limit.zone) {
                let text =
                    format!("the rate of zone \"{}\" by {}, {} at once", zone.name, text(&zone.key), limit.burst);
                told.push((text.into(), zone.origin));
            }
        }
        for limit in section.counts.iter().flat_map(|counts| &counts.limits) {
            if let Some(zone) = http.count_zones.get(limit.zone) {
                let text = format!("no more than {} of zone \"{}\" by {}", limit.most, zone.name, text(&zone.key));
                told.push((text.into(), zone.origin));
            }
        }
        if let Some(access) = &section.access {
            if access.satisfy == Satisfy::Any && access.checks.len() > 1 {
                told.push(("one of these, not all:".into(), Origin::default()));
            }
            told.extend(access.checks.iter().map(check));
        }
        told.into()
    }
}

fn check(check: &Check) -> Told {
    match check {
        Check::Require { requirement, user } => {
            let (text, origin) = requirement_of(requirement);
            let user = if user.is_some() { ", if need be with a user" } else { "" };
            (format!("{text}{user}").into(), origin)
        }
        Check::Basic(users) => {
            (format!("a user of {} for \"{}\"", text(&users.file), text(&users.realm)).into(), users.origin)
        }
        Check::Request(request) => (format!("what {} answers", text(&request.path)).into(), request.origin),
        Check::Token(tokens) => {
            let keys = tokens.keys.iter().map(|source| match source {
                KeySource::File(place) | KeySource::Request(place) => text(place),
            });
            let keys: Vec<String> = keys.collect();
            (format!("a token signed with a key of {}", keys.join(", ")).into(), tokens.origin)
        }
    }
}

fn requirement_of(requirement: &Requirement) -> (String, Origin) {
    let Requirement::FirstMatch { rules, .. } = requirement else {
        return ("what is required of it".into(), Origin::default());
    };
    let rule = |rule: &model::AccessRule| {
        let who = match &rule.who {
            Who::Everyone => "all".to_owned(),
            Who::Unix => "local sockets".to_owned(),
            Who::Network(network) => format!("{}/{}", network.address, network.prefix),
            Who::Condition(_) => "some".to_owned(),
        };
        format!("{} {who}", if rule.grant { "allows" } else { "denies" })
    };
    let mut words: Vec<String> = rules.iter().take(MOST_RULES).map(rule).collect();
    if rules.len() > MOST_RULES {
        words.push(format!("and {} more", rules.len() - MOST_RULES));
    }
    let origin = rules.first().map_or(Origin::default(), |rule| rule.origin);
    (format!("its address: {}", words.join(", ")), origin)
}

/// A template as it might be written.
fn text(template: &Template) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Variable(name) => format!("${name}"),
        Part::Capture(number) | Part::Kept(number) => format!("${number}"),
        Part::Made { .. } | Part::Else { .. } => "…".to_owned(),
    };
    template.parts.iter().map(part).collect()
}
