//! The directives of `ngx_http_userid_filter_module`.

use model::{UserId, UserIdExpiry, UserIdKind};

use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, Module, Outcome, Row, between, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_userid_filter_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("userid", LEVELS, take(1), |_, v, d| v.user_id.kind.choice(d, &KINDS)),
    row("userid_domain", LEVELS, take(1), |_, v, d| text(&mut v.user_id.domain, d)),
    row("userid_expires", LEVELS, take(1), |_, v, d| expires(&mut v.user_id.expires, d)),
    row("userid_flags", LEVELS, between(1, 3), |_, v, d| flags(&mut v.user_id.flags, d)),
    row("userid_mark", LEVELS, take(1), |_, v, d| mark(&mut v.user_id.mark, d)),
    row("userid_name", LEVELS, take(1), |_, v, d| v.user_id.name.text(d)),
    row("userid_p3p", LEVELS, take(1), |_, v, d| text(&mut v.user_id.p3p, d)),
    row("userid_path", LEVELS, take(1), |_, v, d| v.user_id.path.text(d)),
    row("userid_service", LEVELS, take(1), |_, v, d| v.user_id.service.small_number(d)),
];

const KINDS: [(&str, Option<UserIdKind>); 4] = [
    ("off", None),
    ("log", Some(UserIdKind::ReadOnly)),
    ("v1", Some(UserIdKind::First)),
    ("on", Some(UserIdKind::Second)),
];

const FLAGS: [(&str, Flag); 6] = [
    ("off", Flag::None),
    ("secure", Flag::Secure),
    ("httponly", Flag::HttpOnly),
    ("samesite=strict", Flag::SameSite("strict")),
    ("samesite=lax", Flag::SameSite("lax")),
    ("samesite=none", Flag::SameSite("none")),
];

#[derive(Clone, Copy)]
enum Flag {
    None,
    Secure,
    HttpOnly,
    SameSite(&'static str),
}

/// The cookie's flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    secure: bool,
    http_only: bool,
    same_site: Option<&'static str>,
}

settings! {
    /// What a level says about the cookie.
    struct UserIdSettings {
        kind: Slot<Option<UserIdKind>>,
        domain: Slot<Option<String>>,
        expires: Slot<Option<UserIdExpiry>>,
        flags: Slot<Flags>,
        mark: Slot<Option<char>>,
        name: Slot<String>,
        p3p: Slot<Option<String>>,
        path: Slot<String>,
        service: Slot<u32>,
    }
}

impl UserIdSettings {
    pub(crate) fn finish(&self) -> Option<Box<UserId>> {
        let kind = self.kind.or(None)?;
        let flags = self.flags.or(Flags::default());
        Some(Box::new(UserId {
            kind,
            name: self.name.or("uid".to_owned()),
            domain: self.domain.or(None),
            path: self.path.or("/".to_owned()),
            expires: self.expires.or(None),
            secure: flags.secure,
            http_only: flags.http_only,
            same_site: flags.same_site.map(str::to_owned),
            mark: self.mark.or(None),
            p3p: self.p3p.or(None),
            service: self.service.get().copied(),
        }))
    }
}

/// A text, or `none`.
fn text(slot: &mut Slot<Option<String>>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    slot.put(directive, (word.text != "none").then(|| word.text.clone()))
}

fn expires(slot: &mut Slot<Option<UserIdExpiry>>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let expires = match word.text.as_str() {
        "off" => None,
        "max" => Some(UserIdExpiry::Latest),
        _ => Some(UserIdExpiry::After(value::seconds(directive, word)?)),
    };
    slot.put(directive, expires)
}

fn flags(slot: &mut Slot<Flags>, directive: &Directive) -> Outcome {
    let mut flags = Flags::default();
    for word in &directive.arguments {
        match value::choice(directive, word, &FLAGS)? {
            Flag::None => flags = Flags::default(),
            Flag::Secure => flags.secure = true,
            Flag::HttpOnly => flags.http_only = true,
            Flag::SameSite(site) => flags.same_site = Some(site),
        }
    }
    slot.put(directive, flags)
}

fn mark(slot: &mut Slot<Option<char>>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let mut letters = word.text.chars();
    let mark = match (letters.next(), letters.next()) {
        _ if word.text == "off" => None,
        (Some(mark), None) if mark.is_ascii_alphanumeric() || mark == '=' => Some(mark),
        _ => return Err(value::invalid(directive, word).help("it is a letter, a digit, `=` or `off`")),
    };
    slot.put(directive, mark)
}
