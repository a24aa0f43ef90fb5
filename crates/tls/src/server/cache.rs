//! Sessions that the server keeps, for all its workers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::server::{ServerSessionMemoryCache, StoresServerSessions};

use super::Binding;
use crate::clock::unix_seconds;

/// Sessions by their number, the oldest of which give way.
#[derive(Clone)]
pub struct SessionStore(Arc<ServerSessionMemoryCache>);

impl SessionStore {
    /// Room for so many sessions.
    pub fn new(size: u32) -> Self {
        Self(ServerSessionMemoryCache::new(usize::try_from(size).unwrap_or(usize::MAX).max(1)))
    }
}

impl fmt::Debug for SessionStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SessionStore").finish_non_exhaustive()
    }
}

/// The sessions of one site in a store: none is found by another that asks other things of its clients.
#[derive(Debug)]
pub(super) struct Sessions {
    pub(super) store: SessionStore,
    pub(super) binding: Binding,
    pub(super) lifetime: Duration,
}

impl Sessions {
    fn key(&self, key: &[u8]) -> Vec<u8> {
        [&self.binding.0[..], key].concat()
    }

    /// A session, unless it is too old.
    fn fresh(&self, kept: &[u8]) -> Option<Vec<u8>> {
        let (began, session) = kept.split_first_chunk::<8>()?;
        let age = unix_seconds().saturating_sub(u64::from_be_bytes(*began));
        (age <= self.lifetime.as_secs()).then(|| session.to_vec())
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, session: Vec<u8>) -> bool {
        let kept = [&unix_seconds().to_be_bytes()[..], &session].concat();
        self.store.0.put(self.key(&key), kept)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.fresh(&self.store.0.get(&self.key(key))?)
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.fresh(&self.store.0.take(&self.key(key))?)
    }

    fn can_cache(&self) -> bool {
        true
    }
}
