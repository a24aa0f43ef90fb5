//! Request methods.

/// A request method (RFC 9110 §9). The known ones cost no allocation.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Method {
    /// `GET`
    #[default]
    Get,
    /// `HEAD`
    Head,
    /// `POST`
    Post,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// `TRACE`
    Trace,
    /// `CONNECT`
    Connect,
    /// `PATCH`
    Patch,
    /// `MKCOL`
    Mkcol,
    /// `COPY`
    Copy,
    /// `MOVE`
    Move,
    /// `PROPFIND`
    Propfind,
    /// `PROPPATCH`
    Proppatch,
    /// `LOCK`
    Lock,
    /// `UNLOCK`
    Unlock,
    /// Any other method, as it was written.
    Other(Box<[u8]>),
}

impl Method {
    /// The method written as `text`; methods are case-sensitive.
    pub fn new(text: &[u8]) -> Self {
        // The most usual one first: a match over all looks at the letters one by one.
        if text == b"GET" {
            return Self::Get;
        }
        match text {
            b"HEAD" => Self::Head,
            b"POST" => Self::Post,
            b"PUT" => Self::Put,
            b"DELETE" => Self::Delete,
            b"OPTIONS" => Self::Options,
            b"TRACE" => Self::Trace,
            b"CONNECT" => Self::Connect,
            b"PATCH" => Self::Patch,
            b"MKCOL" => Self::Mkcol,
            b"COPY" => Self::Copy,
            b"MOVE" => Self::Move,
            b"PROPFIND" => Self::Propfind,
            b"PROPPATCH" => Self::Proppatch,
            b"LOCK" => Self::Lock,
            b"UNLOCK" => Self::Unlock,
            other => Self::Other(other.into()),
        }
    }

    /// One of the most usual methods at the start of a request line, and where the target begins.
    pub(crate) fn read_usual(line: &[u8]) -> Option<(Self, usize)> {
        Some(match line.first_chunk()? {
            b"GET " => (Self::Get, 4),
            b"POST" if line.get(4) == Some(&b' ') => (Self::Post, 5),
            b"PUT " => (Self::Put, 4),
            b"HEAD" if line.get(4) == Some(&b' ') => (Self::Head, 5),
            _ => return None,
        })
    }

    /// The method as it is written.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Get => b"GET",
            Self::Head => b"HEAD",
            Self::Post => b"POST",
            Self::Put => b"PUT",
            Self::Delete => b"DELETE",
            Self::Options => b"OPTIONS",
            Self::Trace => b"TRACE",
            Self::Connect => b"CONNECT",
            Self::Patch => b"PATCH",
            Self::Mkcol => b"MKCOL",
            Self::Copy => b"COPY",
            Self::Move => b"MOVE",
            Self::Propfind => b"PROPFIND",
            Self::Proppatch => b"PROPPATCH",
            Self::Lock => b"LOCK",
            Self::Unlock => b"UNLOCK",
            Self::Other(text) => text,
        }
    }

    /// Whether sending it twice means no more than once (RFC 9110 §9.2.2, RFC 4918). Not so what is unknown.
    pub fn is_idempotent(&self) -> bool {
        !matches!(self, Self::Post | Self::Patch | Self::Lock | Self::Connect | Self::Other(_))
    }

    /// Whether it only reads (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self, Self::Get | Self::Head | Self::Options | Self::Trace)
    }
}
