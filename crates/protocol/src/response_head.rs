//! The head of a response: status, reason and fields.

use crate::{Fields, Version, status};

/// How a client is told that its connection lives on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Announced {
    /// `keep-alive`.
    #[default]
    Lower,
    /// `Keep-Alive`.
    Capital,
    /// Not at all: HTTP/1.1 has it so unless it says otherwise (RFC 9112 §9.3).
    Silent,
}

/// A response's head. Clearing keeps its memory.
#[derive(Clone, Debug, Default)]
pub struct ResponseHead {
    /// The status code, 100 to 999.
    pub status: u16,
    /// The version the upstream spoke.
    pub version: Version,
    /// The header fields.
    pub fields: Fields,
    /// How a client is told that its connection lives on.
    pub announced: Announced,
    reason: Vec<u8>,
    /// The status that `reason` was received with; with another one the text is nginx's. 0: it is nginx's in any case.
    reason_status: u16,
}

impl ResponseHead {
    /// A head without fields.
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Makes it as new, keeping the memory.
    pub fn clear(&mut self) {
        self.status = 0;
        self.version = Version::Http11;
        self.fields.clear();
        self.reason.clear();
        self.reason_status = 0;
        self.announced = Announced::default();
    }

    /// The reason text: as received if the status is still that of the upstream, else nginx's.
    pub fn reason(&self) -> &[u8] {
        if self.reason_status != 0 && self.reason_status == self.status {
            &self.reason
        } else {
            status::reason(self.status).as_bytes()
        }
    }

    /// Sets the reason text that goes with the present status.
    pub fn set_reason(&mut self, reason: &[u8]) {
        self.reason_status = 0;
        if reason != status::reason(self.status).as_bytes() {
            self.reason.clear();
            self.reason.extend_from_slice(reason);
            self.reason_status = self.status;
        }
    }

    /// Sets the status; its reason is nginx's, whatever was received.
    pub fn replace_status(&mut self, status: u16) {
        self.status = status;
        self.reason_status = 0;
    }

    /// Whether a message with this status never has a body (RFC 9112 §6.3).
    pub fn is_bodiless(&self) -> bool {
        is_bodiless(self.status)
    }
}

pub(crate) fn is_bodiless(status: u16) -> bool {
    status < 200 || status == 204 || status == 304
}
