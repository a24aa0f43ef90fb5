//! Drives the parsers over pieces of input and writes down what they say.

use protocol::h1::{BodyReader, HeadLimits, Progress, RequestParser, ResponseParser};
use protocol::{BodyKind, Frame, RequestHead, ResponseHead};
use transport::Chunk;

/// What a reader of a client's bytes saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Event {
    Head {
        line: String,
        path: String,
        authority: Option<String>,
        fields: Vec<(String, String)>,
        body: BodyKind,
    },
    Content(String),
    Trailers(Vec<(String, String)>),
    End,
    /// Nothing is read after it: the status and the rule's id.
    Refused(u16, &'static str),
    /// The input ended within a head or a body.
    Cut,
}

pub(crate) fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

pub(crate) fn bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).expect("a test writes one character a byte"))
        .collect()
}

pub(crate) fn list(fields: &protocol::Fields) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// Reads requests until the pieces end or one is refused.
pub(crate) fn read_requests<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &HeadLimits) -> Vec<Event> {
    let mut reader = Requests { limits: *limits, ..Requests::default() };
    for piece in pieces {
        if !reader.feed(piece) {
            return reader.events;
        }
    }
    if reader.body.is_some() || reader.parser.started() {
        reader.events.push(Event::Cut);
    }
    reader.events
}

/// Reads `raw` whole, byte by byte, and cut in two at every offset; all must say the same.
pub(crate) fn read_every_way(raw: &[u8], limits: &HeadLimits) -> Vec<Event> {
    let whole = read_requests([raw], limits);
    assert_eq!(read_requests(raw.chunks(1), limits), whole, "byte by byte: {}", text(raw));
    for cut in 0..=raw.len() {
        let (first, second) = raw.split_at(cut);
        assert_eq!(read_requests([first, second], limits), whole, "cut at {cut}: {}", text(raw));
    }
    whole
}

#[derive(Default)]
struct Requests {
    limits: HeadLimits,
    parser: RequestParser,
    head: RequestHead,
    body: Option<BodyReader>,
    events: Vec<Event>,
}

impl Requests {
    /// Whether more may be fed.
    fn feed(&mut self, piece: &[u8]) -> bool {
        let mut input = Chunk::copy_from_slice(piece);
        loop {
            if self.body.is_some() {
                if !self.feed_body(&mut input) {
                    return false;
                }
                if self.body.is_some() {
                    return true;
                }
            }
            if input.is_empty() {
                return true;
            }
            match self.parser.parse(&input, &self.limits, &mut self.head) {
                Ok(Progress::Incomplete) => return true,
                Ok(Progress::Complete(length)) => {
                    input.advance(length);
                    self.begin();
                }
                Err(error) => {
                    self.events.push(Event::Refused(error.status(), error.id()));
                    return false;
                }
            }
        }
    }

    fn begin(&mut self) {
        self.events.push(Event::Head {
            line: text(self.head.request_line()),
            path: text(self.head.path_and_query()),
            authority: self.head.authority().map(text),
            fields: list(&self.head.fields),
            body: self.head.body_kind(),
        });
        self.body = Some(BodyReader::new(self.head.body_kind(), 200));
    }

    fn feed_body(&mut self, input: &mut Chunk) -> bool {
        let Some(body) = &mut self.body else { return true };
        loop {
            match body.take(input) {
                Ok(Some(frame)) => push_frame(&mut self.events, frame),
                Ok(None) => break,
                Err(cause) => {
                    self.events.push(Event::Refused(400, cause.id()));
                    return false;
                }
            }
        }
        if body.is_done() {
            self.events.push(Event::End);
            self.body = None;
        }
        true
    }
}

/// Content that was cut into several frames is one event.
fn push_frame(events: &mut Vec<Event>, frame: Frame) {
    match frame {
        Frame::Trailers(trailers) => events.push(Event::Trailers(list(&trailers))),
        Frame::Bytes(chunk) => match events.last_mut() {
            Some(Event::Content(content)) => content.push_str(&text(&chunk)),
            _ => events.push(Event::Content(text(&chunk))),
        },
    }
}

/// A response's head, or the id of the rule it breaks, or nothing if the input ends within it.
pub(crate) type ResponseOutcome = Option<Result<(u16, String, Vec<(String, String)>), &'static str>>;

pub(crate) fn read_response(pieces: &[&[u8]], limit: usize) -> ResponseOutcome {
    let mut parser = ResponseParser::new();
    let mut head = ResponseHead::default();
    for piece in pieces {
        match parser.parse(piece, limit, &mut head) {
            Ok(Progress::Incomplete) => {}
            Ok(Progress::Complete(_)) => return Some(Ok((head.status, text(head.reason()), list(&head.fields)))),
            Err(error) => return Some(Err(error.id())),
        }
    }
    None
}

pub(crate) fn read_response_every_way(raw: &[u8], limit: usize) -> ResponseOutcome {
    let whole = read_response(&[raw], limit);
    assert_eq!(read_response(&raw.chunks(1).collect::<Vec<_>>(), limit), whole, "byte by byte: {}", text(raw));
    for cut in 0..=raw.len() {
        let (first, second) = raw.split_at(cut);
        assert_eq!(read_response(&[first, second], limit), whole, "cut at {cut}: {}", text(raw));
    }
    whole
}
