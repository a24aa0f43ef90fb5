//! What guards found out about a request; most requests have nothing of the kind.

use crate::exchange::Exchange;
use crate::guard::{Limited, TrueClient};
use admission::Seat;
use admission::token::Token;
use std::rc::Rc;

/// What guards found out.
#[derive(Default)]
pub struct Findings {
    /// The user that the client proved to be.
    pub user: Option<Box<[u8]>>,
    /// The token that the client showed.
    pub token: Option<Rc<Token>>,
    /// The client as a proxy told of it.
    pub client: Option<TrueClient>,
    /// What limits of the rate came to.
    pub rate: Option<Limited>,
    /// What limits of the number came to.
    pub count: Option<Limited>,
    /// Keeps the request counted until it is through.
    pub seats: Vec<Seat>,
}

impl Exchange<'_> {
    /// What guards found out, to write into.
    pub fn findings(&mut self) -> &mut Findings {
        self.found.get_or_insert_default()
    }

    /// The user that the client proved to be.
    pub fn user(&self) -> Option<&[u8]> {
        self.found.as_ref()?.user.as_deref()
    }
}
