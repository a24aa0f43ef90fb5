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
            Self::Zaguan => "/var/lib/zaguan/".into(),
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
            Self::Zaguan => "/run/zaguan.pid".into(),
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
    pub(crate) fn access_log(self) -> &'static str {
        match self {
            Self::Nginx => "/var/log/nginx/access.log",
            Self::Zaguan => "/var/log/zaguan/access.log",
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
