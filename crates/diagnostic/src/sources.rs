//! The operator's files as they were read.

use crate::FileId;

/// Files as read: name and text, by [`FileId`].
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a file and says under which id it is found again.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { name: name.into(), text: text.into() });
        id
    }

    /// The name a file was read under; empty for an id of other sources.
    pub fn name(&self, id: FileId) -> &str {
        self.find(id).map_or("", |source| &source.name)
    }

    /// The text of a file; empty for an id of other sources.
    pub fn text(&self, id: FileId) -> &str {
        self.find(id).map_or("", |source| &source.text)
    }

    /// One line (from 1) of a file, without its end; empty where there is none.
    pub fn line(&self, id: FileId, line: u32) -> &str {
        let index = usize::try_from(line.saturating_sub(1)).unwrap_or(usize::MAX);
        self.text(id).lines().nth(index).unwrap_or("")
    }

    /// Every file, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &str, &str)> {
        (0..).map(FileId).zip(&self.files).map(|(id, source)| (id, source.name.as_str(), source.text.as_str()))
    }

    fn find(&self, id: FileId) -> Option<&Source> {
        self.files.get(usize::try_from(id.0).ok()?)
    }
}
