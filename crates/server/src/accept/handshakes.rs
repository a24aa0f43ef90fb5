//! Handshakes that are under way, by address: no client takes part in more than so many at once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;

use protocol::ConnectionFacts;

/// Handshakes that an address may have under way with one listener of one worker.
const MOST: u32 = 1024;

/// How many handshakes each address has under way.
#[derive(Default)]
pub(super) struct Handshakes(RefCell<HashMap<IpAddr, u32>>);

/// A handshake that is counted until this is dropped.
pub(super) struct Counted {
    all: Rc<Handshakes>,
    address: Option<IpAddr>,
}

impl Handshakes {
    /// Counts a handshake with a client; `None`: its address has enough. Clients of Unix-domain sockets are not counted.
    pub(super) fn begin(self: &Rc<Self>, facts: &ConnectionFacts) -> Option<Counted> {
        let client = facts.proxy_source.or_else(|| facts.peer.inet());
        self.count(client.map(|client| client.ip().to_canonical()))
    }

    fn count(self: &Rc<Self>, address: Option<IpAddr>) -> Option<Counted> {
        if let Some(address) = address {
            let mut counts = self.0.borrow_mut();
            let count = counts.entry(address).or_default();
            if *count >= MOST {
                return None;
            }
            *count += 1;
        }
        Some(Counted { all: Rc::clone(self), address })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let Some(address) = self.address else { return };
        let mut counts = self.all.0.borrow_mut();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_more_than_its_share() {
        let all = Rc::new(Handshakes::default());
        let (one, two) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let held: Vec<_> = (0..MOST).map(|_| all.count(Some(one)).unwrap()).collect();
        assert!(all.count(Some(one)).is_none());
        assert!(all.count(Some(two)).is_some(), "another has its own");
        assert!(all.count(None).is_some(), "who has no address is not counted");
        drop(held);
        assert!(all.0.borrow().is_empty(), "nothing is kept of those that are over");
        assert!(all.count(Some(one)).is_some());
    }
}
