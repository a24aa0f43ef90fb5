//! Files of the configuration's guards as a worker has read them: read again when they have changed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use transport::file::{self, Metadata};

/// Most files of one kind that a worker keeps.
const MOST_FILES: usize = 64;
/// Bytes of a file at most.
const LARGEST_FILE: u64 = 64 << 20;

/// Files of one kind, by path.
pub struct KeptFiles<T>(RefCell<HashMap<PathBuf, (Metadata, Rc<T>)>>);

/// Why a file cannot be used.
pub enum Trouble {
    /// It cannot be read.
    Io(io::Error),
    /// It is larger than it may be.
    TooLarge,
    /// It does not say what it should.
    Content(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge { Self::TooLarge } else { Self::Io(error) }
    }
}

impl<T> Default for KeptFiles<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T> KeptFiles<T> {
    /// A file as it now is.
    ///
    /// # Errors
    /// It cannot be read, or `parse` says what is wrong with it.
    pub async fn get(&self, path: &Path, parse: impl FnOnce(Vec<u8>) -> Result<T, String>) -> Result<Rc<T>, Trouble> {
        let found = file::metadata(path).await?;
        if let Some((seen, kept)) = self.0.borrow().get(path)
            && *seen == found
        {
            return Ok(Rc::clone(kept));
        }
        let (found, text) = file::read(path, LARGEST_FILE).await?;
        let parsed = Rc::new(parse(text).map_err(Trouble::Content)?);
        let mut files = self.0.borrow_mut();
        if files.len() >= MOST_FILES {
            files.clear();
        }
        files.insert(path.to_owned(), (found, Rc::clone(&parsed)));
        Ok(parsed)
    }
}
