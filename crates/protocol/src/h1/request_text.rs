//! The head of a request as it is sent on: written once, for as many servers as are tried.

use super::client::RequestFraming;
use super::encode;
use super::framing::{Asked, ConnectionOptions};
use super::scan;
use crate::{Field, Fields, Method, Name, Version};

/// Names that a [`RequestText`] takes from nobody: it frames the body itself.
const OWN: u128 = Name::bits(&[Name::ContentLength, Name::TransferEncoding]);

/// The head of a request, being written or ready to be sent.
///
/// What is put into it is written at once, in the order in which it is put; [`RequestText::finish`] ends it.
#[derive(Debug, Default)]
pub struct RequestText {
    bytes: Vec<u8>,
    framing: RequestFraming,
    version: Version,
    has_host: bool,
    has_upgrade: bool,
    options: ConnectionOptions,
    asked: Asked,
}

impl RequestText {
    /// Begins a head in `memory`, which is empty. A chunked body makes the request one of HTTP/1.1.
    pub fn begin(memory: Vec<u8>, method: &Method, target: &[u8], version: Version, framing: RequestFraming) -> Self {
        let mut bytes = memory;
        let asked = Asked { is_head: *method == Method::Head, takes_unknown_coding: false };
        encode::write_request_line(&mut bytes, method, target, version, framing);
        let options = ConnectionOptions::default();
        Self { bytes, framing, version, has_host: false, has_upgrade: false, options, asked }
    }

    /// A head that was written in another form: parameters of a program. `keeps`: the connection may live on.
    pub(crate) fn written(bytes: Vec<u8>, framing: RequestFraming, is_head: bool, keeps: bool) -> Self {
        let options = ConnectionOptions { close: !keeps, ..ConnectionOptions::default() };
        let asked = Asked { is_head, ..Asked::default() };
        Self { bytes, framing, options, asked, ..Self::default() }
    }

    /// Puts a field whose value `write` appends to the bytes it is given; an empty one is left out.
    ///
    /// `start` is the name with colon and space. A value that would break the head (a line feed in it) is defused.
    pub fn put(&mut self, known: Name, start: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        if known.bit() & OWN != 0 {
            return;
        }
        let line = self.bytes.len();
        self.bytes.extend_from_slice(start);
        let value = self.bytes.len();
        write(&mut self.bytes);
        if self.bytes.len() <= value {
            self.bytes.truncate(line);
            return;
        }
        let written = self.bytes.get_mut(value..).unwrap_or_default();
        if scan::find_control(written).is_some() {
            encode::defuse(written);
        }
        match known {
            Name::Connection => self.options.add(written),
            Name::Host => self.has_host = true,
            Name::Upgrade => self.has_upgrade = true,
            _ => {}
        }
        self.bytes.extend_from_slice(b"\r\n");
    }

    /// Puts a field of another message, which may be empty; none that concerns the connection.
    pub fn put_whole(&mut self, field: Field<'_>) {
        if field.known.bit() & OWN == 0 {
            encode::write_field(&mut self.bytes, field);
        }
    }

    /// Puts what frames the body.
    pub fn put_framing(&mut self) {
        encode::write_request_framing(&mut self.bytes, self.framing);
    }

    /// Puts the fields of another message, but for those of `dropped` names (see [`Name::bits`]) and those for which
    /// `is_dropped` says so. What concerns the connection is not to be among them.
    pub fn put_all(&mut self, fields: &Fields, dropped: u128, is_dropped: impl Fn(&Field<'_>) -> bool) {
        fields.write_kept(&mut self.bytes, dropped | OWN, is_dropped, encode::write_field);
    }

    /// Whether a Host was put.
    pub fn has_host(&self) -> bool {
        self.has_host
    }

    /// Ends the head.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// How the body is framed that follows it.
    pub fn framing(&self) -> RequestFraming {
        self.framing
    }

    /// Method and target, as they were written.
    pub(crate) fn method_and_target(&self) -> (&[u8], &[u8]) {
        let line = self.lines().next().unwrap_or_default();
        let method = memchr::memchr(b' ', line).unwrap_or(line.len());
        let end = memchr::memrchr(b' ', line).unwrap_or(line.len());
        (line.get(..method).unwrap_or_default(), line.get(method + 1..end).unwrap_or_default())
    }

    /// Names and values, as they were written.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines().skip(1).filter_map(|line| {
            let (name, rest) = line.split_at(memchr::memchr(b':', line)?);
            Some((name, rest.get(1..)?.trim_ascii()))
        })
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// The head as it is sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives its memory back.
    pub fn into_memory(self) -> Vec<u8> {
        self.bytes
    }

    /// A response in a coding that nobody knows is read to the connection's end: it is taken for one in none.
    pub fn take_unknown_coding(&mut self) {
        self.asked.takes_unknown_coding = true;
    }

    /// What decides how the body of its response is read.
    pub(crate) fn asked(&self) -> Asked {
        self.asked
    }

    /// Whether it asks for a response without a body.
    pub(crate) fn is_head(&self) -> bool {
        self.asked.is_head
    }

    /// The protocol that a tunnel over HTTP/2 may be opened for in its place (RFC 8441), if it asks to switch to one.
    pub fn wanted_protocol(&self) -> Option<&str> {
        let bodiless = matches!(self.framing, RequestFraming::None | RequestFraming::Length(0));
        if !self.upgrades() || !bodiless || self.method_and_target().0 != b"GET" {
            return None;
        }
        let mut fields = self.fields();
        let (_, protocol) = fields.find(|(name, _)| Name::of(name) == Name::Upgrade)?;
        std::str::from_utf8(protocol).ok().filter(|protocol| !protocol.contains([',', ' ']))
    }

    /// Whether it asks to switch protocols.
    pub fn upgrades(&self) -> bool {
        self.options.upgrade && self.has_upgrade
    }

    /// Whether it lets the connection live on.
    pub(crate) fn keeps_alive(&self) -> bool {
        !self.options.close && (self.version != Version::Http10 || self.options.keep_alive)
    }
}
