//! The head of a request: method, target, version and fields.

use crate::h1::scan;
use crate::{Authority, BodyKind, Fields, Method, Name, Version};

/// A request's head. Clearing keeps its memory: one value serves all requests of a connection.
#[derive(Clone, Debug, Default)]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The version, as far as it changes behaviour; see [`RequestHead::protocol`] for its text.
    pub version: Version,
    /// The header fields. Host is the target's authority where the target had one.
    pub fields: Fields,
    pub(crate) line: TargetLine,
    pub(crate) wishes: Wishes,
    /// It came to become a tunnel.
    pub(crate) tunnel: bool,
}

/// What the request asks of its connection, found once while its fields are checked.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) body: BodyKind,
    pub(crate) keep_alive: bool,
    pub(crate) upgrade: bool,
    pub(crate) continues: bool,
    /// The parts of the authority, if it was valid.
    pub(crate) host: Option<HostParts>,
}

/// How an authority is made up.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostParts {
    /// Bytes of the host, which begins the authority.
    pub(crate) length: usize,
    pub(crate) port: Option<u16>,
}

/// The request line and the forms of its target, in one piece of memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct TargetLine {
    text: Vec<u8>,
    line: Span,
    target: Span,
    /// The target without scheme and authority, as sent.
    origin: Span,
    /// The target as it may be sent on.
    path_and_query: Span,
    authority: Option<Span>,
    protocol: Span,
}

#[derive(Copy, Clone, Debug, Default)]
struct Span {
    start: usize,
    end: usize,
}

impl RequestHead {
    /// An empty head.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it as new, keeping the memory.
    pub fn clear(&mut self) {
        self.method = Method::Get;
        self.version = Version::Http11;
        self.fields.clear();
        self.line.clear();
        self.wishes = Wishes::default();
        self.tunnel = false;
    }

    /// Sets method, target and version of a request that did not come as an HTTP/1 line; the fields stay.
    ///
    /// # Errors
    /// A target that is no origin form, absolute form, authority form (with CONNECT) or `*` (with OPTIONS).
    pub fn assign(&mut self, method: Method, target: &[u8], version: Version) -> Result<(), InvalidTarget> {
        let mut line = Vec::with_capacity(target.len() + 32);
        line.extend_from_slice(method.as_bytes());
        line.push(b' ');
        let start = line.len();
        line.extend_from_slice(target);
        let end = line.len();
        line.push(b' ');
        line.extend_from_slice(version.as_str().as_bytes());
        self.line.assign(&line);
        self.line.protocol = Span { start: end + 1, end: line.len() };
        self.line.read_target(start, end, &method)?;
        self.method = method;
        self.version = version;
        Ok(())
    }

    /// Sets how the body of a request that did not come by HTTP/1 ends.
    pub fn set_body_kind(&mut self, kind: BodyKind) {
        self.wishes.body = kind;
    }

    /// The request line as it was sent, without its line end; also of a request that was refused for it.
    pub fn request_line(&self) -> &[u8] {
        self.line.of(self.line.line)
    }

    /// The target as it was sent.
    pub fn target(&self) -> &[u8] {
        self.line.of(self.line.target)
    }

    /// The target as it was sent, without scheme and authority: what nginx's `$request_uri` shows.
    ///
    /// Empty, or only a query, for an absolute form without a path.
    pub fn request_uri(&self) -> &[u8] {
        self.line.of(self.line.origin)
    }

    /// The origin form to route by and to send on: starts with `/` (or is `*` of OPTIONS, or CONNECT's authority) and has
    /// no fragment.
    pub fn path_and_query(&self) -> &[u8] {
        self.line.of(self.line.path_and_query)
    }

    /// The authority of the target, else the Host field (RFC 9112 §3.2.2). None: an HTTP/1.0 request without either.
    pub fn authority(&self) -> Option<&[u8]> {
        match self.line.authority {
            Some(span) => Some(self.line.of(span)),
            None => self.fields.get_known(Name::Host),
        }
    }

    /// Host and port of [`RequestHead::authority`].
    pub fn host(&self) -> Option<Authority<'_>> {
        let authority = self.authority()?;
        match self.wishes.host {
            // Read once, while the head was checked.
            Some(HostParts { length, port }) => Some(Authority { host: authority.get(..length)?, port }),
            None => Authority::parse(authority),
        }
    }

    /// The version as it was written, such as `HTTP/1.1`: nginx's `$server_protocol`.
    pub fn protocol(&self) -> &[u8] {
        self.line.of(self.line.protocol)
    }

    /// How the body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.wishes.body
    }

    /// Whether the client lets the connection live after this request (RFC 9112 §9.3).
    pub fn keep_alive(&self) -> bool {
        self.wishes.keep_alive
    }

    /// Whether the client asks to switch protocols: `Connection: upgrade`, an Upgrade field, HTTP/1.1.
    pub fn upgrade_requested(&self) -> bool {
        self.wishes.upgrade
    }

    /// Whether it came over HTTP/2 to become a tunnel (an extended CONNECT, RFC 8441 §4). It reads as the request of HTTP/1.1
    /// that asks for the same; but whatever succeeds opens the tunnel.
    pub fn opens_tunnel(&self) -> bool {
        self.tunnel
    }

    /// Whether the client waits for a 100 before it sends its body (RFC 9110 §10.1.1).
    pub fn expects_continue(&self) -> bool {
        self.wishes.continues
    }
}

/// A target that is none of the four forms of RFC 9112 §3.2, or not for this method.
#[derive(Copy, Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid request target")]
pub struct InvalidTarget;

impl TargetLine {
    pub(crate) fn clear(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        *self = Self { text, ..Self::default() };
    }

    /// Takes a copy of a request line.
    pub(crate) fn assign(&mut self, line: &[u8]) {
        self.clear();
        self.text.extend_from_slice(line);
        self.line = Span { start: 0, end: line.len() };
    }

    /// Takes a copy of a line whose target is a path with or without a query, and is followed by a space and the version.
    pub(crate) fn assign_plain(&mut self, line: &[u8], start: usize, end: usize) {
        self.text.clear();
        self.text.extend_from_slice(line);
        let target = Span { start, end };
        self.line = Span { start: 0, end: line.len() };
        (self.target, self.origin, self.path_and_query) = (target, target, target);
        self.authority = None;
        self.protocol = Span { start: end + 1, end: line.len() };
    }

    pub(crate) fn set_protocol(&mut self, start: usize, end: usize) {
        self.protocol = Span { start, end };
    }

    pub(crate) fn has_authority(&self) -> bool {
        self.authority.is_some()
    }

    /// The target's authority; empty if it has none.
    pub(crate) fn authority(&self) -> &[u8] {
        self.of(self.authority.unwrap_or_default())
    }

    fn of(&self, span: Span) -> &[u8] {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Reads the target at `start..end` of the line, whose bytes are neither controls nor spaces.
    pub(crate) fn read_target(&mut self, start: usize, end: usize, method: &Method) -> Result<(), InvalidTarget> {
        let span = Span { start, end };
        self.target = span;
        self.origin = span;
        self.path_and_query = span;
        let target = self.of(span);
        match target.first().ok_or(InvalidTarget)? {
            _ if *method == Method::Connect => {
                // RFC 9112 §3.2.3: host and port, both.
                let authority = Authority::parse(target).ok_or(InvalidTarget)?;
                authority.port.ok_or(InvalidTarget)?;
                self.authority = Some(span);
                return Ok(());
            }
            b'/' => {}
            // RFC 9112 §3.2.4
            b'*' if target.len() == 1 && *method == Method::Options => return Ok(()),
            _ => self.read_absolute(span)?,
        }
        self.normalise();
        Ok(())
    }

    /// RFC 9112 §3.2.2; other schemes than http's would mean another service than this one.
    fn read_absolute(&mut self, span: Span) -> Result<(), InvalidTarget> {
        let target = self.of(span);
        let scheme = [&b"http://"[..], b"https://"]
            .into_iter()
            .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
            .ok_or(InvalidTarget)?;
        let rest = target.get(scheme.len()..).unwrap_or_default();
        let length = memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len());
        Authority::parse(rest.get(..length).unwrap_or_default()).ok_or(InvalidTarget)?;
        let start = span.start + scheme.len();
        self.authority = Some(Span { start, end: start + length });
        self.origin = Span { start: start + length, end: span.end };
        Ok(())
    }

    /// Makes the form that is sent on; it is a copy only where it differs from what was sent.
    fn normalise(&mut self) {
        let mut span = self.origin;
        let origin = self.of(span);
        if let Some(fragment) = scan::find_byte::<b'#'>(origin) {
            span.end = span.start + fragment;
        }
        if self.of(span).first() == Some(&b'/') {
            self.path_and_query = span;
            return;
        }
        let start = self.text.len();
        self.text.push(b'/');
        self.text.extend_from_within(span.start..span.end);
        self.path_and_query = Span { start, end: self.text.len() };
    }
}
