//! What one configuration asks of the processes: sockets, files, user, limits, and the model for the worker.

use crate::{Identity, Watched};
use model::{ErrorLog, ListenAddress, ListenerOptions};
use std::path::PathBuf;
use std::time::Duration;

/// One configuration as the parent needs it.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The serialised model; only the worker reads it.
    pub model: Vec<u8>,
    /// Sockets that must listen.
    pub listeners: Vec<Listener>,
    /// Sockets to bind for an address with `reuse_port`: one a worker thread.
    pub threads: usize,
    /// Log files that the worker writes to.
    pub logs: Vec<PathBuf>,
    /// The main error logs: where the parent's own lines go. Their files are among [`Setup::logs`].
    pub error_logs: Vec<ErrorLog>,
    /// Directories that must be there, owned by the worker's user.
    pub directories: Vec<PathBuf>,
    /// Who the worker runs as; `None`: whoever runs the parent.
    pub identity: Option<Identity>,
    /// File that holds the parent's process id; empty: none is written.
    pub pid_file: PathBuf,
    /// Whether to detach from the terminal.
    pub daemon: bool,
    /// Whether the worker is a process of its own.
    pub supervised: bool,
    /// How long a drain may take.
    pub shutdown_timeout: Option<Duration>,
    /// What the worker process may use, and where its core files go.
    pub limits: Limits,
    /// Variables (`NAME`, `NAME=value`) of the worker's environment.
    pub environment: Vec<String>,
    /// Files whose change asks for a reload.
    pub watched: Watched,
}

impl Setup {
    /// Keeps what a running server cannot change; a line for each directive that waits for another process.
    pub(crate) fn settle(&mut self, present: &Self) -> Vec<String> {
        let (limits, old) = (&self.limits, &present.limits);
        let of_worker = [
            ("user", self.identity != present.identity),
            ("env", self.environment != present.environment),
            ("worker_rlimit_nofile", limits.open_files != old.open_files),
            ("worker_rlimit_core", limits.core_size != old.core_size),
            ("working_directory", limits.working_directory != old.working_directory),
            ("proxy_bind ... transparent", limits.raw_sockets != old.raw_sockets),
        ];
        let of_server =
            [("daemon", self.daemon != present.daemon), ("master_process", self.supervised != present.supervised)];
        (self.daemon, self.supervised) = (present.daemon, present.supervised);
        let changed = |(name, differs): (&str, bool), when: &str| {
            differs.then(|| format!("\"{name}\" has changed: that takes effect with {when}"))
        };
        let of_worker = of_worker.into_iter().filter_map(|found| changed(found, "the next worker process"));
        let of_server = of_server.into_iter().filter_map(|found| changed(found, "the next start of the server"));
        of_worker.chain(of_server).collect()
    }
}

/// A socket that must listen.
#[derive(Clone, PartialEq, Debug)]
pub struct Listener {
    /// Where.
    pub address: ListenAddress,
    /// How it is set up.
    pub options: ListenerOptions,
}

/// Limits and abilities of a worker process.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// Open files (`worker_rlimit_nofile`).
    pub open_files: Option<u64>,
    /// Bytes of a core file (`worker_rlimit_core`).
    pub core_size: Option<u64>,
    /// Where it works, so where its core files go.
    pub working_directory: Option<PathBuf>,
    /// Keep the right to send from addresses of others (`proxy_bind … transparent`).
    pub raw_sockets: bool,
}

#[cfg(test)]
mod tests {
    use super::Setup;

    #[test]
    fn what_a_running_server_cannot_change_is_kept_and_told() {
        let present = Setup { supervised: true, daemon: true, ..Setup::default() };
        let mut next = Setup { supervised: false, environment: vec!["A".into()], ..present.clone() };
        let lines = next.settle(&present);
        assert_eq!((next.supervised, next.daemon), (true, true));
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("\"env\" has changed") && lines[1].starts_with("\"master_process\""), "{lines:?}");
        assert!(present.clone().settle(&present).is_empty());
    }
}
