//! HTTP/1 messages as a test sees them: every byte kept, read strictly by their framing.

use std::io;

use crate::wire::Wire;

/// How the end of a body was found.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Framing {
    /// The message has none.
    None,
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// The connection's end.
    UntilClose,
}

/// A response as received.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The head as it came, blank line included.
    pub head: String,
    /// Name and value of each field, in order, as they came.
    pub fields: Vec<(String, String)>,
    /// The body, its framing taken off.
    pub body: Vec<u8>,
    /// The fields after a chunked body.
    pub trailers: Vec<(String, String)>,
    /// How the body ended.
    pub framing: Framing,
}

/// A request as a peer received it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The target as sent.
    pub target: String,
    /// The head as it came, blank line included.
    pub head: String,
    /// Name and value of each field, in order, as they came.
    pub fields: Vec<(String, String)>,
    /// The body, its framing taken off.
    pub body: Vec<u8>,
    /// The fields after a chunked body.
    pub trailers: Vec<(String, String)>,
    /// How the body ended.
    pub framing: Framing,
    /// Which of the peer's connections it came on, from 0.
    pub connection: usize,
}

impl Response {
    /// Reads the next response to a request of `method`; interim responses are responses too.
    pub fn read(wire: &mut Wire, method: &str) -> io::Result<Option<Self>> {
        let Some(head) = wire.read_until(b"\r\n\r\n")? else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let (line, fields) = split_head(&head)?;
        let status = line.get(9..12).and_then(|digits| digits.parse().ok());
        let status: u16 = status.filter(|_| line.starts_with("HTTP/1.")).ok_or_else(|| invalid(&head))?;
        let bodiless = method == "HEAD" || status < 200 || status == 204 || status == 304;
        let framing = if bodiless { Framing::None } else { framing_of(&fields)?.unwrap_or(Framing::UntilClose) };
        let (body, trailers) = read_body(wire, framing, &fields)?;
        Ok(Some(Self { status, head, fields, body, trailers, framing }))
    }

    /// The first line.
    pub fn status_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The first field of that name, whatever its case.
    pub fn field(&self, name: &str) -> Option<&str> {
        first(&self.fields, name)
    }

    /// Every field of that name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        every(&self.fields, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Request {
    /// Reads the next request's head; the body is read apart.
    pub(crate) fn read_head(wire: &mut Wire, connection: usize) -> io::Result<Option<Self>> {
        let Some(head) = wire.read_until(b"\r\n\r\n")? else {
            return Ok(None);
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let (line, fields) = split_head(&head)?;
        let mut words = line.split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let target = words.next().unwrap_or_default().to_owned();
        let framing = framing_of(&fields)?.unwrap_or(Framing::None);
        let (body, trailers) = (Vec::new(), Vec::new());
        Ok(Some(Self { method, target, head, fields, body, trailers, framing, connection }))
    }

    pub(crate) fn read_body(&mut self, wire: &mut Wire) -> io::Result<()> {
        (self.body, self.trailers) = read_body(wire, self.framing, &self.fields)?;
        Ok(())
    }

    /// The first line.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The first field of that name, whatever its case.
    pub fn field(&self, name: &str) -> Option<&str> {
        first(&self.fields, name)
    }

    /// Every field of that name, in order.
    pub fn all(&self, name: &str) -> Vec<&str> {
        every(&self.fields, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Whether the sender will send no other request on this connection.
    pub(crate) fn is_last(&self) -> bool {
        let closes = self.field("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let keeps = self.field("Connection").is_some_and(|value| value.eq_ignore_ascii_case("keep-alive"));
        closes || (self.line().ends_with("HTTP/1.0") && !keeps)
    }
}

fn first<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

fn every<'a>(fields: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str()).collect()
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("not an HTTP message: {what:?}"))
}

type Head<'a> = (&'a str, Vec<(String, String)>);

fn split_head(head: &str) -> io::Result<Head<'_>> {
    let mut lines = head.strip_suffix("\r\n\r\n").ok_or_else(|| invalid(head))?.split("\r\n");
    let line = lines.next().unwrap_or_default();
    let fields = lines.map(|line| split_field(line).ok_or_else(|| invalid(line))).collect::<io::Result<_>>()?;
    Ok((line, fields))
}

fn split_field(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once(':')?;
    Some((name.to_owned(), value.trim_matches([' ', '\t']).to_owned()))
}

/// What the fields say; two answers at once are an error (RFC 9112 §6.3), whoever sent them.
fn framing_of(fields: &[(String, String)]) -> io::Result<Option<Framing>> {
    let codings = every(fields, "Transfer-Encoding");
    let lengths = every(fields, "Content-Length");
    match (codings.as_slice(), lengths.as_slice()) {
        ([], []) => Ok(None),
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => Ok(Some(Framing::Chunked)),
        ([], [length]) if length.parse::<u64>().is_ok() => Ok(Some(Framing::Length)),
        _ => Err(invalid(&format!("framing {codings:?} {lengths:?}"))),
    }
}

type Body = (Vec<u8>, Vec<(String, String)>);

fn read_body(wire: &mut Wire, framing: Framing, fields: &[(String, String)]) -> io::Result<Body> {
    match framing {
        Framing::None => Ok((Vec::new(), Vec::new())),
        Framing::Length => {
            let length = first(fields, "Content-Length").and_then(|value| value.parse().ok()).unwrap_or(0);
            Ok((wire.read_exactly(length)?, Vec::new()))
        }
        Framing::UntilClose => Ok((wire.read_to_end(false)?, Vec::new())),
        Framing::Chunked => read_chunked(wire),
    }
}

fn read_chunked(wire: &mut Wire) -> io::Result<Body> {
    let mut body = Vec::new();
    loop {
        let line = read_line(wire)?;
        let size = usize::from_str_radix(&line, 16).map_err(|_| invalid(&line))?;
        if size == 0 {
            break;
        }
        body.extend(wire.read_exactly(size)?);
        if wire.read_exactly(2)? != b"\r\n" {
            return Err(invalid("a chunk without CRLF"));
        }
    }
    let mut trailers = Vec::new();
    loop {
        let line = read_line(wire)?;
        if line.is_empty() {
            return Ok((body, trailers));
        }
        trailers.push(split_field(&line).ok_or_else(|| invalid(&line))?);
    }
}

fn read_line(wire: &mut Wire) -> io::Result<String> {
    let line = wire.read_until(b"\r\n")?.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(String::from_utf8_lossy(&line[..line.len() - 2]).into_owned())
}
