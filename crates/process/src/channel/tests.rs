//! Frames cross the socket pair whole, with many descriptors, and nonsense from a worker is refused.

use super::{BATCH, Incoming, pair, receive, send};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

#[test]
fn carries_a_large_body_and_more_descriptors_than_one_message_takes() {
    let (ours, theirs) = pair().unwrap();
    let (mut reader, writer) = std::io::pipe().unwrap();
    let lent: Vec<BorrowedFd<'_>> = vec![writer.as_fd(); BATCH * 2 + 5];
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let receiver = std::thread::spawn(move || receive(theirs.as_fd()).unwrap().unwrap());
    send(ours.as_fd(), 7, b"header", &body, &lent).unwrap();
    let frame = receiver.join().unwrap();
    assert_eq!((frame.kind, frame.header.as_slice()), (7, b"header".as_slice()));
    assert_eq!(frame.body, body);
    assert_eq!(frame.descriptors.len(), BATCH * 2 + 5);
    drop(writer);
    for descriptor in frame.descriptors {
        File::from(descriptor).write_all(b"x").unwrap();
    }
    let mut written = Vec::new();
    reader.read_to_end(&mut written).unwrap();
    assert_eq!(written.len(), BATCH * 2 + 5);
}

#[test]
fn sees_the_end() {
    let (ours, theirs) = pair().unwrap();
    drop(ours);
    assert!(receive(theirs.as_fd()).unwrap().is_none());
}

#[test]
fn reads_answers_as_they_come() {
    let (ours, theirs) = pair().unwrap();
    let mut incoming = Incoming::default();
    assert!(incoming.fill(&ours).unwrap());
    assert!(incoming.next().unwrap().is_none());
    send(theirs.as_fd(), 1, b"[]", &[], &[]).unwrap();
    send(theirs.as_fd(), 2, &[], &[], &[]).unwrap();
    drop(theirs);
    assert!(!incoming.fill(&ours).unwrap());
    assert_eq!(incoming.next().unwrap().unwrap().header, b"[]");
    assert_eq!(incoming.next().unwrap().unwrap().kind, 2);
    assert!(incoming.next().unwrap().is_none());
}

#[test]
fn refuses_a_workers_nonsense() {
    let (ours, theirs) = pair().unwrap();
    File::from(theirs).write_all(&[0xff; 64]).unwrap();
    let mut incoming = Incoming::default();
    incoming.fill(&ours).unwrap();
    assert!(incoming.next().is_err());
}
