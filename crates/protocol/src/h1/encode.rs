//! Writes heads: one reading for whoever reads them, in nginx's words.

use super::client::RequestFraming;
use super::scan;
use crate::{Announced, Field, Fields, Method, Name, RequestHead, ResponseHead, Version, response_head, status};

/// How long the body of a response is that the corridor made.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Length {
    /// There is none.
    #[default]
    None,
    /// So many bytes; for a response to HEAD and a 304, what a GET would have got.
    Known(u64),
    /// Known at its end.
    Unknown,
    /// Known at the connection's end, even where chunks could tell it.
    UntilClose,
}

/// How the body that follows a head is written.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Coding {
    /// Nothing follows.
    #[default]
    None,
    /// So many more bytes.
    Length(u64),
    Chunked,
    /// Up to the connection's end.
    UntilClose,
}

/// The request that a response answers, as far as the response's form depends on it.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
}

impl Answered {
    pub(crate) fn to(head: &RequestHead) -> Self {
        Self { version: head.version, is_head: head.method == Method::Head }
    }
}

/// Writes the head of a response to a request of `version` (HEAD or not); whether the connection may live on after it.
///
/// Content-Length, Transfer-Encoding and Connection are this function's: those among the fields are left out.
pub fn encode_response_head(
    out: &mut Vec<u8>,
    head: &ResponseHead,
    length: Length,
    version: Version,
    is_head: bool,
    keep_alive: bool,
) -> bool {
    write_response_head(out, head, length, Answered { version, is_head }, keep_alive).1
}

pub(crate) fn write_response_head(
    out: &mut Vec<u8>,
    head: &ResponseHead,
    length: Length,
    answered: Answered,
    keep_alive: bool,
) -> (Coding, bool) {
    let coding = response_coding(head.status, length, answered);
    let keep_alive = keep_alive && coding != Coding::UntilClose;
    write_status_line(out, head.status, head.reason());
    let is_ours = |name| match name {
        Name::ContentLength | Name::TransferEncoding | Name::Connection => true,
        Name::KeepAlive => !keep_alive,
        _ => false,
    };
    head.fields.write_lines(out, is_ours, |_| {}, write_field);
    write_response_framing(out, head.status, length, coding);
    out.extend_from_slice(match (head.status, keep_alive) {
        (101, _) => upgrade(head.announced),
        (_, true) => persistence(head.announced),
        (_, false) => b"Connection: close\r\n\r\n",
    });
    (coding, keep_alive)
}

/// The line that tells of a connection that lives on, and the empty line after it.
fn persistence(announced: Announced) -> &'static [u8] {
    match announced {
        Announced::Lower => b"Connection: keep-alive\r\n\r\n",
        Announced::Capital => b"Connection: Keep-Alive\r\n\r\n",
        Announced::Silent => b"\r\n",
    }
}

/// The line that tells of a connection that switches protocols, and the empty line after it.
fn upgrade(announced: Announced) -> &'static [u8] {
    match announced {
        Announced::Lower => b"Connection: upgrade\r\n\r\n",
        Announced::Capital | Announced::Silent => b"Connection: Upgrade\r\n\r\n",
    }
}

/// RFC 9112 §6.
fn response_coding(status: u16, length: Length, answered: Answered) -> Coding {
    if answered.is_head || response_head::is_bodiless(status) {
        return Coding::None;
    }
    match length {
        Length::None | Length::Known(0) => Coding::None,
        Length::Known(length) => Coding::Length(length),
        Length::UntilClose => Coding::UntilClose,
        Length::Unknown if answered.version == Version::Http10 => Coding::UntilClose,
        Length::Unknown => Coding::Chunked,
    }
}

fn write_response_framing(out: &mut Vec<u8>, status: u16, length: Length, coding: Coding) {
    match (length, coding) {
        (_, Coding::Chunked) => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        // RFC 9110 §8.6: never in these.
        _ if status < 200 || status == 204 => {}
        (Length::Known(length), _) => write_length(out, length),
        (Length::None, Coding::None) if status != 304 => write_length(out, 0),
        _ => {}
    }
}

/// Writes a head of an interim response (RFC 9110 §15.2).
pub(crate) fn write_interim(out: &mut Vec<u8>, code: u16, fields: &Fields) {
    write_status_line(out, code, status::reason(code).as_bytes());
    let is_ours = |name| matches!(name, Name::ContentLength | Name::TransferEncoding | Name::Connection);
    fields.write_lines(out, is_ours, |_| {}, write_field);
    out.extend_from_slice(b"\r\n");
}

/// Writes the head of a request.
///
/// Content-Length and Transfer-Encoding are this function's: the first among the fields holds their place, whatever it
/// says. A chunked body makes the request one of HTTP/1.1.
pub fn encode_request_head(
    out: &mut Vec<u8>,
    method: &Method,
    target: &[u8],
    version: Version,
    fields: &Fields,
    framing: RequestFraming,
) {
    write_request_line(out, method, target, version, framing);
    let mut framing = Some(framing);
    let is_ours = |name| matches!(name, Name::ContentLength | Name::TransferEncoding);
    fields.write_lines(out, is_ours, |out| write_request_framing(out, framing.take().unwrap_or_default()), write_field);
    write_request_framing(out, framing.unwrap_or_default());
    out.extend_from_slice(b"\r\n");
}

pub(crate) fn write_request_line(
    out: &mut Vec<u8>,
    method: &Method,
    target: &[u8],
    version: Version,
    framing: RequestFraming,
) {
    if *method == Method::Get {
        out.extend_from_slice(b"GET ");
    } else {
        out.extend_from_slice(method.as_bytes());
        out.push(b' ');
    }
    write_target(out, target);
    let old = version == Version::Http10 && framing != RequestFraming::Chunked;
    out.extend_from_slice(if old { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" });
}

pub(crate) fn write_request_framing(out: &mut Vec<u8>, framing: RequestFraming) {
    match framing {
        RequestFraming::None => {}
        RequestFraming::Length(length) => write_length(out, length),
        RequestFraming::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
}

/// Writes the target of a request. It may come out of variables: what would end it early or make a second line is encoded.
pub fn write_target(out: &mut Vec<u8>, target: &[u8]) {
    if target.is_empty() {
        out.push(b'/');
    } else if scan::find_target_end(target).is_none() {
        out.extend_from_slice(target);
    } else {
        for &byte in target {
            push_encoded(out, byte);
        }
    }
}

/// Whether no target may hold the byte as it is: it would end the target or its line. Bytes outside ASCII, which some
/// clients send as they are, do neither.
fn needs_encoding(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

/// Appends a byte of a target, percent-encoded if no target may hold it as it is.
fn push_encoded(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if !needs_encoding(byte) {
        out.push(byte);
        return;
    }
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
    out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
}

/// Writes a trailer section and the empty line after it; fields that no trailer may be are left out.
pub(crate) fn write_trailers(out: &mut Vec<u8>, trailers: Option<&Fields>) {
    if let Some(trailers) = trailers {
        trailers.write_lines(out, Name::is_forbidden_in_trailers, |_| {}, write_field);
    }
    out.extend_from_slice(b"\r\n");
}

fn write_status_line(out: &mut Vec<u8>, status: u16, reason: &[u8]) {
    // nginx's own numbers for kinds of 400.
    let (status, reason) = if matches!(status, 494..=497) { (400, &b"Bad Request"[..]) } else { (status, reason) };
    if status == 200 && reason == b"OK" {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    out.extend_from_slice(b"HTTP/1.1 ");
    write_decimal(out, u64::from(status));
    out.push(b' ');
    write_text(out, reason);
    out.extend_from_slice(b"\r\n");
}

fn write_length(out: &mut Vec<u8>, length: u64) {
    out.extend_from_slice(b"Content-Length: ");
    write_decimal(out, length);
    out.extend_from_slice(b"\r\n");
}

pub(crate) fn write_field(out: &mut Vec<u8>, field: Field<'_>) {
    // A name may come from the configuration; one that would break the head is not written.
    let is_name =
        field.known != Name::Other || !field.name.is_empty() && !field.name.iter().any(|byte| b"\r\n:".contains(byte));
    if is_name {
        out.extend_from_slice(field.name);
        out.extend_from_slice(b": ");
        write_text(out, field.value);
        out.extend_from_slice(b"\r\n");
    }
}

/// A value may come out of variables (a decoded path, say): what would make it a second line becomes a space
/// (RFC 9110 §5.5).
pub(crate) fn defuse(value: &mut [u8]) {
    for byte in value {
        if matches!(byte, b'\n' | b'\r' | 0) {
            *byte = b' ';
        }
    }
}

/// Writes a text as [`defuse`] would have it.
fn write_text(out: &mut Vec<u8>, text: &[u8]) {
    // No early exit: a fold is what the compiler turns into vector instructions.
    let broken = |found, &byte: &u8| found | u8::from(byte == b'\n') | u8::from(byte == b'\r') | u8::from(byte == 0);
    if text.iter().fold(0, broken) == 0 {
        out.extend_from_slice(text);
    } else {
        out.extend(text.iter().map(|byte| if matches!(byte, b'\n' | b'\r' | 0) { b' ' } else { *byte }));
    }
}

#[inline]
fn write_decimal(out: &mut Vec<u8>, number: u64) {
    write_digits(out, number, 10);
}

/// A chunk's size, as its line begins.
pub(crate) fn write_hexadecimal(out: &mut Vec<u8>, number: u64) {
    write_digits(out, number, 16);
}

#[inline]
fn write_digits(out: &mut Vec<u8>, mut number: u64, base: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    for place in digits.iter_mut().rev() {
        *place = digit(number % base);
        start -= 1;
        number /= base;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

/// A digit below 16, in small letters.
fn digit(value: u64) -> u8 {
    b"0123456789abcdef".get(usize::try_from(value).unwrap_or_default()).copied().unwrap_or(b'0')
}
