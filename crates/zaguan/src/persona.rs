//! Under which name the program was called, and what follows from it: nginx's command line and places, or our own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Who the program is to its caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Persona {
    /// Called `nginx`: for scripts, packages and tools that know nginx.
    Nginx,
    /// Called `httpd`, or `apachectl` where there is no Debian's tree: with httpd's own places.
    Httpd,
    /// Called `apache2` or `apache2ctl`: with Debian's places.
    Apache2,
    Zaguan,
}

/// Whether the program is called by the name of the script that controls httpd.
pub(crate) fn is_control(program: Option<&OsString>) -> bool {
    last_part(program).is_some_and(|name| name == "apachectl" || name == "apache2ctl")
}

fn last_part(program: Option<&OsString>) -> Option<&OsStr> {
    program.and_then(|program| Path::new(program).file_name())
}

impl Persona {
    /// By the last part of the name that the program was called by.
    pub(crate) fn of(program: Option<&OsString>) -> Self {
        match last_part(program).and_then(OsStr::to_str) {
            Some("nginx") => Self::Nginx,
            Some("apache2" | "apache2ctl") => Self::Apache2,
            Some("apachectl") if Path::new("/etc/apache2").is_dir() => Self::Apache2,
            Some("httpd" | "apachectl") => Self::Httpd,
            _ => Self::Zaguan,
        }
    }

    /// Whether it speaks httpd's command line.
    pub(crate) fn is_httpd(self) -> bool {
        matches!(self, Self::Httpd | Self::Apache2)
    }

    /// What signals mean.
    pub(crate) fn dialect(self) -> process::Dialect {
        if self.is_httpd() { process::Dialect::Httpd } else { process::Dialect::Nginx }
    }

    /// In httpd's language: where relative paths begin, unless `-d` says otherwise.
    pub(crate) fn server_root(self) -> PathBuf {
        match self {
            Self::Apache2 => "/etc/apache2".into(),
            Self::Nginx | Self::Httpd | Self::Zaguan => "/etc/httpd".into(),
        }
    }

    /// What messages begin with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Httpd => "httpd",
            Self::Apache2 => "apache2",
            Self::Zaguan => "zaguan",
        }
    }

    /// Where relative paths of the configuration begin, unless `-p` says otherwise.
    pub(crate) fn prefix(self) -> PathBuf {
        match self {
            Self::Nginx => "/usr/share/nginx/".into(),
            Self::Httpd | Self::Apache2 | Self::Zaguan => own_directory(),
        }
    }

    /// The configuration, unless `-c` (or `-f`) says otherwise; httpd's begins at the server's root.
    pub(crate) fn config(self) -> PathBuf {
        match self {
            Self::Httpd => return "conf/httpd.conf".into(),
            Self::Apache2 => return "apache2.conf".into(),
            Self::Nginx | Self::Zaguan => {}
        }
        let own = Path::new("/etc/zaguan/nginx.conf");
        if self == Self::Zaguan && own.exists() { own.into() } else { "/etc/nginx/nginx.conf".into() }
    }

    /// The pid file, unless `pid` says otherwise.
    pub(crate) fn pid_file(self) -> PathBuf {
        match self {
            Self::Nginx => "/run/nginx.pid".into(),
            Self::Httpd => "/run/httpd/httpd.pid".into(),
            Self::Apache2 => "/run/apache2.pid".into(),
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
            // Below the server's root.
            Self::Httpd | Self::Apache2 => "logs/error_log",
            Self::Zaguan => "stderr",
        }
    }

    /// The access log, unless `access_log` says otherwise.
    pub(crate) fn access_log(self) -> PathBuf {
        match self {
            Self::Nginx => "/var/log/nginx/access.log".into(),
            // Nothing is written where the configuration names no log.
            Self::Httpd | Self::Apache2 => "/dev/null".into(),
            Self::Zaguan if process::is_superuser() => "/var/log/zaguan/access.log".into(),
            Self::Zaguan => own_directory().join("access.log"),
        }
    }

    /// Makes those of our own places that these files are to lie in; no package may have made them. nginx's are its package's.
    pub(crate) fn make_places<'a>(self, files: impl Iterator<Item = &'a Path>) {
        let (access_log, pid_file) = (self.access_log(), self.pid_file());
        let own = [access_log.parent(), pid_file.parent()];
        for directory in files.filter_map(Path::parent).filter(|directory| own.contains(&Some(directory))) {
            if self != Self::Nginx {
                // Whoever needs one that could not be made says so, with the reason.
                drop(std::fs::create_dir_all(directory));
            }
        }
    }

    /// The name and number that logs and `-v` show.
    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Nginx => "nginx/1.31.3",
            Self::Httpd | Self::Apache2 => "Apache/2.4.66",
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
    fn is_whom_it_is_called_by() {
        for (program, expected) in [
            ("/usr/sbin/nginx", Persona::Nginx),
            ("nginx", Persona::Nginx),
            ("target/debug/zaguan", Persona::Zaguan),
            ("nginx-debug", Persona::Zaguan),
            ("/nginx/zaguan", Persona::Zaguan),
            ("/usr/sbin/httpd", Persona::Httpd),
            ("/usr/sbin/apache2", Persona::Apache2),
            ("apache2ctl", Persona::Apache2),
            ("apache", Persona::Zaguan),
        ] {
            assert_eq!(Persona::of(Some(&program.into())), expected, "{program}");
        }
        assert_eq!(Persona::of(None), Persona::Zaguan);
    }
}
