//! Directories for temporary files: made as root, owned by the worker's user.

use crate::{Identity, is_superuser, reason};
use nix::unistd::chown;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Makes each directory that is not there yet, with those above it, and gives it to the worker's user.
///
/// # Errors
/// One line for each that cannot be made.
pub fn make(paths: &[PathBuf], identity: Option<&Identity>) -> Result<(), Vec<String>> {
    let failures = paths.iter().filter_map(|path| make_one(path, identity).err());
    let failures: Vec<String> = failures.collect();
    if failures.is_empty() { Ok(()) } else { Err(failures) }
}

fn make_one(path: &Path, identity: Option<&Identity>) -> Result<(), String> {
    let failed = |call: &str, error: &io::Error| format!("{call} \"{}\" failed {}", path.display(), reason(error));
    create(path).map_err(|error| failed("mkdir()", &error))?;
    let Some(identity) = identity.filter(|_| is_superuser()) else {
        return Ok(());
    };
    let found = fs::metadata(path).map_err(|error| failed("stat()", &error))?;
    if found.uid() != identity.user().as_raw() {
        chown(path, Some(identity.user()), None).map_err(|error| failed("chown()", &error.into()))?;
    }
    if found.mode() & 0o700 != 0o700 {
        let mode = Permissions::from_mode(found.mode() | 0o700);
        fs::set_permissions(path, mode).map_err(|error| failed("chmod()", &error))?;
    }
    Ok(())
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        done => done,
    }
}
