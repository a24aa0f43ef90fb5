//! What concerns the processes rather than the traffic.

use crate::{ByteSize, ErrorLog, Who};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Processes, privileges and files of the program itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Process {
    /// User that the worker process runs as; `None`: the one who started it (or `nobody` under root).
    pub user: Option<String>,
    /// Its group; `None`: the user's own name as a group.
    pub group: Option<String>,
    /// Threads that serve traffic.
    pub workers: Workers,
    /// How sockets are driven.
    pub transport: Transport,
    /// File that holds the process id.
    pub pid_file: PathBuf,
    /// Whether to detach from the terminal.
    pub daemon: bool,
    /// Whether a privileged parent supervises a worker process; otherwise all is one process.
    pub supervised: bool,
    /// Limit of open files of the worker process.
    pub open_files: Option<u64>,
    /// Limit of a core file's size.
    pub core_size: Option<ByteSize>,
    /// Where the worker process's core files go.
    pub working_directory: Option<PathBuf>,
    /// How long a drain may take before connections are closed.
    pub shutdown_timeout: Option<Duration>,
    /// Environment variables that the processes keep or get (`NAME` or `NAME=value`).
    pub environment: Vec<String>,
    /// The main error logs.
    pub error_logs: Vec<ErrorLog>,
    /// Clients about whose connections all is written, whatever the level of a log.
    pub watched_clients: Vec<Who>,
    /// Directories for temporary files; made at start, owned by the worker's user.
    pub temp_directories: Vec<TempDirectory>,
    /// Most connections that one worker holds (client and upstream); `None`: unlimited.
    pub worker_connections: Option<u64>,
    /// Where the user was named, for messages about it.
    pub user_origin: Origin,
}

impl Default for Process {
    fn default() -> Self {
        Self {
            user: None,
            group: None,
            workers: Workers::Count(1),
            transport: Transport::Auto,
            pid_file: PathBuf::new(),
            daemon: true,
            supervised: true,
            open_files: None,
            core_size: None,
            working_directory: None,
            shutdown_timeout: None,
            environment: Vec::new(),
            error_logs: Vec::new(),
            watched_clients: Vec::new(),
            temp_directories: Vec::new(),
            worker_connections: None,
            user_origin: Origin::default(),
        }
    }
}

/// How many worker threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Workers {
    /// One a core.
    Auto,
    /// So many.
    Count(u32),
}

/// How sockets are driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Transport {
    /// `io_uring` where the kernel allows it, else `epoll`.
    #[default]
    Auto,
    /// Readiness by `epoll`.
    Epoll,
    /// Completions by `io_uring`; refused at start where the kernel does not allow it.
    Uring,
}

/// A directory for temporary files.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TempDirectory {
    /// Its path.
    pub path: PathBuf,
    /// Where it was named; the default origin if by nobody.
    pub origin: Origin,
}
