//! Certificates that are ordered and renewed while the program runs (RFC 8555): one thread of the process asks issuers,
//! and what they issue reaches all workers at once.
//!
//! [`Prepared::new`] reads what a model says of it, [`Prepared::restore`] takes up what is kept of earlier runs, and
//! [`Driver::apply`] begins to order. Nothing of it waits in a handshake: until there is a certificate there is none.
#![forbid(unsafe_code)]

mod account_key;
mod authority;
mod clock;
mod dns;
mod driver;
mod failure;
mod leaf;
mod order;
mod prepared;
mod renewal;
mod request;
mod showing;
mod state;
mod web;

pub use driver::Driver;
pub use prepared::Prepared;
pub use state::troubles;
