//! A request line, taken apart (RFC 9112 §3).

use super::class::{self, METHOD, TARGET};
use super::scan;
use super::{Cause, HeadError};
use crate::{Method, RequestHead, Version};

/// Reads the request line at the start of `input` if it is whole and of the usual form: a known method, a path, HTTP/1.1.
/// Its length, its end included; none: [`read_request_line`] knows what it is.
pub(crate) fn read_plain_request_line(input: &[u8], head: &mut RequestHead) -> Option<usize> {
    let (method, start) = Method::read_usual(input)?;
    let rest = input.get(start..)?;
    if rest.first() != Some(&b'/') {
        return None;
    }
    let (_, version) = rest.split_at_checked(scan::find_origin_end(rest)?)?;
    if version.first_chunk() != Some(b" HTTP/1.1\r\n") {
        return None;
    }
    let end = input.len() - version.len();
    let line = input.get(..end + b" HTTP/1.1".len())?;
    head.method = method;
    head.version = Version::Http11;
    head.line.assign_plain(line, start, end);
    Some(line.len() + 2)
}

/// Reads a line, without its line end, into `head`.
pub(crate) fn read_request_line(line: &[u8], head: &mut RequestHead) -> Result<(), HeadError> {
    // Kept first, so that the log can show what was refused.
    head.line.assign(line);
    if line == b"PRI * HTTP/2.0" {
        return Err(HeadError::Http2Preface);
    }
    let method_end = line.iter().position(|byte| class::of(*byte) & METHOD == 0).unwrap_or(line.len());
    let (method, rest) = line.split_at(method_end);
    let rest = match rest {
        [b' ', rest @ ..] if !method.is_empty() => rest,
        [] => return Err(HeadError::BadRequest(Cause::InvalidRequestLine)),
        _ => return Err(HeadError::BadRequest(Cause::InvalidMethod)),
    };
    let target_length = scan::find_target_end(rest).unwrap_or(rest.len());
    let version = match rest.get(target_length..) {
        Some([b' ', version @ ..]) if target_length > 0 => version,
        Some([b' ', ..]) => return Err(HeadError::BadRequest(Cause::InvalidRequestLine)),
        _ => return Err(HeadError::BadRequest(target_cause(rest))),
    };
    head.method = Method::new(method);
    let start = method_end + 1;
    let version_start = start + target_length + 1;
    head.version = read_version(version)?;
    head.line.set_protocol(version_start, line.len());
    head.line
        .read_target(start, start + target_length, &head.method)
        .map_err(|_| HeadError::BadRequest(Cause::InvalidTarget))
}

/// What is wrong with a target that no space ends, or not before a byte that no target holds.
fn target_cause(rest: &[u8]) -> Cause {
    if rest.contains(&b' ') { Cause::InvalidTarget } else { without_version(rest) }
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
    // The most usual one first: a match over all looks at the letters one by one.
    if version == b"HTTP/1.1" {
        return Ok(Version::Http11);
    }
    match version {
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
