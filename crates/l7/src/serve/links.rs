//! Files, opened and looked at as far as symbolic links may be followed (`disable_symlinks`).

use crate::exchange::Exchange;
use crate::serve::files::path_of;
use crate::serve::open_files::{OpenFiles, Opened};
use std::io;
use std::rc::Rc;
use transport::file::{self, Links, Metadata};

impl Exchange<'_> {
    /// Opens a file.
    pub async fn open_file(&self, name: &[u8]) -> io::Result<Opened> {
        match self.links(name) {
            None => self.open_files().open(name).await,
            Some(links) => file::open_checked(path_of(name), links).await.and_then(Opened::new),
        }
    }

    /// What is at a path.
    pub async fn look_at(&self, name: &[u8]) -> io::Result<Metadata> {
        match self.links(name) {
            None => self.open_files().look_at(name).await,
            Some(links) => file::metadata_checked(path_of(name), links).await,
        }
    }

    /// The worker's open files, under the rule that holds here.
    fn open_files(&self) -> &Rc<OpenFiles> {
        self.worker.open_files.under(self.place.section.files.kept_open)
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
