//! The file system as front-ends see it, so that tests and embedded configurations need no disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Where configuration files come from.
pub trait Files {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The names in a directory, in any order.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;
    /// The names in a directory, those of directories apart, sorted; links that lead back to where they are found are left out.
    fn folder(&self, directory: &Path) -> io::Result<Folder>;
    /// Whether something is there.
    fn exists(&self, path: &Path) -> bool;
    /// Whether a directory is there.
    fn is_directory(&self, path: &Path) -> bool;
}

/// What is in a directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Folder {
    /// Names of what is no directory.
    pub files: Vec<String>,
    /// Names of directories.
    pub folders: Vec<String>,
}

impl Folder {
    fn sorted(mut self) -> Self {
        self.files.sort_unstable();
        self.folders.sort_unstable();
        self
    }
}

/// The files of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(directory)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    fn folder(&self, directory: &Path) -> io::Result<Folder> {
        let mut folder = Folder::default();
        for entry in std::fs::read_dir(directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let is_folder = kind.is_dir() || (kind.is_symlink() && leads_elsewhere(directory, &entry.path()));
            let names = if is_folder { &mut folder.folders } else { &mut folder.files };
            names.extend(entry.file_name().into_string());
        }
        Ok(folder.sorted())
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }
}

/// Whether a link leads to a directory in which it does not lie itself.
fn leads_elsewhere(directory: &Path, link: &Path) -> bool {
    let Ok(target) = std::fs::canonicalize(link) else { return false };
    target.is_dir() && std::fs::canonicalize(directory).is_ok_and(|directory| !directory.starts_with(target))
}

/// Files in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same files and one more.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.into(), bytes.into());
        self
    }
}

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        // The error that the system gives, so that messages read alike.
        const NO_SUCH_FILE: i32 = 2;
        self.files.get(path).cloned().ok_or_else(|| io::Error::from_raw_os_error(NO_SUCH_FILE))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let inside = self.files.keys().filter_map(|path| path.strip_prefix(directory).ok());
        let first = inside.filter_map(|path| path.components().next()?.as_os_str().to_str().map(str::to_owned));
        Ok(first.collect())
    }

    fn folder(&self, directory: &Path) -> io::Result<Folder> {
        let mut names = self.list(directory)?;
        names.sort_unstable();
        names.dedup();
        let (folders, files) = names.into_iter().partition(|name| self.is_directory(&directory.join(name)));
        Ok(Folder { files, folders })
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file.starts_with(path))
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file != path && file.starts_with(path))
    }
}

/// The text of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Text {
    /// What it says; what is not UTF-8 became replacement characters.
    pub text: String,
    /// Whether something did.
    pub lossy: bool,
}

/// Reads a file as text.
pub fn read(files: &dyn Files, path: &Path) -> io::Result<Text> {
    Ok(match String::from_utf8(files.read(path)?) {
        Ok(text) => Text { text, lossy: false },
        Err(error) => Text { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), lossy: true },
    })
}

/// The system's reason in the form `2: No such file or directory`.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        Some(number) => format!("{number}: {}", text.trim_end_matches(&format!(" (os error {number})"))),
        None => text,
    }
}
