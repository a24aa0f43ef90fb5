//! What can be wrong with a message: one stable cause for each rule that was broken.

use std::io;

macro_rules! causes {
    ($($variant:ident = $id:literal, $text:literal;)+) => {
        /// Which rule a message broke. Its id is stable: logs and metrics show it.
        #[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
        pub enum Cause {
            $(#[doc = $text] $variant,)+
        }

        impl Cause {
            /// A stable kebab-case name.
            pub fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// What was sent, as it goes after "client sent" or "upstream sent" in a log.
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

causes! {
    EmptyLines = "empty-lines", "too many empty lines before the request";
    InvalidMethod = "invalid-method", "invalid method";
    InvalidRequestLine = "invalid-request-line", "invalid request";
    InvalidTarget = "invalid-target", "invalid request target";
    InvalidVersion = "invalid-version", "invalid version";
    OldVersion = "http-0.9", "an HTTP/0.9 request";
    InvalidStatusLine = "invalid-status-line", "no valid HTTP/1 status line";
    BareCarriageReturn = "bare-cr", "a carriage return without a line feed";
    ControlCharacter = "control-character", "a control character in a field value";
    FoldedLine = "obs-fold", "a folded header line";
    NoColon = "no-colon", "a header line without a colon";
    EmptyName = "empty-name", "a header line without a name";
    SpaceInName = "space-in-name", "a space in a header name";
    InvalidName = "invalid-name", "an invalid header name";
    SpaceAroundValue = "space-around-value", "whitespace around a header value";
    FramingLookalike = "framing-lookalike", "a header name that could be read as a framing header";
    TooManyFields = "too-many-fields", "too many header lines";
    DuplicateField = "duplicate-field", "duplicate header line";
    NoHost = "no-host", "HTTP/1.1 request without \"Host\" header";
    InvalidHost = "invalid-host", "invalid host header";
    InvalidLength = "invalid-length", "invalid \"Content-Length\" header";
    DuplicateLength = "duplicate-length", "duplicate \"Content-Length\" header";
    LengthAndCoding = "length-and-coding", "\"Content-Length\" and \"Transfer-Encoding\" headers at the same time";
    DuplicateCoding = "duplicate-coding", "duplicate \"Transfer-Encoding\" header";
    InvalidCoding = "invalid-coding", "invalid \"Transfer-Encoding\" header";
    UnknownCoding = "unknown-coding", "unknown \"Transfer-Encoding\"";
    OldVersionCoding = "http-1.0-coding", "\"Transfer-Encoding\" header in HTTP/1.0";
    InvalidChunkSize = "invalid-chunk-size", "invalid chunk size";
    ChunkTooLarge = "chunk-too-large", "too large chunk size";
    InvalidChunkExtension = "invalid-chunk-extension", "invalid chunk extension";
    ChunkExtensionsTooLong = "chunk-extensions-too-long", "too long chunk extensions";
    InvalidChunkEnd = "invalid-chunk-end", "a chunk that does not end where it should";
    InvalidTrailer = "invalid-trailer", "invalid trailer";
    TrailersTooLarge = "trailers-too-large", "too large trailers";
    UnexpectedSwitch = "unexpected-switch", "101 without being asked to switch protocols";
    TooManyInterim = "too-many-interim", "too many interim responses";
    HeaderTooLarge = "header-too-large", "too big header";
    IncompleteHead = "incomplete-head", "a header that does not end";
    InvalidRecord = "invalid-record", "an unexpected FastCGI record";
    RequestRefused = "request-refused", "that it did not take the request";
    InvalidStatus = "invalid-status", "invalid status";
}

impl std::fmt::Display for Cause {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.text())
    }
}

/// Why a request could not be read. After any of them the connection closes.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// A broken rule; 400.
    #[error("client sent {0}")]
    BadRequest(Cause),
    /// A transfer coding that we do not have; 501.
    #[error("client sent {0}")]
    NotImplemented(Cause),
    /// The request line is longer than a buffer; 414.
    #[error("client sent too long URI")]
    UriTooLong,
    /// A line longer than a buffer, or more than all buffers hold; 400, and 494 for `error_page`.
    #[error("client sent too long header line")]
    HeaderTooLarge,
    /// HTTP/2.0 or later in an HTTP/1 request line; 505.
    #[error("client sent invalid version")]
    VersionNotSupported,
    /// The first line of HTTP/2's connection preface; 400 where HTTP/2 is not offered.
    #[error("client sent an HTTP/2 connection preface")]
    Http2Preface,
    /// The client closed within the head.
    #[error("client prematurely closed connection")]
    Truncated,
    /// The connection failed.
    #[error("receiving from client failed: {0}")]
    Io(#[from] io::Error),
}

impl HeadError {
    /// The status to answer with; 400 where the client can no longer read it.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotImplemented(_) => 501,
            Self::UriTooLong => 414,
            Self::VersionNotSupported => 505,
            Self::BadRequest(_) | Self::HeaderTooLarge | Self::Http2Preface | Self::Truncated | Self::Io(_) => 400,
        }
    }

    /// The status that nginx's `error_page` knows it by: 494 for a too large head.
    pub fn error_page_status(&self) -> u16 {
        if matches!(self, Self::HeaderTooLarge) { 494 } else { self.status() }
    }

    /// A stable kebab-case name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::BadRequest(cause) | Self::NotImplemented(cause) => cause.id(),
            Self::UriTooLong => "uri-too-long",
            Self::HeaderTooLarge => "header-too-large",
            Self::VersionNotSupported => "version-not-supported",
            Self::Http2Preface => "http2-preface",
            Self::Truncated => "head-truncated",
            Self::Io(_) => "receive-failed",
        }
    }
}

/// Why a body could not be read. After any of them the connection closes.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// A broken rule of the chunked coding.
    #[error("peer sent {0}")]
    Malformed(Cause),
    /// The peer closed before the body's end.
    #[error("peer closed before the end of the body")]
    Truncated,
    /// The connection failed.
    #[error("receiving the body failed: {0}")]
    Io(#[from] io::Error),
}

impl BodyError {
    /// The status to answer a client with whose body this was.
    pub fn status(&self) -> u16 {
        400
    }

    /// A stable kebab-case name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Malformed(cause) => cause.id(),
            Self::Truncated => "body-truncated",
            Self::Io(_) => "receive-failed",
        }
    }
}

/// Why an upstream's response could not be read; 502. The connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum ResponseError {
    /// A broken rule.
    #[error("upstream sent {0}")]
    Malformed(Cause),
    /// The upstream closed before anything of the response came: a kept connection may simply have timed out.
    #[error("upstream closed connection before sending a response")]
    Closed,
    /// The upstream closed within the head.
    #[error("upstream prematurely closed connection while reading response header")]
    Truncated,
    /// The upstream says that it did nothing for the request: it may be sent again (RFC 9113 §8.7).
    #[error("upstream did not take the request")]
    Refused,
    /// The upstream gave the stream up, or broke the rules of streams.
    #[error("upstream rejected request: {0}")]
    Broken(String),
    /// The connection failed.
    #[error("receiving from upstream failed: {0}")]
    Io(#[from] io::Error),
}

impl ResponseError {
    /// A stable kebab-case name.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Malformed(cause) => cause.id(),
            Self::Closed => "upstream-closed",
            Self::Refused => "request-refused",
            Self::Broken(_) => "stream-broken",
            Self::Truncated => "head-truncated",
            Self::Io(_) => "receive-failed",
        }
    }
}
