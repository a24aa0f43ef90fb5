//! TLS on both sides of the proxy. The only crate that names its library.

#![forbid(unsafe_code)]

pub mod ciphers;
pub mod pem;

mod client;
mod clock;
mod describe;
mod error;
mod facts;
mod groups;
mod identity;
mod provider;
mod records;
mod server;
mod session;
mod signature;
mod verify;

pub use client::{Belief, ClientRules, Connector, NothingSpoken, Refusal, Spoken, Unready};
pub use describe::{Aspect, describe};
pub use error::{HandshakeError, ProtocolError};
pub use facts::Facts;
pub use identity::{Identity, IdentityError};
pub use server::{HTTP2, Hello, Issued, Offered, Preparing, Proofs, Stores, Terminator};
pub use session::Secured;
pub use verify::{Purpose, Rejected, Trust, TrustFailure, matches_name};
