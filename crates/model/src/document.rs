//! Files that the configuration names and that are read with it, by whoever may read them: certificates, keys, passwords.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Files by name, with what was in them when the configuration was read.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Documents(BTreeMap<PathBuf, Document>);

/// What a file came to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Document {
    /// It was not read.
    Wanted,
    Text(String),
    Bytes(Vec<u8>),
    /// Why it could not be read.
    Unreadable(String),
}

impl Documents {
    /// A file is to be read.
    pub fn want(&mut self, path: impl Into<PathBuf>) {
        self.0.entry(path.into()).or_insert(Document::Wanted);
    }

    /// The files of another are to be read, too.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Reads what is to be read.
    pub fn fill(&mut self, read: impl Fn(&Path) -> Result<Vec<u8>, String>) {
        for (path, document) in &mut self.0 {
            *document = match read(path) {
                Ok(bytes) => {
                    String::from_utf8(bytes).map_or_else(|error| Document::Bytes(error.into_bytes()), Document::Text)
                }
                Err(reason) => Document::Unreadable(reason),
            };
        }
    }

    /// What is in a file.
    ///
    /// # Errors
    /// Why it could not be read.
    pub fn read(&self, path: &Path) -> Result<&[u8], &str> {
        match self.0.get(path) {
            Some(Document::Text(text)) => Ok(text.as_bytes()),
            Some(Document::Bytes(bytes)) => Ok(bytes),
            Some(Document::Unreadable(reason)) => Err(reason),
            Some(Document::Wanted) | None => Err("it was not read with the configuration"),
        }
    }
}

/// The names alone: there are keys among what is in the files.
impl fmt::Debug for Documents {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read_and_not_shown() {
        let mut documents = Documents::default();
        for path in ["/key", "/binary", "/nowhere"] {
            documents.want(path);
        }
        assert!(documents.read(Path::new("/key")).is_err());
        documents.fill(|path| match path.to_str() {
            Some("/key") => Ok(b"secret".to_vec()),
            Some("/binary") => Ok(vec![0xff; 48]),
            _ => Err("no such file".to_owned()),
        });
        let documents: Documents = serde_json::from_slice(&serde_json::to_vec(&documents).unwrap()).unwrap();
        assert_eq!(documents.read(Path::new("/key")), Ok(&b"secret"[..]));
        assert_eq!(documents.read(Path::new("/binary")), Ok(&[0xff; 48][..]));
        assert_eq!(documents.read(Path::new("/nowhere")), Err("no such file"));
        assert!(!format!("{documents:?}").contains("secret"));
    }
}
