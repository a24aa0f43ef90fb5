//! Heads of requests: from fields and pseudo-fields to the head that every version shares (RFC 9113 §8.3).

use http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName};
use http::request::Parts;

use crate::h1::{Cause, HeadError, HeadLimits, field_line, framing};
use crate::{BodyKind, Fields, Method, RequestHead, Version};

/// Fills `head` in. `ended`: no body follows. Also on an error it holds what was read.
///
/// # Errors
/// The first rule that the request breaks.
pub(super) fn read_head(
    parts: &Parts,
    ended: bool,
    limits: &HeadLimits,
    head: &mut RequestHead,
) -> Result<(), HeadError> {
    head.clear();
    let method = Method::new(parts.method.as_str().as_bytes());
    let target = target(parts, &method);
    let assigned = head.assign(method, target.as_bytes(), Version::Http2);
    if target.len() > limits.large_size {
        return Err(HeadError::UriTooLong);
    }
    // Another form of the target would be read as one by whoever it is sent on to.
    let origin_form = target.starts_with('/') || target == "*" || head.method == Method::Connect;
    if assigned.is_err() || !origin_form {
        return Err(HeadError::BadRequest(Cause::InvalidTarget));
    }
    push_host(parts, &mut head.fields)?;
    push_fields(&parts.headers, limits, &mut head.fields)?;
    framing::finish_request(head)?;
    head.set_body_kind(body_kind(head.body_kind(), ended, parts.headers.contains_key(CONTENT_LENGTH))?);
    Ok(())
}

fn target<'a>(parts: &'a Parts, method: &Method) -> &'a str {
    if *method == Method::Connect {
        return parts.uri.authority().map_or("", http::uri::Authority::as_str);
    }
    parts.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str)
}

/// The host: `:authority`, with which a Host field must agree (RFC 9113 §8.3.1).
fn push_host(parts: &Parts, fields: &mut Fields) -> Result<(), HeadError> {
    let Some(authority) = parts.uri.authority() else { return Ok(()) };
    let mut hosts = parts.headers.get_all(HOST).iter();
    if hosts.any(|host| !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes())) {
        return Err(HeadError::BadRequest(Cause::InvalidHost));
    }
    fields.push(b"Host", authority.as_str().as_bytes());
    Ok(())
}

fn push_fields(headers: &HeaderMap, limits: &HeadLimits, fields: &mut Fields) -> Result<(), HeadError> {
    let mut line = Vec::with_capacity(128);
    let mut room = limits.large_count.saturating_mul(limits.large_size);
    let has_host = !fields.is_empty();
    // The host is none of the fields that were sent.
    let limits = &HeadLimits { fields: limits.fields.saturating_add(usize::from(has_host)), ..*limits };
    for name in headers.keys() {
        if has_host && *name == HOST {
            continue;
        }
        if *name == COOKIE {
            // Crumbs are one field to whoever speaks HTTP/1 (RFC 9113 §8.2.3).
            push_line(&mut line, name, headers.get_all(name), b"; ");
            read_line(&line, limits, &mut room, fields)?;
            continue;
        }
        for value in headers.get_all(name) {
            push_line(&mut line, name, [value], b"");
            if value.as_bytes().trim_ascii().len() < value.len() {
                return Err(HeadError::BadRequest(Cause::SpaceAroundValue));
            }
            read_line(&line, limits, &mut room, fields)?;
        }
    }
    Ok(())
}

/// Reads a field, which must fit into a buffer, and all of them into `room`.
fn read_line(line: &[u8], limits: &HeadLimits, room: &mut usize, fields: &mut Fields) -> Result<(), HeadError> {
    let left = room.checked_sub(line.len()).ok_or(HeadError::HeaderTooLarge)?;
    if line.len() > limits.large_size {
        return Err(HeadError::HeaderTooLarge);
    }
    *room = left;
    field_line::read_request_field(line, limits, fields).map_err(HeadError::BadRequest)
}

fn push_line<'a>(
    line: &mut Vec<u8>,
    name: &HeaderName,
    values: impl IntoIterator<Item = &'a http::HeaderValue>,
    separator: &[u8],
) {
    line.clear();
    line.extend_from_slice(name.as_str().as_bytes());
    line.extend_from_slice(b": ");
    for (index, value) in values.into_iter().enumerate() {
        if index > 0 {
            line.extend_from_slice(separator);
        }
        line.extend_from_slice(value.as_bytes());
    }
}

/// How the body ends: frames say so, a length only promises it.
fn body_kind(told: BodyKind, ended: bool, has_length: bool) -> Result<BodyKind, HeadError> {
    match told {
        // A coding is HTTP/1's; here it would be read twice.
        BodyKind::Chunked | BodyKind::UntilClose => Err(HeadError::BadRequest(Cause::InvalidCoding)),
        BodyKind::Length(_) if ended => Err(HeadError::BadRequest(Cause::InvalidLength)),
        BodyKind::None if !ended && !has_length => Ok(BodyKind::Chunked),
        told => Ok(told),
    }
}

/// Trailers, without what must not stand there.
pub(super) fn read_trailers(headers: &HeaderMap) -> Fields {
    let mut trailers = Fields::new();
    let mut line = Vec::new();
    for (name, value) in headers {
        push_line(&mut line, name, [value], b"");
        // One that HTTP/1 could not write is dropped.
        let _ = field_line::read_trailer(&line, &mut trailers);
    }
    trailers
}
