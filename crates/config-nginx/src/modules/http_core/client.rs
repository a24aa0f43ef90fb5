//! Bounds on what a client may send: how its request heads and bodies are read.

use std::path::PathBuf;
use std::time::Duration;

use model::{BodyInFile, ByteSize, ClientLimits, HeadReading, TempDirectory};

use crate::lower::slot::{Slot, settings};
use crate::lower::{Level, Lowering};
use crate::modules::verify;
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

settings! {
    /// How request heads are read.
    struct HeadSettings {
        buffer: Slot<ByteSize>,
        large: Slot<(u32, ByteSize)>,
        timeout: Slot<Duration>,
        drop_invalid: Slot<bool>,
        underscores: Slot<bool>,
        max_fields: Slot<u32>,
        merge_slashes: Slot<bool>,
    }
}

settings! {
    /// How request bodies are read.
    struct ClientSettings {
        max_body: Slot<ByteSize>,
        body_buffer: Slot<ByteSize>,
        body_in_file: Slot<BodyInFile>,
        temp_path: Slot<PathBuf>,
        body_timeout: Slot<Duration>,
        reset_timed_out: Slot<bool>,
    }
}

/// Values of `client_body_in_file_only`.
pub(crate) const BODY_IN_FILE: [(&str, BodyInFile); 3] =
    [("off", BodyInFile::Off), ("on", BodyInFile::Keep), ("clean", BodyInFile::Clean)];

/// The directory that is used where `client_body_temp_path` names none.
const DEFAULT_DIRECTORY: &str = "client_body_temp";

impl HeadSettings {
    pub(crate) fn finish(&self) -> HeadReading {
        let (large_count, large_size) = self.large.or((4, ByteSize(8192)));
        HeadReading {
            buffer: self.buffer.or(ByteSize(1024)),
            large_count,
            large_size,
            max_line: ByteSize(0),
            timeout: self.timeout.or(Duration::from_mins(1)),
            drop_invalid: self.drop_invalid.or(true),
            underscores: self.underscores.or(false),
            max_fields: self.max_fields.or(1000),
        }
    }
}

impl ClientSettings {
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> ClientLimits {
        let temp_directory = temp_directory(lowering, &self.temp_path, DEFAULT_DIRECTORY);
        ClientLimits {
            max_body: self.max_body.or(ByteSize(1 << 20)),
            // nginx: two pages.
            body_buffer: self.body_buffer.or(ByteSize(8192)),
            body_in_file: self.body_in_file.or(BodyInFile::Off),
            temp_directory,
            body_timeout: self.body_timeout.or(Duration::from_mins(1)),
            reset_timed_out: self.reset_timed_out.or(false),
        }
    }
}

/// The directory for temporary files that a slot or else nginx's default names; it is remembered, to be made at start.
pub(crate) fn temp_directory(lowering: &mut Lowering<'_>, slot: &Slot<PathBuf>, default: &str) -> PathBuf {
    let path = slot.get().cloned().unwrap_or_else(|| lowering.path(default));
    let origin = slot.origin().unwrap_or_default();
    let known = &mut lowering.shared.temp_directories;
    if !known.iter().any(|known| known.path == path) {
        known.push(TempDirectory { path: path.clone(), origin });
    }
    path
}

/// A path, and up to three numbers of characters for nested directories: these only spread files over a disk.
pub(crate) fn temp_path(lowering: &Lowering<'_>, slot: &mut Slot<PathBuf>, directive: &Directive) -> Outcome {
    for level in directive.arguments.iter().skip(1) {
        if value::decimal(&level.text).is_none_or(|number| number == 0) {
            return Err(value::invalid(directive, level).help("a level is a number of characters"));
        }
    }
    slot.put(directive, lowering.path(&value::first(directive)?.text))
}

/// `large_client_header_buffers`
pub(super) fn large_buffers(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let (count, size) = verify::buffers(directive)?;
    level.head.large.put(directive, (u32::try_from(count).unwrap_or(u32::MAX), size))
}
