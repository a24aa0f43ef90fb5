//! Names of header fields that the proxy knows, found by length and letters without an allocation.

macro_rules! names {
    ($($variant:ident = $text:literal,)+) => {
        /// A field name that the proxy knows; every other one is [`Name::Other`].
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        #[repr(u8)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
            /// A name that is not in this list.
            #[default]
            Other,
        }

        const KNOWN: &[(Name, &str)] = &[$((Name::$variant, $text),)+];
    };
}

names! {
    Accept = "Accept",
    AcceptCharset = "Accept-Charset",
    AcceptEncoding = "Accept-Encoding",
    AcceptLanguage = "Accept-Language",
    AcceptRanges = "Accept-Ranges",
    Age = "Age",
    Allow = "Allow",
    AltSvc = "Alt-Svc",
    Authorization = "Authorization",
    CacheControl = "Cache-Control",
    Connection = "Connection",
    ContentDisposition = "Content-Disposition",
    ContentEncoding = "Content-Encoding",
    ContentLanguage = "Content-Language",
    ContentLength = "Content-Length",
    ContentLocation = "Content-Location",
    ContentRange = "Content-Range",
    ContentType = "Content-Type",
    Cookie = "Cookie",
    Date = "Date",
    Depth = "Depth",
    Destination = "Destination",
    EarlyData = "Early-Data",
    Etag = "ETag",
    Expect = "Expect",
    Expires = "Expires",
    Forwarded = "Forwarded",
    From = "From",
    Host = "Host",
    Http2Settings = "HTTP2-Settings",
    IfMatch = "If-Match",
    IfModifiedSince = "If-Modified-Since",
    IfNoneMatch = "If-None-Match",
    IfRange = "If-Range",
    IfUnmodifiedSince = "If-Unmodified-Since",
    KeepAlive = "Keep-Alive",
    LastModified = "Last-Modified",
    Link = "Link",
    Location = "Location",
    MaxForwards = "Max-Forwards",
    Origin = "Origin",
    Overwrite = "Overwrite",
    Pragma = "Pragma",
    ProxyAuthenticate = "Proxy-Authenticate",
    ProxyAuthorization = "Proxy-Authorization",
    ProxyConnection = "Proxy-Connection",
    Range = "Range",
    Referer = "Referer",
    Refresh = "Refresh",
    RetryAfter = "Retry-After",
    SecWebsocketKey = "Sec-WebSocket-Key",
    Server = "Server",
    SetCookie = "Set-Cookie",
    Status = "Status",
    StrictTransportSecurity = "Strict-Transport-Security",
    Te = "TE",
    Trailer = "Trailer",
    TransferEncoding = "Transfer-Encoding",
    Upgrade = "Upgrade",
    UserAgent = "User-Agent",
    Vary = "Vary",
    Via = "Via",
    Warning = "Warning",
    WwwAuthenticate = "WWW-Authenticate",
    XAccelBuffering = "X-Accel-Buffering",
    XAccelCharset = "X-Accel-Charset",
    XAccelExpires = "X-Accel-Expires",
    XAccelLimitRate = "X-Accel-Limit-Rate",
    XAccelRedirect = "X-Accel-Redirect",
    XForwardedFor = "X-Forwarded-For",
    XForwardedHost = "X-Forwarded-Host",
    XForwardedPort = "X-Forwarded-Port",
    XForwardedProto = "X-Forwarded-Proto",
    XPad = "X-Pad",
    XPoweredBy = "X-Powered-By",
    XRealIp = "X-Real-IP",
    XRequestId = "X-Request-ID",
}

impl Name {
    /// The known name that `name` is, letter case aside, or [`Name::Other`].
    pub fn of(name: &[u8]) -> Self {
        let (Some(&first), Some(&last)) = (name.first(), name.last()) else {
            return Self::Other;
        };
        let mut slot = hash(name.len(), first, last);
        while let Some(&index) = SLOTS.get(slot) {
            let Some(&(known, text)) = KNOWN.get(usize::from(index)) else {
                return Self::Other;
            };
            let text = text.as_bytes();
            if name == text || name.eq_ignore_ascii_case(text) {
                return known;
            }
            slot = (slot + 1) % SLOTS.len();
        }
        Self::Other
    }

    /// The name as it is usually written; empty for [`Name::Other`].
    pub fn as_bytes(self) -> &'static [u8] {
        KNOWN.get(self as usize).map_or(b"", |(_, text)| text.as_bytes())
    }

    /// This name's bit in a set of names; none for [`Name::Other`].
    pub(crate) fn bit(self) -> u128 {
        if self == Self::Other { 0 } else { 1 << (self as u32) }
    }

    /// Whether nginx answers 400 to a request that repeats the field.
    pub(crate) fn is_single_in_requests(self) -> bool {
        matches!(
            self,
            Self::Authorization
                | Self::ContentLength
                | Self::ContentRange
                | Self::Expect
                | Self::Host
                | Self::IfMatch
                | Self::IfModifiedSince
                | Self::IfNoneMatch
                | Self::IfRange
                | Self::IfUnmodifiedSince
                | Self::ProxyAuthorization
                | Self::TransferEncoding
        )
    }

    /// Whether a trailer section may not carry the field (RFC 9110 §6.5.1): framing, routing, conditions,
    /// authentication, and what says how to read the content.
    pub fn is_forbidden_in_trailers(self) -> bool {
        matches!(
            self,
            Self::Age
                | Self::Authorization
                | Self::CacheControl
                | Self::Connection
                | Self::ContentEncoding
                | Self::ContentLength
                | Self::ContentRange
                | Self::ContentType
                | Self::Cookie
                | Self::Date
                | Self::EarlyData
                | Self::Expect
                | Self::Expires
                | Self::Forwarded
                | Self::Host
                | Self::Http2Settings
                | Self::IfMatch
                | Self::IfModifiedSince
                | Self::IfNoneMatch
                | Self::IfRange
                | Self::IfUnmodifiedSince
                | Self::KeepAlive
                | Self::Location
                | Self::MaxForwards
                | Self::Pragma
                | Self::ProxyAuthenticate
                | Self::ProxyAuthorization
                | Self::ProxyConnection
                | Self::Range
                | Self::RetryAfter
                | Self::SetCookie
                | Self::Te
                | Self::Trailer
                | Self::TransferEncoding
                | Self::Upgrade
                | Self::Vary
                | Self::Warning
                | Self::WwwAuthenticate
                | Self::XAccelBuffering
                | Self::XAccelCharset
                | Self::XAccelExpires
                | Self::XAccelLimitRate
                | Self::XAccelRedirect
                | Self::XForwardedFor
                | Self::XForwardedHost
                | Self::XForwardedPort
                | Self::XForwardedProto
                | Self::XRealIp
        )
    }
}

const EMPTY: u8 = u8::MAX;

/// Open addressing over [`KNOWN`]: a slot holds an index, or [`EMPTY`].
static SLOTS: [u8; 512] = slots();

const fn hash(length: usize, first: u8, last: u8) -> usize {
    ((first | 0x20) as usize * 37 + (last | 0x20) as usize * 5 + length * 61) % 512
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
#[expect(clippy::cast_possible_truncation, reason = "the list is shorter than 128 names, asserted here")]
const fn slots() -> [u8; 512] {
    assert!(KNOWN.len() < 128, "a set of names is one u128");
    let mut slots = [EMPTY; 512];
    let mut index = 0;
    while index < KNOWN.len() {
        let text = KNOWN[index].1.as_bytes();
        let mut slot = hash(text.len(), text[0], text[text.len() - 1]);
        while slots[slot] != EMPTY {
            slot = (slot + 1) % 512;
        }
        slots[slot] = index as u8;
        index += 1;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Name};

    #[test]
    fn every_name_is_found_in_any_case() {
        for &(known, text) in KNOWN {
            assert_eq!(Name::of(text.as_bytes()), known);
            assert_eq!(Name::of(text.to_ascii_lowercase().as_bytes()), known);
            assert_eq!(Name::of(text.to_ascii_uppercase().as_bytes()), known);
            assert_eq!(known.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn other_names_are_other() {
        for name in ["", "x", "Hos", "Hosts", "Transfer_Encoding", "Content-Length ", "\u{e9}tag"] {
            assert_eq!(Name::of(name.as_bytes()), Name::Other, "{name}");
        }
        assert_eq!(Name::Other.as_bytes(), b"");
    }
}
