//! A connection to a program behind a gateway: parameters and content out, an answer in.

use std::io;
use std::task::{Context, Poll, ready};

use transport::{Chunk, Stream};

use crate::gateway::Protocol;
use crate::gateway::records::{self, Brought, MOST_CONTENT, Records, STDIN};
use crate::h1::framing::{self, Asked};
use crate::h1::{BodyError, Cause, Kind, Progress, RequestFraming, RequestText, ResponseError, ResponseParser};
use crate::{BodyKind, Frame, Name, ResponseHead, Version};

/// Complaints that wait to be logged, and bytes of each; more are left out.
const MOST_COMPLAINTS: usize = 64;
const MOST_COMPLAINT: usize = 4 << 10;

/// The gateway's side of a connection. Its methods mean what those of HTTP/1's mean.
pub struct ClientConnection {
    protocol: Protocol,
    stream: Stream,
    input: Chunk,
    records: Records,
    parser: ResponseParser,
    asked: Asked,
    /// The program is asked to leave the connection open.
    keeps: bool,
    /// The program has said that no more of the answer comes.
    silent: bool,
    request: Request,
    /// Output that came with the head.
    output: Chunk,
    kind: BodyKind,
    /// Bytes that are left of a body whose length is known.
    left: Option<u64>,
    answer: Answer,
    complaints: Vec<Box<[u8]>>,
    received: u64,
    body_received: u64,
}

/// What was queued of the present request.
#[derive(Default)]
struct Request {
    complete: bool,
    queued: u64,
}

/// How far the present answer is.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Answer {
    /// Its head has not come.
    #[default]
    None,
    Head,
    /// The program has said that there is no more.
    Ended,
    /// It said more than it had announced.
    Excess,
    Broken,
}

/// What a program says.
enum Said {
    Output(Chunk),
    End,
}

impl ClientConnection {
    /// A connection that was just made.
    pub fn new(stream: Stream, protocol: Protocol) -> Self {
        Self {
            protocol,
            stream,
            input: Chunk::new(),
            records: Records::default(),
            parser: Self::parser(protocol),
            asked: Asked::default(),
            keeps: false,
            silent: false,
            request: Request::default(),
            output: Chunk::new(),
            kind: BodyKind::None,
            left: None,
            answer: Answer::None,
            complaints: Vec::new(),
            received: 0,
            body_received: 0,
        }
    }

    fn parser(protocol: Protocol) -> ResponseParser {
        // Programs that are spoken to without records may answer as servers do.
        ResponseParser::of_program(protocol != Protocol::FastCgi)
    }

    /// Queues parameters, and forgets the request before.
    pub fn queue_text(&mut self, text: &RequestText) {
        let bodiless = matches!(text.framing(), RequestFraming::None | RequestFraming::Length(0));
        self.parser = Self::parser(self.protocol);
        self.records = Records::default();
        (self.asked, self.keeps, self.silent) = (text.asked(), text.keeps_alive(), false);
        self.request = Request { complete: bodiless, queued: text.as_bytes().len() as u64 };
        (self.kind, self.left, self.answer) = (BodyKind::None, None, Answer::None);
        (self.received, self.body_received) = (0, 0);
        self.stream.queue(text.as_bytes());
    }

    /// Queues content of the request.
    pub fn queue_body(&mut self, mut chunk: Chunk) {
        if self.request.complete {
            return;
        }
        self.request.queued += chunk.len() as u64;
        if self.protocol != Protocol::FastCgi {
            return self.stream.queue_chunk(chunk);
        }
        while !chunk.is_empty() {
            let piece = chunk.split_to(MOST_CONTENT);
            self.queue_header(piece.len());
            self.stream.queue_chunk(piece);
        }
    }

    /// Ends the request.
    pub fn queue_end(&mut self) {
        if !std::mem::replace(&mut self.request.complete, true) && self.protocol == Protocol::FastCgi {
            self.queue_header(0);
        }
    }

    fn queue_header(&mut self, content: usize) {
        let header = records::header(STDIN, content);
        self.request.queued += header.len() as u64;
        self.stream.queue(&header);
    }

    /// Begins to send; ready when more may be queued.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_ready(cx)
    }

    /// Waits for a head of at most `limit` bytes. `head` must be the same until it is ready.
    ///
    /// # Errors
    /// The answer is malformed, cut, or the connection failed; then it is of no more use.
    pub fn poll_head(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        head: &mut ResponseHead,
    ) -> Poll<Result<Kind, ResponseError>> {
        loop {
            let Some(mut chunk) = ready!(self.poll_output(cx)).map_err(unreadable)? else {
                return Poll::Ready(Err(match (self.received, self.protocol) {
                    (0, _) => ResponseError::Closed,
                    // The program has said that this is all.
                    (_, Protocol::FastCgi) => ResponseError::Malformed(Cause::IncompleteHead),
                    (_, Protocol::Scgi | Protocol::Uwsgi) => ResponseError::Truncated,
                }));
            };
            if let Progress::Complete(length) = self.parser.parse(&chunk, limit, head)? {
                chunk.advance(length);
                self.output = chunk;
                self.accept(head).map_err(ResponseError::Malformed)?;
                return Poll::Ready(Ok(Kind::Final));
            }
        }
    }

    fn accept(&mut self, head: &mut ResponseHead) -> Result<(), Cause> {
        // A program switches no protocols, and has nothing to say before its answer.
        if head.status < 200 {
            return Err(Cause::InvalidStatus);
        }
        // It frames nothing here, whoever wrote it.
        head.fields.remove_known(Name::TransferEncoding);
        let (kind, _) = framing::response_body(head.status, Version::Http11, &head.fields, self.asked)?;
        self.kind = kind;
        self.left = match kind {
            BodyKind::None => Some(0),
            BodyKind::Length(length) => Some(length),
            BodyKind::Chunked | BodyKind::UntilClose => None,
        };
        self.body_received = self.output.len() as u64;
        self.answer = Answer::Head;
        if kind == BodyKind::None {
            // A connection that waits for another request holds none of the worker's buffers.
            self.output = Chunk::new();
            if self.end_has_come() {
                self.take_end();
            }
        }
        Ok(())
    }

    /// How the answer's body ends.
    pub fn body_kind(&self) -> BodyKind {
        self.kind
    }

    /// Whether the answer's body was read to its end: where the connection is kept, that is what the program says.
    pub fn body_done(&self) -> bool {
        match self.answer {
            Answer::None | Answer::Broken => false,
            Answer::Head => self.left == Some(0) && (!self.keeps || self.kind == BodyKind::None),
            Answer::Ended | Answer::Excess => true,
        }
    }

    /// The next piece of the answer's body; `None` at its end.
    ///
    /// # Errors
    /// The body is malformed, cut, or the connection failed.
    pub fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, BodyError>> {
        while !self.body_done() {
            let polled = if self.output.is_empty() {
                ready!(self.poll_output(cx))
            } else {
                Ok(Some(std::mem::take(&mut self.output)))
            };
            match polled {
                Ok(Some(chunk)) => {
                    let chunk = self.within_length(chunk);
                    if !chunk.is_empty() {
                        return Poll::Ready(Ok(Some(Frame::Bytes(chunk))));
                    }
                }
                Ok(None) if self.left.is_none_or(|left| left == 0) => self.answer = Answer::Ended,
                Ok(None) => return self.fail(BodyError::Truncated),
                Err(error) => return self.fail(error),
            }
        }
        Poll::Ready(Ok(None))
    }

    fn fail(&mut self, error: BodyError) -> Poll<Result<Option<Frame>, BodyError>> {
        self.answer = Answer::Broken;
        Poll::Ready(Err(error))
    }

    /// What of a piece is within the length that was announced.
    fn within_length(&mut self, mut chunk: Chunk) -> Chunk {
        if let Some(left) = &mut self.left {
            let length = usize::try_from(*left).unwrap_or(usize::MAX);
            if chunk.len() > length {
                chunk.truncate(length);
                self.answer = Answer::Excess;
            }
            *left -= chunk.len() as u64;
        }
        chunk
    }

    /// The next output; `None`: the program has ended it.
    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Chunk>, BodyError>> {
        loop {
            match self.take_output()? {
                Some(Said::Output(output)) => {
                    self.body_received += output.len() as u64;
                    return Poll::Ready(Ok(Some(output)));
                }
                Some(Said::End) => return Poll::Ready(Ok(None)),
                None => {}
            }
            let chunk = ready!(self.stream.poll_receive(cx))?;
            if chunk.is_empty() {
                // A program that speaks in records says when it has ended, or at least that no more comes.
                let cut = self.protocol == Protocol::FastCgi && self.received > 0 && !self.silent;
                return Poll::Ready(if cut { Err(BodyError::Truncated) } else { Ok(None) });
            }
            self.received += chunk.len() as u64;
            self.input = chunk;
        }
    }

    /// The next output of what has come, or its end; none: more must come first.
    fn take_output(&mut self) -> Result<Option<Said>, BodyError> {
        if self.protocol != Protocol::FastCgi {
            let output = std::mem::take(&mut self.input);
            return Ok((!output.is_empty()).then_some(Said::Output(output)));
        }
        while let Some(brought) = self.records.next(&mut self.input).map_err(BodyError::Malformed)? {
            match brought {
                Brought::Output(output) => return Ok(Some(Said::Output(output))),
                Brought::Complaint(text) => self.complain(&text),
                // Its end is waited for all the same: it may write that in pieces, and would be killed if nobody read them.
                Brought::Silence => self.silent = true,
                // It did nothing only if it has said nothing.
                Brought::End(false) if self.answer == Answer::None && !self.parser.started() => {
                    return Err(BodyError::Malformed(Cause::RequestRefused));
                }
                Brought::End(_) => return Ok(Some(Said::End)),
            }
        }
        Ok(None)
    }

    fn complain(&mut self, text: &[u8]) {
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(text.get(..MOST_COMPLAINT).unwrap_or(text).into());
        }
    }

    /// What the program has complained of since this was asked last.
    pub fn take_complaints(&mut self) -> Vec<Box<[u8]>> {
        std::mem::take(&mut self.complaints)
    }

    /// The whole of the answer's body, if it came with its head.
    pub fn take_whole_body(&mut self) -> Option<Chunk> {
        let there = self.output.len() as u64;
        let is_enough = there > 0 && self.left.is_none_or(|left| left > 0 && left <= there);
        let has_ended = is_enough && self.end_has_come();
        if !is_enough || !has_ended && (self.keeps || self.left.is_none()) {
            return None;
        }
        let output = std::mem::take(&mut self.output);
        let body = self.within_length(output);
        if has_ended && self.answer == Answer::Head {
            self.take_end();
        }
        Some(body)
    }

    /// Whether nothing but the end is left of what the program says, and it has come.
    fn end_has_come(&self) -> bool {
        let (mut records, mut input) = (self.records, self.input.clone());
        loop {
            match records.next(&mut input) {
                Ok(Some(Brought::Complaint(_) | Brought::Silence)) => {}
                Ok(Some(Brought::End(_))) => return true,
                Ok(Some(Brought::Output(_)) | None) | Err(_) => return false,
            }
        }
    }

    /// Takes the end that has come.
    fn take_end(&mut self) {
        if let Ok(Some(Said::End)) = self.take_output() {
            self.answer = Answer::Ended;
        }
    }

    /// Whether another request may be sent: both messages are whole, and both sides keep the connection.
    pub fn reusable(&self) -> bool {
        self.keeps && self.answer == Answer::Ended && self.request.complete && !self.is_stale()
    }

    /// Whether an idle connection has ended or got stray bytes.
    fn is_stale(&self) -> bool {
        let stray = !self.input.is_empty() || !self.records.is_between() || self.stream.has_input();
        stray || self.stream.is_closed()
    }

    /// Bytes that are queued.
    pub fn waiting(&self) -> usize {
        self.stream.queued()
    }

    /// Bytes of the present request that the kernel took.
    pub fn bytes_sent(&self) -> u64 {
        self.request.queued.saturating_sub(self.stream.queued() as u64)
    }

    /// Bytes of the present answer so far, framing included.
    pub fn bytes_received(&self) -> u64 {
        self.received
    }

    /// Bytes of the present answer's body so far.
    pub fn body_bytes_received(&self) -> u64 {
        self.body_received
    }
}

/// Why there is no head.
fn unreadable(error: BodyError) -> ResponseError {
    match error {
        BodyError::Malformed(Cause::RequestRefused) => ResponseError::Refused,
        BodyError::Malformed(cause) => ResponseError::Malformed(cause),
        BodyError::Truncated => ResponseError::Truncated,
        BodyError::Io(error) => ResponseError::Io(error),
    }
}
