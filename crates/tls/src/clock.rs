//! The time that sessions and certificates go by.

use rustls::pki_types::UnixTime;

/// Seconds since the Unix epoch.
pub(crate) fn unix_seconds() -> u64 {
    UnixTime::now().as_secs()
}
