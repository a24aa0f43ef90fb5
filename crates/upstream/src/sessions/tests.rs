//! What is remembered of sessions, and for how long.

use std::sync::Arc;
use std::time::Duration;

use model::{ByteSize, Learning};

use super::Sessions;

fn rule(size: u64) -> Learning {
    Learning {
        sessions: Vec::new(),
        zone: "z".into(),
        size: ByteSize(size),
        timeout: Duration::from_secs(2),
        at_head: false,
    }
}

#[test]
fn a_session_is_known_until_it_was_not_seen_for_its_time() {
    let sessions = Sessions::succeed(&rule(1 << 16), None);
    sessions.learn(b"one", b"a", true, 0);
    assert_eq!(sessions.find(b"one", 1999), Some(sessions.digest(b"a")));
    assert_eq!(sessions.find(b"two", 0), None);
    sessions.learn(b"one", b"b", false, 1500);
    assert_eq!(sessions.find(b"one", 3000), Some(sessions.digest(b"b")), "it was seen again");
    assert_eq!(sessions.find(b"one", 3500), None);
    sessions.learn(b"one", b"a", false, 4000);
    assert_eq!(sessions.find(b"one", 4000), None, "what is forgotten is not prolonged");
}

#[test]
fn only_what_may_be_created_is() {
    let sessions = Sessions::succeed(&rule(1 << 16), None);
    sessions.learn(b"one", b"a", false, 0);
    assert_eq!(sessions.find(b"one", 0), None);
}

#[test]
fn the_least_recently_seen_makes_room() {
    let sessions = Sessions::succeed(&rule(1), None);
    for number in 0..9_u64 {
        sessions.learn(&number.to_be_bytes(), b"a", true, number);
    }
    let known = (0..9_u64).filter(|number| sessions.find(&number.to_be_bytes(), 9).is_some());
    assert_eq!(known.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn the_same_table_lives_on() {
    let sessions = Sessions::succeed(&rule(1 << 16), None);
    assert!(Arc::ptr_eq(&sessions, &Sessions::succeed(&rule(1 << 16), Some(&sessions))));
    assert!(!Arc::ptr_eq(&sessions, &Sessions::succeed(&rule(1 << 17), Some(&sessions))));
}
