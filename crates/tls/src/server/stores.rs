//! What outlives a configuration: sessions that are kept, keys of tickets, certificates that were issued.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use model::FetchedStaple;

use super::cache::SessionStore;
use super::inquiries::Inquiries;
use super::issued::{Issued, Proofs};
use super::stapled::{Newest, Stapled};
use super::tickets::TicketKeys;

/// What outlives a configuration: sessions that are kept, keys of tickets, certificates that were issued.
#[derive(Clone, Default, Debug)]
pub struct Stores {
    /// Made-up keys, by how long each seals.
    keys: HashMap<Duration, Arc<TicketKeys>>,
    named: HashMap<String, SessionStore>,
    issued: HashMap<String, Issued>,
    stapled: HashMap<String, Weak<Newest>>,
    /// What issuers are shown.
    pub proofs: Proofs,
    /// Where workers ask about clients' certificates.
    pub inquiries: Inquiries,
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

    /// The answer about a certificate, which is had in this way; that of an earlier configuration lives on.
    pub fn stapled(&mut self, rule: &FetchedStaple, certificate: &[u8]) -> Stapled {
        let title = format!("{:?} {rule:?}", digest(&SHA256, certificate));
        if let Some(known) = self.stapled.get(&title).and_then(Stapled::upgrade) {
            return known;
        }
        self.stapled.retain(|_, known| known.strong_count() > 0);
        let new = Stapled::default();
        self.stapled.insert(title, new.downgrade());
        new
    }

    /// The store that sites share by this name.
    pub(super) fn named(&mut self, name: &str, size: u32) -> SessionStore {
        self.named.entry(name.to_owned()).or_insert_with(|| SessionStore::new(size)).clone()
    }
}
