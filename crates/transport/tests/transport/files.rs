//! Files on the ring and on threads.

use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use transport::Chunk;
use transport::file::{self, FileKind};
use transport::runtime::Kind;

use crate::harness::*;

fn scratch(kind: Kind, name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("transport-{name}-{}-{}", kind.name(), std::process::id()))
}

#[test]
fn a_file_is_read_where_it_is_asked_for() {
    on_each_kind(|kind| async move {
        let path = scratch(kind, "read");
        let content = pattern(300_000);
        std::fs::write(&path, &content).unwrap();
        let opened = file::open(&path).await.unwrap();
        assert!(*opened.read_at(0, 300_000).await.unwrap() == content);
        assert!(*opened.read_at(1, 70_000).await.unwrap() == content[1..70_001]);
        assert!(*opened.read_at(299_999, 100).await.unwrap() == content[299_999..]);
        assert!(opened.read_at(300_000, 100).await.unwrap().is_empty());
        assert!(opened.read_at(0, 0).await.unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn metadata_is_what_the_system_says() {
    on_each_kind(|kind| async move {
        let path = scratch(kind, "metadata");
        std::fs::write(&path, b"12345").unwrap();
        let expected = std::fs::metadata(&path).unwrap();
        for found in [file::metadata(&path).await.unwrap(), file::open(&path).await.unwrap().metadata().unwrap()] {
            assert_eq!((found.length, found.inode, found.device), (5, expected.ino(), expected.dev()));
            assert_eq!(found.modified, expected.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap());
            assert!(found.is_file());
        }
        std::fs::remove_file(&path).unwrap();
        assert!(file::metadata(&std::env::temp_dir()).await.unwrap().is_directory());
        assert_eq!(file::metadata("/dev/null".as_ref()).await.unwrap().kind, FileKind::Other);
        assert_eq!(file::metadata(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(file::open(&path).await.err().unwrap().kind(), ErrorKind::NotFound);
        assert_eq!(file::metadata("a\0b".as_ref()).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn a_temporary_file_is_private_and_removed() {
    on_each_kind(|_| async {
        let directory = std::env::temp_dir();
        let one = file::temporary(&directory).await.unwrap();
        let two = file::temporary(&directory).await.unwrap();
        assert_ne!(one.path(), two.path());
        let content = pattern(100_000);
        one.file().write_at(50, Chunk::from(content.clone())).await.unwrap();
        one.file().write_at(0, Chunk::from_static(&[b'-'; 50])).await.unwrap();
        assert!(one.file().read_at(0, 200_000).await.unwrap()[50..] == content);
        let path = one.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        drop(one);
        assert!(!path.exists());
        let (_, kept) = two.keep();
        assert!(kept.exists());
        std::fs::remove_file(kept).unwrap();
        let missing = file::temporary(&directory.join("no such directory")).await;
        assert_eq!(missing.err().unwrap().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn an_unlinked_temporary_file_lives_until_it_is_dropped() {
    on_each_kind(|_| async {
        let mut temporary = file::temporary(&std::env::temp_dir()).await.unwrap();
        let path = temporary.path().to_owned();
        temporary.unlink().await.unwrap();
        assert!(!path.exists());
        temporary.file().write_at(0, Chunk::from_static(b"spilled")).await.unwrap();
        assert_eq!(&*temporary.file().read_at(0, 100).await.unwrap(), b"spilled");
    });
}

#[test]
fn a_pipe_does_not_hold_the_worker_up() {
    on_each_kind(|kind| async move {
        let path = scratch(kind, "pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let opened = file::open(&path).await.unwrap();
        assert_eq!(opened.metadata().unwrap().kind, FileKind::Other);
        std::fs::remove_file(path).unwrap();
    });
}
