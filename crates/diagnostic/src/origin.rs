//! Places in the operator's files.

use serde::{Deserialize, Serialize};

/// A file in [`Sources`](crate::Sources).
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// Where a thing was written.
#[derive(Copy, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The file.
    pub file: FileId,
    /// The line, from 1; 0 stands for the file as a whole.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many characters of that line it takes.
    pub length: u32,
}

impl Origin {
    /// A place of `length` characters.
    pub fn new(file: FileId, line: u32, column: u32, length: u32) -> Self {
        Self { file, line, column, length }
    }

    /// The part of this place that begins `skip` characters later and is `length` long.
    #[must_use]
    pub fn slice(self, skip: u32, length: u32) -> Self {
        Self { column: self.column.saturating_add(skip), length, ..self }
    }
}
