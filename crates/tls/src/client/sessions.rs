//! The sessions of one server under one name, kept to be resumed: a few, without locks.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use arc_swap::ArcSwapOption;
use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;

/// Tickets of TLS 1.3 that are kept; each is used once (RFC 8446 §C.4).
const TICKETS: usize = 4;

/// Sessions to resume. The names that the library gives are always the same.
#[derive(Default)]
pub(super) struct Sessions {
    /// The group that the server took; 0: not known.
    group: AtomicU16,
    session: ArcSwapOption<Tls12ClientSessionValue>,
    tickets: [ArcSwapOption<Tls13ClientSessionValue>; TICKETS],
    next: AtomicUsize,
}

impl fmt::Debug for Sessions {
    /// Secrets are not told.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl ClientSessionStore for Sessions {
    fn set_kx_hint(&self, _: ServerName<'static>, group: NamedGroup) {
        self.group.store(u16::from(group), Ordering::Relaxed);
    }

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        let group = self.group.load(Ordering::Relaxed);
        (group != 0).then(|| NamedGroup::from(group))
    }

    fn set_tls12_session(&self, _: ServerName<'static>, session: Tls12ClientSessionValue) {
        self.session.store(Some(Arc::new(session)));
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.session.load_full().map(|session| Tls12ClientSessionValue::clone(&session))
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.session.store(None);
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, ticket: Tls13ClientSessionValue) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % TICKETS;
        if let Some(slot) = self.tickets.get(next) {
            slot.store(Some(Arc::new(ticket)));
        }
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.tickets.iter().find_map(|slot| Arc::into_inner(slot.swap(None)?))
    }
}
