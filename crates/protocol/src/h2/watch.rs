//! What the library does not tell: whether a head is on its way, and whether frames only keep the server busy. For that the
//! frames' own headers are looked at as they come (RFC 9113 §4.1).

use std::cell::Cell;
use std::time::{Duration, Instant};

use h2::Reason;

use super::frame::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, FrameHeader, GOAWAY, HEADER, HEADERS, PUSH_PROMISE, RST_STREAM,
    WINDOW_UPDATE,
};
use super::server::PREFACE;

/// The least that the payload of a GOAWAY has (RFC 9113 §6.8).
const LEAST_GOAWAY: usize = 8;

/// Frames that ask for nothing (RFC 9113 §10.5) which a client may send at a stroke: pings, settings, priorities, unknown and
/// empty ones, windows for what nobody sends.
const MOST_IDLE: u32 = 1000;
/// The time in which it may send as many again.
const RECOVERY: Duration = Duration::from_mins(1);
/// Bytes of a response for which one frame that widens a window is no idle one.
const WIDENED: u64 = 256;
/// Idle frames that go with a request, or a piece of content in either direction: a client measures the way with pings, widens
/// two windows, and says how soon it wants what.
const ACCOMPANYING: u32 = 4;

/// Follows the bytes that a client sends from frame to frame.
pub(super) struct Watch {
    state: Cell<State>,
    /// Bytes of the preface that have come; more than it has: others came in its place.
    greeted: Cell<usize>,
    in_head: Cell<bool>,
    /// A frame came that no client sends; the error that it is.
    broken: Cell<Option<Reason>>,
    idle: Cell<u32>,
    /// When the idle ones are counted anew.
    recovers: Cell<Instant>,
    /// Bytes that were sent and for which no window was widened yet.
    sent: Cell<u64>,
}

#[derive(Clone, Copy)]
struct State {
    /// Bytes to pass over: of the preface, or of a frame's payload.
    rest: usize,
    /// What has come of the next frame's header.
    header: [u8; HEADER],
    filled: usize,
    /// The head ends with the payload that is passed over.
    ends: bool,
}

impl Watch {
    /// Nothing has come; a connection begins.
    pub(super) fn new(now: Instant) -> Self {
        let state = State { rest: PREFACE.len(), header: [0; HEADER], filled: 0, ends: false };
        Self {
            state: Cell::new(state),
            greeted: Cell::new(0),
            in_head: Cell::new(false),
            broken: Cell::new(None),
            idle: Cell::new(0),
            recovers: Cell::new(now + RECOVERY),
            sent: Cell::new(0),
        }
    }

    /// Whether a part of a head has come, and not all of it.
    pub(super) fn in_head(&self) -> bool {
        self.in_head.get()
    }

    /// The error of a frame that the library would wait for, or take for another error.
    pub(super) fn broken(&self) -> Option<Reason> {
        self.broken.get()
    }

    /// Whether something else came in the place of the preface.
    pub(super) fn is_stranger(&self) -> bool {
        self.greeted.get() > PREFACE.len()
    }

    fn greet(&self, bytes: &[u8]) {
        let due = PREFACE.get(self.greeted.get()..).unwrap_or_default();
        let length = due.len().min(bytes.len());
        let is_preface = bytes.get(..length) == due.get(..length);
        self.greeted.set(if is_preface { self.greeted.get() + length } else { PREFACE.len() + 1 });
    }

    /// So many bytes were sent, and so many pieces of content were handed over for sending.
    pub(super) fn note_sent(&self, length: usize, pieces: u32) {
        self.sent.set(self.sent.get().saturating_add(length as u64));
        self.excuse(pieces);
    }

    /// So many requests or pieces of content went with idle frames.
    fn excuse(&self, pieces: u32) {
        self.idle.set(self.idle.get().saturating_sub(pieces.saturating_mul(ACCOMPANYING)));
    }

    /// Whether the client has sent too many frames that ask for nothing.
    pub(super) fn is_flooded(&self, now: Instant) -> bool {
        if self.idle.get() <= MOST_IDLE {
            return false;
        }
        // Frames of an hour are no flood: only when there are many is it looked at how soon they came.
        let over = now < self.recovers.get();
        self.idle.set(0);
        self.recovers.set(now + RECOVERY);
        over
    }

    /// The next bytes.
    pub(super) fn see(&self, mut bytes: &[u8]) {
        if self.greeted.get() < PREFACE.len() {
            self.greet(bytes);
        }
        let mut state = self.state.get();
        loop {
            let passed = state.rest.min(bytes.len());
            state.rest -= passed;
            bytes = bytes.get(passed..).unwrap_or_default();
            if state.rest == 0 && std::mem::take(&mut state.ends) {
                self.in_head.set(false);
            }
            let Some((byte, rest)) = bytes.split_first() else { break };
            if let Some(place) = state.header.get_mut(state.filled) {
                *place = *byte;
            }
            state.filled += 1;
            bytes = rest;
            if state.filled == HEADER {
                self.begin(&mut state);
            }
        }
        self.state.set(state);
    }

    fn begin(&self, state: &mut State) {
        let Some(FrameHeader { length, kind, flags, .. }) = FrameHeader::read(&state.header) else { return };
        state.filled = 0;
        state.rest = length;
        if matches!(kind, HEADERS | CONTINUATION) {
            self.in_head.set(true);
            state.ends = flags & END_HEADERS != 0;
        }
        match kind {
            // RFC 9113 §8.4.
            PUSH_PROMISE => self.broken.set(Some(Reason::PROTOCOL_ERROR)),
            GOAWAY if state.rest < LEAST_GOAWAY => self.broken.set(Some(Reason::FRAME_SIZE_ERROR)),
            _ => {}
        }
        if self.is_idle(kind, flags, state.rest) {
            self.idle.set(self.idle.get().saturating_add(1));
        } else if matches!(kind, HEADERS | DATA) {
            self.excuse(1);
        }
    }

    fn is_idle(&self, kind: u8, flags: u8, length: usize) -> bool {
        match kind {
            HEADERS | RST_STREAM => false,
            DATA => length == 0 && flags & END_STREAM == 0,
            CONTINUATION => length == 0 && flags & END_HEADERS == 0,
            WINDOW_UPDATE => {
                let rest = self.sent.get().checked_sub(WIDENED);
                self.sent.set(rest.unwrap_or(0));
                rest.is_none()
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use h2::Reason;
    use transport::clock;

    use super::{PREFACE, RECOVERY, Watch};

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    /// What is seen of a connection that sends the bytes one by one.
    fn seen(bytes: &[u8]) -> Vec<bool> {
        let watch = Watch::new(clock::now());
        watch.see(PREFACE);
        let see = |byte: &u8| {
            watch.see(&[*byte]);
            watch.in_head()
        };
        bytes.iter().map(see).collect()
    }

    #[test]
    fn a_head_is_seen_from_its_frame_to_its_last_byte() {
        let bytes = [frame(4, 0, b"123456"), frame(1, 4, b"ab"), frame(0, 1, b"abc")].concat();
        let expected: Vec<bool> = (0..bytes.len()).map(|at| (23..25).contains(&at)).collect();
        assert_eq!(seen(&bytes), expected);
    }

    #[test]
    fn what_is_no_preface_is_seen_however_it_is_cut() {
        for (bytes, stranger) in [(PREFACE, false), (b"PRI * HTTP/2.0\r\n\r\nSMx", true), (b"GET /", true)] {
            let watch = Watch::new(clock::now());
            bytes.chunks(2).for_each(|piece| watch.see(piece));
            assert_eq!(watch.is_stranger(), stranger, "{bytes:?}");
        }
    }

    #[test]
    fn frames_that_ask_for_nothing_are_counted() {
        let now = clock::now();
        let flood = |kind, payload: &[u8], count| {
            let watch = Watch::new(now);
            watch.see(PREFACE);
            watch.see(&frame(kind, 0, payload).repeat(count));
            watch
        };
        for (kind, payload) in [(6, &b"12345678"[..]), (4, b""), (2, b"12345"), (200, b"x"), (0, b""), (8, b"1234")] {
            assert!(!flood(kind, payload, 1000).is_flooded(now), "{kind}");
            assert!(flood(kind, payload, 1001).is_flooded(now), "{kind}");
            assert!(!flood(kind, payload, 1001).is_flooded(now + RECOVERY), "{kind}, but slowly");
        }
        assert!(!flood(0, b"x", 5000).is_flooded(now), "content");
        assert!(!flood(1, b"x", 5000).is_flooded(now), "heads");
    }

    #[test]
    fn frames_that_no_client_sends_are_seen() {
        for (kind, length, expected) in
            [(5, 4, Some(Reason::PROTOCOL_ERROR)), (7, 7, Some(Reason::FRAME_SIZE_ERROR)), (7, 8, None), (3, 4, None)]
        {
            let watch = Watch::new(clock::now());
            watch.see(PREFACE);
            watch.see(&[0, 0, length, kind, 0, 0, 0, 0, 1]);
            assert_eq!(watch.broken(), expected, "{kind} {length}");
        }
    }

    #[test]
    fn windows_may_be_widened_for_what_was_sent() {
        let watch = Watch::new(clock::now());
        watch.see(PREFACE);
        watch.note_sent(2_000_000, 0);
        watch.see(&frame(8, 0, b"1234").repeat(5000));
        assert!(!watch.is_flooded(clock::now()));
    }

    #[test]
    fn a_busy_client_may_ping_and_widen_with_each_message() {
        let now = clock::now();
        let idle = [frame(6, 0, b"12345678"), frame(8, 0, b"1234"), frame(8, 0, b"1234")].concat();
        let (sending, asking, taking) = (Watch::new(now), Watch::new(now), Watch::new(now));
        for watch in [&sending, &asking, &taking] {
            watch.see(PREFACE);
        }
        for _ in 0..5000 {
            sending.see(&[frame(0, 0, b"x"), idle.clone()].concat());
            asking.see(&[frame(1, 4, b"x"), idle.clone()].concat());
            taking.note_sent(30, 1);
            taking.see(&idle);
        }
        for watch in [sending, asking, taking] {
            assert!(!watch.is_flooded(now));
            watch.see(&idle.repeat(400));
            assert!(watch.is_flooded(now), "what went before is no reserve");
        }
    }

    #[test]
    fn a_head_goes_on_in_the_frames_that_continue_it() {
        let bytes = [frame(1, 0, b"ab"), frame(9, 4, b"c")].concat();
        let end = bytes.len() - 1;
        let expected: Vec<bool> = (0..bytes.len()).map(|at| (8..end).contains(&at)).collect();
        assert_eq!(seen(&bytes), expected);
        let watch = Watch::new(clock::now());
        watch.see(&[PREFACE, &bytes].concat());
        assert!(!watch.in_head(), "in one piece too");
    }
}
