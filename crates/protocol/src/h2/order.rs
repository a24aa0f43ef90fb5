//! Requests to servers, from the text in which they were written once to the library's form (RFC 9113 §8.3.1).

use h2::ext::Protocol;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme, Uri};
use http::{Request, Version};

use crate::Name;
use crate::h1::{Cause, RequestText};

/// Fields that speak of an HTTP/1 connection, and the host, which is a pseudo-field.
const LEFT_OUT: u128 = Name::bits(&[
    Name::Connection,
    Name::Host,
    Name::Http2Settings,
    Name::KeepAlive,
    Name::ProxyConnection,
    Name::TransferEncoding,
    Name::Upgrade,
]);

/// The request, and about how many bytes its head takes.
///
/// # Errors
/// What of it HTTP/2 cannot say.
pub(super) fn request(text: &RequestText, secured: bool) -> Result<(Request<()>, u64), Cause> {
    let (method, target) = text.method_and_target();
    let mut request = Request::new(());
    *request.method_mut() = http::Method::from_bytes(method).map_err(|_| Cause::InvalidMethod)?;
    *request.version_mut() = Version::HTTP_2;
    let headers = request.headers_mut();
    headers.reserve(16);
    let mut host = None;
    let mut bytes = method.len() + target.len();
    for (name, value) in text.fields() {
        let known = Name::of(name);
        if known == Name::Host {
            host = Some(value);
        } else if known.bit() & LEFT_OUT == 0 {
            push(headers, known, name, value);
            bytes += name.len() + value.len();
        }
    }
    let path = path(target)?;
    if let Some(authority) = host.and_then(|host| Authority::try_from(host).ok()) {
        bytes += authority.as_str().len();
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(if secured { Scheme::HTTPS } else { Scheme::HTTP });
        parts.authority = Some(authority);
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Cause::InvalidTarget)?;
    } else {
        // What is no authority is told as it is. Only thus does the library take a request without one.
        if let Some(host) = host {
            push(request.headers_mut(), Name::Host, b"host", host);
        }
        *request.version_mut() = Version::HTTP_11;
        *request.uri_mut() = Uri::from(path);
    }
    Ok((request, bytes as u64))
}

/// The same for a request that asks to switch to a protocol: for a tunnel (RFC 8441 §4).
///
/// # Errors
/// What of it HTTP/2 cannot say.
pub(super) fn tunnel(text: &RequestText, secured: bool, protocol: &str) -> Result<(Request<()>, u64), Cause> {
    let (mut request, bytes) = request(text, secured)?;
    *request.method_mut() = http::Method::CONNECT;
    request.extensions_mut().insert(Protocol::from(protocol));
    // Nothing is proven (RFC 8441 §5), and what follows has no length.
    request.headers_mut().remove("sec-websocket-key");
    request.headers_mut().remove(http::header::CONTENT_LENGTH);
    Ok((request, bytes))
}

/// Appends a field; one that HTTP/2 cannot write is left out.
fn push(headers: &mut HeaderMap, known: Name, name: &[u8], value: &[u8]) {
    // RFC 9113 §8.2.2: it may say nothing else.
    let value = match known {
        Name::Te if !takes_trailers(value) => return,
        Name::Te => b"trailers",
        _ => value,
    };
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        // More than the map holds were cut by the limits of heads before.
        let _ = headers.try_append(name, value);
    }
}

fn takes_trailers(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers"))
}

fn path(target: &[u8]) -> Result<PathAndQuery, Cause> {
    // What is behind a `#` would be cut off.
    if !target.contains(&b'#')
        && let Ok(path) = PathAndQuery::try_from(target)
    {
        return Ok(path);
    }
    let mut escaped = Vec::with_capacity(target.len() + 16);
    for &byte in target {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte) {
            escaped.push(byte);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    PathAndQuery::try_from(escaped).map_err(|_| Cause::InvalidTarget)
}

#[cfg(test)]
mod tests {
    use super::request;
    use crate::h1::{Cause, RequestFraming, RequestText};
    use crate::{Method, Name, Version};

    fn written(target: &[u8], fields: &[(&str, &str)]) -> RequestText {
        let mut text = RequestText::begin(Vec::new(), &Method::Get, target, Version::Http2, RequestFraming::Chunked);
        for (name, value) in fields {
            let start = format!("{name}: ");
            text.put(Name::of(name.as_bytes()), start.as_bytes(), |out| out.extend_from_slice(value.as_bytes()));
        }
        text.put_framing();
        text.finish()
    }

    #[test]
    fn fields_of_a_connection_stay_behind() {
        let fields = [("Host", "example.org:81"), ("TE", "gzip, trailers"), ("Connection", "close"), ("X-One", "1")];
        let (request, _) = request(&written(b"/a?b", &fields), true).unwrap();
        assert_eq!(request.uri().to_string(), "https://example.org:81/a?b");
        let names: Vec<_> = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(names, [("te", &b"trailers"[..]), ("x-one", b"1")]);
    }

    #[test]
    fn what_no_uri_may_hold_is_escaped() {
        for (target, expected) in
            [(&b"/a#b"[..], "/a%23b"), (b"/\xff<", "/%FF%3C"), (b"/a%20b?c", "/a%20b?c"), (b"*", "*")]
        {
            let (request, _) = request(&written(target, &[("Host", "h")]), false).unwrap();
            assert_eq!(request.uri().path_and_query().unwrap().as_str(), expected);
        }
        let long = [b"/".to_vec(), vec![b'a'; 1 << 16]].concat();
        assert_eq!(request(&written(&long, &[]), false).err(), Some(Cause::InvalidTarget));
    }

    #[test]
    fn a_host_that_is_no_authority_is_a_field() {
        let (request, _) = request(&written(b"/", &[("Host", "a b")]), false).unwrap();
        assert_eq!((request.uri().authority(), request.headers()["host"].as_bytes()), (None, &b"a b"[..]));
    }
}
