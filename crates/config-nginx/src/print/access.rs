//! Who may come in, as nginx asks: addresses first, then a password, then another place.

use std::path::Path;
use std::time::Duration;

use diagnostic::Origin;
use model::{
    Access, AccessRule, AuthRequest, BasicUsers, CertificateUsers, Check, KeySource, Network, Requirement, Satisfy,
    Template, TokenRequirement, Tokens, Verdict, Who,
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
    token: Vec<Setting>,
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
            Check::Basic(BasicUsers { realm, file, directory, certificates: CertificateUsers::Unknown, origin })
                if self.realm.is_none() && self.token.is_empty() && self.request.is_none() =>
            {
                self.realm = Some(Item::new("auth_basic", [word::template(realm)], *origin));
                self.users = Some(Item::new("auth_basic_user_file", [users(file, directory)], file.origin));
            }
            Check::Basic(BasicUsers { realm: _, file: _, directory: _, certificates, origin }) => {
                let what = match certificates {
                    CertificateUsers::Unknown => "a password that is asked for so late",
                    CertificateUsers::Guarded | CertificateUsers::Taken => "certificates that count for users",
                };
                self.rules.push(Item::unsaid(what, *origin));
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
            Check::Token(tokens) if self.token.is_empty() && self.request.is_none() => self.token = token(tokens),
            Check::Token(tokens) => {
                self.rules.push(Item::unsaid("a token that is asked for so late", tokens.origin));
            }
            Check::Request(AuthRequest { path: _, set: _, origin }) => {
                self.rules.push(Item::unsaid("a second place that is asked", *origin));
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.realm.is_none() && self.token.is_empty() && self.request.is_none()
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
    let no_token = || vec![Setting::maybe("auth_jwt", None, off("auth_jwt"))];
    settings.extend(if asked.token.is_empty() { no_token() } else { asked.token });
    // They say nothing where nobody is asked.
    settings.extend(asked.users.map(|users| Setting::one("auth_basic_user_file", users)));
    settings.extend(request.then(|| Setting::many("auth_request_set", asked.set, Vec::new())));
    settings
}

/// A token that is asked for.
fn token(tokens: &Tokens) -> Vec<Setting> {
    let Tokens { realm, token, keys, directory, keep_keys, leeway, requirements, origin } = tokens;
    let realm = [word::template(realm)].into_iter();
    let place = token.as_ref().map(|token| Ok(word::quote(&format!("token={}", word::raw(token)?))));
    let key = |source: &KeySource| match source {
        KeySource::File(file) => Item::new("auth_jwt_key_file", [users(file, directory)], file.origin),
        KeySource::Request(place) => Item::new("auth_jwt_key_request", [word::template(place)], place.origin),
    };
    let required = |TokenRequirement { values, status }: &TokenRequirement| {
        let words = values.iter().map(word::template).chain((*status != 401).then(|| Ok(format!("error={status}"))));
        Item::new("auth_jwt_require", words, *origin)
    };
    vec![
        Setting::one("auth_jwt", Item::new("auth_jwt", realm.chain(place), *origin)),
        Setting::many("auth_jwt_key_file", keys.iter().map(key).collect(), Vec::new()),
        single("auth_jwt_key_cache", word::time(*keep_keys)),
        single("auth_jwt_leeway", word::time(*leeway)),
        Setting::many("auth_jwt_require", requirements.iter().map(required).collect(), Vec::new()),
    ]
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
