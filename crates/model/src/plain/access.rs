//! Who may come in, as a list of rules or as users where that says the same.

use crate::{Access, AccessRule, Check, Origin, Requirement, Satisfy, Section, Verdict, Who};

/// Brings what a section asks to the plainest form.
pub(super) fn simplify(section: &mut Section) {
    let Some(access) = &mut section.access else { return };
    let Access { checks, satisfy, delay: _ } = access.as_mut();
    for check in checks.iter_mut() {
        if let Some(plainer) = plainer(check) {
            *check = plainer;
        }
    }
    if *satisfy == Satisfy::All {
        checks.retain(|check| !is_granted(check));
    }
    if checks.is_empty() {
        section.access = None;
    }
}

fn plainer(check: &Check) -> Option<Check> {
    let Check::Require { requirement, user } = check else { return None };
    match (requirement, user) {
        (Requirement::AnyOf(parts) | Requirement::AllOf(parts), user) if parts.len() == 1 => {
            let inner = Check::Require { requirement: parts.first()?.clone(), user: user.clone() };
            Some(plainer(&inner).unwrap_or(inner))
        }
        (Requirement::User(names), Some(users)) if names.is_empty() => Some(Check::Basic(users.clone())),
        (requirement, _) => {
            let mut rules = admitted(requirement)?.into_iter().map(|who| rule(who, true)).collect::<Vec<_>>();
            rules.push(rule(Who::Everyone, false));
            let requirement = Requirement::FirstMatch { rules, otherwise: Verdict::Neutral };
            Some(Check::Require { requirement, user: None })
        }
    }
}

/// The clients that a requirement is fulfilled by, if it asks for nothing else.
fn admitted(requirement: &Requirement) -> Option<Vec<Who>> {
    match requirement {
        Requirement::Client(clients) => Some(clients.clone()),
        Requirement::Always(Verdict::Denied) => Some(Vec::new()),
        Requirement::AnyOf(parts) => {
            let parts: Option<Vec<Vec<Who>>> = parts.iter().map(admitted).collect();
            Some(parts?.concat())
        }
        _ => None,
    }
}

fn rule(who: Who, grant: bool) -> AccessRule {
    AccessRule { who, grant, origin: Origin::default() }
}

fn is_granted(check: &Check) -> bool {
    matches!(check, Check::Require { requirement: Requirement::Always(Verdict::Granted), .. })
}
