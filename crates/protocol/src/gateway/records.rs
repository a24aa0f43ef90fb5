//! FastCGI's records, as they are written and as they come (FastCGI 1.0 §3.3).

use transport::Chunk;

use crate::h1::Cause;

/// A request begins.
pub(super) const BEGIN: u8 = 1;
/// A request has ended.
const END: u8 = 3;
/// Parameters.
pub(super) const PARAMS: u8 = 4;
/// Content of a request.
pub(super) const STDIN: u8 = 5;
/// What the program answers.
const STDOUT: u8 = 6;
/// What it complains of.
const STDERR: u8 = 7;

/// Bytes of a record's header.
pub(super) const RECORD_HEADER: usize = 8;
/// The most content that a record is given: a multiple of eight, so that the next one is aligned.
pub(super) const MOST_CONTENT: usize = 65_528;

const VERSION: u8 = 1;
/// A connection carries one request at a time.
const REQUEST: u8 = 1;
/// Bytes of content that a record has which ends a request: the program's status, the protocol's, and three reserved.
const END_CONTENT: usize = 8;

/// The header of a record with that much content, at most [`MOST_CONTENT`], and no padding.
pub(super) fn header(kind: u8, content: usize) -> [u8; RECORD_HEADER] {
    let [high, low] = u16::try_from(content).unwrap_or(u16::MAX).to_be_bytes();
    [VERSION, kind, 0, REQUEST, high, low, 0, 0]
}

/// What records bring.
#[derive(Debug)]
pub(super) enum Brought {
    /// Part of the answer.
    Output(Chunk),
    /// Part of a complaint.
    Complaint(Chunk),
    /// There is no more of the answer.
    Silence,
    /// The request has ended; whether the program took it at all.
    End(bool),
}

/// Follows records from piece to piece.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Records {
    header: [u8; RECORD_HEADER],
    filled: usize,
    /// Bytes of content, and of padding behind it, that are to come of the present record.
    content: usize,
    padding: usize,
    /// What has come of the content that ends the request.
    end: usize,
    refused: bool,
}

impl Records {
    /// Whether no part of a record has come.
    pub(super) fn is_between(&self) -> bool {
        self.filled == 0
    }

    /// Takes the next thing off `input`; none: more must come first.
    ///
    /// # Errors
    /// What comes is no record of an answer.
    pub(super) fn next(&mut self, input: &mut Chunk) -> Result<Option<Brought>, Cause> {
        while !input.is_empty() {
            if self.filled < RECORD_HEADER {
                self.fill(input)?;
                continue;
            }
            let [_, kind, ..] = self.header;
            if self.content > 0 {
                let content = input.split_to(self.content);
                self.content -= content.len();
                let brought = match kind {
                    STDOUT => Brought::Output(content),
                    STDERR => Brought::Complaint(content),
                    _ => {
                        self.read_end(&content);
                        continue;
                    }
                };
                self.close();
                return Ok(Some(brought));
            }
            let padding = self.padding.min(input.len());
            input.advance(padding);
            self.padding -= padding;
            if let Some(ended) = self.close() {
                return Ok(Some(ended));
            }
        }
        // A record without content may have ended with the input.
        Ok(self.close())
    }

    fn fill(&mut self, input: &mut Chunk) -> Result<(), Cause> {
        let count = (RECORD_HEADER - self.filled).min(input.len());
        let (place, bytes) = (self.header.get_mut(self.filled..self.filled + count), input.get(..count));
        if let (Some(place), Some(bytes)) = (place, bytes) {
            place.copy_from_slice(bytes);
        }
        input.advance(count);
        self.filled += count;
        if self.filled < RECORD_HEADER {
            return Ok(());
        }
        let [version, kind, id_high, id_low, high, low, padding, _] = self.header;
        if version != VERSION || (id_high, id_low) != (0, REQUEST) || !matches!(kind, STDOUT | STDERR | END) {
            return Err(Cause::InvalidRecord);
        }
        self.content = usize::from(high) << 8 | usize::from(low);
        self.padding = usize::from(padding);
        if kind == END && self.content != END_CONTENT {
            return Err(Cause::InvalidRecord);
        }
        Ok(())
    }

    /// The protocol's status tells whether the request was taken (§5.5).
    fn read_end(&mut self, content: &[u8]) {
        const STATUS: usize = 4;
        if let Some(status) = STATUS.checked_sub(self.end).and_then(|at| content.get(at)) {
            self.refused = *status != 0;
        }
        self.end += content.len();
    }

    /// If all of the present record has come, the next may; the end of the request, if it was that.
    fn close(&mut self) -> Option<Brought> {
        if self.filled < RECORD_HEADER || self.content > 0 || self.padding > 0 {
            return None;
        }
        self.filled = 0;
        match self.header {
            [_, END, ..] => Some(Brought::End(!self.refused)),
            [_, STDOUT, _, _, 0, 0, ..] => Some(Brought::Silence),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use transport::Chunk;

    use super::{Brought, Records};
    use crate::h1::Cause;

    fn record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let header = [1, kind, 0, 1, high, low, padding, 0];
        [&header[..], content, &vec![0xff; usize::from(padding)]].concat()
    }

    /// Output, complaints, and whether the request was taken.
    type Read = (Vec<u8>, Vec<u8>, Option<bool>);

    /// What records bring that come in pieces of that size.
    fn read(bytes: &[u8], size: usize) -> Result<Read, Cause> {
        let mut records = Records::default();
        let (mut output, mut complaints, mut end, mut silences) = (Vec::new(), Vec::new(), None, 0);
        for piece in bytes.chunks(size) {
            let mut input = Chunk::copy_from_slice(piece);
            while let Some(brought) = records.next(&mut input)? {
                match brought {
                    Brought::Output(chunk) => output.extend_from_slice(&chunk),
                    Brought::Complaint(chunk) => complaints.extend_from_slice(&chunk),
                    Brought::Silence => silences += 1,
                    Brought::End(taken) => end = Some(taken),
                }
            }
        }
        assert!(records.is_between() && silences == 1);
        Ok((output, complaints, end))
    }

    #[test]
    fn records_are_read_however_they_are_cut() {
        for (status, taken) in [(0, true), (2, false)] {
            let end = [0, 0, 0, 9, status, 0, 0, 0];
            let bytes = [
                record(6, b"Status: 200\r\n", 3),
                record(7, b"oh", 0),
                record(6, b"\r\nhello", 0),
                record(7, b" no", 5),
                record(6, b"", 0),
                record(3, &end, 1),
            ];
            for size in 1..=80 {
                let expected = (b"Status: 200\r\n\r\nhello".to_vec(), b"oh no".to_vec(), Some(taken));
                assert_eq!(read(&bytes.concat(), size).unwrap(), expected, "{size}");
            }
        }
    }

    #[test]
    fn what_is_no_record_of_an_answer_is_refused() {
        for header in [[2, 6, 0, 1], [1, 5, 0, 1], [1, 6, 0, 2], [1, 6, 1, 1], [b'H', b'T', b'T', b'P'], [1, 3, 0, 1]] {
            let bytes = [&header[..], &[0, 1, 0, 0, b'x']].concat();
            assert_eq!(read(&bytes, 100).unwrap_err(), Cause::InvalidRecord, "{header:?}");
        }
    }
}
