//! Descriptors that change under their writers.

use super::*;
use std::fs;

/// A directory of one test, removed at its end.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("telemetry-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The last word of each line.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let last = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
        self.text(name).lines().map(last).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_renamed_log_is_reopened_under_its_name() {
    let directory = Directory::new("reopen");
    let path = directory.path("a.log");
    let mut files = LogFiles::new();
    let file = files.open(&path).unwrap();
    assert!(Arc::ptr_eq(&file, &files.open(&path).unwrap()));
    file.write(b"one\n").unwrap();
    fs::rename(&path, directory.path("a.log.1")).unwrap();
    file.write(b"two\n").unwrap();
    assert!(files.reopen().is_empty());
    file.write(b"three\n").unwrap();
    assert_eq!(directory.text("a.log.1"), "one\ntwo\n");
    assert_eq!(directory.text("a.log"), "three\n");
}

#[test]
fn a_passed_descriptor_replaces_the_one_in_use() {
    let directory = Directory::new("adopt");
    let (path, moved) = (directory.path("a.log"), directory.path("moved.log"));
    let mut files = LogFiles::new();
    let writer = files.adopt(&path, append_to(&path).unwrap());
    let adopted = files.adopt(&path, append_to(&moved).unwrap());
    assert!(Arc::ptr_eq(&writer, &adopted));
    writer.write(b"new\n").unwrap();
    assert_eq!((directory.text("a.log"), directory.text("moved.log")), (String::new(), "new\n".into()));
    assert_eq!(files.iter().count(), 1);
    drop((writer, adopted));
    assert!(files.file(&path).is_none());
}

#[test]
fn what_cannot_be_reopened_keeps_its_descriptor() {
    let directory = Directory::new("lost");
    let folder = directory.path("logs");
    fs::create_dir(&folder).unwrap();
    let mut files = LogFiles::new();
    let file = files.open(&folder.join("a.log")).unwrap();
    fs::rename(&folder, directory.path("elsewhere")).unwrap();
    let failures = files.reopen();
    assert_eq!(failures[0].0, folder.join("a.log"));
    file.write(b"still\n").unwrap();
    assert_eq!(directory.text("elsewhere/a.log"), "still\n");
}

#[test]
fn a_full_pipe_does_not_block() {
    let (reader, writer) = io::pipe().unwrap();
    let file = LogFile::adopt(Path::new("pipe"), writer.into());
    let chunk = [b'x'; 4096];
    let error = (0..1000).find_map(|_| file.write(&chunk).err()).unwrap();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    drop(reader);
}
