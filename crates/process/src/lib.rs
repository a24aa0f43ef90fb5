//! The privileged parent: it binds sockets, opens logs, drops privileges for a worker process, and keeps that one alive.
//!
//! The parent is a single thread without a runtime. It waits in one place, for signals, for its worker's answers and for
//! deadlines ([`run`]); whatever reads from the network happens in the worker, which talks to it over a socket pair
//! ([`Link`]). A configuration reaches the worker as a serialised model with the descriptors that it needs.

mod channel;
mod clock;
mod daemon;
mod directories;
mod identity;
mod inherited;
mod listeners;
mod logs;
mod message;
mod pid_file;
mod reason;
mod setup;
mod signals;
mod supervisor;
mod system;
mod watch;
mod worker;

pub use identity::{Identity, fewer_files, is_superuser};
pub use inherited::Inherited;
pub use listeners::{test_listeners, wanted_sockets};
pub use message::{Descriptors, NamedDescriptors, ToWorker};
pub use pid_file::{is_running, read as read_pid_file, signal};
pub use reason::reason;
pub use setup::{Limits, Listener, Setup};
pub use supervisor::{Dialect, Host, Launch, run};
pub use watch::Watched;
pub use worker::{Body, Commands, Link, Replies};

pub use directories::make as make_directories;
pub use logs::test as test_logs;
