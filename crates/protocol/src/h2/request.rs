//! Heads of requests: from fields and pseudo-fields to the head that every version shares (RFC 9113 §8.3).

use h2::ext::Protocol;
use http::header::{CONTENT_LENGTH, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::h1::class::{self, METHOD, TOKEN};
use crate::h1::request_parser::without_end;
use crate::h1::{Cause, HeadError, HeadLimits, field_line, framing, scan};
use crate::{BodyKind, Fields, Method, Name, RequestHead, Version};

const LINE_END: &[u8] = b"\r\n";
/// Bytes that the fields of most requests take as lines.
const LINES: usize = 1024;

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
    let protocol = parts.extensions.get::<Protocol>();
    let method = match protocol {
        // What it would be over HTTP/1.1 (RFC 8441 §5).
        Some(_) => Method::Get,
        None => Method::new(parts.method.as_str().as_bytes()),
    };
    let target = target(parts, &method);
    let assigned = head.assign(method, target.as_bytes(), Version::Http2);
    // As over HTTP/1, by which it may go on.
    if class::common(parts.method.as_str().as_bytes()) & METHOD == 0 {
        return Err(HeadError::BadRequest(Cause::InvalidMethod));
    }
    if target.len() > limits.large_size {
        return Err(HeadError::UriTooLong);
    }
    // Another form of the target would be read as one by whoever it is sent on to.
    let origin_form = target.starts_with('/') || target == "*" || head.method == Method::Connect;
    if assigned.is_err() || !origin_form {
        return Err(HeadError::BadRequest(Cause::InvalidTarget));
    }
    push_host(parts, &mut head.fields)?;
    if let Some(protocol) = protocol {
        push_switch(protocol.as_str().as_bytes(), &mut head.fields)?;
    }
    push_fields(&parts.headers, limits, &mut head.fields)?;
    framing::finish_request(head)?;
    if protocol.is_some() {
        head.tunnel = true;
        // What follows is the tunnel's.
        head.set_body_kind(BodyKind::None);
        return Ok(());
    }
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

/// What asks for another protocol.
fn push_switch(protocol: &[u8], fields: &mut Fields) -> Result<(), HeadError> {
    // A name, and a version where it has one (RFC 9110 §7.8).
    let is_token = |part: &[u8]| !part.is_empty() && class::common(part) & TOKEN != 0;
    if !protocol.splitn(2, |byte| *byte == b'/').all(is_token) {
        return Err(HeadError::BadRequest(Cause::InvalidMethod));
    }
    fields.push(b"Upgrade", protocol);
    fields.push(b"Connection", b"Upgrade");
    Ok(())
}

/// The fields are written as lines, and read as HTTP/1's are: one set of rules decides what a field may be.
fn push_fields(headers: &HeaderMap, limits: &HeadLimits, fields: &mut Fields) -> Result<(), HeadError> {
    let has_host = fields.contains(Name::Host);
    let mut lines = Vec::with_capacity(LINES);
    let mut earlier = None;
    for (name, value) in headers {
        if has_host && *name == HOST {
            continue;
        }
        let is_cookie = *name == COOKIE;
        if is_cookie && earlier == Some(name) {
            // Crumbs are one field to whoever speaks HTTP/1 (RFC 9113 §8.2.3).
            lines.truncate(lines.len() - LINE_END.len());
            lines.extend_from_slice(b"; ");
            lines.extend_from_slice(value.as_bytes());
            lines.extend_from_slice(LINE_END);
            continue;
        }
        if !is_cookie && value.as_bytes().trim_ascii().len() < value.len() {
            return Err(HeadError::BadRequest(Cause::SpaceAroundValue));
        }
        push_line(&mut lines, name, value);
        earlier = Some(name);
    }
    // What is there already was not sent as a field.
    let limits = &HeadLimits { fields: limits.fields.saturating_add(fields.len()), ..*limits };
    read_lines(&lines, limits, fields)
}

/// Reads lines, each of which must fit into a buffer, and all of them into as many as there may be.
fn read_lines(mut lines: &[u8], limits: &HeadLimits, fields: &mut Fields) -> Result<(), HeadError> {
    let mut room = limits.large_count.saturating_mul(limits.large_size);
    let mut take = |length: usize| {
        let left = room.checked_sub(length - LINE_END.len()).filter(|_| length <= limits.large_size + LINE_END.len());
        left.map(|left| room = left).ok_or(HeadError::HeaderTooLarge)
    };
    loop {
        let mut places = limits.fields.saturating_sub(fields.len());
        let plain = fields.take_plain_lines(lines, |length, repeated| {
            let fits = places > 0 && repeated & Name::SINGLE_IN_REQUESTS == 0 && take(length).is_ok();
            places -= usize::from(fits);
            fits
        });
        lines = lines.get(plain..).unwrap_or_default();
        let Some(end) = scan::find_line_feed(lines) else { return Ok(()) };
        let (line, rest) = lines.split_at(end + 1);
        take(line.len())?;
        field_line::read_request_field(without_end(line), limits, fields).map_err(HeadError::BadRequest)?;
        lines = rest;
    }
}

fn push_line(lines: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    lines.extend_from_slice(name.as_str().as_bytes());
    lines.extend_from_slice(b": ");
    lines.extend_from_slice(value.as_bytes());
    lines.extend_from_slice(LINE_END);
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
        line.clear();
        push_line(&mut line, name, value);
        // One that HTTP/1 could not write is dropped.
        let _ = field_line::read_trailer(without_end(&line), &mut trailers);
    }
    trailers
}
