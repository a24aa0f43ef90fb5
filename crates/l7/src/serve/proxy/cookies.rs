//! `proxy_cookie_domain`, `proxy_cookie_path`, `proxy_cookie_flags`: replacement in `Set-Cookie`.

use crate::exchange::Exchange;
use crate::plan::{CookieFlags, CookieRule, Proxy, TextMatch};
use crate::serve::proxy::redirects::strip_prefix_ignoring_case;

/// A cookie's attribute: its name, and its value if it has one.
type Attribute<'a> = (&'a [u8], Option<Vec<u8>>);

impl Exchange<'_> {
    /// A cookie as the client is told it.
    pub fn mapped_cookie(&self, proxy: &Proxy, cookie: &[u8]) -> Vec<u8> {
        if proxy.cookie_domains.is_empty() && proxy.cookie_paths.is_empty() && proxy.cookie_flags.is_empty() {
            return cookie.to_vec();
        }
        let mut pieces = cookie.split(|byte| *byte == b';');
        let pair = pieces.next().unwrap_or(&[]);
        let mut attributes: Vec<Attribute<'_>> = pieces.map(attribute).collect();
        for (name, value) in &mut attributes {
            let Some(value) = value else { continue };
            if name.eq_ignore_ascii_case(b"domain") {
                self.map_domain(&proxy.cookie_domains, value);
            } else if name.eq_ignore_ascii_case(b"path") {
                self.map_path(&proxy.cookie_paths, value);
            }
        }
        self.set_flags(&proxy.cookie_flags, pair, &mut attributes);
        join(pair, &attributes)
    }

    fn map_domain(&self, rules: &[CookieRule], value: &mut Vec<u8>) {
        let bare = value.strip_prefix(b".").unwrap_or(value).to_vec();
        for rule in rules {
            let matched = match &rule.from {
                TextMatch::Text(text) => {
                    let text = self.text_of(text);
                    bare.eq_ignore_ascii_case(text.strip_prefix(b".").unwrap_or(&text))
                }
                TextMatch::Regex(regex) => self.bindings.bind(regex, &bare, self.plan) == Ok(true),
            };
            if matched {
                *value = self.text_of(&rule.to);
                return;
            }
        }
    }

    fn map_path(&self, rules: &[CookieRule], value: &mut Vec<u8>) {
        for rule in rules {
            match &rule.from {
                TextMatch::Text(text) => {
                    let from = self.text_of(text);
                    if let Some(rest) = strip_prefix_ignoring_case(value, &from) {
                        let mut mapped = self.text_of(&rule.to);
                        mapped.extend_from_slice(rest);
                        *value = mapped;
                        return;
                    }
                }
                TextMatch::Regex(regex) => {
                    if self.bindings.bind(regex, value, self.plan) == Ok(true) {
                        *value = self.text_of(&rule.to);
                        return;
                    }
                }
            }
        }
    }

    fn set_flags(&self, rules: &[CookieFlags], pair: &[u8], attributes: &mut Vec<Attribute<'_>>) {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or(pair);
        for rule in rules {
            let matched = match &rule.cookie {
                TextMatch::Text(text) => self.text_of(text).eq_ignore_ascii_case(name),
                TextMatch::Regex(regex) => self.bindings.bind(regex, name, self.plan) == Ok(true),
            };
            if !matched {
                continue;
            }
            for flag in &rule.flags {
                set_flag(&self.text_of(flag).to_ascii_lowercase(), attributes);
            }
            return;
        }
    }
}

fn attribute(piece: &[u8]) -> Attribute<'_> {
    let (name, value) = match memchr::memchr(b'=', piece) {
        Some(at) => (piece.get(..at).unwrap_or(piece), piece.get(at + 1..)),
        None => (piece, None),
    };
    (name.trim_ascii(), value.map(|value| value.trim_ascii().to_vec()))
}

/// Sets or removes one flag: `secure`, `nosecure`, `httponly`, `nohttponly`, `samesite[=mode]`, `nosamesite`, or nothing.
fn set_flag(flag: &[u8], attributes: &mut Vec<Attribute<'_>>) {
    let mut remove = |name: &[u8]| attributes.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
    match flag {
        b"nosecure" => remove(b"secure"),
        b"nohttponly" => remove(b"httponly"),
        b"nosamesite" => remove(b"samesite"),
        b"secure" => {
            remove(b"secure");
            attributes.push((b"Secure", None));
        }
        b"httponly" => {
            remove(b"httponly");
            attributes.push((b"HttpOnly", None));
        }
        b"samesite=strict" | b"samesite=lax" | b"samesite=none" | b"samesite" => {
            remove(b"samesite");
            let mode: Option<&[u8]> = match flag.get(9..) {
                Some(b"strict") => Some(b"Strict"),
                Some(b"lax") => Some(b"Lax"),
                Some(b"none") => Some(b"None"),
                _ => None,
            };
            attributes.push((b"SameSite", mode.map(<[u8]>::to_vec)));
        }
        _ => {}
    }
}

fn join(pair: &[u8], attributes: &[Attribute<'_>]) -> Vec<u8> {
    let mut out = pair.to_vec();
    for (name, value) in attributes {
        out.extend_from_slice(b"; ");
        out.extend_from_slice(name);
        if let Some(value) = value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    out
}
