//! One configuration with what the parent opened for it.

use super::Host;
use crate::directories;
use crate::listeners::{Listeners, Sources};
use crate::logs::Logs;
use crate::message::Lent;
use crate::{Inherited, Setup};
use model::LogTarget;
use std::os::fd::BorrowedFd;

/// A setup, its sockets and its logs.
pub(super) struct Generation {
    pub(super) setup: Setup,
    pub(super) listeners: Listeners,
    pub(super) logs: Logs,
}

/// With lines about what could not be set, though it works.
type Opened = Result<(Generation, Vec<String>), Vec<String>>;

impl Generation {
    /// Opens everything, taking sockets over where the environment handed some down.
    pub(super) fn first(setup: Setup, inherited: &mut Inherited) -> Opened {
        let previous = Listeners::default();
        Self::open(setup, Sources { previous: &previous, inherited, patient: true })
    }

    /// Opens what a new configuration needs, sharing the sockets that it has in common with this one.
    pub(super) fn next(&self, mut setup: Setup) -> Opened {
        let mut inherited = Inherited::default();
        let waiting = setup.settle(&self.setup);
        let (next, mut notes) =
            Self::open(setup, Sources { previous: &self.listeners, inherited: &mut inherited, patient: false })?;
        notes.extend(waiting);
        Ok((next, notes))
    }

    fn open(setup: Setup, sources: Sources<'_>) -> Opened {
        let logs = Logs::open(&setup.logs)?;
        directories::make(&setup.directories, setup.identity.as_ref())?;
        let (listeners, notes) = Listeners::open(&setup.listeners, setup.threads, sources)?;
        Ok((Self { setup, listeners, logs }, notes))
    }

    /// The descriptors for a worker.
    pub(super) fn lent(&self) -> Lent<'_> {
        Lent { listeners: self.listeners.lent(), logs: self.logs.lent() }
    }

    /// The file of the first error log that goes to one.
    pub(super) fn main_log(&self) -> Option<BorrowedFd<'_>> {
        let mut files = self.setup.error_logs.iter().filter_map(|log| match &log.target {
            LogTarget::File(path) => Some(path),
            LogTarget::Stderr | LogTarget::Syslog(_) | LogTarget::Memory(_) => None,
        });
        files.find_map(|path| self.logs.find(path))
    }

    pub(super) fn announce_logs(&self, host: &mut dyn Host) {
        let opened = self.setup.error_logs.iter().map(|log| match &log.target {
            LogTarget::File(path) => {
                let file = self.logs.find(path);
                (log.clone(), file.and_then(|file| file.try_clone_to_owned().ok()))
            }
            LogTarget::Stderr | LogTarget::Syslog(_) | LogTarget::Memory(_) => (log.clone(), None),
        });
        host.use_logs(opened.collect());
    }
}
