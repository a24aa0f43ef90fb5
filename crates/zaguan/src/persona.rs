//! Under which name the program was called, and what follows from it: nginx's command line and places, or our own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Who the program is to its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Persona {
    /// Called `nginx`: for scripts, packages and tools that know nginx.
    Nginx,
    Zaguan,
}

impl Persona {
    /// By the last part of the name that the program was called by.
    pub(crate) fn of(program: Option<&OsString>) -> Self {
        let name = program.and_then(|program| Path::new(program).file_name());
        if name.is_some_and(|name| name == "nginx") { Self::Nginx } else { Self::Zaguan }
    }

    /// What messages begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Zaguan => "zaguan",
        }
    }

    /// Where relative paths of the configuration begin, unless `-p` says otherwise.
    pub(crate) fn prefix(self) -> PathBuf {
        match self {
            Self::Nginx => "/usr/share/nginx/".into(),
            Self::Zaguan => own_directory(),
        }
    }

    /// The configuration, unless `-c` says otherwise.
    pub(crate) fn config(self) -> PathBuf {
        let own = Path::new("/etc/zaguan/nginx.conf");
        if self == Self::Zaguan && own.exists() { own.into() } else { "/etc/nginx/nginx.conf".into() }
    }

    /// The pid file, unless `pid` says otherwise.
    pub(crate) fn pid_file(self) -> PathBuf {
        match self {
            Self::Nginx => "/run/nginx.pid".into(),
            Self::Zaguan if process::is_superuser() => "/run/zaguan.pid".into(),
            Self::Zaguan => {
                let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
                runtime.unwrap_or_else(own_directory).join("zaguan.pid")
            }
        }
    }

    /// The error log, unless `-e` or `error_log` says otherwise.
    pub(crate) fn error_log(self) -> &'static str {
        match self {
            Self::Nginx => "/var/log/nginx/error.log",
            Self::Zaguan => "stderr",
        }
    }

    /// The access log, unless `access_log` says otherwise.
    pub(crate) fn access_log(self) -> PathBuf {
        match self {
            Self::Nginx => "/var/log/nginx/access.log".into(),
            Self::Zaguan if process::is_superuser() => "/var/log/zaguan/access.log".into(),
            Self::Zaguan => own_directory().join("access.log"),
        }
    }

    /// Makes those of our own places that these files are to lie in; no package may have made them. nginx's are its package's.
    pub(crate) fn make_places<'a>(self, files: impl Iterator<Item = &'a Path>) {
        let (access_log, pid_file) = (self.access_log(), self.pid_file());
        let own = [access_log.parent(), pid_file.parent()];
        for directory in files.filter_map(Path::parent).filter(|directory| own.contains(&Some(directory))) {
            if self == Self::Zaguan {
                // Whoever needs one that could not be made says so, with the reason.
                drop(std::fs::create_dir_all(directory));
            }
        }
    }

    /// The name and number that logs and `-v` show.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Nginx => "nginx/1.31.3",
            Self::Zaguan => concat!("zaguan/", env!("CARGO_PKG_VERSION")),
        }
    }
}

/// Where the system, or else the user, has what the program keeps between runs.
fn own_directory() -> PathBuf {
    let state = || {
        let named = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        named.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))
    };
    let state = if process::is_superuser() { None } else { state() };
    state.unwrap_or_else(|| "/var/lib".into()).join("zaguan")
}

#[cfg(test)]
mod tests {
    use super::Persona;

    #[test]
    fn is_nginx_under_that_name_only() {
        for (program, expected) in [
            ("/usr/sbin/nginx", Persona::Nginx),
            ("nginx", Persona::Nginx),
            ("target/debug/zaguan", Persona::Zaguan),
            ("nginx-debug", Persona::Zaguan),
            ("/nginx/zaguan", Persona::Zaguan),
        ] {
            assert_eq!(Persona::of(Some(&program.into())), expected, "{program}");
        }
        assert_eq!(Persona::of(None), Persona::Zaguan);
    }
}
