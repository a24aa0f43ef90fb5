//! Who may come in, as nginx asks: addresses first, then a password, then another place.

use std::path::Path;
use std::time::Duration;

use diagnostic::Origin;
use model::{
    Access, AccessRule, AuthRequest, BasicUsers, Check, Network, Requirement, Satisfy, Template, Verdict, Who,
};

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
            Check::Basic(BasicUsers { realm, file, directory, origin })
                if self.realm.is_none() && self.request.is_none() =>
            {
                self.realm = Some(Item::new("auth_basic", [word::template(realm)], *origin));
                self.users = Some(Item::new("auth_basic_user_file", [users(file, directory)], file.origin));
            }
            Check::Basic(BasicUsers { realm: _, file: _, directory: _, origin }) => {
                self.rules.push(Item::unsaid("a password that is asked for so late", *origin));
            }
            Check::Request(AuthRequest { path, set, origin }) if self.request.is_none() => {
                self.request = Some(Item::new("auth_request", [place(path)], *origin));
                let line = |(name, value): &(String, Template)| {
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
    let request = asked.request.is_some();
    let mut settings = vec![
        Setting::many("allow", asked.rules, Vec::new()),
        Setting::maybe("auth_basic", asked.realm, off("auth_basic")),
        Setting::maybe("auth_request", asked.request, off("auth_request")),
    ];
    // They say nothing where nobody is asked.
    settings.extend(asked.users.map(|users| Setting::one("auth_basic_user_file", users)));
    settings.extend(request.then(|| Setting::many("auth_request_set", asked.set, Vec::new())));
    settings
}

/// A path, in which a `$` is a letter.
fn place(path: &Template) -> Word {
    match path.as_text() {
        Some(text) => word::text(text),
        None => Err("a path that is looked up for each request".to_owned()),
    }
}

/// A file of users, from the root on.
fn users(file: &Template, directory: &Path) -> Word {
    let raw = word::raw(file)?;
    if raw.starts_with(['/', '$']) {
        return Ok(word::quote(&raw));
    }
    word::literal(&directory.to_string_lossy())?;
    Ok(word::quote(&directory.join(raw).to_string_lossy()))
}

fn rule(AccessRule { who, grant, origin }: &AccessRule) -> Item {
    Item::new(if *grant { "allow" } else { "deny" }, [self::who(who)], *origin)
}

/// Clients as rules name them.
pub(super) fn who(who: &Who) -> Word {
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
