//! Requests that remove what is kept.

use crate::exchange::Exchange;
use crate::plan::{PurgeMethod, PurgePlace};
use crate::response::{Outcome, Response};
use cache::{Store, Target};
use std::sync::Arc;

impl Exchange<'_> {
    /// Answers a client that may not remove what is kept.
    pub fn refuse_purge(&mut self) -> Outcome {
        self.log_error(|| "access forbidden by rule: the client may not purge".into());
        self.refuse(403)
    }

    /// Removes what is kept for the request, and says so.
    pub async fn purge_by_method(&mut self, purge: &PurgeMethod, store: &Arc<Store>) -> Outcome {
        let key = self.purged_key();
        let target = if purge.all { Target::Prefix(b"") } else { target(&key) };
        self.purge(store, target, || told(&key)).await
    }

    /// Removes what is kept for the request; 204 tells that there was something, or may have been.
    pub async fn purge_by_condition(&mut self, store: &Arc<Store>) -> Outcome {
        let key = self.purged_key();
        let done = || {
            let mut response = Response::empty(204);
            response.length = None;
            response
        };
        self.purge(store, target(&key), done).await
    }

    /// Removes what a place names.
    pub async fn serve_purge(&mut self, place: &PurgePlace) -> Outcome {
        let store = match self.store_of(&place.store) {
            Ok(Some(store)) => store,
            Ok(None) => return self.refuse(404),
            Err(outcome) => return outcome,
        };
        let key = self.text_of(&place.key);
        self.purge(&store, target(&key), || told(&key)).await
    }

    fn purged_key(&self) -> Vec<u8> {
        self.kept.as_ref().map(|kept| kept.key.clone()).unwrap_or_default()
    }

    async fn purge(&mut self, store: &Arc<Store>, target: Target<'_>, done: impl FnOnce() -> Response) -> Outcome {
        match store.purge(target, false).await {
            Ok(true) => Self::respond(done()),
            Ok(false) => self.refuse(404),
            Err(cache::TooMany) => {
                self.log_error(|| "too many purges are under way".into());
                self.refuse(503)
            }
        }
    }
}

/// What a key stands for.
fn target(key: &[u8]) -> Target<'_> {
    key.strip_suffix(b"*").map_or(Target::Key(key), Target::Prefix)
}

/// The answer of those who ask as the module `ngx_cache_purge` is asked.
fn told(key: &[u8]) -> Response {
    Response::bytes(200, b"text/plain", [b"purged: ", key, b"\n"].concat())
}
