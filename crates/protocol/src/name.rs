//! Names of header fields that the proxy knows, found by length and letters without an allocation.

use crate::h1::class::{self, PLAIN};
use crate::h1::scan;

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
    /// The name that a field line starts with, and its length up to the colon; none if there is no name of letters, digits
    /// and hyphens.
    #[inline]
    pub(crate) fn read(line: &[u8]) -> Option<(Self, usize)> {
        let Some(words) = Words::before_colon(line) else { return Self::read_slowly(line) };
        let found = words.find();
        let length = words.length;
        // Every known name is plain.
        if found == Self::Other && (length == 0 || class::common(line.get(..length)?) & PLAIN == 0) {
            return None;
        }
        Some((found, length))
    }

    /// [`Name::read`] for names that do not lie in two words.
    #[cold]
    fn read_slowly(line: &[u8]) -> Option<(Self, usize)> {
        let length = scan::find_byte::<b':'>(line)?;
        let name = line.get(..length)?;
        let is_plain = length > 0 && class::common(name) & PLAIN != 0;
        is_plain.then(|| (Self::of(name), length))
    }

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
            if is_same(name, text) {
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

    /// All known names, in their order.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(name, _)| *name)
    }

    /// This name's bit in a set of names; none for [`Name::Other`].
    #[inline]
    pub fn bit(self) -> u128 {
        BITS.get(self as usize).copied().unwrap_or_default()
    }

    /// The bits of some names.
    pub const fn bits(names: &[Self]) -> u128 {
        let (mut bits, mut rest) = (0, names);
        while let [name, others @ ..] = rest {
            bits |= 1 << (*name as u32);
            rest = others;
        }
        bits
    }

    /// The names of which nginx answers 400 to a request that repeats one.
    pub(crate) const SINGLE_IN_REQUESTS: u128 = Self::bits(&[
        Self::Authorization,
        Self::ContentLength,
        Self::ContentRange,
        Self::Expect,
        Self::Host,
        Self::IfMatch,
        Self::IfModifiedSince,
        Self::IfNoneMatch,
        Self::IfRange,
        Self::IfUnmodifiedSince,
        Self::ProxyAuthorization,
        Self::TransferEncoding,
    ]);

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

/// Whether `name` is the known name `text`, letter case aside; in words, of which the last may overlap others.
fn is_same(name: &[u8], text: &[u8]) -> bool {
    if name.len() != text.len() {
        return false;
    }
    if let (Some(name_ends), Some(text_ends)) = (ends(name), ends(text)) {
        return difference(name_ends.0, text_ends.0) | difference(name_ends.1, text_ends.1) == 0
            && (name.len() <= 16 || name.as_chunks().0.iter().zip(text.as_chunks().0).all(is_same_word));
    }
    if let (Some(name_ends), Some(text_ends)) = (short_ends(name), short_ends(text)) {
        return difference(name_ends, text_ends) == 0;
    }
    name.eq_ignore_ascii_case(text)
}

/// The first and the last eight bytes.
fn ends(text: &[u8]) -> Option<(u64, u64)> {
    Some((u64::from_le_bytes(*text.first_chunk()?), u64::from_le_bytes(*text.last_chunk()?)))
}

/// The first and the last four bytes.
fn short_ends(text: &[u8]) -> Option<u64> {
    let (first, last) = (u32::from_le_bytes(*text.first_chunk()?), u32::from_le_bytes(*text.last_chunk()?));
    Some(u64::from(first) << 32 | u64::from(last))
}

fn is_same_word((name, text): (&[u8; 8], &[u8; 8])) -> bool {
    difference(u64::from_le_bytes(*name), u64::from_le_bytes(*text)) == 0
}

/// Not 0 where the words differ, but for the case of letters: in known names only they have bit 0x40, which moved down is
/// the bit of the case.
fn difference(name: u64, text: u64) -> u64 {
    (name ^ text) & !(text >> 1 & 0x2020_2020_2020_2020)
}

/// The bit of each name in a set of names; [`Name::Other`], the last, has none.
static BITS: [u128; KNOWN.len() + 1] = bits();

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
const fn bits() -> [u128; KNOWN.len() + 1] {
    let mut bits = [0; KNOWN.len() + 1];
    let mut index = 0;
    while index < KNOWN.len() {
        bits[index] = 1 << index;
        index += 1;
    }
    bits
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
        assert!(is_plain(text), "names are compared and taken as letters, digits and hyphens");
        let mut slot = hash(text.len(), text[0], text[text.len() - 1]);
        while slots[slot] != EMPTY {
            slot = (slot + 1) % 512;
        }
        slots[slot] = index as u8;
        index += 1;
    }
    slots
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
const fn is_plain(text: &[u8]) -> bool {
    let mut index = 0;
    while index < text.len() {
        if !text[index].is_ascii_alphanumeric() && text[index] != b'-' {
            return false;
        }
        index += 1;
    }
    true
}

/// A name of at most sixteen bytes in two words, the first byte lowest, zeros behind it.
struct Words {
    low: u64,
    high: u64,
    length: usize,
}

impl Words {
    /// What stands before the colon at the start of a line; none if the colon is not among the first sixteen bytes.
    #[inline]
    fn before_colon(line: &[u8]) -> Option<Self> {
        let [low, high] = line.first_chunk::<16>()?.as_chunks().0 else { return None };
        let (low, high) = (u64::from_le_bytes(*low), u64::from_le_bytes(*high));
        let (first, second) = (scan::mark_byte::<b':'>(low), scan::mark_byte::<b':'>(high));
        if first != 0 {
            Some(Self { low: low & below_mark(first), high: 0, length: scan::marked_place(first) })
        } else if second != 0 {
            Some(Self { low, high: high & below_mark(second), length: 8 + scan::marked_place(second) })
        } else {
            None
        }
    }

    #[inline]
    fn find(&self) -> Name {
        let place = SHORT.places.get(SHORT.slot(self.low, self.high)).copied().unwrap_or(EMPTY);
        let Some(short) = SHORT.names.get(usize::from(place)) else { return Name::Other };
        let differs = difference(self.low, short.low) | difference(self.high, short.high);
        if differs == 0 { short.known } else { Name::Other }
    }
}

/// All bits of the bytes before the first marked one.
fn below_mark(marks: u64) -> u64 {
    ((marks & marks.wrapping_neg()) >> 7).wrapping_sub(1)
}

/// The known names of at most sixteen bytes, found without a collision.
struct ShortNames {
    multiplier: u64,
    places: [u8; SHORT_SLOTS],
    names: [ShortName; KNOWN.len()],
}

#[derive(Copy, Clone)]
struct ShortName {
    low: u64,
    high: u64,
    known: Name,
}

const SHORT_BITS: u32 = 10;
const SHORT_SLOTS: usize = 1 << SHORT_BITS;
const FOLD: u64 = 0x2020_2020_2020_2020;

static SHORT: ShortNames = ShortNames::new();

impl ShortNames {
    /// Where the place of a name is, whatever the case of its letters.
    #[inline]
    const fn slot(&self, low: u64, high: u64) -> usize {
        let mixed =
            (low | FOLD).wrapping_mul(self.multiplier) ^ (high | FOLD).wrapping_mul(self.multiplier.rotate_left(32));
        (mixed >> (64 - SHORT_BITS)) as usize
    }

    /// Tries one multiplier after the other until each name has a slot of its own.
    const fn new() -> Self {
        let mut table = Self { multiplier: 0x9e37_79b9_7f4a_7c15, places: [EMPTY; SHORT_SLOTS], names: short_names() };
        while !table.fill() {
            table.multiplier = table.multiplier.wrapping_mul(0x5851_f42d_4c95_7f2d);
            table.places = [EMPTY; SHORT_SLOTS];
        }
        table
    }

    #[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
    #[expect(clippy::cast_possible_truncation, reason = "the list is shorter than 128 names")]
    const fn fill(&mut self) -> bool {
        let mut index = 0;
        while index < self.names.len() {
            let ShortName { low, high, .. } = self.names[index];
            let slot = self.slot(low, high);
            if low != 0 && self.places[slot] != EMPTY {
                return false;
            }
            if low != 0 {
                self.places[slot] = index as u8;
            }
            index += 1;
        }
        true
    }
}

/// The known names in two words; of those that are longer both are zero, as those of no name are.
#[expect(clippy::indexing_slicing, reason = "runs at compile time, where an index out of range is a compile error")]
const fn short_names() -> [ShortName; KNOWN.len()] {
    let mut names = [ShortName { low: 0, high: 0, known: Name::Other }; KNOWN.len()];
    let mut index = 0;
    while index < KNOWN.len() {
        let text = KNOWN[index].1.as_bytes();
        if text.len() <= 16 {
            let mut padded = [0; 16];
            let mut place = 0;
            while place < text.len() {
                padded[place] = text[place];
                place += 1;
            }
            let word = u128::from_le_bytes(padded);
            #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
            let low = word as u64;
            names[index] = ShortName { low, high: (word >> 64) as u64, known: KNOWN[index].0 };
        }
        index += 1;
    }
    names
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
    fn a_name_with_one_bit_changed_is_known_only_in_a_letters_case() {
        for &(known, text) in KNOWN {
            for (place, bit) in (0..text.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
                let mut name = text.as_bytes().to_vec();
                name[place] ^= 1 << bit;
                let same = name.eq_ignore_ascii_case(text.as_bytes());
                assert_eq!(Name::of(&name) == known, same, "{name:?}");
            }
        }
    }

    #[test]
    fn a_line_is_read_up_to_its_colon() {
        for &(known, text) in KNOWN {
            for behind in ["", " ", " a value that makes the line long enough for every word"] {
                let line = format!("{text}:{behind}");
                assert_eq!(Name::read(line.as_bytes()), Some((known, text.len())), "{line}");
                assert_eq!(Name::read(line.to_ascii_lowercase().as_bytes()), Some((known, text.len())), "{line}");
                assert_eq!(Name::read(line.to_ascii_uppercase().as_bytes()), Some((known, text.len())), "{line}");
            }
        }
    }

    #[test]
    fn a_line_with_one_bit_changed_has_another_name_or_none() {
        for &(known, text) in KNOWN {
            for (place, bit) in (0..text.len()).flat_map(|place| (0..8).map(move |bit| (place, bit))) {
                let mut name = text.as_bytes().to_vec();
                name[place] ^= 1 << bit;
                let line = [&name[..], b": a value and more than that"].concat();
                let same = name.eq_ignore_ascii_case(text.as_bytes());
                let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
                let read = Name::read(&line);
                assert_eq!(read == Some((known, text.len())), same, "{name:?}");
                assert_eq!(read.is_some(), plain || name.contains(&b':') && place > 0, "{name:?}");
            }
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
