//! Heads of responses, and trailers, in the library's form and back: no field of HTTP/1's connections (RFC 9113 §8.2.2).

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use std::sync::LazyLock;

use crate::h1::{Cause, Length, field_line};
use crate::{Field, Fields, Name, ResponseHead};

/// Fields that speak of an HTTP/1 connection or its framing.
const CONNECTION: u128 = Name::bits(&[
    Name::Connection,
    Name::KeepAlive,
    Name::ProxyConnection,
    Name::TransferEncoding,
    Name::Upgrade,
    Name::Te,
    Name::ContentLength,
]);

/// The known names in the library's form, in their order.
static NAMES: LazyLock<Vec<Option<HeaderName>>> =
    LazyLock::new(|| Name::all().map(|name| HeaderName::from_bytes(name.as_bytes()).ok()).collect());

/// The head of a response whose body is of that length, and about how many bytes it takes.
pub(super) fn head(head: &ResponseHead, length: Length) -> (Response<()>, u64) {
    let (mut response, mut bytes) = of_status(head.status);
    bytes += push(&head.fields, response.headers_mut());
    if let Length::Known(length) = length {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    (response, bytes)
}

/// The head of an interim response.
pub(super) fn interim(status: u16, fields: &Fields) -> Response<()> {
    let (mut response, _) = of_status(status);
    push(fields, response.headers_mut());
    response
}

/// Fills `head` in from a response of a server; how many bytes it takes.
///
/// # Errors
/// It takes more than `limit`, or has a name that others could read as one that frames.
pub(super) fn read_head(response: &Response<()>, limit: usize, head: &mut ResponseHead) -> Result<u64, Cause> {
    head.clear();
    head.status = response.status().as_u16();
    let mut bytes = 9;
    for (name, value) in response.headers() {
        let (name, value) = (name.as_str().as_bytes(), value.as_bytes().trim_ascii());
        bytes += name.len() + value.len();
        if bytes > limit {
            return Err(Cause::HeaderTooLarge);
        }
        if field_line::is_doubtful(name) {
            return Err(Cause::FramingLookalike);
        }
        head.fields.push(name, value);
    }
    Ok(bytes as u64)
}

fn of_status(status: u16) -> (Response<()>, u64) {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (response, 9)
}

/// Trailers in the library's form.
pub(super) fn trailers(fields: &Fields) -> HeaderMap {
    let mut headers = HeaderMap::new();
    push(fields, &mut headers);
    headers
}

/// What HTTP/2 cannot write is left out.
fn push(fields: &Fields, headers: &mut HeaderMap) -> u64 {
    headers.reserve(fields.len() + 1);
    let mut bytes = 0;
    for field in fields.entries().filter(|field| field.known.bit() & CONNECTION == 0) {
        if let (Some(name), Ok(value)) = (name(&field), HeaderValue::from_bytes(field.value)) {
            bytes += field.name.len() as u64 + field.value.len() as u64;
            // More than the map holds were cut by the limits of heads before.
            let _ = headers.try_append(name, value);
        }
    }
    bytes
}

fn name(field: &Field<'_>) -> Option<HeaderName> {
    NAMES.get(field.known as usize).cloned().flatten().or_else(|| HeaderName::from_bytes(field.name).ok())
}
