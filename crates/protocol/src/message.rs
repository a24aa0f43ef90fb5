//! What a message's body is made of.

use transport::Chunk;

use crate::Fields;

/// How the end of a body is found (RFC 9112 §6.3).
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum BodyKind {
    /// There is no body.
    #[default]
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks up to an empty one, then trailers.
    Chunked,
    /// Everything until the peer closes (responses only).
    UntilClose,
}

/// One piece of a body.
#[derive(Debug)]
pub enum Frame {
    /// Content; never empty.
    Bytes(Chunk),
    /// The trailer section, at most once and last.
    Trailers(Fields),
}
