//! The key that an answer is kept under.

use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::plan::{Caching, Proxy};
use crate::serve::proxy::Aiming;
use model::CacheKeyShape;
use protocol::Name;

/// Fields by which a server may be told that another URI was asked for.
const TELL_ANOTHER: [&[u8]; 14] = [
    b"forwarded",
    b"x-forwarded-host",
    b"x-forwarded-path",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"x-forwarded-scheme",
    b"x-forwarded-server",
    b"x-forwarded-uri",
    b"x-host",
    b"x-http-method-override",
    b"x-original-host",
    b"x-original-url",
    b"x-rewrite-url",
];

impl<'p> Exchange<'p> {
    /// The text that tells a request from others.
    pub fn cache_key(&mut self, proxy: &'p Proxy, caching: &Caching) -> Result<Vec<u8>, Failure> {
        let aiming = self.aim(proxy)?;
        let (scheme, authority, target) = match &aiming {
            Aiming::At(aim) => (aim.scheme, &*aim.authority, aim.target(&self.request.head)),
            Aiming::Name(name) => name.parts(&self.request.head),
        };
        let own = [scheme.name().as_bytes(), b"://", authority].concat();
        let usual = caching.key.is_none().then(|| self.usual_key(caching, &own, target));
        let authority = authority.to_vec();
        self.upstream.scheme = scheme;
        self.upstream.authority = authority.into();
        Ok(match &caching.key {
            Some(key) => self.text_of(key),
            None => usual.unwrap_or_default(),
        })
    }

    /// The text that tells a request from others where nobody says which: where it is forwarded to, `own`, and as what.
    pub fn usual_key(&self, caching: &Caching, own: &[u8], target: &[u8]) -> Vec<u8> {
        let mut text = own.to_vec();
        match caching.tuning() {
            Some(tuning) => append_target(&tuning.key, target, &mut text),
            None => text.extend_from_slice(target),
        }
        if caching.is_standard() {
            let base = caching.tuning().and_then(|tuning| tuning.key.base.as_deref());
            self.append_asked_for(base, &mut text);
        }
        text
    }

    /// Appends what tells apart that looks the same once it is forwarded: a key is the URI that the client asked for
    /// (RFC 9111 §2), and fields by which servers are told another one are parts of it.
    fn append_asked_for(&self, base: Option<&str>, key: &mut Vec<u8>) {
        let fields = &self.request.head.fields;
        key.extend_from_slice(b" ");
        if let Some(base) = base {
            key.extend_from_slice(base.as_bytes());
        } else {
            let host = fields.get_known(Name::Host).unwrap_or_default();
            key.extend_from_slice(self.connection.scheme().as_bytes());
            key.extend_from_slice(b"://");
            key.extend(host.iter().map(u8::to_ascii_lowercase));
        }
        for (name, value) in fields.iter() {
            if name.first().is_some_and(|first| matches!(first, b'x' | b'X' | b'f' | b'F'))
                && let Some(known) = TELL_ANOTHER.iter().find(|known| name.eq_ignore_ascii_case(known))
            {
                key.extend_from_slice(b" ");
                key.extend_from_slice(known);
                // A value that looks like another field is told from one by its length.
                key.extend_from_slice(format!("={}:", value.len()).as_bytes());
                key.extend_from_slice(value);
            }
        }
    }
}

/// Appends a path with its arguments, without what does not count.
fn append_target(shape: &CacheKeyShape, target: &[u8], key: &mut Vec<u8>) {
    let (path, arguments) = match memchr::memchr(b'?', target) {
        Some(at) => target.split_at_checked(at).unwrap_or((target, b"")),
        None => (target, &b""[..]),
    };
    let named = |text: &[u8]| {
        shape
            .left_out
            .iter()
            .any(|name| text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'=')))
    };
    let parameter = memchr::memrchr(b';', path).filter(|at| {
        let rest = path.get(at + 1..).unwrap_or_default();
        named(rest) && !rest.contains(&b'/')
    });
    key.extend_from_slice(parameter.and_then(|at| path.get(..at)).unwrap_or(path));
    if shape.without_arguments {
        return;
    }
    let arguments = arguments.get(1..).unwrap_or_default().split(|byte| *byte == b'&');
    let mut separator = b"?";
    for argument in arguments.filter(|argument| !argument.is_empty() && !named(argument)) {
        key.extend_from_slice(separator);
        key.extend_from_slice(argument);
        separator = b"&";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_count_is_left_out_of_keys() {
        let shape = |without_arguments, left_out: &[&str]| CacheKeyShape {
            without_arguments,
            left_out: left_out.iter().map(|name| (*name).to_owned()).collect(),
            base: None,
        };
        let check = |shape: &CacheKeyShape, target: &str, expected: &str| {
            let mut key = Vec::new();
            append_target(shape, target.as_bytes(), &mut key);
            assert_eq!(String::from_utf8_lossy(&key), expected, "{target}");
        };
        let usual = shape(false, &[]);
        check(&usual, "/a?x=1&y", "/a?x=1&y");
        check(&usual, "/a?", "/a");
        check(&usual, "/a;sid=1", "/a;sid=1");
        check(&shape(true, &[]), "/a?x=1", "/a");
        let session = shape(false, &["sid"]);
        check(&session, "/a;sid=1?sid=2&x=1&sid=3", "/a?x=1");
        check(&session, "/a;sid=1/b?xsid=1&SID=2", "/a;sid=1/b?xsid=1&SID=2");
    }
}
