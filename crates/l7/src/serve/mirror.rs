//! Copies of a request, asked of other places of the site; what they answer is of no interest.

use crate::body::RequestBody;
use crate::child::Asked;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::plan::Mirror;
use std::rc::Rc;
use telemetry::Level;
use tokio::task::spawn_local;

/// Most copies that one worker has under way.
const MOST_UNDER_WAY: usize = 1024;

impl Exchange<'_> {
    /// Sends the place's copies off.
    pub async fn mirror(&mut self, mirror: &Mirror, client: &mut Client<'_>) -> Result<(), Failure> {
        if mirror.body {
            self.read_body(client).await?;
        }
        let shared = &self.worker.shared;
        let errands = Rc::new(self.errands());
        for path in &mirror.paths {
            if shared.copies.get() >= MOST_UNDER_WAY {
                self.log(Level::Warning, || "too many copies of requests are under way: one more is not sent".into());
                break;
            }
            let body = match &self.request.body {
                RequestBody::Held(held) if mirror.body => RequestBody::Held(held.share()),
                _ => RequestBody::Discarded,
            };
            let arguments = self.request.arguments.clone();
            let asked = Asked { method: self.request.method.clone(), arguments, body, ..Asked::get(path) };
            let (errand, shared) = (Rc::clone(&errands).run(asked), Rc::clone(shared));
            shared.copies.set(shared.copies.get() + 1);
            spawn_local(async move {
                // A copy that fails is logged where it fails.
                drop(errand.await);
                shared.copies.set(shared.copies.get() - 1);
            });
        }
        Ok(())
    }
}
