//! Certificates that are issued while the program runs, and what issuers want to see before: one look for all workers.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::identity::Identity;

/// The protocol in which a name is shown to be ours (RFC 8737 §6.1).
pub(super) const CHALLENGE: &[u8] = b"acme-tls/1";

/// Tokens and names that are shown at a time, at most.
const MOST_SHOWN: usize = 4096;

/// The newest certificate of one order; there may be none yet.
#[derive(Clone, Debug)]
pub struct Issued {
    /// What stands for the order.
    pub(super) order: Arc<str>,
    newest: Arc<ArcSwapOption<Identity>>,
}

impl Issued {
    pub(super) fn new(order: &str) -> Self {
        Self { order: order.into(), newest: Arc::default() }
    }

    /// Takes the place of the one before, for all handshakes to come.
    pub fn replace(&self, identity: Identity) {
        self.newest.store(Some(Arc::new(identity)));
    }

    /// The newest.
    pub fn newest(&self) -> Option<Arc<Identity>> {
        self.newest.load_full()
    }
}

/// What issuers are shown: texts by their tokens (RFC 8555 §8.3), certificates by names (RFC 8737 §3).
#[derive(Clone, Default, Debug)]
pub struct Proofs(Arc<ArcSwap<Shown>>);

#[derive(Clone, Default, Debug)]
struct Shown {
    texts: HashMap<Box<[u8]>, Arc<str>>,
    certificates: HashMap<Box<str>, Identity>,
}

impl Proofs {
    /// The text for a token.
    pub fn text(&self, token: &[u8]) -> Option<Arc<str>> {
        self.0.load().texts.get(token).cloned()
    }

    /// The certificate for a name.
    pub fn certificate(&self, name: &str) -> Option<Identity> {
        self.0.load().certificates.get(name).cloned()
    }

    /// Shows a text; `false`: too much is shown already.
    pub fn show_text(&self, token: &str, text: &str) -> bool {
        self.change(|shown| drop(shown.texts.insert(token.as_bytes().into(), text.into())))
    }

    /// Shows a certificate; `false`: too much is shown already.
    pub fn show_certificate(&self, name: &str, identity: &Identity) -> bool {
        self.change(|shown| drop(shown.certificates.insert(name.into(), identity.clone())))
    }

    /// Shows a text no longer.
    pub fn withdraw_text(&self, token: &str) {
        self.0.rcu(|shown| {
            let mut shown = Shown::clone(shown);
            shown.texts.remove(token.as_bytes());
            shown
        });
    }

    /// Shows a certificate no longer.
    pub fn withdraw_certificate(&self, name: &str) {
        self.0.rcu(|shown| {
            let mut shown = Shown::clone(shown);
            shown.certificates.remove(name);
            shown
        });
    }

    fn change(&self, add: impl Fn(&mut Shown)) -> bool {
        let before = self.0.rcu(|shown| {
            let mut shown = Shown::clone(shown);
            if shown.texts.len() + shown.certificates.len() < MOST_SHOWN {
                add(&mut shown);
            }
            shown
        });
        before.texts.len() + before.certificates.len() < MOST_SHOWN
    }
}
