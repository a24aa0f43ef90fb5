//! Parameters as they are sent: the head of a request to a program.

use crate::gateway::Protocol;
use crate::gateway::records::{self, BEGIN, MOST_CONTENT, PARAMS, RECORD_HEADER, STDIN};
use crate::h1::{RequestFraming, RequestText};

/// Bytes before the first parameter of a FastCGI request: the record that begins it, and the header of the next.
const FASTCGI_START: usize = RECORD_HEADER + 8 + RECORD_HEADER;
/// Bytes before the first parameter of a uwsgi request.
const UWSGI_START: usize = 4;
/// The program is a responder (FastCGI §6.2).
const RESPONDER: u8 = 1;
/// The program leaves the connection open.
const KEEP: u8 = 1;
/// How uwsgi writes lengths.
const MOST_SHORT: usize = u16::MAX as usize;

/// Parameters being written.
#[derive(Debug)]
pub struct ParamsText {
    protocol: Protocol,
    bytes: Vec<u8>,
    /// The value that is being written: its length stands before it.
    value: Vec<u8>,
    framing: RequestFraming,
    keeps: bool,
    /// A name or value is longer than the protocol can say.
    overlong: bool,
}

/// The parameters are more than the protocol can say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} request is too large", .0.name())]
pub struct TooManyParams(Protocol);

impl ParamsText {
    /// Begins parameters in `memory`, which is empty. `keeps`: the connection is to be kept, where the protocol has that.
    /// `modifiers`: what uwsgi's packets begin with.
    pub fn begin(
        memory: Vec<u8>,
        protocol: Protocol,
        framing: RequestFraming,
        keeps: bool,
        modifiers: [u8; 2],
    ) -> Self {
        let mut bytes = memory;
        let keeps = keeps && protocol == Protocol::FastCgi;
        match protocol {
            Protocol::FastCgi => {
                bytes.extend_from_slice(&records::header(BEGIN, 8));
                bytes.extend_from_slice(&[0, RESPONDER, if keeps { KEEP } else { 0 }, 0, 0, 0, 0, 0]);
                bytes.extend_from_slice(&records::header(PARAMS, 0));
            }
            Protocol::Scgi => {}
            Protocol::Uwsgi => bytes.extend_from_slice(&[modifiers[0], 0, 0, modifiers[1]]),
        }
        let mut params = Self { protocol, bytes, value: Vec::new(), framing, keeps, overlong: false };
        if protocol == Protocol::Scgi {
            // The length of the content comes first, in any case.
            let length = if let RequestFraming::Length(length) = framing { length } else { 0 };
            params.put(b"CONTENT_LENGTH", |out| out.extend_from_slice(length.to_string().as_bytes()));
        }
        params
    }

    /// Puts a parameter whose value `write` writes.
    pub fn put(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        self.value.clear();
        write(&mut self.value);
        let (bytes, value) = (&mut self.bytes, &self.value);
        match self.protocol {
            Protocol::FastCgi => {
                push_length(bytes, name.len());
                push_length(bytes, value.len());
                bytes.extend_from_slice(name);
                bytes.extend_from_slice(value);
            }
            Protocol::Scgi => {
                // A NUL ends a value, so that none can be in it.
                let end = memchr::memchr(0, value).unwrap_or(value.len());
                for part in [name, value.get(..end).unwrap_or_default()] {
                    bytes.extend_from_slice(part);
                    bytes.push(0);
                }
            }
            Protocol::Uwsgi => {
                for part in [name, value] {
                    self.overlong |= part.len() > MOST_SHORT;
                    bytes.extend_from_slice(&short(part.len()));
                    bytes.extend_from_slice(part);
                }
            }
        }
    }

    /// Ends the parameters.
    ///
    /// # Errors
    /// There are more than the protocol can say.
    pub fn finish(self, is_head: bool) -> Result<RequestText, TooManyParams> {
        let Self { protocol, mut bytes, framing, keeps, overlong, .. } = self;
        match protocol {
            Protocol::FastCgi => finish_records(&mut bytes),
            Protocol::Scgi => {
                let start = format!("{}:", bytes.len());
                bytes.splice(..0, start.into_bytes());
                bytes.push(b',');
            }
            Protocol::Uwsgi => {
                let length = bytes.len() - UWSGI_START;
                if overlong || length > MOST_SHORT {
                    return Err(TooManyParams(protocol));
                }
                if let Some(place) = bytes.get_mut(1..3) {
                    place.copy_from_slice(&short(length));
                }
            }
        }
        let bodiless = matches!(framing, RequestFraming::None | RequestFraming::Length(0));
        if bodiless && protocol == Protocol::FastCgi {
            bytes.extend_from_slice(&records::header(STDIN, 0));
        }
        Ok(RequestText::written(bytes, framing, is_head, keeps))
    }
}

/// FastCGI: a length below 128 is a byte, any other four (§3.4).
fn push_length(bytes: &mut Vec<u8>, length: usize) {
    if let Ok(length @ ..0x80) = u8::try_from(length) {
        bytes.push(length);
    } else {
        let length = u32::try_from(length).unwrap_or(u32::MAX) | 1 << 31;
        bytes.extend_from_slice(&length.to_be_bytes());
    }
}

fn short(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes()
}

/// Makes records of the parameters that stand behind the header of the first.
fn finish_records(bytes: &mut Vec<u8>) {
    let length = bytes.len() - FASTCGI_START;
    let first = length.min(MOST_CONTENT);
    if let Some(place) = bytes.get_mut(FASTCGI_START - RECORD_HEADER..FASTCGI_START) {
        place.copy_from_slice(&records::header(PARAMS, first));
    }
    if length > first {
        let rest = bytes.split_off(FASTCGI_START + first);
        for piece in rest.chunks(MOST_CONTENT) {
            bytes.extend_from_slice(&records::header(PARAMS, piece.len()));
            bytes.extend_from_slice(piece);
        }
    }
    if length > 0 {
        bytes.extend_from_slice(&records::header(PARAMS, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::ParamsText;
    use crate::gateway::Protocol;
    use crate::h1::RequestFraming;

    fn written(protocol: Protocol, framing: RequestFraming, params: &[(&str, &str)]) -> Vec<u8> {
        let mut text = ParamsText::begin(Vec::new(), protocol, framing, true, [5, 7]);
        for (name, value) in params {
            text.put(name.as_bytes(), |out| out.extend_from_slice(value.as_bytes()));
        }
        text.finish(false).unwrap().into_memory()
    }

    #[test]
    fn a_fastcgi_request_is_records() {
        let bytes = written(Protocol::FastCgi, RequestFraming::None, &[("A", "bc")]);
        let begin = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0];
        let params = [1, 4, 0, 1, 0, 5, 0, 0, 1, 2, b'A', b'b', b'c', 1, 4, 0, 1, 0, 0, 0, 0];
        let end = [1, 5, 0, 1, 0, 0, 0, 0];
        assert_eq!(bytes, [&begin[..], &params, &end].concat());
    }

    #[test]
    fn many_parameters_are_several_records() {
        let value = "x".repeat(70_000);
        let bytes = written(Protocol::FastCgi, RequestFraming::Length(1), &[("A", &value)]);
        let mut rest = &bytes[16..];
        let mut content = Vec::new();
        let mut sizes = Vec::new();
        while let [1, 4, 0, 1, high, low, 0, 0, after @ ..] = rest {
            let (piece, after) = after.split_at(usize::from(*high) << 8 | usize::from(*low));
            content.extend_from_slice(piece);
            sizes.push(piece.len());
            rest = after;
        }
        assert_eq!((rest, sizes), (&b""[..], vec![65_528, 4_478, 0]));
        assert_eq!(content, [&[1, 0x80, 1, 0x11, 0x70, b'A'], value.as_bytes()].concat());
    }

    #[test]
    fn an_scgi_request_is_a_netstring() {
        let bytes = written(Protocol::Scgi, RequestFraming::Length(27), &[("SCGI", "1"), ("B", "a\0b")]);
        assert_eq!(bytes, b"29:CONTENT_LENGTH\x0027\0SCGI\x001\0B\0a\0,");
    }

    #[test]
    fn a_uwsgi_request_is_a_packet() {
        let bytes = written(Protocol::Uwsgi, RequestFraming::None, &[("A", "bc"), ("D", "")]);
        assert_eq!(bytes, [&[5, 12, 0, 7, 1, 0][..], b"A\x02\0bc\x01\0D\0\0"].concat());
    }

    #[test]
    fn what_a_uwsgi_packet_cannot_hold_is_refused() {
        for length in [65_530, 65_536] {
            let mut text = ParamsText::begin(Vec::new(), Protocol::Uwsgi, RequestFraming::None, false, [0, 0]);
            text.put(b"ABCD", |out| out.resize(length, b'x'));
            let told = text.finish(false).unwrap_err().to_string();
            assert_eq!(told, "uwsgi request is too large", "{length}");
        }
    }
}
