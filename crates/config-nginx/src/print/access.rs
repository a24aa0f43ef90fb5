//! Who may come in, as nginx asks: addresses first, then a password, then another place.

use std::time::Duration;

use diagnostic::Origin;
use model::{Access, AccessRule, AuthRequest, BasicUsers, Check, Network, Requirement, Satisfy, Verdict, Who};

use super::item::Item;
use super::level::Setting;
use super::section::single;
use super::word::{self, Word};

/// What a section asks before it serves.
pub(super) fn settings(access: Option<&Access>) -> Vec<Setting> {
    let Some(Access { checks, satisfy, delay }) = access.filter(|access| !access.checks.is_empty()) else {
        return asked(Asked::default());
    };
    let mut found = Asked::default();
    for check in checks {
        found.add(check);
    }
    let mut settings = asked(found);
    settings.extend(how(*satisfy, *delay));
    settings
}

/// How the answers count, which says nothing where nothing is asked.
fn how(satisfy: Satisfy, delay: Duration) -> [Setting; 2] {
    let satisfy = match satisfy {
        Satisfy::All => "all",
        Satisfy::Any => "any",
    };
    [single("satisfy", Ok(satisfy.to_owned())), single("auth_delay", word::time(delay))]
}

/// How the answers count where nothing is written.
pub(super) fn usual() -> [Setting; 2] {
    how(Satisfy::All, Duration::ZERO)
}

/// The checks by the directives that say them.
#[derive(Default)]
struct Asked {
    rules: Vec<Item>,
    realm: Option<Item>,
    users: Option<Item>,
    request: Option<Item>,
    set: Vec<Item>,
}

impl Asked {
    fn add(&mut self, check: &Check) {
        match check {
            Check::Require {
                requirement: Requirement::FirstMatch { rules, otherwise: Verdict::Neutral },
                user: None,
            } if self.is_empty() => {
                self.rules = rules.iter().map(rule).collect();
            }
            Check::Require { requirement: _, user: _ } => {
                self.rules.push(Item::unsaid("a requirement other than a list of addresses", Origin::default()));
            }
            Check::Basic(BasicUsers { realm, file, origin }) if self.realm.is_none() && self.request.is_none() => {
                self.realm = Some(Item::new("auth_basic", [word::template(realm)], *origin));
                self.users = Some(Item::new("auth_basic_user_file", [word::template(file)], file.origin));
            }
            Check::Basic(BasicUsers { realm: _, file: _, origin }) => {
                self.rules.push(Item::unsaid("a password that is asked for so late", *origin));
            }
            Check::Request(AuthRequest { path, set, origin }) if self.request.is_none() => {
                self.request = Some(Item::new("auth_request", [word::template(path)], *origin));
                let line = |(name, value): &(String, model::Template)| {
                    Item::new(
                        "auth_request_set",
                        [word::text(&format!("${name}")), word::template(value)],
                        value.origin,
                    )
                };
                self.set = set.iter().map(line).collect();
            }
            Check::Request(AuthRequest { path: _, set: _, origin }) => {
                self.rules.push(Item::unsaid("a second place that is asked", *origin));
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.realm.is_none() && self.request.is_none()
    }
}

fn asked(asked: Asked) -> Vec<Setting> {
    let off = |name: &str| Some(Item::one(name, "off"));
    vec![
        Setting::many("allow", asked.rules, Vec::new()),
        Setting::maybe("auth_basic", asked.realm, off("auth_basic")),
        Setting::maybe("auth_basic_user_file", asked.users, None),
        Setting::maybe("auth_request", asked.request, off("auth_request")),
        Setting::many("auth_request_set", asked.set, Vec::new()),
    ]
}

fn rule(AccessRule { who, grant, origin }: &AccessRule) -> Item {
    Item::new(if *grant { "allow" } else { "deny" }, [self::who(who)], *origin)
}

fn who(who: &Who) -> Word {
    match who {
        Who::Everyone => Ok("all".to_owned()),
        Who::Unix => Ok("unix:".to_owned()),
        Who::Network(Network { address, prefix }) => Ok(match (address.is_ipv4(), prefix) {
            (true, 32) | (false, 128) => address.to_string(),
            _ => format!("{address}/{prefix}"),
        }),
        Who::Condition(_) => Err("clients by a condition".to_owned()),
    }
}
