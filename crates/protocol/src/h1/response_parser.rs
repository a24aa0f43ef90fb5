//! Reads heads of upstreams' responses line by line, from pieces of any size.

use super::class;
use super::field_line::read_response_field;
use super::request_parser::{Progress, without_end};
use super::scan;
use super::{Cause, ResponseError};
use crate::{Fields, Name, ResponseHead, Version};

/// A parser of response heads without a socket; ready for another head after each.
#[derive(Debug, Default)]
pub struct ResponseParser {
    partial: Vec<u8>,
    taken: usize,
    in_fields: bool,
    form: Form,
}

/// How a head begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Form {
    /// With a status line.
    #[default]
    Status,
    /// With a field: it is a program's (RFC 3875 §6).
    Program,
    /// As either.
    Either,
}

impl ResponseParser {
    /// A parser at the start of a response.
    pub fn new() -> Self {
        Self::default()
    }

    /// A parser at the start of what a program answers; `or_server`: it may answer as a server does.
    pub(crate) fn of_program(or_server: bool) -> Self {
        Self { form: if or_server { Form::Either } else { Form::Program }, ..Self::default() }
    }

    /// Whether part of a head was read.
    pub fn started(&self) -> bool {
        self.taken > 0
    }

    /// Reads on; the whole head may have `limit` bytes (`proxy_buffer_size`). `head` must be the same from the first piece to
    /// the last; it is cleared at the first.
    ///
    /// # Errors
    /// The first rule that the response breaks.
    pub fn parse(&mut self, input: &[u8], limit: usize, head: &mut ResponseHead) -> Result<Progress, ResponseError> {
        let result = self.advance(input, limit, head).map_err(ResponseError::Malformed);
        if !matches!(result, Ok(Progress::Incomplete)) {
            self.partial = Vec::new();
            self.taken = 0;
            self.in_fields = false;
        }
        result
    }

    fn advance(&mut self, input: &[u8], limit: usize, head: &mut ResponseHead) -> Result<Progress, Cause> {
        let mut rest = input;
        if !self.started() {
            head.clear();
            if self.form == Form::Program {
                self.begin_program(head);
            } else {
                rest = self.begin(input, limit, head);
            }
        }
        loop {
            if self.in_fields && self.partial.is_empty() {
                rest = self.read_plain_lines(rest, limit, &mut head.fields);
                if rest.starts_with(b"\r\n") {
                    self.count(2, limit)?;
                    finish_program(head)?;
                    return Ok(Progress::Complete(input.len() - rest.len() + 2));
                }
            }
            let Some(end) = scan::find_line_feed(rest) else { break };
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            self.count(line.len(), limit)?;
            let done = if self.partial.is_empty() {
                self.read_line(line, head)?
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                self.read_line(&whole, head)?
            };
            if done {
                finish_program(head)?;
                return Ok(Progress::Complete(input.len() - rest.len()));
            }
        }
        self.count(rest.len(), limit)?;
        self.partial.extend_from_slice(rest);
        if self.form == Form::Status && !self.in_fields && !could_begin_status_line(&self.partial) {
            return Err(Cause::InvalidStatusLine);
        }
        Ok(Progress::Incomplete)
    }

    /// Reads the most usual status line, if `input` starts with it and it is within the limit; what follows it.
    fn begin<'a>(&mut self, input: &'a [u8], limit: usize, head: &mut ResponseHead) -> &'a [u8] {
        let Some(rest) = input.strip_prefix(USUAL_STATUS_LINE).filter(|_| USUAL_STATUS_LINE.len() <= limit) else {
            return input;
        };
        (head.status, head.version) = (200, Version::Http11);
        self.taken = USUAL_STATUS_LINE.len();
        self.in_fields = true;
        rest
    }

    fn begin_program(&mut self, head: &mut ResponseHead) {
        (head.status, head.version) = (0, Version::Http11);
        self.in_fields = true;
    }

    /// Reads the lines of the usual form that `input` starts with, and within the limit; what follows them.
    fn read_plain_lines<'a>(&mut self, input: &'a [u8], limit: usize, fields: &mut Fields) -> &'a [u8] {
        let length = fields.take_plain_lines(input, |length, _| {
            let fits = self.taken + length <= limit;
            self.taken += if fits { length } else { 0 };
            fits
        });
        input.get(length..).unwrap_or_default()
    }

    fn count(&mut self, length: usize, limit: usize) -> Result<(), Cause> {
        self.taken += length;
        if self.taken > limit { Err(Cause::HeaderTooLarge) } else { Ok(()) }
    }

    /// Reads a line with its end; whether it was the empty one that ends the head.
    fn read_line(&mut self, line: &[u8], head: &mut ResponseHead) -> Result<bool, Cause> {
        let text = without_end(line);
        if !self.in_fields && self.form == Form::Either && !text.starts_with(STATUS_LINE_START) {
            self.begin_program(head);
        }
        if !self.in_fields {
            read_status_line(text, head).ok_or(Cause::InvalidStatusLine)?;
            self.in_fields = true;
            return Ok(false);
        }
        if text.is_empty() {
            return Ok(true);
        }
        read_response_field(text, &mut head.fields)?;
        Ok(false)
    }
}

/// So that an upstream that speaks something else is seen at once, not when it pleases to send a line feed.
fn could_begin_status_line(partial: &[u8]) -> bool {
    let length = partial.len().min(STATUS_LINE_START.len());
    partial.get(..length) == STATUS_LINE_START.get(..length)
}

const STATUS_LINE_START: &[u8] = b"HTTP/1.";
const USUAL_STATUS_LINE: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// RFC 9112 §4; the reason and the space before it may be missing.
fn read_status_line(line: &[u8], head: &mut ResponseHead) -> Option<()> {
    let rest = line.strip_prefix(STATUS_LINE_START)?;
    let (&minor, rest) = rest.split_first()?;
    head.version = match minor {
        b'0' => Version::Http10,
        b'1'..=b'9' => Version::Http11,
        _ => return None,
    };
    let (code, reason) = rest.strip_prefix(b" ")?.split_first_chunk::<3>()?;
    head.status = read_code(*code).filter(|status| *status >= 100)?;
    let reason = match reason.split_first() {
        None => reason,
        Some((b' ', reason)) => reason,
        Some(_) => return None,
    };
    if scan::find_control(reason).is_some() && class::has_control(reason) {
        return None;
    }
    head.set_reason(reason);
    Some(())
}

/// What a program's fields say of the status (RFC 3875 §6.3.3).
fn finish_program(head: &mut ResponseHead) -> Result<(), Cause> {
    if head.status != 0 {
        return Ok(());
    }
    let Some(status) = head.fields.get(b"Status").map(<[u8]>::to_vec) else {
        head.status = if head.fields.contains(Name::Location) { 302 } else { 200 };
        return Ok(());
    };
    let (code, reason) = status.split_first_chunk::<3>().ok_or(Cause::InvalidStatus)?;
    head.status = read_code(*code).ok_or(Cause::InvalidStatus)?;
    let reason = class::trim(reason);
    if !reason.is_empty() {
        head.set_reason(reason);
    }
    Ok(())
}

/// A status of three digits.
fn read_code(code: [u8; 3]) -> Option<u16> {
    code.iter()
        .all(u8::is_ascii_digit)
        .then(|| code.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}
