//! Who the worker runs as: found by name in the parent, taken on in the child.

use crate::Limits;
use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Group, Uid, User, initgroups, setgid, setuid};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};
use std::ffi::CString;
use std::io;

/// A user and a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    name: CString,
    user: Uid,
    group: Gid,
}

impl Identity {
    /// Looks both up. Without a user it is `nobody`; without a group, the group with the user's name, as nginx has it,
    /// or, for `nobody` by default, that user's own group.
    ///
    /// # Errors
    /// The line to show to the operator.
    pub fn find(user: Option<&str>, group: Option<&str>) -> Result<Self, String> {
        let name = user.unwrap_or("nobody");
        let found = lookup("getpwnam", name, User::from_name(name))?;
        let group = match group.or(user) {
            None => found.gid,
            Some(group) => lookup("getgrnam", group, Group::from_name(group))?.gid,
        };
        let name = CString::new(name).map_err(|_| format!("getpwnam(\"{name}\") failed"))?;
        Ok(Self { name, user: found.uid, group })
    }

    pub(crate) fn user(&self) -> Uid {
        self.user
    }

    /// Becomes this user, for good.
    fn assume(&self, limits: &Limits) -> io::Result<()> {
        setgid(self.group)?;
        initgroups(&self.name, self.group)?;
        if limits.raw_sockets {
            prctl::set_keepcaps(true)?;
        }
        setuid(self.user)?;
        if limits.raw_sockets {
            let kept = CapabilitySet::NET_RAW | CapabilitySet::NET_ADMIN;
            set_capabilities(
                None,
                CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
            )?;
        }
        Ok(())
    }
}

/// Whether this process may change its user.
pub fn is_superuser() -> bool {
    Uid::effective().is_root()
}

fn lookup<T>(call: &str, name: &str, found: nix::Result<Option<T>>) -> Result<T, String> {
    match found {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(format!("{call}(\"{name}\") failed")),
        Err(error) => Err(format!("{call}(\"{name}\") failed ({}: {})", error as i32, error.desc())),
    }
}

/// Sets how many files may be open, or else as many as may be.
fn limit_files(wanted: Option<u64>) -> nix::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // Without a number, as many as the system allows: nothing here uses select(2), for which the lower limit is made.
    let files = wanted.unwrap_or(hard);
    match setrlimit(Resource::RLIMIT_NOFILE, files, files) {
        // The operator was told at the start.
        Err(nix::Error::EPERM) if files > hard => setrlimit(Resource::RLIMIT_NOFILE, hard, hard),
        set => set,
    }
}

/// How many files this process may open, if that is less than it is to.
pub fn fewer_files(wanted: u64) -> Option<u64> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    if wanted <= hard {
        return None;
    }
    // Whoever may raise the limit may also take that back.
    let raised = setrlimit(Resource::RLIMIT_NOFILE, soft, wanted);
    let _ = setrlimit(Resource::RLIMIT_NOFILE, soft, hard);
    raised.is_err().then_some(hard)
}

/// In the worker process, before anything else: its limits, then its user.
///
/// # Errors
/// The line for the log: the first step that failed.
pub(crate) fn enter(identity: Option<&Identity>, limits: &Limits) -> Result<(), String> {
    let step = |what: &'static str| move |error: nix::Error| failed(what, error.into());
    limit_files(limits.open_files).map_err(step("setrlimit(RLIMIT_NOFILE)"))?;
    if let Some(size) = limits.core_size {
        setrlimit(Resource::RLIMIT_CORE, size, size).map_err(step("setrlimit(RLIMIT_CORE)"))?;
    }
    if let Some(identity) = identity {
        identity.assume(limits).map_err(|error| failed("changing the user", error))?;
    }
    if limits.core_size.is_some() || limits.working_directory.is_some() {
        prctl::set_dumpable(true).map_err(step("prctl(PR_SET_DUMPABLE)"))?;
    }
    prctl::set_no_new_privs().map_err(step("prctl(PR_SET_NO_NEW_PRIVS)"))?;
    if let Some(directory) = &limits.working_directory {
        std::env::set_current_dir(directory)
            .map_err(|error| failed(&format!("chdir(\"{}\")", directory.display()), error))?;
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it ends the error, as map_err hands it over")]
fn failed(what: &str, error: io::Error) -> String {
    format!("{what} failed {}", crate::reason(&error))
}
