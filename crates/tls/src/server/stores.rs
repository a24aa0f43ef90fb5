//! What outlives a configuration: sessions that are kept, and keys of tickets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::cache::SessionStore;
use super::tickets::TicketKeys;

/// What outlives a configuration: sessions that are kept, and keys of tickets.
#[derive(Clone, Default, Debug)]
pub struct Stores {
    /// Made-up keys, by how long each seals.
    keys: HashMap<Duration, Arc<TicketKeys>>,
    named: HashMap<String, SessionStore>,
}

impl Stores {
    /// Keys that are made up, each of which seals for `turn`.
    pub(super) fn keys(&mut self, turn: Duration) -> Arc<TicketKeys> {
        Arc::clone(self.keys.entry(turn).or_insert_with(|| TicketKeys::made_up(turn)))
    }

    /// The store that sites share by this name.
    pub(super) fn named(&mut self, name: &str, size: u32) -> SessionStore {
        self.named.entry(name.to_owned()).or_insert_with(|| SessionStore::new(size)).clone()
    }
}
