//! FastCGI's records as bytes (FastCGI 1.0 §3.3), for peers that are programs.

use crate::wire::Wire;

/// A request ends.
pub const END: u8 = 3;
/// Part of an answer.
pub const STDOUT: u8 = 6;
/// Part of a complaint.
pub const STDERR: u8 = 7;

const BEGIN: u8 = 1;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;

/// The program's end of a connection.
pub struct Records<'w>(&'w mut Wire);

/// A request as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names and values, in order.
    pub params: Vec<(String, String)>,
    /// Its content.
    pub content: Vec<u8>,
    /// The connection is to be left open.
    pub keeps: bool,
}

impl Asked {
    /// The value of a parameter, if it came once.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut values = self.params.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }
}

impl<'w> Records<'w> {
    /// The program's end of what was just accepted.
    pub fn new(wire: &'w mut Wire) -> Self {
        Self(wire)
    }

    /// The next request, to the end of its content; `None`: the connection has ended.
    pub fn request(&mut self) -> Option<Asked> {
        let mut asked = Asked::default();
        let mut params = Vec::new();
        loop {
            let (kind, content) = self.read()?;
            match kind {
                BEGIN => asked.keeps = content[2] & 1 != 0,
                PARAMS if content.is_empty() => asked.params = pairs(&params),
                PARAMS => params.extend(content),
                STDIN if content.is_empty() => return Some(asked),
                STDIN => asked.content.extend(content),
                other => panic!("a record of type {other} in a request"),
            }
        }
    }

    fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let header = self.0.read_exactly(8).ok()?;
        assert_eq!((header[0], header[2], header[3]), (1, 0, 1), "version and request");
        let length = usize::from(header[4]) << 8 | usize::from(header[5]);
        let mut content = self.0.read_exactly(length + usize::from(header[6])).ok()?;
        content.truncate(length);
        Some((header[1], content))
    }

    /// Sends a record.
    pub fn send(&mut self, kind: u8, content: &[u8]) {
        // Whoever left needs none.
        let _ = self.0.send(record(kind, content));
    }

    /// Sends an answer and its end, in one piece.
    pub fn answer(&mut self, output: impl AsRef<[u8]>) {
        let output = output.as_ref().chunks(65_535).map(|piece| record(STDOUT, piece));
        let end = [record(STDOUT, b""), end(0)];
        let _ = self.0.send(output.chain(end).collect::<Vec<_>>().concat());
    }

    /// Says that the request has ended; a status but 0: that it was not taken.
    pub fn end(&mut self, status: u8) {
        let _ = self.0.send(end(status));
    }
}

/// A record, padded to eight bytes.
fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let padding = content.len().wrapping_neg() % 8;
    let header = [1, kind, 0, 1, high, low, u8::try_from(padding).unwrap(), 0];
    [&header[..], content, &[0; 8][..padding]].concat()
}

fn end(status: u8) -> Vec<u8> {
    record(END, &[0, 0, 0, 0, status, 0, 0, 0])
}

fn pairs(mut bytes: &[u8]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    while !bytes.is_empty() {
        let (name, value) = (take_length(&mut bytes), take_length(&mut bytes));
        let (pair, rest) = bytes.split_at(name + value);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        pairs.push((text(&pair[..name]), text(&pair[name..])));
        bytes = rest;
    }
    pairs
}

fn take_length(bytes: &mut &[u8]) -> usize {
    let long = bytes[0] & 0x80 != 0;
    let (length, rest) = bytes.split_at(if long { 4 } else { 1 });
    *bytes = rest;
    length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)) & 0x7fff_ffff
}
