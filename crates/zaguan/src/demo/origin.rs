//! A small HTTP/1.1 server of the demo: a thread a connection, just enough to see what a proxy does.

use super::websocket;
use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

const LINE_LIMIT: u64 = 16 * 1024;
const FIELD_LIMIT: usize = 200;
const BODY_LIMIT: usize = 64 * 1024 * 1024;
const PAGE: &str = include_str!("page.html");

/// A request, read whole.
#[derive(Debug, Default)]
struct Request {
    method: String,
    path: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Serves on threads of its own, for as long as the process lives.
pub(super) fn start(port: u16, listener: TcpListener) -> io::Result<()> {
    let serve = move || {
        for client in listener.incoming().flatten() {
            let answer = move || serve(port, &client);
            // A client that cannot be served is closed; the next may be luckier.
            drop(thread::Builder::new().spawn(answer));
        }
    };
    thread::Builder::new().name(format!("origin {port}")).spawn(serve).map(drop)
}

/// Answers requests until either side has enough. Errors end the connection: there is nobody to tell.
fn serve(port: u16, client: &TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(request) = Request::read(&mut reader, client)? {
        if let Some(key) = request.websocket_key() {
            return websocket::serve(key, &mut reader, client);
        }
        match request.path.as_str() {
            "/events" => return send_events(port, client),
            "/headers" => respond(client, "text/plain", request.head().as_bytes())?,
            "/echo" => respond(client, request.field("content-type").unwrap_or("text/plain"), &request.body)?,
            "/" if request.field("accept").is_some_and(|accept| accept.contains("text/html")) => {
                respond(client, "text/html", PAGE.replace("{port}", &port.to_string()).as_bytes())?;
            }
            _ => {
                let Request { method, path, .. } = &request;
                respond(client, "text/plain", format!("{method} {path}, answered by 127.0.0.1:{port}\n").as_bytes())?;
            }
        }
        if request.field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            break;
        }
    }
    Ok(())
}

fn respond(mut client: &TcpStream, media_type: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n");
    client.write_all(&[head.as_bytes(), body].concat())
}

/// An event a second, until the client leaves.
fn send_events(port: u16, mut client: &TcpStream) -> io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\
                Connection: close\r\n\r\n";
    client.write_all(head.as_bytes())?;
    for number in 1_u64.. {
        client.write_all(format!("data: event {number} from 127.0.0.1:{port}\n\n").as_bytes())?;
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

impl Request {
    /// The next request; `None` when the client has none.
    fn read(reader: &mut impl BufRead, mut client: &TcpStream) -> io::Result<Option<Self>> {
        let line = read_line(reader)?;
        let mut words = line.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Ok(None);
        };
        let mut request = Self { method: method.into(), path: path.into(), ..Self::default() };
        loop {
            let line = read_line(reader)?;
            let Some((name, value)) = line.split_once(':') else { break };
            if request.fields.len() == FIELD_LIMIT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            request.fields.push((name.to_owned(), value.trim().to_owned()));
        }
        if request.field("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        request.read_body(reader)?;
        Ok(Some(request))
    }

    fn read_body(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        if self.field("transfer-encoding").is_some() {
            while let Some(length) = chunk_length(&read_line(reader)?)? {
                self.take(reader, length)?;
                read_line(reader)?;
            }
            while !read_line(reader)?.is_empty() {}
            return Ok(());
        }
        let Some(length) = self.field("content-length") else {
            return Ok(());
        };
        let length = length.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        self.take(reader, length)
    }

    fn take(&mut self, reader: &mut impl BufRead, length: usize) -> io::Result<()> {
        if self.body.len().saturating_add(length) > BODY_LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let before = self.body.len();
        let wanted = u64::try_from(length).unwrap_or(u64::MAX);
        reader.by_ref().take(wanted).read_to_end(&mut self.body)?;
        if self.body.len() - before == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn websocket_key(&self) -> Option<&str> {
        let upgrade = self.field("upgrade")?;
        if upgrade.eq_ignore_ascii_case("websocket") { self.field("sec-websocket-key") } else { None }
    }

    /// As it was received.
    fn head(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.path);
        for (name, value) in &self.fields {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        }
        text
    }
}

/// A line without its end.
fn read_line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
}

/// The length in a chunk's first line; `None` for the last chunk.
fn chunk_length(line: &str) -> io::Result<Option<usize>> {
    let digits = line.split(';').next().unwrap_or_default().trim();
    let length = usize::from_str_radix(digits, 16).map_err(|_| io::ErrorKind::InvalidData)?;
    Ok((length > 0).then_some(length))
}

#[cfg(test)]
mod tests {
    use super::start;
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};

    fn ask(text: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        start(7, listener).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn answers_requests_one_after_another() {
        let answer = ask("GET /a HTTP/1.1\r\n\r\n\
             POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x\r\nd\r\n0\r\n\r\n\
             POST /echo HTTP/1.1\r\nContent-Length: 2\r\n\r\nxyGET /headers HTTP/1.1\r\nA: b\r\n\r\n");
        for part in ["GET /a, answered by 127.0.0.1:7\n", "\r\n\r\nabcd", "\r\n\r\nxy", "GET /headers\nA: b\n"] {
            assert!(answer.contains(part), "{part:?} in {answer}");
        }
    }

    #[test]
    fn sends_an_event_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        start(7, listener).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /events HTTP/1.1\r\n\r\n").unwrap();
        let found = BufReader::new(stream).lines().map(Result::unwrap).find(|line| line.starts_with("data:"));
        assert_eq!(found.as_deref(), Some("data: event 1 from 127.0.0.1:7"));
    }
}
