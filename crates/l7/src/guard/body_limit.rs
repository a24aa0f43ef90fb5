//! `client_max_body_size`: bodies announced as too large are refused before they are read.
//!
//! Asked as soon as the location is known, before its script runs, as nginx does it.

use crate::body::RequestBody;
use crate::exchange::Exchange;
use protocol::BodyKind;

impl Exchange<'_> {
    /// Whether the announced body is larger than the place allows.
    pub fn exceeds_body_limit(&self, body: BodyKind) -> bool {
        let limit = self.place.section.client.max_body.0;
        let BodyKind::Length(length) = body else { return false };
        if limit == 0 || length <= limit || !matches!(self.request.body, RequestBody::Unread) {
            return false;
        }
        self.log_error(|| format!("client intended to send too large body: {length} bytes"));
        true
    }
}
