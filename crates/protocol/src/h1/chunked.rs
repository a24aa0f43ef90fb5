//! The chunked coding (RFC 9112 §7.1), read strictly: its line ends are CRLF, never a lone line feed.

use super::Cause;
use super::class::{self, TOKEN};
use super::field_line::read_trailer;
use crate::Fields;

/// Bytes of chunk extensions that one body may hold: they carry nothing that is passed on.
const EXTENSIONS: usize = 16 * 1024;
/// Digits of a chunk's size: more than these cannot fit, even as zeros.
const DIGITS: u8 = 16;

/// A decoder of chunked bodies without a socket.
#[derive(Debug)]
pub struct ChunkedDecoder {
    state: State,
    /// Of the present chunk: its size while that is read, then the bytes still to come.
    remaining: u64,
    digits: u8,
    extensions: usize,
    trailer_limit: usize,
    trailer_taken: usize,
    line: Vec<u8>,
    trailers: Fields,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum State {
    Size,
    Extension(Extension),
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    Trailers,
    Done,
}

/// Where in `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )` (RFC 9112 §7.1.1).
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Extension {
    BeforeSemicolon,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Token,
    Quoted,
    Escaped,
    AfterQuoted,
}

/// What one call found.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Decoded {
    /// All of the input was framing; more is needed.
    More,
    /// After `skip` bytes of framing lie `length` bytes of content; the caller takes both away.
    Data {
        /// Bytes of framing.
        skip: usize,
        /// Bytes of content, at least 1.
        length: usize,
    },
    /// The body ended after so many bytes.
    End(usize),
}

impl ChunkedDecoder {
    /// A decoder at the start of a body, whose trailer section may have `trailer_limit` bytes.
    pub fn new(trailer_limit: usize) -> Self {
        Self {
            state: State::Size,
            remaining: 0,
            digits: 0,
            extensions: 0,
            trailer_limit,
            trailer_taken: 0,
            line: Vec::new(),
            trailers: Fields::new(),
        }
    }

    /// Reads on.
    ///
    /// # Errors
    /// The rule that the framing breaks; there is no way to go on after it.
    pub fn decode(&mut self, input: &[u8]) -> Result<Decoded, Cause> {
        let mut position = 0;
        loop {
            let rest = input.get(position..).unwrap_or_default();
            match self.state {
                State::Done => return Ok(Decoded::End(position)),
                _ if rest.is_empty() => return Ok(Decoded::More),
                State::Data => {
                    let length = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(rest.len());
                    self.remaining -= length as u64;
                    if self.remaining == 0 {
                        self.state = State::DataReturn;
                    }
                    return Ok(Decoded::Data { skip: position, length });
                }
                State::Trailers => position += self.read_trailers(rest)?,
                _ => {
                    let byte = rest.first().copied().unwrap_or_default();
                    self.state = self.step(byte)?;
                    position += 1;
                }
            }
        }
    }

    /// The trailers, once the body ended; `None` if there are none (or none that may be passed on).
    pub fn take_trailers(&mut self) -> Option<Fields> {
        let trailers = std::mem::take(&mut self.trailers);
        (self.state == State::Done && !trailers.is_empty()).then_some(trailers)
    }

    /// The state after one byte of framing.
    fn step(&mut self, byte: u8) -> Result<State, Cause> {
        match (self.state, byte) {
            (State::Size, _) => self.size(byte),
            (State::SizeLineFeed, b'\n') => {
                let last = self.remaining == 0;
                self.digits = 0;
                Ok(if last { State::Trailers } else { State::Data })
            }
            (State::SizeLineFeed, _) => Err(Cause::InvalidChunkSize),
            (State::DataReturn, b'\r') => Ok(State::DataLineFeed),
            (State::DataLineFeed, b'\n') => Ok(State::Size),
            (State::DataReturn | State::DataLineFeed, _) => Err(Cause::InvalidChunkEnd),
            (State::Extension(place), _) => {
                self.extensions += 1;
                if self.extensions > EXTENSIONS {
                    return Err(Cause::ChunkExtensionsTooLong);
                }
                place.next(byte).ok_or(Cause::InvalidChunkExtension)
            }
            (State::Data | State::Trailers | State::Done, _) => Ok(self.state),
        }
    }

    fn size(&mut self, byte: u8) -> Result<State, Cause> {
        let Some(digit) = char::from(byte).to_digit(16) else {
            return match byte {
                _ if self.digits == 0 => Err(Cause::InvalidChunkSize),
                b'\r' => Ok(State::SizeLineFeed),
                b';' => Ok(State::Extension(Extension::BeforeName)),
                b' ' | b'\t' => Ok(State::Extension(Extension::BeforeSemicolon)),
                _ => Err(Cause::InvalidChunkSize),
            };
        };
        if self.digits == 0 {
            self.remaining = 0;
        }
        self.digits += 1;
        // One hexadecimal digit less than 64 bits: a backend may count with signed numbers.
        if self.digits > DIGITS || self.remaining > (i64::MAX as u64) >> 4 {
            return Err(Cause::ChunkTooLarge);
        }
        self.remaining = self.remaining << 4 | u64::from(digit);
        Ok(State::Size)
    }

    /// Takes trailer lines, up to the empty one that ends the body; how many bytes that were.
    fn read_trailers(&mut self, input: &[u8]) -> Result<usize, Cause> {
        let mut rest = input;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (part, after) = rest.split_at(end + 1);
            rest = after;
            self.count_trailers(part.len())?;
            self.line.extend_from_slice(part);
            let line = self.line.strip_suffix(b"\r\n").ok_or(Cause::InvalidTrailer)?;
            if line.is_empty() {
                self.state = State::Done;
                self.line = Vec::new();
                return Ok(input.len() - rest.len());
            }
            read_trailer(line, &mut self.trailers).map_err(|_| Cause::InvalidTrailer)?;
            self.line.clear();
        }
        self.count_trailers(rest.len())?;
        self.line.extend_from_slice(rest);
        Ok(input.len())
    }

    fn count_trailers(&mut self, length: usize) -> Result<(), Cause> {
        self.trailer_taken += length;
        if self.trailer_taken > self.trailer_limit { Err(Cause::TrailersTooLarge) } else { Ok(()) }
    }
}

impl Extension {
    /// The state after one more byte; `None` if the grammar has no place for it.
    fn next(self, byte: u8) -> Option<State> {
        let is_space = matches!(byte, b' ' | b'\t');
        let is_token = class::of(byte) & TOKEN != 0;
        let next = match (self, byte) {
            (Self::Name | Self::Token | Self::AfterQuoted, b'\r') => return Some(State::SizeLineFeed),
            (Self::BeforeSemicolon | Self::Name | Self::AfterName | Self::Token | Self::AfterQuoted, b';') => {
                Self::BeforeName
            }
            (Self::BeforeSemicolon | Self::BeforeName | Self::AfterName | Self::BeforeValue, _) if is_space => self,
            (Self::BeforeName | Self::Name, _) if is_token => Self::Name,
            (Self::Name, _) if is_space => Self::AfterName,
            (Self::Name | Self::AfterName, b'=') => Self::BeforeValue,
            (Self::BeforeValue, b'"') => Self::Quoted,
            (Self::BeforeValue | Self::Token, _) if is_token => Self::Token,
            (Self::Token | Self::AfterQuoted, _) if is_space => Self::BeforeSemicolon,
            (Self::Quoted, b'"') => Self::AfterQuoted,
            (Self::Quoted, b'\\') => Self::Escaped,
            (Self::Quoted | Self::Escaped, _) if byte == b'\t' || !byte.is_ascii_control() => Self::Quoted,
            _ => return None,
        };
        Some(State::Extension(next))
    }
}
