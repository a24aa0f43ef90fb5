//! Variables of what guards found out.

use crate::connection::append_address;
use crate::exchange::Exchange;
use crate::variables::{OfGuard, append_number};

impl Exchange<'_> {
    /// Appends a variable of what guards found out; false: it has no value.
    pub fn append_guard(&self, of: OfGuard, out: &mut Vec<u8>) -> bool {
        let found = self.found.as_deref();
        let section = self.place.section;
        match of {
            OfGuard::RateStatus => {
                let Some(limited) = found.and_then(|found| found.rate) else { return false };
                out.extend_from_slice(limited.as_str().as_bytes());
            }
            OfGuard::CountStatus => {
                let Some(limited) = found.and_then(|found| found.count) else { return false };
                out.extend_from_slice(limited.as_str().as_bytes());
            }
            OfGuard::InvalidReferer => {
                if section.referers.as_ref().is_some_and(|referers| !self.has_valid_referer(referers)) {
                    out.push(b'1');
                }
            }
            OfGuard::SecureLink => {
                return section.secure_link.as_ref().is_some_and(|link| self.append_secure_link(link, out));
            }
            OfGuard::SecureLinkEnd => {
                return section.secure_link.as_ref().is_some_and(|link| self.append_link_end(link, out));
            }
            OfGuard::PeerAddress => append_address(&self.connection.facts.peer, out),
            OfGuard::PeerPort => match self.connection.facts.peer.inet() {
                Some(peer) => append_number(u64::from(peer.port()), out),
                None => return false,
            },
        }
        true
    }
}
