//! The frames of HTTP/2 as bytes (RFC 9113 §4.1), for peers that say what a library would not.

use crate::wire::Wire;

/// Content.
pub const DATA: u8 = 0;
/// A head, or trailers.
pub const HEADERS: u8 = 1;
/// A stream is given up.
pub const RST_STREAM: u8 = 3;
/// What the sender is like.
pub const SETTINGS: u8 = 4;
/// The connection is to end.
pub const GOAWAY: u8 = 7;
/// The flag of the last frame of a message.
pub const END_STREAM: u8 = 1;
/// The flag of the last frame of a head.
pub const END_HEADERS: u8 = 4;
/// A head that says 200 and no more (RFC 7541 §6.1).
pub const STATUS_200: &[u8] = &[0x88];

/// A frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0: the connection.
    pub stream: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// The server's end of a connection.
pub struct Frames<'w>(&'w mut Wire);

impl<'w> Frames<'w> {
    /// Reads the preface and sends the server's settings, with their parameters as bytes.
    pub fn accept(wire: &'w mut Wire, settings: &[u8]) -> Self {
        wire.read_exactly(24).unwrap();
        let mut frames = Self(wire);
        frames.send(SETTINGS, 0, 0, settings);
        frames
    }

    /// Sends a frame; whether it could be sent.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let header = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.send([&header, payload].concat()).is_ok()
    }

    /// The next frame; `None` when the connection has ended.
    pub fn read(&mut self) -> Option<Frame> {
        let header = self.0.read_exactly(9).ok()?;
        let length = usize::from(header[0]) << 16 | usize::from(header[1]) << 8 | usize::from(header[2]);
        let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        let payload = self.0.read_exactly(length).ok()?;
        Some(Frame { kind: header[3], flags: header[4], stream, payload })
    }

    /// The next frame of a kind, whatever comes before it.
    pub fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.read()?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// Answers a stream with 200 and a content.
    pub fn answer(&mut self, stream: u32, content: &[u8]) {
        self.send(HEADERS, END_HEADERS, stream, STATUS_200);
        self.send(DATA, END_STREAM, stream, content);
    }
}
