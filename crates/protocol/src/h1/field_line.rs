//! One field line, taken apart (RFC 9112 §5).

use super::class::{self, PLAIN, TOKEN, UNDERSCORED};
use super::{Cause, HeadLimits};
use crate::{Fields, Name};

/// A line as sent: a name of any bytes, a value without control characters or whitespace around it.
struct FieldLine<'a> {
    line: &'a [u8],
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> FieldLine<'a> {
    fn split(line: &'a [u8]) -> Result<Self, Cause> {
        if let Some(b' ' | b'\t') = line.first() {
            return Err(Cause::FoldedLine);
        }
        // Names are short: a plain search beats one that has to be set up.
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(if line.contains(&b'\r') { Cause::BareCarriageReturn } else { Cause::NoColon });
        };
        let (name, rest) = line.split_at(colon);
        if name.is_empty() {
            return Err(Cause::EmptyName);
        }
        let value = class::trim(rest.get(1..).unwrap_or_default());
        if class::has_control(value) {
            return Err(control_cause(value));
        }
        Ok(Self { line, name, value })
    }

    fn push(&self, name: &[u8], known: Name, fields: &mut Fields) {
        // `value` is a part of `line`: the distance of the two starts is its place.
        let start = self.value.as_ptr().addr() - self.line.as_ptr().addr();
        let line = self.line.get(..start + self.value.len()).unwrap_or_default();
        fields.push_line(line, 0..name.len(), start..line.len(), known);
    }
}

fn control_cause(value: &[u8]) -> Cause {
    if value.contains(&b'\r') { Cause::BareCarriageReturn } else { Cause::ControlCharacter }
}

/// Reads a line of a request's head into `fields`, unless nginx's rules drop it in silence.
pub(crate) fn read_request_field(line: &[u8], limits: &HeadLimits, fields: &mut Fields) -> Result<(), Cause> {
    let field = FieldLine::split(line)?;
    let classes = class::common(field.name);
    if classes & TOKEN == 0 {
        return Err(name_cause(field.name));
    }
    let accepted = if limits.underscores { UNDERSCORED } else { PLAIN };
    if classes & accepted == 0 {
        if is_framing_lookalike(field.name) {
            return Err(Cause::FramingLookalike);
        }
        // `ignore_invalid_headers`
        if limits.ignore_invalid {
            return Ok(());
        }
    } else if classes & PLAIN == 0 && is_framing_lookalike(field.name) {
        return Err(Cause::FramingLookalike);
    }
    if fields.len() >= limits.fields {
        return Err(Cause::TooManyFields);
    }
    let known = Name::of(field.name);
    if known.bit() & Name::SINGLE_IN_REQUESTS != 0 && fields.contains(known) {
        return Err(match known {
            Name::ContentLength => Cause::DuplicateLength,
            Name::TransferEncoding => Cause::DuplicateCoding,
            _ => Cause::DuplicateField,
        });
    }
    field.push(field.name, known, fields);
    Ok(())
}

/// Reads a line of an upstream's head. A proxy takes whitespace before the colon away (RFC 9112 §5.1), and what is no
/// token but harmless is dropped: it could not be sent on.
pub(crate) fn read_response_field(line: &[u8], fields: &mut Fields) -> Result<(), Cause> {
    let field = FieldLine::split(line)?;
    let name = class::trim(field.name);
    if name.is_empty() {
        return Err(Cause::EmptyName);
    }
    let classes = class::common(name);
    if classes & PLAIN == 0 && is_framing_lookalike(name) {
        return Err(Cause::FramingLookalike);
    }
    if classes & TOKEN == 0 {
        return match name_cause(name) {
            Cause::InvalidName => Ok(()),
            cause => Err(cause),
        };
    }
    field.push(name, Name::of(name), fields);
    Ok(())
}

/// Reads a line of a trailer section; forbidden fields are dropped (RFC 9110 §6.5.1).
pub(crate) fn read_trailer(line: &[u8], trailers: &mut Fields) -> Result<(), Cause> {
    let field = FieldLine::split(line)?;
    let classes = class::common(field.name);
    if classes & TOKEN == 0 {
        return Err(name_cause(field.name));
    }
    let known = Name::of(field.name);
    let dropped = known.is_forbidden_in_trailers() || (classes & PLAIN == 0 && is_framing_lookalike(field.name));
    if !dropped {
        field.push(field.name, known, trailers);
    }
    Ok(())
}

/// Whether a name that is none of the plain ones could be read as one that frames.
pub(crate) fn is_doubtful(name: &[u8]) -> bool {
    class::common(name) & PLAIN == 0 && is_framing_lookalike(name)
}

fn name_cause(name: &[u8]) -> Cause {
    if name.contains(&b'\r') {
        Cause::BareCarriageReturn
    } else if name.iter().any(|byte| matches!(byte, b' ' | b'\t')) {
        Cause::SpaceInName
    } else if name.iter().any(u8::is_ascii_control) {
        Cause::ControlCharacter
    } else {
        Cause::InvalidName
    }
}

/// Whether letters and digits alone spell a framing field: CGI-like backends read `Content_Length` as one, and a reader
/// before us may have taken `Transfer.Encoding` for one.
fn is_framing_lookalike(name: &[u8]) -> bool {
    [&b"contentlength"[..], b"transferencoding"].into_iter().any(|framing| {
        let letters = name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase);
        letters.eq(framing.iter().copied())
    })
}
