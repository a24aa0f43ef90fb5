//! Which server gets a request: groups, their peers and balancing, passive health, idle connections, connecting, retrying.
//!
//! A [`Roster`] is built once with the plan, off the hot path, and shared by the workers. Each worker makes its own
//! [`Group`] of it. An exchange asks its group for an [`Attempt`], the attempt for a [`Permit`] (one peer, counted as in
//! use while the permit lives), and the group's pool or [`connect`] for a connection. What went wrong is told to
//! [`Attempt::failed`] after [`RetryRule::allows`] said whether another peer may be tried.
#![forbid(unsafe_code)]

mod attempt;
mod balance;
mod budget;
mod connect;
mod edit;
mod failure;
#[cfg(test)]
mod fixture;
mod group;
mod health;
mod ledger;
mod live;
mod multiplexed;
mod names;
mod outlier;
mod peer;
mod permit;
mod pool;
mod probe;
mod queue;
mod resolve;
mod retry;
mod roster;
mod routes;
mod security;
mod sessions;
mod status;
mod sweeper;
mod tally;
mod tried;

pub use attempt::{Affinity, Attempt};
pub use connect::{ConnectFailure, Connected, connect};
pub use edit::{Change, Patch, Refusal, Scribe};
pub use failure::FailureCause;
pub use group::Group;
pub use live::{Live, Report};
pub use names::{Answer, Located, NameFailure, Names, ResolverRule, ServicePlace};
pub use outlier::Watchman;
pub use peer::Peer;
pub use permit::{PeerName, Permit};
pub use pool::{Class, Pool, Pooled, Reusable, Speech};
pub use probe::{Judge, Probe};
pub use resolve::{Lookups, resolve};
pub use retry::{RetryRule, Trial};
pub use roster::Roster;
pub use security::{Connector, Connectors, Identities, IdentityFailure, Security, Telling, host_of};
pub use status::{Listed, PeerState, PeerStatus, Probed};
pub use sweeper::Sweeper;
pub use tls::HandshakeError;
