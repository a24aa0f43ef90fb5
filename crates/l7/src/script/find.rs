//! Looking for the file that a name stands for, where the name may go on behind the file.

use crate::exchange::Exchange;
use crate::plan::Template;
use crate::request::FoundFile;
use transport::file::Metadata;

impl Exchange<'_> {
    /// Sets one variable to the name of the file, up to the first part that is not there, and one to what follows it.
    pub async fn find_file(&self, name: &Template, (file, rest): (u16, u16), index: bool) {
        let mut name = self.text_of(name);
        let (end, found) = self.end_of_file(&name).await;
        let folder = found.is_some_and(|found| found.is_directory());
        let behind = name.split_off(end);
        if index && folder && name.ends_with(b"/") {
            for candidate in &self.place.section.files.index {
                let path = [name.as_slice(), &self.text_of(candidate)].concat();
                if self.look_at(&path).await.is_ok() {
                    name = path;
                    break;
                }
            }
        }
        self.bindings.set_slot(file, name);
        self.bindings.set_slot(rest, behind);
    }

    /// How long the name of the file is that the name begins with, up to the first part that is not there; and what it is,
    /// where all of the name is that of something.
    async fn end_of_file(&self, name: &[u8]) -> (usize, Option<Metadata>) {
        let mut end = name.len();
        let whole = self.look_at(name).await.ok();
        let mut found = whole.is_some();
        while !found {
            let parts = name.get(..end).unwrap_or_default();
            let Some(slash) = memchr::memrchr(b'/', parts).filter(|slash| *slash > 0) else { break };
            let above = self.look_at(parts.get(..slash).unwrap_or_default()).await.ok();
            found = above.is_some();
            // A folder is followed by the part that is not in it.
            if !above.is_some_and(|above| above.is_directory()) {
                end = slash;
            }
        }
        (end, whole)
    }

    /// Finds out where the name of the file ends in the path; whether it is a folder.
    pub async fn look_for_file(&mut self) -> bool {
        if let Some(found) = &self.request.found_file {
            return found.is_folder;
        }
        let Some(name) = self.file_name(&self.request.path) else { return false };
        let (end, found) = self.end_of_file(&name).await;
        let behind = name.len().saturating_sub(end).min(self.request.path.len());
        let is_folder = found.is_some_and(|found| found.is_directory());
        self.request.found_file = Some(FoundFile { behind, is_folder });
        is_folder
    }
}
