//! What outlives a configuration: sessions that are kept, keys of tickets, certificates that were issued.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::cache::SessionStore;
use super::issued::{Issued, Proofs};
use super::tickets::TicketKeys;

/// What outlives a configuration: sessions that are kept, keys of tickets, certificates that were issued.
#[derive(Clone, Default, Debug)]
pub struct Stores {
    /// Made-up keys, by how long each seals.
    keys: HashMap<Duration, Arc<TicketKeys>>,
    named: HashMap<String, SessionStore>,
    issued: HashMap<String, Issued>,
    /// What issuers are shown.
    pub proofs: Proofs,
}

impl Stores {
    /// Keys that are made up, each of which seals for `turn`.
    pub(super) fn keys(&mut self, turn: Duration) -> Arc<TicketKeys> {
        Arc::clone(self.keys.entry(turn).or_insert_with(|| TicketKeys::made_up(turn)))
    }

    /// The certificate that is issued for an order, which this text stands for.
    pub fn issued(&mut self, order: &str) -> Issued {
        self.issued.entry(order.to_owned()).or_insert_with(|| Issued::new(order)).clone()
    }

    /// Forgets the certificates of all other orders.
    pub fn keep_issued(&mut self, wanted: impl Fn(&str) -> bool) {
        self.issued.retain(|order, _| wanted(order));
    }

    /// The store that sites share by this name.
    pub(super) fn named(&mut self, name: &str, size: u32) -> SessionStore {
        self.named.entry(name.to_owned()).or_insert_with(|| SessionStore::new(size)).clone()
    }
}
