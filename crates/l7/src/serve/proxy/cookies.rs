//! `proxy_cookie_domain`, `proxy_cookie_path`, `proxy_cookie_flags`: replacement in `Set-Cookie`.

use crate::exchange::Exchange;
use crate::plan::{CookieFlags, CookieRule, Proxy, TextMatch};

/// A cookie's attribute: its name, and its value if it has one.
type Attribute<'a> = (&'a [u8], Option<Vec<u8>>);

impl Exchange<'_> {
    /// A cookie as the client is told it: as it came, unless some rule changes it.
    pub fn mapped_cookie(&self, proxy: &Proxy, cookie: &[u8]) -> Vec<u8> {
        if proxy.cookies_whole {
            return self.replaced_in_cookie(proxy, cookie);
        }
        let mut attributes: Vec<Attribute<'_>> = cookie.split(|byte| *byte == b';').map(attribute).collect();
        let Some(((name, Some(_)), rest)) = attributes.split_first_mut().map(|(pair, rest)| (&*pair, rest)) else {
            return cookie.to_vec();
        };
        let mut changed = false;
        for (attribute, value) in rest {
            let Some(value) = value else { continue };
            if attribute.eq_ignore_ascii_case(b"domain") {
                changed |= self.map_domain(&proxy.cookie_domains, value);
            } else if attribute.eq_ignore_ascii_case(b"path") {
                changed |= self.map_path(&proxy.cookie_paths, value);
            }
        }
        if let Some(flags) = self.flags_of(&proxy.cookie_flags, name) {
            changed |= !flags.is_empty();
            for flag in &flags {
                set_flag(flag, &mut attributes);
            }
        }
        if changed { join(&attributes) } else { cookie.to_vec() }
    }

    /// Path and domain are replaced where they stand, whatever stands around them.
    fn replaced_in_cookie(&self, proxy: &Proxy, cookie: &[u8]) -> Vec<u8> {
        let path = |value: &[u8], from: &[u8]| value.starts_with(from);
        let domain = |value: &[u8], from: &[u8]| value.eq_ignore_ascii_case(from);
        let cookie = self.replaced_value(b"path=", &proxy.cookie_paths, cookie, path);
        self.replaced_value(b"domain=", &proxy.cookie_domains, &cookie, domain)
    }

    fn replaced_value(
        &self,
        name: &[u8],
        rules: &[CookieRule],
        cookie: &[u8],
        fits: impl Fn(&[u8], &[u8]) -> bool,
    ) -> Vec<u8> {
        let mut replaced = Vec::with_capacity(cookie.len());
        for piece in cookie.split_inclusive(|byte| *byte == b';') {
            let (piece, end) = piece.strip_suffix(b";").map_or((piece, &b""[..]), |piece| (piece, b";"));
            let start = piece.len() - piece.trim_ascii_start().len() + name.len();
            let parts = piece
                .split_at_checked(start)
                .filter(|(before, _)| before.trim_ascii_start().eq_ignore_ascii_case(name));
            let rule = parts.and_then(|(_, value)| rules.iter().find(|rule| self.cookie_fits(rule, value, &fits)));
            match (parts, rule) {
                (Some((before, _)), Some(rule)) => {
                    replaced.extend_from_slice(before);
                    rule.to.evaluate(self, &mut replaced);
                }
                _ => replaced.extend_from_slice(piece),
            }
            replaced.extend_from_slice(end);
        }
        replaced
    }

    fn cookie_fits(&self, rule: &CookieRule, value: &[u8], fits: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        match &rule.from {
            TextMatch::Text(from) => fits(value, &self.text_of(from)),
            TextMatch::Regex(regex) => self.bindings.bind(regex, value, self.plan) == Ok(true),
        }
    }

    /// A text is compared without the value's leading dot, which stays; true: the value was replaced.
    fn map_domain(&self, rules: &[CookieRule], value: &mut Vec<u8>) -> bool {
        for rule in rules {
            match &rule.from {
                TextMatch::Text(text) => {
                    let text = self.text_of(text);
                    let bare = value.strip_prefix(b".").unwrap_or(value);
                    if bare.eq_ignore_ascii_case(text.strip_prefix(b".").unwrap_or(&text)) {
                        let dot = value.len() - bare.len();
                        value.truncate(dot);
                        rule.to.evaluate(self, value);
                        return true;
                    }
                }
                TextMatch::Regex(regex) => {
                    if self.bindings.bind(regex, value, self.plan) == Ok(true) {
                        *value = self.text_of(&rule.to);
                        return true;
                    }
                }
            }
        }
        false
    }

    fn map_path(&self, rules: &[CookieRule], value: &mut Vec<u8>) -> bool {
        for rule in rules {
            match &rule.from {
                TextMatch::Text(text) => {
                    if let Some(rest) = value.strip_prefix(self.text_of(text).as_slice()) {
                        let mut mapped = self.text_of(&rule.to);
                        mapped.extend_from_slice(rest);
                        *value = mapped;
                        return true;
                    }
                }
                TextMatch::Regex(regex) => {
                    if self.bindings.bind(regex, value, self.plan) == Ok(true) {
                        *value = self.text_of(&rule.to);
                        return true;
                    }
                }
            }
        }
        false
    }

    /// The flags for a cookie of this name, in lower case; those that are none are left out.
    fn flags_of(&self, rules: &[CookieFlags], name: &[u8]) -> Option<Vec<Vec<u8>>> {
        let rule = rules.iter().find(|rule| match &rule.cookie {
            TextMatch::Text(text) => self.text_of(text).eq_ignore_ascii_case(name),
            TextMatch::Regex(regex) => self.bindings.bind(regex, name, self.plan) == Ok(true),
        })?;
        let flags = rule.flags.iter().map(|flag| self.text_of(flag).to_ascii_lowercase());
        Some(flags.filter(|flag| FLAGS.contains(&flag.as_slice())).collect())
    }
}

/// What may be asked for.
const FLAGS: [&[u8]; 8] = [
    b"secure",
    b"nosecure",
    b"httponly",
    b"nohttponly",
    b"samesite=strict",
    b"samesite=lax",
    b"samesite=none",
    b"nosamesite",
];

fn attribute(piece: &[u8]) -> Attribute<'_> {
    let (name, value) = match memchr::memchr(b'=', piece) {
        Some(at) => (piece.get(..at).unwrap_or(piece), piece.get(at + 1..)),
        None => (piece, None),
    };
    (name.trim_ascii(), value.map(|value| value.trim_ascii().to_vec()))
}

/// Sets or removes one flag; one that is there keeps its place.
fn set_flag(flag: &[u8], attributes: &mut Vec<Attribute<'_>>) {
    match flag {
        b"nosecure" => remove(b"secure", attributes),
        b"nohttponly" => remove(b"httponly", attributes),
        b"nosamesite" => remove(b"samesite", attributes),
        b"secure" => put(b"Secure", None, attributes),
        b"httponly" => put(b"HttpOnly", None, attributes),
        b"samesite=strict" => put(b"SameSite", Some(b"Strict"), attributes),
        b"samesite=lax" => put(b"SameSite", Some(b"Lax"), attributes),
        b"samesite=none" => put(b"SameSite", Some(b"None"), attributes),
        _ => {}
    }
}

/// The first attribute is the cookie itself.
fn remove(name: &[u8], attributes: &mut Vec<Attribute<'_>>) {
    let mut index = 0;
    attributes.retain(|(own, _)| {
        index += 1;
        index == 1 || !own.eq_ignore_ascii_case(name)
    });
}

fn put(name: &'static [u8], value: Option<&[u8]>, attributes: &mut Vec<Attribute<'_>>) {
    let set = attributes.iter_mut().skip(1).find(|(own, _)| own.eq_ignore_ascii_case(name));
    let value = value.map(<[u8]>::to_vec);
    match set {
        None => attributes.push((name, value)),
        Some((own, old)) => {
            let same = match (&value, &old) {
                (Some(value), Some(old)) => old.eq_ignore_ascii_case(value),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if !same {
                (*own, *old) = (name, value);
            }
        }
    }
}

fn join(attributes: &[Attribute<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, (name, value)) in attributes.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(b"; ");
        }
        out.extend_from_slice(name);
        if let Some(value) = value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cookie: &str, flags: &[&str], expected: &str) {
        let mut attributes: Vec<_> = cookie.as_bytes().split(|byte| *byte == b';').map(attribute).collect();
        for flag in flags {
            set_flag(flag.as_bytes(), &mut attributes);
        }
        assert_eq!(String::from_utf8_lossy(&join(&attributes)), expected);
    }

    #[test]
    fn flags_are_set_where_they_stand_or_at_the_end() {
        check("a=b", &["secure", "httponly", "samesite=lax"], "a=b; Secure; HttpOnly; SameSite=Lax");
        check("a=b;samesite=None; SECURE;x", &["secure", "samesite=strict"], "a=b; SameSite=Strict; SECURE; x");
        check("a=b; samesite=lax", &["samesite=lax"], "a=b; samesite=lax");
        check("secure=1; Secure; HttpOnly", &["nosecure", "nohttponly", "nosamesite"], "secure=1");
    }
}
