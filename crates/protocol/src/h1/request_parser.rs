//! Reads request heads line by line, from pieces of any size, within nginx's limits.

use super::class::{self, METHOD};
use super::field_line::read_request_field;
use super::request_line::{read_plain_request_line, read_request_line};
use super::scan;
use super::{Cause, HeadError, HeadLimits, framing};
use crate::{Fields, Name, RequestHead};

/// Empty lines before a request that are overlooked (RFC 9112 §2.2).
const EMPTY_LINES: u8 = 8;

/// A parser of request heads without a socket.
///
/// Lines that lie whole in the input are read where they are; only a line that is cut is kept, and never more of it than the
/// limits allow. After [`Progress::Complete`] or an error it is ready for another head.
#[derive(Debug, Default)]
pub struct RequestParser {
    partial: Vec<u8>,
    stage: Stage,
    empty_lines: u8,
    buffers: Buffers,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
enum Stage {
    /// Nothing came yet but empty lines.
    #[default]
    Idle,
    RequestLine,
    Fields,
}

/// What one call made of its input.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// All of the input was taken; more is needed.
    Incomplete,
    /// The head ended after this many bytes of the input.
    Complete(usize),
}

/// nginx's header buffers, counted: a line lies in the buffer it began in, or moves to a new large one.
#[derive(Copy, Clone, Debug, Default)]
struct Buffers {
    room: usize,
    large: usize,
}

impl RequestParser {
    /// A parser at the start of a request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a request has begun (empty lines do not begin one).
    pub fn started(&self) -> bool {
        self.stage != Stage::Idle || !self.partial.is_empty()
    }

    /// Reads on. `head` must be the same from the first piece to the last; it is cleared at the first.
    ///
    /// # Errors
    /// The first rule that the request breaks; as early as it can be seen.
    pub fn parse(&mut self, input: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<Progress, HeadError> {
        let result = self.advance(input, limits, head);
        if !matches!(result, Ok(Progress::Incomplete)) {
            self.reset();
        }
        result
    }

    /// Forgets what was read of a request.
    fn reset(&mut self) {
        self.partial.clear();
        if self.partial.capacity() > 1024 {
            // A long line once is no reason to hold its memory for the connection's life.
            self.partial.shrink_to(1024);
        }
        self.stage = Stage::Idle;
        self.empty_lines = 0;
    }

    fn advance(&mut self, input: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<Progress, HeadError> {
        let mut rest = input;
        if !self.started() {
            head.clear();
            self.buffers = Buffers { room: limits.buffer, large: 0 };
            rest = self.begin(input, limits, head);
        }
        loop {
            if self.stage == Stage::Fields && self.partial.is_empty() {
                rest = self.read_plain_lines(rest, limits, &mut head.fields);
                if rest.starts_with(b"\r\n") && self.buffers.take(2, limits) {
                    framing::finish_request(head)?;
                    return Ok(Progress::Complete(input.len() - rest.len() + 2));
                }
            }
            let Some(end) = scan::find_line_feed(rest) else { break };
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            let done = if self.partial.is_empty() {
                self.read_line(line, limits, head)?
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(line);
                let done = self.read_line(&whole, limits, head);
                whole.clear();
                self.partial = whole;
                done?
            };
            if done {
                framing::finish_request(head)?;
                return Ok(Progress::Complete(input.len() - rest.len()));
            }
        }
        self.keep(rest, limits, head)?;
        Ok(Progress::Incomplete)
    }

    /// Reads a request line of the usual form, if `input` starts with one that fits into the first buffer; what follows it.
    fn begin<'a>(&mut self, input: &'a [u8], limits: &HeadLimits, head: &mut RequestHead) -> &'a [u8] {
        let longest = limits.buffer.min(limits.line.unwrap_or(limits.buffer));
        let within = input.get(..longest.min(input.len())).unwrap_or_default();
        let Some(length) = read_plain_request_line(within, head) else { return input };
        self.buffers.room -= length;
        self.stage = Stage::Fields;
        input.get(length..).unwrap_or_default()
    }

    /// Reads the lines of the usual form that `input` starts with, as long as no limit and no rule about several lines is in
    /// the way; what follows them.
    fn read_plain_lines<'a>(&mut self, input: &'a [u8], limits: &HeadLimits, fields: &mut Fields) -> &'a [u8] {
        let mut room = limits.fields.saturating_sub(fields.len());
        let length = fields.take_plain_lines(input, |length, repeated| {
            if room == 0 || repeated & Name::SINGLE_IN_REQUESTS != 0 || !self.buffers.take(length, limits) {
                return false;
            }
            room -= 1;
            true
        });
        input.get(length..).unwrap_or_default()
    }

    /// Reads a line with its end; whether it was the empty one that ends the head.
    fn read_line(&mut self, line: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<bool, HeadError> {
        let fits = match limits.line.filter(|_| self.stage != Stage::Fields) {
            Some(longest) => line.len() <= longest,
            None => self.buffers.take(line.len(), limits),
        };
        if !fits {
            return Err(self.too_large(line, head));
        }
        let text = without_end(line);
        if self.stage == Stage::Fields {
            if text.is_empty() {
                return Ok(true);
            }
            read_request_field(text, limits, &mut head.fields).map_err(HeadError::BadRequest)?;
        } else if text.is_empty() {
            self.empty_lines += 1;
            if self.empty_lines > EMPTY_LINES {
                return Err(HeadError::BadRequest(Cause::EmptyLines));
            }
        } else {
            read_request_line(text, head)?;
            self.stage = Stage::Fields;
        }
        Ok(false)
    }

    /// Keeps the start of a line that is not whole, if it can still become a good one.
    fn keep(&mut self, rest: &[u8], limits: &HeadLimits, head: &mut RequestHead) -> Result<(), HeadError> {
        if rest.is_empty() {
            return Ok(());
        }
        let fresh = self.partial.is_empty();
        self.partial.extend_from_slice(rest);
        // One byte more is needed for the line end.
        let length = self.partial.len() + 1;
        let could = match limits.line.filter(|_| self.stage != Stage::Fields) {
            Some(longest) => length <= longest,
            None => self.buffers.could_take(length, limits),
        };
        if !could {
            let line = std::mem::take(&mut self.partial);
            return Err(self.too_large(&line, head));
        }
        if self.stage == Stage::Fields {
            return Ok(());
        }
        // What is not HTTP at all (a TLS handshake, say) hears so at once, not at its first line feed.
        let first = rest.first().copied().unwrap_or_default();
        if fresh && first != b'\r' && class::of(first) & METHOD == 0 {
            head.line.assign(rest);
            return Err(HeadError::BadRequest(Cause::InvalidMethod));
        }
        if self.partial != b"\r" {
            self.stage = Stage::RequestLine;
        }
        Ok(())
    }

    fn too_large(&self, line: &[u8], head: &mut RequestHead) -> HeadError {
        if self.stage == Stage::Fields {
            return HeadError::HeaderTooLarge;
        }
        head.line.assign(without_end(line));
        HeadError::UriTooLong
    }
}

impl Buffers {
    /// Accounts for a line, its end included; whether the buffers could hold it.
    fn take(&mut self, length: usize, limits: &HeadLimits) -> bool {
        if !self.could_take(length, limits) {
            return false;
        }
        if length <= self.room {
            self.room -= length;
        } else {
            self.large += 1;
            self.room = limits.large_size - length;
        }
        true
    }

    fn could_take(&self, length: usize, limits: &HeadLimits) -> bool {
        length <= self.room || (self.large < limits.large_count && length <= limits.large_size)
    }
}

/// RFC 9112 §2.2: a lone line feed ends a line as well; a carriage return anywhere else does not.
pub(crate) fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
