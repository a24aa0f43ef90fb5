//! Others that use a store's directory, such as the old process beside the new one: whether they are there, and when they went.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The directory, in that of the store, where each has a file that it has locked.
const NAME: &str = ".users";

/// Others that use a directory.
#[derive(Debug)]
pub struct Neighbours {
    directory: PathBuf,
    own: PathBuf,
    /// Locked as long as this is.
    _lock: Option<File>,
    /// There were some when it was last looked.
    there: bool,
}

impl Neighbours {
    /// Uses a store's directory from now on, under a number that nobody else has.
    pub fn new(store: &Path, number: u64) -> (Self, io::Result<()>) {
        let directory = store.join(NAME);
        let own = directory.join(number.to_string());
        let (lock, outcome) = match lock(&directory, &own) {
            Ok(lock) => (Some(lock), Ok(())),
            Err(error) => (None, Err(error)),
        };
        let mut neighbours = Self { directory, own, _lock: lock, there: false };
        neighbours.there = neighbours.are_there();
        (neighbours, outcome)
    }

    /// Whether the last of them has gone since this was last asked.
    pub fn have_gone(&mut self) -> bool {
        let there = self.are_there();
        std::mem::replace(&mut self.there, there) && !there
    }

    fn are_there(&self) -> bool {
        let Ok(entries) = fs::read_dir(&self.directory) else { return false };
        let others = entries.flatten().map(|entry| entry.path()).filter(|path| *path != self.own);
        // All are looked at: what is left of those who went is removed.
        others.filter(|path| is_used(path)).count() > 0
    }
}

impl Drop for Neighbours {
    fn drop(&mut self) {
        // Whoever finds it unlocked removes it otherwise.
        let _ = fs::remove_file(&self.own);
    }
}

fn lock(directory: &Path, own: &Path) -> io::Result<File> {
    fs::create_dir(directory).or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Ok(()),
        _ => Err(error),
    })?;
    let file = File::create_new(own)?;
    file.try_lock()?;
    Ok(file)
}

/// Whether somebody has locked a file; one that nobody has is removed.
fn is_used(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let used = file.try_lock().is_err();
    if !used {
        let _ = fs::remove_file(path);
    }
    used
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_seen_until_they_go() {
        let directory = std::env::temp_dir().join(format!("zaguan-neighbours-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let join = |number| {
            let (neighbours, outcome) = Neighbours::new(&directory, number);
            outcome.unwrap();
            neighbours
        };
        let mut own = join(1);
        assert!(!own.have_gone());
        let mut other = join(2);
        // One that was killed.
        fs::write(directory.join(NAME).join("3"), "").unwrap();
        assert!(!own.have_gone() && !own.have_gone() && !other.have_gone());
        assert!(!directory.join(NAME).join("3").exists());
        drop(own);
        assert!(other.have_gone(), "it found the other when it came");
        let mut own = join(4);
        drop(other);
        assert!(own.have_gone() && !own.have_gone());
        fs::remove_dir_all(&directory).unwrap();
    }
}
