//! Looking for the file that a name stands for, where the name may go on behind the file.

use crate::exchange::Exchange;
use crate::plan::Template;

impl Exchange<'_> {
    /// Sets one variable to the name of the file, up to the first part that is not there, and one to what follows it.
    pub async fn find_file(&self, name: &Template, (file, rest): (u16, u16), index: bool) {
        let mut name = self.text_of(name);
        let mut end = name.len();
        let mut found = self.look_at(&name).await.ok();
        while found.is_none() {
            let parts = name.get(..end).unwrap_or_default();
            let Some(slash) = memchr::memrchr(b'/', parts).filter(|slash| *slash > 0) else { break };
            found = self.look_at(parts.get(..slash).unwrap_or_default()).await.ok();
            // A folder is followed by the part that is not in it.
            if !found.as_ref().is_some_and(transport::file::Metadata::is_directory) {
                end = slash;
            }
        }
        let folder = end == name.len() && found.is_some_and(|found| found.is_directory());
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
}
