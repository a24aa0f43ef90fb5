//! Whole records out of what arrives.

use transport::Chunk;

use super::{HEADER, LONGEST};

/// What a record may have beside its content, whatever is spoken (RFC 5246 §6.2.3).
const MOST_AROUND: usize = 2048;

/// The beginning of a record whose end has not yet arrived.
#[derive(Default)]
pub(crate) struct Gathering(Vec<u8>);

impl Gathering {
    /// Takes the next whole record off what was received. `None`: all of it is kept until more comes.
    ///
    /// What is no record is not cut: the library says what is wrong with it.
    pub(crate) fn next(&mut self, received: &mut Chunk) -> Option<Chunk> {
        if self.0.is_empty()
            && let Some(length) = length(received).filter(|length| *length <= received.len())
        {
            return Some(received.split_to(length));
        }
        loop {
            let whole = length(&self.0);
            if whole.is_some_and(|whole| whole <= self.0.len()) {
                return Some(std::mem::take(&mut self.0).into());
            }
            if received.is_empty() {
                return None;
            }
            let missing = whole.unwrap_or(HEADER) - self.0.len();
            // What a record says of its length takes no memory before it has come.
            self.0.extend_from_slice(&received.split_to(missing));
        }
    }

    /// Bytes that are kept.
    pub(crate) fn held(&self) -> usize {
        self.0.len()
    }
}

/// The length of the record that begins here, with its header; `None`: that is not yet known.
fn length(bytes: &[u8]) -> Option<usize> {
    let [kind, version, _, high, low] = *bytes.first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    let is_record = (20..=24).contains(&kind) && version == 3 && length <= LONGEST + MOST_AROUND;
    Some(if is_record { HEADER + length } else { bytes.len() })
}
