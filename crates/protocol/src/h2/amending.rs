//! What the library writes to a client, where it says less than it could: a request that it gives up is answered first, and a
//! head that cannot be decompressed is called so.

use std::rc::Rc;

use h2::Reason;

use super::frame::{END_HEADERS, END_STREAM, FrameHeader, GOAWAY, HEADER, HEADERS, RST_STREAM};
use super::ledger::Ledger;

/// The fields `:status: 400` and `content-length: 0`, as RFC 7541 §6 and its static table have them.
const BAD_REQUEST: [u8; 5] = [0x8c, 0x0f, 0x0d, 0x01, b'0'];

/// Where the reason stands in the payloads of `RST_STREAM` and `GOAWAY` (RFC 9113 §6.4, §6.8).
const RESET_REASON: usize = 0;
const GOAWAY_REASON: usize = 4;

/// How many answers of the library are remembered: it resets those streams next, unless their clients are through.
const MOST_ANSWERED: usize = 64;

/// Follows what is written from frame to frame.
pub(super) struct Amending {
    ledger: Rc<Ledger>,
    /// Bytes to pass over: a payload that is written on its own.
    rest: usize,
    /// Streams that the library answers itself, as nobody was shown their requests.
    answered: Vec<u32>,
}

/// What is known of the frames that came.
#[derive(Clone, Copy)]
pub(super) struct Received {
    /// The highest stream that a head was for.
    pub(super) newest: u32,
    /// What came last is the head of a new stream that can be refused for its compression alone.
    pub(super) opened: bool,
}

impl Amending {
    pub(super) fn new(ledger: Rc<Ledger>) -> Self {
        Self { ledger, rest: 0, answered: Vec::new() }
    }

    /// Looks at the next bytes, which hold whole headers of frames; what is to be written in their place, if they are not to be
    /// written as they are.
    pub(super) fn amended(&mut self, bytes: &[u8], received: Received) -> Option<Vec<u8>> {
        let (mut at, mut copied, mut out) = (self.rest, 0, Vec::new());
        while let Some(frame) = bytes.get(at..)
            && let Some(header) = FrameHeader::read(frame)
        {
            match header.kind {
                HEADERS if self.ledger.is_unseen(header.stream) => self.remember(header.stream),
                RST_STREAM if self.is_refusal(header.stream, frame, received.newest) => {
                    self.ledger.refuse(header.stream);
                    out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
                    out.extend_from_slice(&bad_request(header.stream));
                    copied = at;
                }
                GOAWAY if received.opened && reason(frame, GOAWAY_REASON) == Some(Reason::PROTOCOL_ERROR) => {
                    // RFC 9113 §4.3. The stream is named: sent again, it would break another connection.
                    let place = at + HEADER;
                    out.extend_from_slice(bytes.get(copied..place).unwrap_or_default());
                    out.extend_from_slice(&received.newest.to_be_bytes());
                    out.extend_from_slice(&u32::from(Reason::COMPRESSION_ERROR).to_be_bytes());
                    copied = place + GOAWAY_REASON + 4;
                }
                _ => {}
            }
            at += HEADER + header.length;
        }
        self.rest = at.saturating_sub(bytes.len());
        if out.is_empty() {
            return None;
        }
        out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
        Some(out)
    }

    fn remember(&mut self, stream: u32) {
        if self.answered.len() == MOST_ANSWERED {
            self.answered.remove(0);
        }
        self.answered.push(stream);
    }

    /// Whether a request is given up as malformed that nobody has answered. It can be answered first (RFC 9113 §8.1.1).
    fn is_refusal(&mut self, stream: u32, frame: &[u8], newest: u32) -> bool {
        if let Some(at) = self.answered.iter().position(|answered| *answered == stream) {
            self.answered.swap_remove(at);
            return false;
        }
        let waits = self.ledger.is_unseen(stream) && stream <= newest || self.ledger.is_incomplete(stream);
        waits && reason(frame, RESET_REASON) == Some(Reason::PROTOCOL_ERROR)
    }
}

/// The reason at a place of a frame's payload.
fn reason(frame: &[u8], place: usize) -> Option<Reason> {
    let bytes = frame.get(HEADER + place..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes).into())
}

/// An answer without a body.
fn bad_request(stream: u32) -> Vec<u8> {
    let header = [0, 0, 5, HEADERS, END_HEADERS | END_STREAM];
    [&header[..], &stream.to_be_bytes(), &BAD_REQUEST].concat()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{Amending, BAD_REQUEST, Ledger, Received};

    const RECEIVED: Received = Received { newest: 9, opened: false };

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
    }

    fn reset(stream: u8, reason: u8) -> Vec<u8> {
        frame(3, 0, stream, &[0, 0, 0, reason])
    }

    fn refused(stream: u8) -> Vec<u8> {
        [frame(1, 5, stream, &BAD_REQUEST), reset(stream, 1)].concat()
    }

    #[test]
    fn a_request_is_answered_before_it_is_given_up() {
        let ledger = Rc::new(Ledger::default());
        ledger.accept(5);
        let awaited = ledger.await_body(3);
        let mut amending = Amending::new(Rc::clone(&ledger));
        let ping = frame(6, 1, 0, b"12345678");
        for (written, expected) in [
            (reset(7, 1), Some(refused(7))),
            ([ping.clone(), reset(7, 1), ping.clone(), reset(9, 1), ping.clone()].concat(), {
                Some([ping.clone(), refused(7), ping.clone(), refused(9), ping.clone()].concat())
            }),
            (reset(3, 1), Some(refused(3))),
            // Answered by whoever was shown it, for another reason, never opened.
            (reset(5, 1), None),
            (reset(7, 8), None),
            (reset(11, 1), None),
            // Answered by the library.
            ([frame(1, 5, 7, b"\x8e"), reset(7, 1)].concat(), None),
            (ping, None),
        ] {
            assert_eq!(amending.amended(&written, RECEIVED), expected, "{written:?}");
        }
        drop(awaited);
        assert_eq!(amending.amended(&reset(3, 1), RECEIVED), None, "its answer has begun");
    }

    #[test]
    fn a_payload_is_no_frame_wherever_it_is_cut() {
        let mut amending = Amending::new(Rc::default());
        let (bytes, header) = ([reset(7, 1), reset(7, 1)].concat(), frame(0, 0, 1, &[0; 26]));
        assert_eq!(amending.amended(&header[..9], RECEIVED), None);
        assert_eq!(amending.amended(&bytes[..10], RECEIVED), None);
        assert_eq!(amending.amended(&bytes[10..], RECEIVED), None);
        assert_eq!(amending.amended(&reset(7, 1), RECEIVED), Some(refused(7)));
    }

    #[test]
    fn a_head_that_cannot_be_decompressed_is_an_error_of_its_own() {
        let mut amending = Amending::new(Rc::default());
        let goodbye = |last, reason| frame(7, 0, 0, &[0, 0, 0, last, 0, 0, 0, reason]);
        let opened = Received { opened: true, ..RECEIVED };
        assert_eq!(amending.amended(&goodbye(1, 1), opened), Some(goodbye(9, 9)));
        assert_eq!(amending.amended(&goodbye(1, 0), opened), None);
        assert_eq!(amending.amended(&goodbye(1, 1), RECEIVED), None);
    }
}
