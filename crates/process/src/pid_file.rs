//! The file that says which process to send signals to.

use crate::reason;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A written pid file. Removed by [`PidFile::remove`] only, so that no other process takes it away.
#[derive(Debug)]
pub(crate) struct PidFile {
    path: PathBuf,
}

impl PidFile {
    /// Writes this process's id; nothing where the path is empty.
    pub(crate) fn write(path: &Path) -> Result<Option<Self>, String> {
        if path.as_os_str().is_empty() {
            return Ok(None);
        }
        fs::write(path, format!("{}\n", std::process::id()))
            .map_err(|error| format!("open() \"{}\" failed {}", path.display(), reason(&error)))?;
        Ok(Some(Self { path: path.to_path_buf() }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes room for the file of a new binary.
    pub(crate) fn set_aside(&mut self) -> Result<(), String> {
        let mut aside = OsString::from(&self.path);
        aside.push(".oldbin");
        self.rename(aside.into())
    }

    /// Takes the place back when the new binary is gone.
    pub(crate) fn restore(&mut self) -> Result<(), String> {
        if self.path.extension().is_some_and(|end| end == "oldbin") {
            let original = self.path.with_extension("");
            return self.rename(original);
        }
        Ok(())
    }

    pub(crate) fn remove(self) -> Result<(), String> {
        fs::remove_file(&self.path)
            .map_err(|error| format!("unlink() \"{}\" failed {}", self.path.display(), reason(&error)))
    }

    fn rename(&mut self, to: PathBuf) -> Result<(), String> {
        fs::rename(&self.path, &to).map_err(|error| {
            let (from, to) = (self.path.display(), to.display());
            format!("rename() {from} to {to} failed {}", reason(&error))
        })?;
        self.path = to;
        Ok(())
    }
}

/// The process that a pid file names.
///
/// # Errors
/// The line to show: the file cannot be read, or holds no number.
pub fn read(path: &Path) -> Result<i32, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("open() \"{}\" failed {}", path.display(), reason(&error)))?;
    let number = text.trim_end_matches(['\r', '\n']);
    match number.parse() {
        Ok(pid) if pid > 0 => Ok(pid),
        _ => Err(format!("invalid PID number \"{number}\" in \"{}\"", path.display())),
    }
}

/// Whether there is a process with this number.
pub fn is_running(pid: i32) -> bool {
    !matches!(kill(Pid::from_raw(pid), None), Err(Errno::ESRCH))
}

/// Sends a process one of the signals of nginx's `-s` (`stop`, `quit`, `reopen` or `reload`) or of httpd's `-k`
/// (`stop`, `restart`, `graceful` or `graceful-stop`).
///
/// # Errors
/// The line to show: the name is none of these, or the process cannot be reached.
pub fn signal(pid: i32, name: &str) -> Result<(), String> {
    let signal = match name {
        "stop" => Signal::SIGTERM,
        "quit" => Signal::SIGQUIT,
        "reopen" | "graceful" => Signal::SIGUSR1,
        "reload" | "restart" => Signal::SIGHUP,
        "graceful-stop" => Signal::SIGWINCH,
        _ => return Err(format!("invalid option: \"-s {name}\"")),
    };
    kill(Pid::from_raw(pid), signal).map_err(|error| {
        let number = signal as i32;
        format!("kill({pid}, {number}) failed ({}: {})", error as i32, error.desc())
    })
}

#[cfg(test)]
mod tests {
    use super::{PidFile, read};
    use std::fs;

    #[test]
    fn makes_room_for_a_new_binary_and_comes_back() {
        let directory = std::env::temp_dir().join(format!("zaguan-pid-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("z.pid");
        let mut file = PidFile::write(&path).unwrap().unwrap();
        assert_eq!(read(&path), Ok(i32::try_from(std::process::id()).unwrap()));
        file.set_aside().unwrap();
        assert!(read(&path).unwrap_err().ends_with("failed (2: No such file or directory)"));
        assert!(read(&directory.join("z.pid.oldbin")).is_ok());
        file.restore().unwrap();
        assert_eq!(file.path(), path);
        fs::write(&path, "x\n").unwrap();
        let text = format!("invalid PID number \"x\" in \"{}\"", path.display());
        assert_eq!(read(&path), Err(text));
        file.remove().unwrap();
        fs::remove_dir(&directory).unwrap();
    }
}
