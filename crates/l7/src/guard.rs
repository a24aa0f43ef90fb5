//! May refuse a request before it is served.

mod access;
mod basic;
mod body_limit;
mod findings;
mod pause;
mod request;
mod requirement;
pub mod users;

pub use access::{Access, Check};
pub use basic::Basic;
pub use findings::Findings;
pub use request::AuthRequest;
pub use requirement::{FirstMatch, Requirement, Rule, earlier};

use crate::client::Client;
use crate::exchange::Exchange;
use crate::response::Outcome;

/// What is asked of the requests of one place.
pub struct Guard {
    /// Who may come in.
    pub access: Option<Access>,
}

impl<'p> Exchange<'p> {
    /// Asks what the place asks; `None`: the request may be served.
    pub async fn guard(&mut self, guard: &'p Guard, client: &mut Client<'_>) -> Option<Outcome> {
        // A request inside another was let in with that one.
        match &guard.access {
            Some(access) if !self.is_child() => self.ask_access(access, client).await,
            Some(_) | None => None,
        }
    }
}
