//! Relaying an answer's body: as fast as the client takes it, held here within bounds where it does not.

use crate::client::Client;
use crate::failure::Failure;
use crate::serve::proxy::Answering;
use crate::serve::proxy::spill::Spill;
use crate::serve::proxy::upload::{Upload, UploadFailure};
use crate::throttle::Throttle;
use model::ProxyTimeouts;
use protocol::h1::BodyError;
use protocol::{Carrier, Frame};
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use transport::{Chunk, clock};
use upstream::{Class, FailureCause, Group, Permit, Pooled};

/// A client that has taken nothing for so long is slow: only then is more held in a file than in memory.
const PATIENCE: Duration = Duration::from_millis(50);

/// Complaints of a program that are logged of one answer, or some more that came at once.
const MOST_COMPLAINTS: usize = 256;

/// How an answer's body is relayed.
pub struct Rules {
    /// Bytes held in memory at most.
    pub memory: usize,
    /// Bytes held in a file besides; 0: none.
    pub file: u64,
    /// Where that file is made.
    pub directory: Rc<Path>,
    /// Whether the answer is read ahead of the client.
    pub ahead: bool,
    /// Timeouts.
    pub timeouts: ProxyTimeouts,
    /// Bytes a second read from the server; 0: any number.
    pub rate: u64,
    /// Whether the exchange goes on when the client left.
    pub ignore_abort: bool,
    /// Whether trailers are passed on.
    pub pass_trailers: bool,
}

/// The body of an answer on its way from a server.
pub struct Relay {
    server: Option<(Pooled, Permit)>,
    group: Rc<Group>,
    class: Class,
    upload: Upload,
    rules: Rules,
    throttle: Throttle,
    held: VecDeque<Chunk>,
    held_bytes: usize,
    spill: Option<Spill>,
    /// A file was made.
    pub spilled: bool,
    ended: Option<Ended>,
    /// When something last came from the server, or was last asked of it.
    last_read: Instant,
    /// It is the server that is waited for.
    waiting: bool,
    /// Since when memory has been full.
    full_since: Option<Instant>,
    tally: Tally,
    /// What a program complained of.
    complaints: Vec<Box<[u8]>>,
    /// The trailers that came.
    trailers: Option<protocol::Fields>,
    trailers_passed: bool,
}

/// What went over the server's connection, for logs and variables.
#[derive(Clone, Copy, Default)]
pub struct Tally {
    /// Bytes of the body, framing included.
    pub length: u64,
    /// Bytes that came, head and framing included.
    pub received: u64,
    /// Bytes that went.
    pub sent: u64,
    /// When the server's side ended, if it did.
    pub ended: Option<Instant>,
}

impl Tally {
    /// What went over a connection so far.
    pub fn of(server: &Carrier) -> Self {
        let (length, received, sent) = (server.body_bytes_received(), server.bytes_received(), server.bytes_sent());
        Self { length, received, sent, ended: None }
    }
}

/// How the server's side ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Whole,
    Broken(FailureCause),
}

impl Relay {
    /// A relay of what is answered.
    pub fn new(answering: Box<Answering>, rules: Rules) -> Self {
        let Answering { pooled, permit, group, upload, class, .. } = *answering;
        let mut relay = Self {
            server: Some((pooled, permit)),
            group,
            class,
            upload,
            throttle: Throttle::new(rules.rate, 0),
            rules,
            held: VecDeque::new(),
            held_bytes: 0,
            spill: None,
            spilled: false,
            ended: None,
            last_read: clock::now(),
            waiting: false,
            full_since: None,
            tally: Tally::default(),
            complaints: Vec::new(),
            trailers: None,
            trailers_passed: false,
        };
        relay.settle();
        relay
    }

    /// Whether the exchange goes on when the client left.
    pub fn ignores_client_abort(&self) -> bool {
        self.rules.ignore_abort
    }

    /// Whether the answer is read ahead of the client.
    pub fn reads_ahead(&self) -> bool {
        self.rules.ahead
    }

    /// The next piece for the client; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        self.full_since = None;
        if let Some(chunk) = self.held.pop_front() {
            self.held_bytes -= chunk.len();
            return Poll::Ready(Ok(Some(Frame::Bytes(chunk))));
        }
        if let Some(spill) = &mut self.spill {
            match ready!(spill.poll_read(cx))? {
                Some(chunk) => return Poll::Ready(Ok(Some(Frame::Bytes(chunk)))),
                None => self.spill = None,
            }
        }
        match self.poll_server(cx) {
            Poll::Ready(Some(chunk)) => Poll::Ready(Ok(Some(Frame::Bytes(chunk)))),
            Poll::Ready(None) => Poll::Ready(self.end()),
            Poll::Pending => Poll::Pending,
        }
    }

    fn end(&mut self) -> Result<Option<Frame>, Failure> {
        match self.ended {
            Some(Ended::Broken(cause)) => Err(Failure::from(cause)),
            _ if self.rules.pass_trailers && !self.trailers_passed => {
                self.trailers_passed = true;
                Ok(self.trailers.clone().map(Frame::Trailers))
            }
            _ => Ok(None),
        }
    }

    /// Lets the server's side go on: the request's body, and reading ahead of a client that is not ready.
    pub fn poll_source(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client<'_>,
        client_ready: bool,
    ) -> Result<(), Failure> {
        self.poll_upload(cx, client)?;
        if let Some(spill) = &mut self.spill {
            spill.poll_write(cx)?;
        }
        if !client_ready && self.rules.ahead {
            self.read_ahead(cx)?;
        }
        Ok(())
    }

    fn poll_upload(&mut self, cx: &mut Context<'_>, client: &mut Client<'_>) -> Result<(), Failure> {
        let Some((pooled, _)) = &mut self.server else { return Ok(()) };
        if self.upload.is_done() && pooled.connection.waiting() == 0 {
            return Ok(());
        }
        match self.upload.poll(cx, &mut pooled.connection, client) {
            // The answer is on its way: what the server does not take any more it does not need.
            Ok(()) | Err(UploadFailure::Upstream(_)) => Ok(()),
            Err(UploadFailure::Client(failure)) => Err(failure),
        }
    }

    fn read_ahead(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        loop {
            if let Some(spill) = &mut self.spill {
                if !spill.has_room() {
                    return Ok(());
                }
            } else if self.held_bytes >= self.rules.memory && !self.open_spill() {
                return Ok(());
            }
            let Poll::Ready(Some(chunk)) = self.poll_server(cx) else { return Ok(()) };
            if let Some(spill) = &mut self.spill {
                spill.write(chunk.into_owned());
                spill.poll_write(cx)?;
            } else {
                self.held_bytes += chunk.len();
                self.held.push_back(chunk.into_owned());
            }
        }
    }

    /// Memory is full: goes on in a file if the client has been slow for long enough.
    fn open_spill(&mut self) -> bool {
        self.waiting = false;
        if self.rules.file == 0 || self.ended.is_some() {
            return false;
        }
        let since = *self.full_since.get_or_insert_with(clock::now);
        if clock::now() < since + PATIENCE {
            return false;
        }
        self.spilled = true;
        self.spill = Some(Spill::new(&self.rules.directory, self.rules.file));
        true
    }

    /// The next bytes from the server; `None`: it ended, well or not.
    fn poll_server(&mut self, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let waited = std::mem::take(&mut self.waiting);
        let now = clock::now();
        if self.throttle.held_until(now).is_some() {
            return Poll::Pending;
        }
        if let Some(rest) = self.throttle.take_rest() {
            return Poll::Ready(Some(self.throttle.admit(rest)));
        }
        if self.ended.is_some() {
            return Poll::Ready(None);
        }
        let Some((pooled, _)) = &mut self.server else { return Poll::Ready(None) };
        loop {
            let polled = pooled.connection.poll_body(cx);
            if self.complaints.len() < MOST_COMPLAINTS {
                self.complaints.append(&mut pooled.connection.take_complaints());
            }
            match polled {
                Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => {
                    self.last_read = now;
                    return Poll::Ready(Some(self.throttle.admit(chunk)));
                }
                Poll::Ready(Ok(Some(Frame::Trailers(trailers)))) => self.trailers = Some(trailers),
                Poll::Ready(Ok(None)) => {
                    self.settle();
                    return Poll::Ready(None);
                }
                Poll::Ready(Err(error)) => {
                    self.break_off(match error {
                        BodyError::Malformed(_) => FailureCause::BodyInvalid,
                        BodyError::Truncated | BodyError::Io(_) => FailureCause::BodyCut,
                    });
                    return Poll::Ready(None);
                }
                Poll::Pending => break,
            }
        }
        if !waited {
            // The time in which nothing was asked of the server does not count.
            self.last_read = now;
        }
        if now >= self.last_read + self.rules.timeouts.read {
            self.break_off(FailureCause::BodyTimeout);
            return Poll::Ready(None);
        }
        self.waiting = true;
        Poll::Pending
    }

    /// If the answer is whole, gives the connection back to the pool.
    fn settle(&mut self) {
        let whole = self.server.as_ref().is_some_and(|(pooled, _)| pooled.connection.body_done());
        if !whole {
            return;
        }
        self.end_server(Ended::Whole);
        let Some((pooled, permit)) = self.server.take() else { return };
        if self.upload.is_done() {
            self.group.checkin(&permit, self.class, pooled, clock::now());
        }
        permit.add_traffic(self.tally.sent, self.tally.length);
        permit.succeeded(clock::now());
    }

    fn break_off(&mut self, cause: FailureCause) {
        self.end_server(Ended::Broken(cause));
        if let Some((mut pooled, _)) = self.server.take()
            && cause == FailureCause::BodyTimeout
        {
            pooled.connection.distrust();
        }
    }

    fn end_server(&mut self, how: Ended) {
        self.tally = self.tally();
        self.tally.ended = Some(clock::now());
        self.ended = Some(how);
    }

    /// What went over the server's connection so far.
    pub fn tally(&self) -> Tally {
        let Some((pooled, _)) = &self.server else { return self.tally };
        Tally { ended: self.tally.ended, ..Tally::of(&pooled.connection) }
    }

    /// Whether all of the request went to the server.
    pub fn has_sent_all(&self) -> bool {
        self.upload.is_done()
    }

    /// Whether the answer has no body.
    pub fn is_bodiless(&self) -> bool {
        self.ended == Some(Ended::Whole) && self.held.is_empty() && self.tally.length == 0
    }

    /// The trailers that came, whether or not they are passed on.
    pub fn trailers(&self) -> Option<&protocol::Fields> {
        self.trailers.as_ref()
    }

    /// What a program complained of behind the answer's head.
    pub fn complaints(&self) -> &[Box<[u8]>] {
        &self.complaints
    }

    /// When to poll again at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        let held = self.throttle.held_until(clock::now()).filter(|_| self.ended.is_none());
        let silent = self.waiting.then(|| self.last_read + self.rules.timeouts.read);
        let slow =
            self.full_since.filter(|_| self.spill.is_none() && self.ended.is_none()).map(|since| since + PATIENCE);
        [held, silent, slow].into_iter().flatten().min()
    }
}
