//! Where a body ends, by the fields of its head (RFC 9112 §6).

use super::class::{self, TOKEN};
use super::{Cause, HeadError};
use crate::request_head::{HostParts, Wishes};
use crate::{Authority, BodyKind, Fields, Method, Name, RequestHead, Version};

/// Fields that say how a request's body ends, or what becomes of the connection.
const FRAMING: u128 =
    Name::bits(&[Name::ContentLength, Name::TransferEncoding, Name::Connection, Name::Upgrade, Name::Expect]);

/// Checks a request's head as a whole and notes what it asks for.
pub(crate) fn finish_request(head: &mut RequestHead) -> Result<(), HeadError> {
    let host = check_host(head).map_err(HeadError::BadRequest)?;
    let current = head.version != Version::Http10;
    if current && !head.fields.contains_any(FRAMING) {
        head.wishes = Wishes { host, keep_alive: head.method != Method::Connect, ..Wishes::default() };
        return Ok(());
    }
    let body = request_body(head)?;
    let connection = ConnectionOptions::of(&head.fields);
    head.wishes = Wishes {
        body,
        host,
        // What follows a CONNECT is meant for a tunnel: it is never read as a request.
        keep_alive: !connection.close && (current || connection.keep_alive) && head.method != Method::Connect,
        upgrade: current && connection.upgrade && head.fields.contains(Name::Upgrade),
        continues: current
            && head.fields.get_known(Name::Expect).is_some_and(|value| value.eq_ignore_ascii_case(b"100-continue")),
    };
    Ok(())
}

/// RFC 9112 §3.2: one valid Host, which the authority of an absolute form replaces. What it consists of, if there is one.
fn check_host(head: &mut RequestHead) -> Result<Option<HostParts>, Cause> {
    let parts = match head.fields.get_known(Name::Host) {
        None if head.version == Version::Http10 => None,
        None => return Err(Cause::NoHost),
        Some(host) => Some(Authority::parse(host).ok_or(Cause::InvalidHost)?.parts()),
    };
    if head.line.has_authority() {
        let RequestHead { fields, line, .. } = head;
        fields.set(b"Host", line.authority());
        return Ok(Authority::parse(line.authority()).map(|authority| authority.parts()));
    }
    Ok(parts)
}

fn request_body(head: &RequestHead) -> Result<BodyKind, HeadError> {
    let length = head.fields.get_known(Name::ContentLength);
    let Some(coding) = head.fields.get_known(Name::TransferEncoding) else {
        return match length {
            None => Ok(BodyKind::None),
            Some(digits) => match parse_length(digits) {
                None => Err(HeadError::BadRequest(Cause::InvalidLength)),
                Some(0) => Ok(BodyKind::None),
                Some(length) => Ok(BodyKind::Length(length)),
            },
        };
    };
    if head.version == Version::Http10 {
        return Err(HeadError::BadRequest(Cause::OldVersionCoding));
    }
    if length.is_some() {
        return Err(HeadError::BadRequest(Cause::LengthAndCoding));
    }
    match check_coding(coding) {
        Ok(()) => Ok(BodyKind::Chunked),
        Err(Cause::UnknownCoding) => Err(HeadError::NotImplemented(Cause::UnknownCoding)),
        Err(cause) => Err(HeadError::BadRequest(cause)),
    }
}

/// What of a request decides how the body of its response is read.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asked {
    /// It asks for a head alone.
    pub(crate) is_head: bool,
    /// A coding that nobody knows is taken for none: the body ends with the connection (RFC 9112 §6.3, rule 4).
    pub(crate) takes_unknown_coding: bool,
}

/// How the body of a response ends, and whether its framing forbids another response after it.
pub(crate) fn response_body(
    status: u16,
    version: Version,
    fields: &Fields,
    asked: Asked,
) -> Result<(BodyKind, bool), Cause> {
    let mut lengths = fields.get_all_known(Name::ContentLength);
    let mut codings = fields.get_all_known(Name::TransferEncoding);
    let (length, coding) = (lengths.next(), codings.next());
    if lengths.next().is_some() {
        return Err(Cause::DuplicateLength);
    }
    if codings.next().is_some() {
        return Err(Cause::DuplicateCoding);
    }
    if length.is_some() && coding.is_some() {
        return Err(Cause::LengthAndCoding);
    }
    let length = length.map(|digits| parse_length(digits).ok_or(Cause::InvalidLength)).transpose()?;
    let unknown = asked.takes_unknown_coding && version != Version::Http10 && coding.is_some_and(is_unknown_coding);
    if !unknown {
        coding.map(check_coding).transpose()?;
    }
    let Asked { is_head: request_is_head, .. } = asked;
    let bodiless = request_is_head || crate::response_head::is_bodiless(status);
    // RFC 9112 §6.1: no 1.0 message and no 204 has a coding; where one has, what follows is anyone's guess.
    let doubtful = coding.is_some() && (version == Version::Http10 || (bodiless && !request_is_head && status != 304));
    let kind = match (bodiless, coding, length) {
        (true, _, _) | (_, None, Some(0)) => BodyKind::None,
        (false, Some(_), _) if unknown => BodyKind::UntilClose,
        (false, Some(_), _) => BodyKind::Chunked,
        (false, None, Some(length)) => BodyKind::Length(length),
        (false, None, None) => BodyKind::UntilClose,
    };
    Ok((kind, doubtful))
}

/// Digits only, and no overflow (RFC 9110 §8.6): no sign, no list, no space.
pub(crate) fn parse_length(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    let mut length = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        length = length.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    // nginx counts with signed numbers; so may a backend.
    i64::try_from(length).ok().map(i64::cast_unsigned)
}

/// `chunked`, once and alone. Other registered codings in a list that does not end so are a framing error, unknown ones
/// are not implemented (RFC 9112 §6.1, §6.3).
fn check_coding(value: &[u8]) -> Result<(), Cause> {
    if value.eq_ignore_ascii_case(b"chunked") {
        return Ok(());
    }
    let mut chunked = false;
    for coding in value.split(|byte| *byte == b',').map(class::trim) {
        if coding.is_empty() || class::common(coding) & TOKEN == 0 {
            return Err(Cause::InvalidCoding);
        }
        if coding.eq_ignore_ascii_case(b"chunked") {
            if chunked {
                return Err(Cause::InvalidCoding);
            }
            chunked = true;
        } else if !is_registered_coding(coding) {
            return Err(Cause::UnknownCoding);
        } else if chunked {
            return Err(Cause::InvalidCoding);
        }
    }
    Err(Cause::UnknownCoding)
}

/// Whether a value is the name of one coding that nobody has registered.
fn is_unknown_coding(value: &[u8]) -> bool {
    let token = !value.is_empty() && class::common(value) & TOKEN != 0;
    token && !value.eq_ignore_ascii_case(b"chunked") && !is_registered_coding(value)
}

fn is_registered_coding(coding: &[u8]) -> bool {
    [&b"gzip"[..], b"x-gzip", b"deflate", b"compress", b"x-compress"]
        .into_iter()
        .any(|known| coding.eq_ignore_ascii_case(known))
}

/// The options of all Connection fields that concern the connection itself.
#[derive(Copy, Clone, Debug, Default)]
pub(crate) struct ConnectionOptions {
    pub(crate) close: bool,
    pub(crate) keep_alive: bool,
    pub(crate) upgrade: bool,
}

impl ConnectionOptions {
    pub(crate) fn of(fields: &Fields) -> Self {
        let mut options = Self::default();
        for value in fields.get_all_known(Name::Connection) {
            options.add(value);
        }
        options
    }

    /// Takes note of the options of one more field.
    pub(crate) fn add(&mut self, value: &[u8]) {
        // Mostly it is one of these, alone and in small letters.
        match value {
            b"close" => self.close = true,
            b"keep-alive" => self.keep_alive = true,
            b"upgrade" => self.upgrade = true,
            _ => self.add_list(value),
        }
    }

    fn add_list(&mut self, list: &[u8]) {
        for option in list.split(|byte| *byte == b',').map(class::trim) {
            self.close |= option.eq_ignore_ascii_case(b"close");
            self.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
            self.upgrade |= option.eq_ignore_ascii_case(b"upgrade");
        }
    }
}
