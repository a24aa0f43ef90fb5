//! Files of users as a worker has read them, and the passwords that were found right lately.

use crate::guard::kept_files::{KeptFiles, Trouble};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use transport::clock;

/// Most passwords that are remembered.
const MOST_VERIFIED: usize = 4096;
/// How long a password is remembered.
const REMEMBERED: Duration = Duration::from_mins(5);
/// Passwords that one worker has verified at a time.
const TURNS: usize = 2;

/// What a worker knows of users.
pub struct Users {
    files: KeptFiles<UserFile>,
    /// Passwords that were found right lately.
    pub verified: Verified,
    /// Bounds how many passwords are verified at a time.
    pub turns: Semaphore,
}

/// A file of lines `name:rest`.
#[derive(Default)]
pub struct UserFile {
    text: Vec<u8>,
    /// Where the rest of each name's line is.
    lines: HashMap<Box<[u8]>, (usize, usize)>,
}

impl Default for Users {
    fn default() -> Self {
        Self { files: KeptFiles::default(), verified: Verified::default(), turns: Semaphore::new(TURNS) }
    }
}

impl Users {
    /// A file as it now is.
    pub async fn file(&self, path: &Path) -> Result<Rc<UserFile>, Trouble> {
        self.files.get(path, |text| Ok(UserFile::parse(text))).await
    }
}

impl UserFile {
    fn parse(text: Vec<u8>) -> Self {
        let mut lines = HashMap::new();
        let mut start = 0;
        for line in text.split(|byte| *byte == b'\n') {
            let (begin, line) = (start, line.strip_suffix(b"\r").unwrap_or(line));
            start += line.len() + 1 + usize::from(text.get(begin + line.len()) == Some(&b'\r'));
            let Some(colon) = memchr::memchr(b':', line).filter(|_| line.first() != Some(&b'#')) else { continue };
            // The first line of a name counts.
            let name = line.get(..colon).unwrap_or_default();
            lines.entry(Box::from(name)).or_insert((begin + colon + 1, begin + line.len()));
        }
        Self { text, lines }
    }

    /// What stands between a user's name and the next colon, or the end of the line.
    pub fn get(&self, user: &[u8]) -> Option<&[u8]> {
        self.line(user)?.split(|byte| *byte == b':').next()
    }

    /// What stands behind a name.
    pub fn line(&self, name: &[u8]) -> Option<&[u8]> {
        let (start, end) = self.lines.get(name)?;
        self.text.get(*start..*end)
    }
}

/// Passwords that were found right, by a digest of them: the passwords themselves are not kept.
#[derive(Default)]
pub struct Verified {
    keys: RefCell<HashMap<[u64; 2], Instant>>,
}

thread_local! {
    /// What makes digests of passwords this thread's own.
    static SECRETS: [RandomState; 2] = [RandomState::new(), RandomState::new()];
}

impl Verified {
    /// The digest of a user, the password and the hash that it was verified against.
    pub fn key(user: &[u8], password: &[u8], hash: &[u8]) -> [u64; 2] {
        SECRETS.with(|secrets| secrets.each_ref().map(|secret| secret.hash_one((user, password, hash))))
    }

    /// Whether it was found right lately.
    pub fn knows(&self, key: &[u64; 2]) -> bool {
        self.keys.borrow().get(key).is_some_and(|until| *until > clock::now())
    }

    /// It was found right.
    pub fn remember(&self, key: [u64; 2]) {
        let now = clock::now();
        let mut keys = self.keys.borrow_mut();
        if keys.len() >= MOST_VERIFIED {
            keys.retain(|_, until| *until > now);
        }
        if keys.len() >= MOST_VERIFIED {
            keys.clear();
        }
        keys.insert(key, now + REMEMBERED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_user_counts() {
        let users = UserFile::parse(b"# a:comment\na:1\r\nb:2:comment\na:3\n\nc:\nno colon\nd:4".to_vec());
        let check = |user: &str, hash: Option<&str>| assert_eq!(users.get(user.as_bytes()), hash.map(str::as_bytes));
        check("a", Some("1"));
        check("b", Some("2"));
        check("c", Some(""));
        check("d", Some("4"));
        check("no colon", None);
        check("# a", None);
    }
}
