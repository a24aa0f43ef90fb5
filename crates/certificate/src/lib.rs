//! Certificates that are ordered and renewed while the program runs (RFC 8555), and whether they still stand (RFC 6960):
//! one thread of the process asks issuers, and what they say reaches all workers at once.
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
mod ocsp;
mod order;
mod prepared;
mod renewal;
mod request;
mod showing;
mod state;
mod web;

pub use driver::Driver;
pub use prepared::Prepared;

use diagnostic::Diagnostic;
use model::Model;

/// What a server that runs by this model could not do last, or cannot do at all, though it runs: as warnings.
pub fn troubles(model: &Model) -> Vec<Diagnostic> {
    let mut troubles = state::troubles(model);
    troubles.extend(ocsp::staples(model, &mut tls::Stores::default()).1);
    troubles
}
