//! Requests to an issuer's servers: HTTP/1.1, over TLS where that is asked for, one connection each.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use protocol::h1::{BodyReader, Progress, ResponseParser};
use protocol::{BodyKind, Fields, Frame, Name, ResponseHead};
use tls::{Belief, ClientRules, Spoken, Trust, pem};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use transport::Chunk;
use upstream::{Names, ResolverRule};

use crate::failure::{Failure, Problem};

/// Time for one request with its answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Largest head of an answer.
const LARGEST_HEAD: usize = 32 * 1024;
/// Largest body of one over TLS, and of one in the clear: what is known of one certificate is small.
const LARGEST_BODY: (usize, usize) = (1 << 20, 64 << 10);
/// Authorities that may stand between the server and one that is believed.
const DEPTH: u32 = 8;

/// Asks the server of an issuer.
#[derive(Debug)]
pub(crate) struct Web {
    /// How it speaks TLS; `None`: it does not.
    rules: Option<ClientRules>,
    resolving: Resolving,
    names: Names,
}

/// Who knows the address of a server.
#[derive(Clone, Debug)]
pub(crate) enum Resolving {
    /// The system.
    System,
    /// Nobody: the name must be an address.
    Nobody,
    /// Name servers.
    Servers(Arc<ResolverRule>),
}

/// What a server answered.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) head: ResponseHead,
    pub(crate) body: Vec<u8>,
}

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: &'a str,
    /// What is sent along, signed.
    pub(crate) body: Option<&'a str>,
}

impl Answer {
    /// The value of a field.
    pub(crate) fn field(&self, name: &[u8]) -> Option<&str> {
        text(&self.head.fields, name)
    }

    /// Whether it is what was asked for.
    pub(crate) fn is_good(&self) -> bool {
        (200..300).contains(&self.head.status)
    }

    /// What the server says is wrong.
    pub(crate) fn problem(&self) -> Problem {
        let mut problem: Problem = serde_json::from_slice(&self.body).unwrap_or_default();
        if problem.kind.is_empty() {
            problem.kind.push_str("no problem document");
        }
        Problem { status: self.head.status, ..problem }
    }

    /// When the server wants to be asked again (RFC 9110 §10.2.3).
    pub(crate) fn again(&self) -> Option<Duration> {
        let text = self.field(b"retry-after")?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let time = httpdate::parse_http_date(text).ok()?;
        let time = time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        Some(Duration::from_secs(time.saturating_sub(crate::clock::now())))
    }

    /// What is wrong as a failure.
    pub(crate) fn refusal(&self) -> Failure {
        Failure::Refused { problem: self.problem(), again: self.again() }
    }
}

fn text<'f>(fields: &'f Fields, name: &[u8]) -> Option<&'f str> {
    std::str::from_utf8(fields.get(name)?).ok()
}

impl Web {
    /// `authorities`: whom the server is verified by, in PEM; `None`: anybody is believed.
    ///
    /// # Errors
    /// When the text holds no certificates that can be used.
    pub(crate) fn new(authorities: Option<&[u8]>, resolving: Resolving) -> Result<Self, String> {
        let trust = match authorities {
            Some(text) => {
                let anchors = pem::certificates(text).map_err(|error| error.to_string())?;
                Some(Arc::new(Trust::new(anchors).map_err(|error| error.to_string())?))
            }
            None => None,
        };
        let verified = trust.is_some();
        let belief = Belief { trust, depth: DEPTH, takes_unknown: false, checks_name: verified, checks_time: verified };
        let spoken = Spoken { v1_2: true, v1_3: true, suites: None };
        let rules = ClientRules::new(&spoken, belief, true).map_err(|error| error.to_string())?;
        Ok(Self { rules: Some(rules), resolving, names: Names::default() })
    }

    /// For servers that are asked in the clear.
    pub(crate) fn plain(resolving: Resolving, names: Names) -> Self {
        Self { rules: None, resolving, names }
    }

    /// Asks, and waits for the whole answer.
    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Answer, Failure> {
        let outcome = self.reach(question).await;
        outcome.map_err(|why| Failure::Unreachable { url: question.url.to_owned(), why })
    }

    /// The same; what is told of a failure does not say where.
    pub(crate) async fn reach(&self, question: &Question<'_>) -> Result<Answer, String> {
        let answer = timeout(PATIENCE, self.exchange(question)).await;
        answer.unwrap_or_else(|_| Err("it does not answer in time".to_owned()))
    }

    async fn exchange(&self, question: &Question<'_>) -> Result<Answer, String> {
        let url: Uri = question.url.parse().map_err(|_| "it is no URL".to_owned())?;
        let (scheme, port) = if self.rules.is_some() { ("https", 443) } else { ("http", 80) };
        let host = url.host().filter(|_| url.scheme_str() == Some(scheme));
        let host = host.ok_or_else(|| format!("it is no URL of {scheme}"))?;
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let stream = self.connect(name, url.port_u16().unwrap_or(port)).await?;
        let request = request(question, &url, host);
        let Some(rules) = &self.rules else { return talk(stream, &request, LARGEST_BODY.1).await };
        let connector = rules.connector(name, true, None, false).map_err(|error| error.to_string())?;
        let stream = connector.secure_other(stream).await.map_err(|error| error.to_string())?;
        talk(stream, &request, LARGEST_BODY.0).await
    }

    async fn connect(&self, name: &str, port: u16) -> Result<TcpStream, String> {
        let addresses: Vec<SocketAddr> = match (name.parse(), &self.resolving) {
            (Ok(address), _) => vec![SocketAddr::new(address, port)],
            (Err(_), Resolving::Servers(rule)) => {
                let found = self.names.addresses(rule, name).await;
                let found = found.map_err(|failure| format!("{name} could not be resolved ({failure})"))?;
                found.places.iter().map(|place| SocketAddr::new(place.ip, port)).collect()
            }
            (Err(_), Resolving::Nobody) => return Err(format!("no resolver defined to resolve {name}")),
            (Err(_), Resolving::System) => {
                let found = tokio::net::lookup_host((name, port)).await;
                found.map_err(|error| format!("{name} could not be resolved: {error}"))?.collect()
            }
        };
        let mut why = format!("{name} has no address");
        for address in addresses {
            match timeout(PATIENCE / 3, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => why = format!("connect() to {address} failed: {error}"),
                Err(_) => why = format!("connect() to {address} timed out"),
            }
        }
        Err(why)
    }
}

fn request(question: &Question<'_>, url: &Uri, host: &str) -> String {
    let target = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let port = url.port_u16().map_or(String::new(), |port| format!(":{port}"));
    let mut text = format!(
        "{} {target} HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: zaguan/{}\r\nAccept-Language: en\r\nConnection: close\r\n",
        question.method,
        env!("CARGO_PKG_VERSION"),
    );
    if let Some(body) = question.body {
        // Writing to a text does not fail.
        let _ = write!(text, "Content-Type: application/jose+json\r\nContent-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(question.body.unwrap_or_default());
    text
}

/// `largest`: the most bytes of a body.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
    largest: usize,
) -> Result<Answer, String> {
    let failed = |error: std::io::Error| error.to_string();
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut answer = Answer::default();
    let mut parser = ResponseParser::new();
    let mut body: Option<BodyReader> = None;
    let mut buffer = vec![0; 16 * 1024];
    let bodiless = request.starts_with("HEAD ");
    loop {
        let length = match stream.read(&mut buffer).await {
            // Servers that end without a word about it are many.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            outcome => outcome.map_err(failed)?,
        };
        let mut piece = Chunk::copy_from_slice(buffer.get(..length).unwrap_or_default());
        while body.is_none() && !piece.is_empty() {
            match parser.parse(&piece, LARGEST_HEAD, &mut answer.head).map_err(|error| error.to_string())? {
                Progress::Complete(taken) => {
                    piece.advance(taken);
                    if answer.head.status >= 200 {
                        body = Some(BodyReader::new(framing(&answer.head, bodiless), LARGEST_HEAD));
                    }
                }
                Progress::Incomplete => break,
            }
        }
        let Some(reader) = &mut body else {
            if length == 0 {
                return Err("it closed the connection before it answered".to_owned());
            }
            continue;
        };
        while let Some(frame) = reader.take(&mut piece).map_err(|cause| format!("{cause:?}"))? {
            if let Frame::Bytes(bytes) = frame {
                answer.body.extend_from_slice(&bytes);
            }
        }
        if answer.body.len() > largest {
            return Err("its answer is too large".to_owned());
        }
        if length == 0 {
            reader.end_of_input().map_err(|error| error.to_string())?;
        }
        if reader.is_done() {
            return Ok(answer);
        }
    }
}

/// RFC 9112 §6.3, for whoever reads one answer of a connection.
fn framing(head: &ResponseHead, bodiless: bool) -> BodyKind {
    if bodiless || head.is_bodiless() {
        return BodyKind::None;
    }
    if head.fields.contains(Name::TransferEncoding) {
        return BodyKind::Chunked;
    }
    let length = head.fields.get_known(Name::ContentLength).and_then(|length| std::str::from_utf8(length).ok());
    length.and_then(|length| length.trim().parse().ok()).map_or(BodyKind::UntilClose, BodyKind::Length)
}
