//! Temporary files: made under a name of their own, removed when dropped unless they are kept.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use super::{File, on_ring, on_threads};

/// Names tried before making a file is given up: others may use the same directory.
const ATTEMPTS: u32 = 100;
const MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A file that is removed when this is dropped.
pub struct Temporary {
    file: File,
    path: Option<PathBuf>,
}

/// Makes a file in `directory` that its owner alone may read and write (mode 0600).
pub async fn temporary(directory: &Path) -> io::Result<Temporary> {
    for _ in 0..ATTEMPTS {
        let path = directory.join(unique_name());
        match create(&path).await {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            outcome => return outcome.map(|file| Temporary { file, path: Some(path) }),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

async fn create(path: &Path) -> io::Result<File> {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL | libc::O_CLOEXEC;
    if let Some(ring) = on_ring::Submitter::current() {
        return ring.open(path, flags, MODE).await.map(File::on_ring);
    }
    let path = path.to_owned();
    on_threads::run(move || on_threads::create(&path, MODE)).await.map(File::on_threads)
}

impl Temporary {
    /// The file, open for reading and writing.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    /// Leaves the file where it is; says where.
    pub fn keep(mut self) -> (File, PathBuf) {
        let path = self.path.take().unwrap_or_default();
        (self.file.clone(), path)
    }

    /// Has the file given its place, atomically, in the stead of whatever is there; directories on the way are made. `mover`
    /// is called on a thread that may block, with what does it; it says whether it called that. It ends what it began even
    /// where nobody waits for it any more.
    pub async fn move_to(
        mut self,
        place: PathBuf,
        mover: impl FnOnce(&dyn Fn() -> io::Result<()>) -> io::Result<bool> + Send + 'static,
    ) -> io::Result<bool> {
        let Some(path) = self.path.clone() else { return Err(io::ErrorKind::NotFound.into()) };
        let moved = on_threads::run(move || mover(&|| rename(&path, &place))).await?;
        if moved {
            self.path = None;
        }
        Ok(moved)
    }

    /// Gives the file its place in another's tree, atomically: with this mode, which directories that are made on the way
    /// get with leave to search, and as if it was last modified then. A place on another file system gets a copy.
    pub async fn publish(self, place: PathBuf, mode: u32, modified: Option<SystemTime>) -> io::Result<()> {
        let Some(path) = self.path.clone() else { return Err(io::ErrorKind::NotFound.into()) };
        on_threads::run(move || {
            fs::set_permissions(&path, Permissions::from_mode(mode))?;
            if let Some(modified) = modified {
                fs::File::open(&path)?.set_modified(modified)?;
            }
            match fs::rename(&path, &place) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let directory = place.parent().unwrap_or(Path::new("/"));
                    // Whoever may read a file below may go there.
                    let mode = mode | (mode & 0o444) >> 2 | 0o700;
                    DirBuilder::new().recursive(true).mode(mode).create(directory)?;
                    fs::rename(&path, &place).or_else(|error| copy_over(&path, &place, modified, error))
                }
                Err(error) => copy_over(&path, &place, modified, error),
                Ok(()) => Ok(()),
            }
        })
        .await
    }

    /// Removes the name now; the file lives until it is dropped.
    pub async fn unlink(&mut self) -> io::Result<()> {
        match self.path.take() {
            Some(path) => on_threads::run(move || std::fs::remove_file(path)).await,
            None => Ok(()),
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // Somebody else may have removed it, which is as well.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Renames a file; directories on the way are made.
fn rename(path: &Path, place: &Path) -> io::Result<()> {
    match fs::rename(path, place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let directory = place.parent().unwrap_or(Path::new("/"));
            DirBuilder::new().recursive(true).mode(DIRECTORY_MODE).create(directory)?;
            fs::rename(path, place)
        }
        outcome => outcome,
    }
}

/// A file that cannot be renamed since its place is on another file system: its copy there is.
fn copy_over(path: &Path, place: &Path, modified: Option<SystemTime>, error: io::Error) -> io::Result<()> {
    if error.kind() != io::ErrorKind::CrossesDevices {
        return Err(error);
    }
    let aside = place.with_file_name(unique_name());
    let copied = fs::copy(path, &aside).and_then(|_| {
        if let Some(modified) = modified {
            fs::File::open(&aside)?.set_modified(modified)?;
        }
        fs::rename(&aside, place)
    });
    if copied.is_err() {
        // What failed is told; a copy that was never made cannot be removed.
        let _ = fs::remove_file(&aside);
    }
    copied
}

/// A name that no other file of this process has, and others hardly.
fn unique_name() -> String {
    format!("{:010}-{}", NEXT.fetch_add(1, Ordering::Relaxed), std::process::id())
}
