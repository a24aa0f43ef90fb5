//! A request line, taken apart (RFC 9112 §3).

use super::class::{self, METHOD, TARGET};
use super::{Cause, HeadError};
use crate::{Method, RequestHead, Version};

/// Reads a line, without its line end, into `head`.
pub(crate) fn read_request_line(line: &[u8], head: &mut RequestHead) -> Result<(), HeadError> {
    // Kept first, so that the log can show what was refused.
    head.line.assign(line);
    if line == b"PRI * HTTP/2.0" {
        return Err(HeadError::Http2Preface);
    }
    let method_end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let (method, rest) = line.split_at(method_end);
    if method.is_empty() || class::common(method) & METHOD == 0 {
        return Err(HeadError::BadRequest(Cause::InvalidMethod));
    }
    let rest = rest.get(1..).ok_or(HeadError::BadRequest(Cause::InvalidRequestLine))?;
    let Some(target_length) = memchr::memchr(b' ', rest) else {
        return Err(HeadError::BadRequest(without_version(rest)));
    };
    let (target, version) = rest.split_at(target_length);
    let version = version.get(1..).unwrap_or_default();
    if target.is_empty() {
        return Err(HeadError::BadRequest(Cause::InvalidRequestLine));
    }
    if class::common(target) & TARGET == 0 {
        return Err(HeadError::BadRequest(Cause::InvalidTarget));
    }
    head.method = Method::new(method);
    let start = method_end + 1;
    let version_start = start + target_length + 1;
    head.version = read_version(version)?;
    head.line.set_protocol(version_start, line.len());
    head.line
        .read_target(start, start + target_length, &head.method)
        .map_err(|_| HeadError::BadRequest(Cause::InvalidTarget))
}

/// A line of two words is HTTP/0.9's, unless the word that is missing is the target.
fn without_version(rest: &[u8]) -> Cause {
    if rest.is_empty() || class::common(rest) & TARGET == 0 || rest.starts_with(b"HTTP/") {
        Cause::InvalidRequestLine
    } else {
        Cause::OldVersion
    }
}

/// RFC 9112 §2.3: one digit, a dot, one digit, in capitals.
fn read_version(version: &[u8]) -> Result<Version, HeadError> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            match major {
                b'0' => Err(HeadError::BadRequest(Cause::OldVersion)),
                b'1' => Ok(Version::Http11),
                _ => Err(HeadError::VersionNotSupported),
            }
        }
        b"" => Err(HeadError::BadRequest(Cause::OldVersion)),
        _ => Err(HeadError::BadRequest(Cause::InvalidVersion)),
    }
}
