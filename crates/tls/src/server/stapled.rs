//! Answers about the server's own certificates that handshakes give along: one look for all workers (RFC 6066 §8).

use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use rustls::sign::CertifiedKey;

use crate::clock::unix_seconds;
use crate::identity::Identity;

/// The newest answer about one certificate; there may be none yet.
#[derive(Clone, Default, Debug)]
pub struct Stapled(Arc<Newest>);

pub(super) type Newest = ArcSwapOption<Staple>;

#[derive(Debug)]
pub(super) struct Staple {
    /// As DER.
    answer: Vec<u8>,
    /// Until when it is given, in seconds since the Unix epoch.
    until: u64,
}

impl Stapled {
    /// Takes the place of the one before, for all handshakes to come; `until`: in seconds since the Unix epoch.
    pub fn replace(&self, answer: Vec<u8>, until: u64) {
        self.0.store(Some(Arc::new(Staple { answer, until })));
    }

    /// Gives none any more.
    pub fn withdraw(&self) {
        self.0.store(None);
    }

    /// Until when the one that is there is given; `None`: there is none.
    pub fn until(&self) -> Option<u64> {
        self.0.load().as_ref().map(|staple| staple.until)
    }

    /// Whether it is about the same certificate, had in the same way.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(super) fn downgrade(&self) -> Weak<Newest> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn upgrade(newest: &Weak<Newest>) -> Option<Self> {
        newest.upgrade().map(Self)
    }
}

/// An identity of a site, with the answer about it that is fetched while the program runs, if one is.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) identity: Identity,
    stapling: Option<Stapling>,
}

#[derive(Debug)]
struct Stapling {
    newest: Stapled,
    /// The identity with the answer that was the newest when it was last asked for.
    made: ArcSwapOption<(Arc<Staple>, Arc<CertifiedKey>)>,
}

impl Known {
    pub(super) fn new(identity: Identity, newest: Option<Stapled>) -> Self {
        let stapling = newest.map(|newest| Stapling { newest, made: ArcSwapOption::empty() });
        Self { identity, stapling }
    }

    /// What a handshake shows.
    pub(super) fn shown(&self) -> Arc<CertifiedKey> {
        let stapled = self.stapling.as_ref().and_then(|stapling| stapling.shown(&self.identity));
        stapled.unwrap_or_else(|| Arc::clone(&self.identity.0))
    }
}

impl Stapling {
    /// `None`: there is no answer, or its time is over.
    fn shown(&self, identity: &Identity) -> Option<Arc<CertifiedKey>> {
        let newest = self.newest.0.load_full().filter(|staple| staple.until > unix_seconds())?;
        if let Some(made) = &*self.made.load()
            && Arc::ptr_eq(&made.0, &newest)
        {
            return Some(Arc::clone(&made.1));
        }
        let shown = identity.with_staple(newest.answer.clone()).0;
        self.made.store(Some(Arc::new((newest, Arc::clone(&shown)))));
        Some(shown)
    }
}
