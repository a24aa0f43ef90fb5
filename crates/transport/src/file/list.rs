//! What is in a directory.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use super::{Metadata, on_threads};

/// Something in a directory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub name: OsString,
    /// What it leads to: links are followed, unless they lead nowhere.
    pub metadata: Metadata,
}

/// What is in the directory at `path`, in no order, without what may not be looked at; no names that begin with a dot.
///
/// A directory has no form that a ring could read: both transports use a thread.
pub async fn list(path: &Path) -> io::Result<Vec<Entry>> {
    let path = path.to_owned();
    on_threads::run(move || read(&path)).await
}

fn read(path: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().first() == Some(&b'.') {
            continue;
        }
        let found = std::fs::metadata(entry.path()).or_else(|_| entry.metadata());
        if let Ok(metadata) = found {
            entries.push(Entry { name: entry.file_name(), metadata: Metadata::from(&metadata) });
        }
    }
    Ok(entries)
}
