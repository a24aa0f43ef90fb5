//! Fetching a new answer while a client has got the old one.

use super::{Fetching, Kept};
use crate::client::Client;
use crate::exchange::Exchange;
use crate::place::Place;
use crate::plan::{Proxy, Serve};
use protocol::BodyKind;
use std::rc::Rc;
use telemetry::Level;
use tokio::task::spawn_local;
use transport::Deadline;

/// Most answers that one worker fetches so at a time.
const MOST_UNDER_WAY: usize = 1024;

impl Exchange<'_> {
    /// Fetches an answer without the client waiting for it.
    pub fn fetch_behind(&mut self, proxy: &Proxy, fetching: Fetching) {
        let shared = &self.worker.shared;
        if shared.copies.get() >= MOST_UNDER_WAY {
            return self.log(Level::Warning, || "too many requests are under way behind others".into());
        }
        let errands = Rc::new(self.errands());
        let method = self.request.method.clone();
        let kept = self.kept.as_ref();
        let (key, asked) = kept.map(|kept| (kept.key.clone(), kept.asked)).unwrap_or_default();
        let sizes = kept.map_or(0..=u64::MAX, |kept| kept.sizes.clone());
        let (class, shared) = (proxy.class, Rc::clone(shared));
        shared.copies.set(shared.copies.get() + 1);
        spawn_local(async move {
            errands
                .stand_in(async |exchange: &mut Exchange<'_>| {
                    exchange.request.method = method;
                    exchange.fetch_again(class, Kept { asked, sizes, ..Kept::fetching(key) }, fetching).await;
                })
                .await;
            shared.copies.set(shared.copies.get() - 1);
        });
    }

    /// Fetches in the place whose number is given.
    async fn fetch_again(&mut self, class: u64, kept: Kept, fetching: Fetching) {
        let Some((site, location, section)) = self.plan.place_of(class) else { return };
        self.place = Place { site, location, section, scripted: true };
        let Serve::Proxy(proxy) = &section.serve else { return };
        let Some(caching) = &proxy.cache else { return };
        self.kept = Some(Box::new(kept));
        let mut deadline = Deadline::new();
        let mut client = Client::inside(&mut deadline, BodyKind::None);
        // What fails is logged where it fails; what came is being kept.
        drop(Box::pin(self.fetch(proxy, caching, fetching, &mut client)).await);
        self.record_inside();
    }
}
