//! Requests that wait until a server of their group can be used.

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;
use transport::clock;

use crate::attempt::Attempt;
use crate::group::PeerSet;
use crate::permit::Permit;

/// What another worker, or time, frees is noticed after so long.
const LOOK: Duration = Duration::from_millis(50);

/// A place in the queue, given back when it is dropped.
struct Place<'a>(&'a PeerSet);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.set(self.0.waiting.get() - 1);
    }
}

impl Attempt {
    /// Waits for a peer, where the group lets requests wait and not too many do; `None`: there is none in time.
    pub async fn wait(&mut self) -> Option<Permit> {
        let set = Rc::clone(self.set());
        let rule = set.roster.queue?;
        if set.waiting.get() >= rule.length {
            return None;
        }
        set.waiting.set(set.waiting.get() + 1);
        let _place = Place(&set);
        let end = clock::now() + rule.timeout;
        while clock::now() < end {
            let look: Instant = end.min(clock::now() + LOOK);
            // Either way it is worth looking.
            let _ = timeout_at(look.into(), set.freed.notified()).await;
            if let Some(permit) = self.choose(clock::now()) {
                return Some(permit);
            }
        }
        None
    }
}
