//! Whether a head is on its way: the library does not tell, so the frames' own headers are looked at as they come (RFC 9113 §4.1).

use std::cell::Cell;

use super::server::PREFACE;

const HEADER: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the bytes that a client sends from frame to frame.
pub(super) struct Watch {
    state: Cell<State>,
    in_head: Cell<bool>,
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

impl Default for Watch {
    fn default() -> Self {
        let state = State { rest: PREFACE.len(), header: [0; HEADER], filled: 0, ends: false };
        Self { state: Cell::new(state), in_head: Cell::new(false) }
    }
}

impl Watch {
    /// Whether a part of a head has come, and not all of it.
    pub(super) fn in_head(&self) -> bool {
        self.in_head.get()
    }

    /// The next bytes.
    pub(super) fn see(&self, mut bytes: &[u8]) {
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
        let [high, middle, low, kind, flags, ..] = state.header;
        state.filled = 0;
        state.rest = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        if matches!(kind, HEADERS | CONTINUATION) {
            self.in_head.set(true);
            state.ends = flags & END_HEADERS != 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PREFACE, Watch};

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    /// What is seen of a connection that sends the bytes one by one.
    fn seen(bytes: &[u8]) -> Vec<bool> {
        let watch = Watch::default();
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
    fn a_head_goes_on_in_the_frames_that_continue_it() {
        let bytes = [frame(1, 0, b"ab"), frame(9, 4, b"c")].concat();
        let end = bytes.len() - 1;
        let expected: Vec<bool> = (0..bytes.len()).map(|at| (8..end).contains(&at)).collect();
        assert_eq!(seen(&bytes), expected);
        let watch = Watch::default();
        watch.see(&[PREFACE, &bytes].concat());
        assert!(!watch.in_head(), "in one piece too");
    }
}
