//! A request inside that is made once the response has gone to the client, and knows what became of it.

use super::Asked;
use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::reroute::Reroute;
use protocol::BodyKind;
use transport::Deadline;

impl Exchange<'_> {
    /// Asks a place of the site: a path, or a named location. What it answers is of no interest.
    pub async fn act_afterwards(&mut self, place: &[u8], client: &Client<'_>) {
        self.end_attempt();
        self.sent.bytes = client.bytes_sent();
        let named = place.starts_with(b"@").then(|| Reroute::to_named(place.to_vec()));
        let body = match &self.request.body {
            RequestBody::Held(held) => RequestBody::Held(held.share()),
            _ => RequestBody::Discarded,
        };
        let path = if named.is_some() { self.request.path.as_slice() } else { place };
        let asked = Asked { method: self.request.method.clone(), body, ..Asked::get(path) };
        let mut deadline = Deadline::new();
        let kind = match &asked.body {
            RequestBody::Held(held) => BodyKind::Length(held.length),
            _ => BodyKind::None,
        };
        let mut inner = Client::inside(&mut deadline, kind);
        let Ok(mut child) = self.child(asked, self.bindings.copy()) else { return };
        child.sent = self.sent.clone();
        // What fails is logged where it fails.
        if let Ok(response) = Box::pin(child.run_inside(named, &mut inner)).await {
            super::drained(response, &mut inner).await;
        }
        child.record_inside();
    }
}
