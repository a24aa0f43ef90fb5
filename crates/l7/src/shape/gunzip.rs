//! Decompression of gzip bodies for clients that do not take them.

use crate::failure::{Cause, Failure};
use flate2::{Decompress, FlushDecompress, Status};

/// Bytes of output made at a time.
const STEP: usize = 16 << 10;
/// The largest window of gzip, as the power of two.
const WINDOW: u8 = 15;

/// Decompression of a body, which may consist of several members.
pub struct Gunzip {
    state: Decompress,
    /// Inside a member.
    open: bool,
}

impl Gunzip {
    /// Before the first byte.
    pub fn new() -> Self {
        Self { state: Decompress::new_gzip(WINDOW), open: true }
    }

    /// Takes bytes in and puts out at most [`STEP`]; tells how many it took.
    pub fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<usize, Failure> {
        if !self.open {
            self.state = Decompress::new_gzip(WINDOW);
            self.open = true;
        }
        output.reserve(STEP);
        let before = self.state.total_in();
        let status = self.state.decompress_vec(input, output, FlushDecompress::None);
        match status {
            Ok(Status::StreamEnd) => self.open = false,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return Err(Failure::new(Cause::BadCoding)),
        }
        Ok(usize::try_from(self.state.total_in() - before).unwrap_or(0))
    }

    /// The body is through.
    pub fn finish(&self) -> Result<(), Failure> {
        if self.open { Err(Failure::new(Cause::BadCoding)) } else { Ok(()) }
    }
}
