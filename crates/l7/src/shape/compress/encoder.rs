//! Compression of one body.

use crate::failure::{Cause, Failure};
use crate::plan::filters::Compressor;
use crate::response::Gzipped;
use crate::worker::Shared;
use flate2::{Compress, Compression, FlushCompress, Status};
use model::Coding;
use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::rc::Rc;

/// Bytes of output made at a time.
const STEP: usize = 16 << 10;
/// The window of gzip, as the power of two.
const WINDOW: u8 = 15;
/// The library's first level makes bodies a third larger than zlib's first, which operators expect; its second does not.
const LEAST_LEVEL: u32 = 2;
/// Compressors that a worker keeps: a quarter of a megabyte each.
const MOST_SPARE: usize = 32;
/// The largest window of brotli and Zstandard that clients must take (RFC 9659), as the power of two.
const LARGEST_WINDOW: u8 = 23;

/// Memory of gzip compressors that are through, for those to come, by their level.
#[derive(Default)]
pub struct Spare(RefCell<Vec<(u8, Compress)>>);

/// Compression of one body.
pub enum Encoder {
    /// With gzip.
    Gzip(Gzip),
    /// With brotli.
    Brotli(Option<Box<brotli::CompressorWriter<Vec<u8>>>>),
    /// With Zstandard; `None`: it could not be set up, or is through.
    Zstd(Option<zstd::stream::write::Encoder<'static, Vec<u8>>>),
}

/// Compression with gzip.
pub struct Gzip {
    level: u8,
    /// Gone when the encoder is dropped.
    state: Option<Compress>,
    shared: Rc<Shared>,
    outcome: Rc<Cell<Gzipped>>,
}

impl Encoder {
    /// As a rule asks for it.
    pub fn new(rule: &Compressor, shared: &Rc<Shared>) -> Self {
        match rule.coding {
            Coding::Gzip => {
                let (level, shared) = (rule.level, Rc::clone(shared));
                Self::Gzip(Gzip { level, state: Some(shared.compressors.take(level)), shared, outcome: Rc::default() })
            }
            Coding::Brotli => {
                let parameters = brotli::enc::BrotliEncoderParams {
                    quality: i32::from(rule.level),
                    lgwin: i32::from(rule.window.unwrap_or(LARGEST_WINDOW).clamp(10, LARGEST_WINDOW)),
                    ..Default::default()
                };
                let writer = brotli::CompressorWriter::with_params(Vec::new(), STEP, &parameters);
                Self::Brotli(Some(Box::new(writer)))
            }
            Coding::Zstd => {
                let encoder = zstd::stream::write::Encoder::new(Vec::new(), i32::from(rule.level));
                Self::Zstd(encoder.ok().and_then(|mut encoder| {
                    encoder.window_log(u32::from(rule.window.unwrap_or(LARGEST_WINDOW - 2))).ok()?;
                    Some(encoder)
                }))
            }
        }
    }

    /// Takes bytes in and puts out what they come to; tells how many it took.
    pub fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> Result<usize, Failure> {
        match self {
            Self::Gzip(gzip) => gzip.run(input, output, FlushCompress::None).map(|(used, _)| used),
            Self::Brotli(Some(writer)) => {
                writer.write_all(input).map_err(|_| trouble())?;
                output.append(writer.get_mut());
                Ok(input.len())
            }
            Self::Zstd(Some(writer)) => {
                writer.write_all(input).map_err(|_| trouble())?;
                output.append(writer.get_mut());
                Ok(input.len())
            }
            Self::Brotli(None) | Self::Zstd(None) => Err(trouble()),
        }
    }

    /// Puts out all that went in.
    pub fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), Failure> {
        match self {
            Self::Gzip(gzip) => loop {
                let before = output.len();
                gzip.run(&[], output, FlushCompress::Sync)?;
                if output.len() - before < STEP {
                    return Ok(());
                }
            },
            Self::Brotli(Some(writer)) => {
                writer.flush().map_err(|_| trouble())?;
                output.append(writer.get_mut());
                Ok(())
            }
            Self::Zstd(Some(writer)) => {
                writer.flush().map_err(|_| trouble())?;
                output.append(writer.get_mut());
                Ok(())
            }
            Self::Brotli(None) | Self::Zstd(None) => Ok(()),
        }
    }

    /// Puts out what is left; false: call again.
    pub fn finish(&mut self, output: &mut Vec<u8>) -> Result<bool, Failure> {
        match self {
            Self::Gzip(gzip) => gzip.run(&[], output, FlushCompress::Finish).map(|(_, ended)| ended),
            Self::Brotli(writer) => {
                let Some(writer) = writer.take() else { return Ok(true) };
                output.append(&mut writer.into_inner());
                Ok(true)
            }
            Self::Zstd(writer) => {
                let Some(writer) = writer.take() else { return Ok(true) };
                output.append(&mut writer.finish().map_err(|_| trouble())?);
                Ok(true)
            }
        }
    }
}

impl Gzip {
    /// Where it stands, once it has ended, what it made of the body.
    pub fn outcome(&self) -> Rc<Cell<Gzipped>> {
        Rc::clone(&self.outcome)
    }

    /// How many bytes it took, and whether all is out.
    fn run(&mut self, input: &[u8], output: &mut Vec<u8>, flush: FlushCompress) -> Result<(usize, bool), Failure> {
        let Some(state) = &mut self.state else { return Err(trouble()) };
        output.reserve(STEP);
        let before = state.total_in();
        let status = state.compress_vec(input, output, flush).map_err(|_| trouble())?;
        let used = usize::try_from(state.total_in() - before).unwrap_or(0);
        if status == Status::StreamEnd {
            self.outcome.set(Gzipped { before: state.total_in(), after: state.total_out() });
        }
        Ok((used, status == Status::StreamEnd))
    }
}

impl Drop for Gzip {
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            self.shared.compressors.put(self.level, state);
        }
    }
}

impl Spare {
    fn take(&self, level: u8) -> Compress {
        let mut spare = self.0.borrow_mut();
        match spare.iter().position(|(known, _)| *known == level) {
            Some(at) => spare.swap_remove(at).1,
            None => Compress::new_gzip(Compression::new(u32::from(level).max(LEAST_LEVEL)), WINDOW),
        }
    }

    fn put(&self, level: u8, mut state: Compress) {
        let mut spare = self.0.borrow_mut();
        if spare.len() < MOST_SPARE {
            state.reset();
            spare.push((level, state));
        }
    }
}

fn trouble() -> Failure {
    Failure::new(Cause::BadCoding)
}
