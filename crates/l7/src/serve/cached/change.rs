//! Requests that may change what is kept.

use super::fetch::Fetching;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::{Caching, Proxy};
use crate::response::Outcome;
use cache::policy::directives::Directives;
use cache::{Key, Store};
use protocol::{Method, Name};
use std::sync::Arc;

impl<'p> Exchange<'p> {
    /// Forwards a request that may change what is kept: then it is not used any more (RFC 9111 §4.4).
    pub async fn forward_change(
        &mut self,
        proxy: &'p Proxy,
        caching: &'p Caching,
        store: &Arc<Store>,
        main: &Key,
        client: &mut Client<'_>,
    ) -> Outcome {
        let outcome = self.forward_plainly(proxy, client).await;
        let safe = matches!(self.request.method, Method::Options | Method::Trace);
        let succeeded = matches!(&outcome, Outcome::Respond(response) if (200..400).contains(&response.head.status));
        if safe || !succeeded {
            return outcome;
        }
        let mut stale = vec![self.kept.as_ref().map(|kept| kept.key.clone()).unwrap_or_default()];
        let own = [self.upstream.scheme.name().as_bytes(), b"://", &self.upstream.authority].concat();
        for name in [Name::Location, Name::ContentLocation] {
            let Some(told) = self.upstream.fields.get_known(name).filter(|_| caching.key.is_none()) else { continue };
            let host = self.request.head.fields.get_known(Name::Host).unwrap_or_default();
            if let Some(path) = path_on(told, host, self.request.head.path_and_query()) {
                stale.push(self.usual_key(caching, &own, &path));
            }
        }
        for key in stale {
            store.invalidate(&key).await;
        }
        // RFC 9110 §9.3.3: an answer to POST that says to be what its target is may be kept for GET.
        let is_target = self.upstream.fields.get_known(Name::ContentLocation).is_some_and(|told| {
            let target = self.request.head.path_and_query();
            let host = self.request.head.fields.get_known(Name::Host).unwrap_or_default();
            path_on(told, host, target).is_some_and(|path| path == target)
        });
        match outcome {
            Outcome::Respond(response)
                if is_target
                    && self.request.method == Method::Post
                    && response.head.status == 200
                    && response.is_relayed()
                    && self.says_how_long() =>
            {
                let mut fetching = Fetching::new(Arc::clone(store), store.entry(main));
                fetching.since = store.set_out();
                Outcome::Respond(self.keep(proxy, caching, fetching, response))
            }
            outcome => outcome,
        }
    }

    /// Whether the answer says itself how long it is fresh.
    fn says_how_long(&self) -> bool {
        let said = Directives::read(self.upstream.fields.get_all_known(Name::CacheControl));
        said.max_age.is_some() || said.s_maxage.is_some() || self.upstream.fields.contains(Name::Expires)
    }
}

/// The path of a reference, if it is to the same host; `base` is the path that it stands for itself beside.
fn path_on(reference: &[u8], host: &[u8], base: &[u8]) -> Option<Vec<u8>> {
    let absolute = [&b"http://"[..], b"https://", b"//"].iter().find_map(|start| reference.strip_prefix(*start));
    if let Some(rest) = absolute {
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        return authority
            .eq_ignore_ascii_case(host)
            .then(|| if path.is_empty() { b"/".to_vec() } else { path.to_vec() });
    }
    if reference.first() == Some(&b'/') {
        return Some(reference.to_vec());
    }
    let path = base.split(|byte| *byte == b'?').next().unwrap_or(base);
    let directory = memchr::memrchr(b'/', path).and_then(|slash| path.get(..=slash))?;
    Some([directory, reference].concat())
}
