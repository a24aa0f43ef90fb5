//! HTTP/2 with clients.

use crate::ByteSize;
use serde::{Deserialize, Serialize};

/// Whether and how HTTP/2 is spoken with a site's clients (RFC 9113).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Http2 {
    /// Whether it is offered; clients that do not ask for it speak HTTP/1.1.
    pub offered: bool,
    /// Requests that one connection may have under way.
    pub streams: u32,
    /// Bytes of a request's body that may come before it is read.
    pub window: ByteSize,
}

impl Default for Http2 {
    fn default() -> Self {
        Self { offered: false, streams: 128, window: ByteSize(64 << 10) }
    }
}
