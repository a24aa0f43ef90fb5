//! What guards found out about a request; most requests have nothing of the kind.

use crate::exchange::Exchange;

/// What guards found out.
#[derive(Default)]
pub struct Findings {
    /// The user that the client proved to be.
    pub user: Option<Box<[u8]>>,
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
