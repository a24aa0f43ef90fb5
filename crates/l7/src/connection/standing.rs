//! By which plan a connection is served: the present one as long as that has its listener.

use super::Hall;
use crate::plan::{Listener, Plan, Site};
use crate::worker::Worker;
use model::ListenAddress;
use std::net::SocketAddr;
use std::rc::Rc;
use transport::Address;

/// By which plan a connection is served, and where its requests begin there.
#[derive(Clone)]
pub(super) struct Standing {
    pub(super) worker: Rc<Worker>,
    address: Rc<ListenAddress>,
    listener: usize,
}

impl Standing {
    /// `None`: the plan does not have the listener.
    pub(super) fn new(worker: Rc<Worker>, address: Rc<ListenAddress>, local: &Address) -> Option<Self> {
        let (listener, _) = worker.plan.listener_at(&address, local)?;
        Some(Self { worker, address, listener })
    }

    /// Goes over to the present plan. False: it does not have the listener, so the connection stays with its own to the end.
    pub(super) fn catch_up(&mut self, hall: &Hall, local: &Address) -> bool {
        let present = hall.worker.borrow();
        if Rc::ptr_eq(&present, &self.worker) {
            return true;
        }
        let Some((listener, _)) = present.plan.listener_at(&self.address, local) else { return false };
        self.listener = listener;
        self.worker = Rc::clone(&present);
        true
    }

    /// The listener and its default site.
    pub(super) fn place(&self) -> Option<(&Listener, &Site)> {
        let listener = self.worker.plan.listeners.get(self.listener)?;
        Some((listener, self.worker.plan.sites.get(listener.default_site)?))
    }
}

impl Plan {
    /// The listener of a connection that came in by a socket bound to `bound`, and its place among all. A socket on all addresses
    /// of a port accepts for listeners on one of them, too.
    pub fn listener_at(&self, bound: &ListenAddress, local: &Address) -> Option<(usize, &Listener)> {
        let find = |wanted: &ListenAddress| {
            self.listeners.iter().enumerate().find(|(_, listener)| listener.address == *wanted)
        };
        match bound {
            ListenAddress::Inet(address) if address.ip().is_unspecified() => {
                let exact = local.inet().map(|local| SocketAddr::new(local.ip().to_canonical(), local.port()));
                exact.and_then(|exact| find(&ListenAddress::Inet(exact))).or_else(|| find(bound))
            }
            ListenAddress::Inet(_) | ListenAddress::Unix(_) => find(bound),
        }
    }
}
