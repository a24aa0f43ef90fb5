//! TLS on both sides of the proxy. The only crate that names its library.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), expect(dead_code, reason = "the two sides are being built on the session"))]

pub mod ciphers;
pub mod pem;

mod client;
mod error;
mod facts;
mod identity;
mod provider;
mod server;
mod session;
mod verify;

pub use client::{Belief, ClientRules, Connector, NothingSpoken, Refusal, Spoken, Unready};
pub use error::{HandshakeError, ProtocolError};
pub use facts::Facts;
pub use identity::{Identity, IdentityError};
pub use provider::library;
pub use server::Hello;
pub use session::Secured;
pub use verify::{Purpose, Rejected, Trust, TrustFailure, matches_name};
