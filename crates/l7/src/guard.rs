//! May refuse a request before it is served.

mod access;
mod basic;
mod body_limit;
mod client_address;
mod findings;
mod kept_files;
mod limits;
mod pause;
mod referer;
mod request;
mod requirement;
mod secure_link;
pub mod token;
pub mod users;

pub use access::{Access, Check};
pub use basic::Basic;
pub use client_address::{ClientAddress, TrueClient, Trusted, nearest};
pub use findings::Findings;
pub use limits::{CountLimit, Limited, Limits, RateLimit};
pub use referer::Referers;
pub use request::AuthRequest;
pub use requirement::{FirstMatch, Requirement, Rule, earlier};
pub use secure_link::SecureLink;
pub use token::{KeySource, Token};

use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::Told;
use crate::response::Outcome;

/// What is asked of the requests of one place.
pub struct Guard {
    /// Whom proxies before this one speak for.
    pub client_address: Option<ClientAddress>,
    /// How fast requests may come.
    pub rates: Option<Limits<RateLimit>>,
    /// How many requests may be under way.
    pub counts: Option<Limits<CountLimit>>,
    /// Who may come in.
    pub access: Option<Access>,
    /// All that in words.
    pub told: Box<[Told]>,
}

impl Guard {
    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.client_address.is_none() && self.rates.is_none() && self.counts.is_none() && self.access.is_none()
    }
}

impl<'p> Exchange<'p> {
    /// Asks what the place asks; `None`: the request may be served.
    pub async fn guard(&mut self, guard: &'p Guard, client: &mut Client<'_>) -> Option<Outcome> {
        if let Some(rule) = &guard.client_address {
            self.find_client(rule);
        }
        if let Some(rates) = &guard.rates
            && let Some(outcome) = Box::pin(self.keep_rates(rates, client)).await
        {
            return Some(outcome);
        }
        if let Some(counts) = &guard.counts
            && let Some(outcome) = self.keep_counts(counts)
        {
            return Some(outcome);
        }
        // A request inside another was let in with that one.
        match &guard.access {
            Some(access) if !self.is_child() => self.ask_access(access, client).await,
            Some(_) | None => None,
        }
    }
}
