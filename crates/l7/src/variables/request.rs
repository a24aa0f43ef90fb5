//! Variables of the request.

use crate::body::RequestBody;
use crate::exchange::Exchange;
use crate::plan::Root;
use crate::variables::{OfRequest, append_number, append_seconds};
use protocol::{Name, Version};
use std::os::unix::ffi::OsStrExt as _;
use transport::clock;

impl Exchange<'_> {
    /// Appends a variable of the request; false: it has no value.
    pub fn append_request(&self, of: &OfRequest, out: &mut Vec<u8>) -> bool {
        use OfRequest as R;
        let request = &self.request;
        match of {
            R::AliasPrefix => return append_some(self.alias_prefix(), out),
            R::RedirectArguments => {
                return append_filled(self.request.redirected().map_or(&[], |from| &from.arguments), out);
            }
            R::RedirectPath => return append_some(self.request.redirected().map(|from| &*from.path), out),
            R::RedirectStatus => match request.redirected() {
                Some(from) => append_number(from.status.into(), out),
                None => return false,
            },
            R::Argument(name) => return append_some(request.argument(name), out),
            R::Arguments => return append_filled(&request.arguments, out),
            R::Body => return self.append_body(out),
            R::BodyFile => return self.append_body_file(out),
            R::ContentLength => return self.append_content_length(out),
            R::Cookie(name) => return append_some(cookie(request.head.fields.get_all_known(Name::Cookie), name), out),
            R::DocumentRoot | R::RealDocumentRoot => return self.append_root(*of == R::RealDocumentRoot, out),
            R::Field(name) => return self.append_field(name, out),
            R::FileName => return append_some(self.file_name(request.path_of_file()).as_deref(), out),
            R::Host => self.append_host(out),
            R::Id => self.append_id(out),
            R::IsArguments => {
                if !request.arguments.is_empty() {
                    out.push(b'?');
                }
            }
            R::IsIndex => return append_some(request.is_index.then_some(b"1"), out),
            R::IsPort => {
                if request.port.is_some() {
                    out.push(b':');
                }
            }
            R::Length => append_number(request.bytes, out),
            R::LimitRate => append_number(self.limit_rate.unwrap_or(0), out),
            R::Line => return append_some(Some(request.head.request_line()).filter(|line| !line.is_empty()), out),
            R::Method => out.extend_from_slice(request.method.as_bytes()),
            R::Path => out.extend_from_slice(&request.path),
            R::Port => match request.port {
                Some(port) => append_number(u64::from(port), out),
                None => return false,
            },
            R::Http2 => match (request.head.version, self.connection.scheme()) {
                (Version::Http2, "https") => out.extend_from_slice(b"h2"),
                (Version::Http2, _) => out.extend_from_slice(b"h2c"),
                _ => return false,
            },
            R::Protocol => out.extend_from_slice(request.head.protocol()),
            R::ProxyAddXForwardedFor => self.append_forwarded_for(out),
            R::ProvedUser => return append_some(self.user(), out),
            R::RemoteUser => return self.append_user(out),
            R::Rest => return append_some(self.after_location(&request.path), out),
            R::ServerName => out.extend_from_slice(self.place.site.primary_name.as_bytes()),
            R::Target => out.extend_from_slice(request.head.request_uri()),
            R::UserIdGot => return self.append_user_id_got(out),
            R::TimeIn(parts) => {
                let span = clock::now().saturating_duration_since(self.started);
                let number = span.as_micros().saturating_mul(u128::from(*parts)) / 1_000_000;
                append_number(u64::try_from(number).unwrap_or(u64::MAX), out);
            }
            R::TimeText(format) => self.worker.shared.time.append_format(clock::unix_time(), format, true, out),
            R::TimeAhead(seconds) => {
                let then = clock::unix_time().saturating_add(std::time::Duration::from_secs(*seconds));
                self.worker.shared.time.append_format(then, "%a, %d-%b-%Y %H:%M:%S GMT", false, out);
            }
            R::Time => append_seconds(clock::now().saturating_duration_since(self.started), out),
        }
        true
    }

    /// A field by the name that a variable gives it: `-` stands for `_` too.
    fn append_field(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let separator: &[u8] = if name == b"cookie" { b"; " } else { b", " };
        let fields = &self.request.head.fields;
        let mut found = false;
        for (own, value) in fields.iter() {
            if !same_name(own, name) {
                continue;
            }
            if found {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(value);
            found = true;
        }
        found
    }

    /// The host of the request line, of `Host`, or the site's name.
    fn append_host(&self, out: &mut Vec<u8>) {
        if self.request.host.is_empty() {
            out.extend_from_slice(self.place.site.primary_name.as_bytes());
        } else {
            out.extend_from_slice(&self.request.host);
        }
    }

    /// Sixteen random bytes in hexadecimal, the same throughout the exchange.
    pub fn append_id(&self, out: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let id = self.bindings.request_id(|| self.worker.shared.random_id());
        for byte in id {
            for nibble in [byte >> 4, byte & 15] {
                out.push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
            }
        }
    }

    fn append_forwarded_for(&self, out: &mut Vec<u8>) {
        for value in self.request.head.fields.get_all_known(Name::XForwardedFor) {
            out.extend_from_slice(value);
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(self.client_text());
    }

    /// The user of `Authorization: Basic`.
    /// Who the client proved to be, or else says that it is.
    fn append_user(&self, out: &mut Vec<u8>) -> bool {
        if let Some(user) = self.user() {
            return append_some(Some(user), out);
        }
        self.credentials().is_some_and(|credentials| append_some(Some(&credentials.user), out))
    }

    /// The part of the path that an alias stands for.
    fn alias_prefix(&self) -> Option<&[u8]> {
        match &self.place.section.files.root {
            Root::Alias(_) => self.location_prefix(),
            Root::Root(_) => None,
        }
    }

    fn append_root(&self, real: bool, out: &mut Vec<u8>) -> bool {
        let (Root::Root(root) | Root::Alias(root)) = &self.place.section.files.root;
        if !real {
            root.evaluate(self, out);
            return true;
        }
        let path = self.text_of(root);
        let resolved = std::fs::canonicalize(crate::serve::files::path_of(&path));
        resolved.is_ok_and(|path| append_some(Some(path.as_os_str().as_bytes()), out))
    }

    /// A body that is in memory.
    fn append_body(&self, out: &mut Vec<u8>) -> bool {
        match &self.request.body {
            RequestBody::Held(held) if held.file.is_none() && held.length > 0 => {
                held.chunks.iter().for_each(|chunk| out.extend_from_slice(chunk));
                true
            }
            RequestBody::Passed(Some(copy)) => copy.append(out),
            _ => false,
        }
    }

    /// Where a body is that is in a file.
    /// The length of the request's content, as it was announced or as it turned out; false: it is not known.
    fn append_content_length(&self, out: &mut Vec<u8>) -> bool {
        match (self.request.head.fields.get_known(Name::ContentLength), &self.request.body) {
            (Some(length), _) => out.extend_from_slice(length),
            (None, RequestBody::Held(held)) => append_number(held.length, out),
            (None, _) => return false,
        }
        true
    }

    fn append_body_file(&self, out: &mut Vec<u8>) -> bool {
        match &self.request.body {
            RequestBody::Held(held) => {
                append_some(held.file.as_ref().map(|file| file.path.as_os_str().as_bytes()), out)
            }
            _ => false,
        }
    }
}

/// Appends a value if there is one.
pub fn append_some(value: Option<&[u8]>, out: &mut Vec<u8>) -> bool {
    if let Some(value) = value {
        out.extend_from_slice(value);
    }
    value.is_some()
}

fn append_filled(value: &[u8], out: &mut Vec<u8>) -> bool {
    append_some((!value.is_empty()).then_some(value), out)
}

/// Whether a field has a variable's name: letters in any case, `-` or `_`.
pub fn same_name(field: &[u8], variable: &[u8]) -> bool {
    let normal = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    field.len() == variable.len() && field.iter().zip(variable).all(|(a, b)| normal(a) == normal(b))
}

/// The value of a cookie: spaces around `=` are no part of it.
pub fn cookie<'a>(fields: impl Iterator<Item = &'a [u8]>, name: &[u8]) -> Option<&'a [u8]> {
    fields.flat_map(|field| field.split(|byte| *byte == b';')).find_map(|pair| {
        let (key, rest) = trim_spaces(pair).split_at_checked(name.len())?;
        let value = trim_spaces(rest).strip_prefix(b"=")?;
        key.eq_ignore_ascii_case(name).then(|| trim_spaces(value))
    })
}

fn trim_spaces(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| *byte != b' ').unwrap_or(text.len());
    text.get(start..).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_by_name() {
        let find = |field: &'static str, name: &str| cookie([field.as_bytes()].into_iter(), name.as_bytes());
        assert_eq!(find("a=1; b=2", "b"), Some(&b"2"[..]));
        assert_eq!(find("a=1; B = 2 ;c", "b"), Some(&b"2 "[..]));
        assert_eq!(find("a=b=2; b==", "b"), Some(&b"="[..]));
        assert_eq!(find("bb=1; b", "b"), None);
        assert_eq!(find("a=1, b=2", "b"), None);
        assert_eq!(find("b= ;", "b"), Some(&b""[..]));
    }
}
