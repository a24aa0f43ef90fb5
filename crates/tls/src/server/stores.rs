//! What outlives a configuration: sessions that are kept, and keys of tickets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::cache::SessionStore;
use super::tickets::TicketKeys;

/// A made-up key seals tickets for so long.
const TURN: Duration = Duration::from_hours(6);

/// What outlives a configuration: sessions that are kept, and keys of tickets.
#[derive(Clone, Debug)]
pub struct Stores {
    pub(super) keys: Arc<TicketKeys>,
    named: HashMap<String, SessionStore>,
}

impl Default for Stores {
    fn default() -> Self {
        Self { keys: TicketKeys::made_up(TURN), named: HashMap::new() }
    }
}

impl Stores {
    /// The store that sites share by this name.
    pub(super) fn named(&mut self, name: &str, size: u32) -> SessionStore {
        self.named.entry(name.to_owned()).or_insert_with(|| SessionStore::new(size)).clone()
    }
}
