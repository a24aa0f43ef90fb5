//! TLS on both sides of the proxy. The only crate that names its library.

#![forbid(unsafe_code)]

pub mod ciphers;
pub mod ocsp;
pub mod pem;

mod client;
mod clock;
mod describe;
mod early;
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
pub use early::Early;
pub use error::{HandshakeError, ProtocolError};
pub use facts::Facts;
pub use identity::{Identity, IdentityError};
pub use server::{
    Asked, Doubt, HTTP2, Hello, Inquiries, Issued, Offered, Preparing, Proofs, Stapled, Stores, Terminator,
};
pub use session::Secured;
pub use verify::{Purpose, Rejected, Trust, TrustFailure, matches_name};
