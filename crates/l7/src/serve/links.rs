//! Files, opened and looked at as far as symbolic links may be followed (`disable_symlinks`).

use crate::exchange::Exchange;
use crate::serve::files::path_of;
use std::io;
use transport::file::{self, File, Links, Metadata};

impl Exchange<'_> {
    /// Opens a file.
    pub async fn open_file(&self, name: &[u8]) -> io::Result<File> {
        match self.links(name) {
            None => file::open(path_of(name)).await,
            Some(links) => file::open_checked(path_of(name), links).await,
        }
    }

    /// What is at a path.
    pub async fn look_at(&self, name: &[u8]) -> io::Result<Metadata> {
        match self.links(name) {
            None => file::metadata(path_of(name)).await,
            Some(links) => file::metadata_checked(path_of(name), links).await,
        }
    }

    /// Which links may be followed on the way to a file; `None`: all.
    fn links(&self, name: &[u8]) -> Option<Links> {
        let rule = self.place.section.files.links.as_ref()?;
        let from = rule.from.as_ref().map(|from| self.text_of(from)).unwrap_or_default();
        let trusted = match name.strip_prefix(from.as_slice()) {
            Some(b"") if !from.is_empty() => return None,
            Some([b'/', ..]) => from.len(),
            Some(_) if from.ends_with(b"/") => from.len() - 1,
            Some(_) | None => 0,
        };
        Some(Links { same_owner: rule.same_owner, trusted })
    }
}
