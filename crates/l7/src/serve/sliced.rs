//! An answer in slices: each part of a fixed size is asked for, and kept, by itself; clients get what they asked for of the whole.

use crate::body::Body;
use crate::child::Errands;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::place::Place;
use crate::plan::{Proxy, Serve};
use crate::response::{Outcome, Ranges, Response};
use protocol::{BodyKind, Frame, Name};
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
use transport::Deadline;

/// The slice that an exchange asks for.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Where it begins.
    start: u64,
    /// Bytes of every slice but the last.
    size: u64,
    /// Something that the configuration evaluates has named it.
    named: Cell<bool>,
}

impl Slice {
    /// Appends the range that it is, as `Range` has it.
    pub fn append(&self, out: &mut Vec<u8>) {
        self.named.set(true);
        out.extend_from_slice(format!("bytes={}-{}", self.start, self.start.saturating_add(self.size) - 1).as_bytes());
    }
}

/// What a slice's `Content-Range` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct ContentRange {
    start: u64,
    end: u64,
    length: u64,
}

type Asking = Pin<Box<dyn Future<Output = Result<Body, Failure>>>>;

/// A body whose slices are asked for one after the other.
pub struct SlicedBody {
    source: Rc<Source>,
    /// The next byte to give out, and where to stop.
    offset: u64,
    end: u64,
    current: Option<Current>,
    asking: Option<Asking>,
}

/// The slice that is read.
struct Current {
    body: Body,
    /// Where it begins in the whole.
    start: u64,
    /// Which byte of the whole is its next.
    next: u64,
}

impl Current {
    fn new(body: Body, start: u64) -> Self {
        Self { body, start, next: start }
    }
}

/// Where slices come from.
struct Source {
    errands: Rc<Errands>,
    /// The number of the place's forwarding.
    class: u64,
    size: u64,
    length: u64,
    etag: Option<Vec<u8>>,
}

impl<'p> Exchange<'p> {
    /// Forwards a request of a place whose answers come in slices.
    pub async fn serve_sliced(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Outcome {
        self.slice = self.first_slice().map(Box::new);
        let outcome = self.serve_one(proxy, client).await;
        match outcome {
            Outcome::Respond(response) => self.assemble(proxy.class, response),
            other => other,
        }
    }

    /// Forwards a request, or answers it from what is kept.
    async fn serve_one(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Outcome {
        match &proxy.cache {
            Some(caching) => Box::pin(self.serve_cached(proxy, caching, client)).await,
            None => Box::pin(self.forward_plainly(proxy, client)).await,
        }
    }

    /// The slice that a request begins with; `None`: it is a part of another.
    fn first_slice(&self) -> Option<Slice> {
        let size = self.place.section.slice;
        if self.is_child() {
            return None;
        }
        let fields = &self.request.head.fields;
        let range = fields.get_known(Name::Range).filter(|_| !fields.contains(Name::IfRange));
        let first = range.and_then(first_byte).unwrap_or(0);
        Some(Slice { start: first - first % size, size, named: Cell::new(false) })
    }

    /// Makes the whole of the answer to a request for its first slice, if that is what it is.
    fn assemble(&mut self, class: u64, mut response: Box<Response>) -> Outcome {
        let Some(slice) = self.slice.clone().filter(|slice| slice.named.get()) else {
            return Outcome::Respond(response);
        };
        if response.head.status != 206 {
            return Outcome::Respond(response);
        }
        let range = match self.check_slice(&slice, &response, None) {
            Ok(range) => range,
            Err(failure) => return Outcome::Fail(failure),
        };
        let etag = response.head.fields.get_known(Name::Etag).map(<[u8]>::to_vec);
        let errands = Rc::new(self.errands());
        let source = Source { errands, class, size: slice.size, length: range.length, etag };
        let fields = &mut response.head.fields;
        fields.remove_known(Name::ContentRange);
        fields.remove_known(Name::AcceptRanges);
        response.head.status = 200;
        response.head.set_reason(b"OK");
        response.length = Some(range.length);
        response.ranges = Ranges::Single;
        let first = std::mem::replace(&mut response.body, Body::Empty);
        response.body = Body::Sliced(Box::new(SlicedBody {
            source: Rc::new(source),
            offset: 0,
            end: range.length,
            current: Some(Current::new(first, range.start)),
            asking: None,
        }));
        Outcome::Respond(response)
    }

    /// Whether a response is the slice that was asked for.
    fn check_slice(&self, slice: &Slice, response: &Response, of: Option<&Source>) -> Result<ContentRange, Failure> {
        let wrong = |what: String| {
            self.log_error(|| format!("{what} in slice response"));
            Failure::from(upstream::FailureCause::BodyCut)
        };
        if response.head.status != 206 {
            return Err(wrong(format!("unexpected status code {}", response.head.status)));
        }
        let fields = &response.head.fields;
        if let Some(etag) = of.and_then(|of| of.etag.as_deref())
            && fields.get_known(Name::Etag) != Some(etag)
        {
            return Err(wrong("etag mismatch".to_owned()));
        }
        let range = fields.get_known(Name::ContentRange).and_then(content_range);
        let range = range.ok_or_else(|| wrong("invalid range".to_owned()))?;
        let end = slice.start.saturating_add(slice.size).min(range.length);
        if (range.start, range.end) != (slice.start, end) || of.is_some_and(|of| of.length != range.length) {
            return Err(wrong(format!("unexpected range {}-{}", range.start, range.end)));
        }
        if let Some(length) = response.length.filter(|length| *length != range.end - range.start) {
            return Err(wrong(format!("unexpected length {length}")));
        }
        Ok(range)
    }

    /// Serves a slice beside the client's own request.
    async fn serve_slice(&mut self, source: &Source, start: u64) -> Result<Body, Failure> {
        let gone = Failure::from(upstream::FailureCause::BodyCut);
        let (site, location, section) = self.plan.place_of(source.class).ok_or(gone)?;
        self.place = Place { site, location, section, scripted: true };
        let Serve::Proxy(proxy) = &section.serve else { return Err(gone) };
        let slice = Slice { start, size: source.size, named: Cell::new(false) };
        self.slice = Some(Box::new(slice.clone()));
        let mut deadline = Deadline::new();
        let mut client = Client::inside(&mut deadline, BodyKind::None);
        let outcome = self.serve_one(proxy, &mut client).await;
        self.record_inside();
        match outcome {
            Outcome::Respond(mut response) => {
                self.check_slice(&slice, &response, Some(source))?;
                Ok(std::mem::replace(&mut response.body, Body::Empty))
            }
            Outcome::Fail(failure) => Err(failure),
            Outcome::Answer(_) | Outcome::Reroute(_) | Outcome::Tunnel(_) | Outcome::Close => Err(gone),
        }
    }
}

impl SlicedBody {
    /// The bytes from `start` up to `end` of it.
    #[must_use]
    pub fn cut(mut self, start: u64, end: u64) -> Self {
        (self.offset, self.end) = (start, end);
        self
    }

    /// The body that is being read.
    pub fn current(&self) -> Option<&Body> {
        self.current.as_ref().map(|current| &current.body)
    }

    /// The body that is being read, to be polled.
    pub fn current_mut(&mut self) -> Option<&mut Body> {
        self.current.as_mut().map(|current| &mut current.body)
    }

    /// When its source has waited too long.
    pub fn deadline(&self) -> Option<Instant> {
        self.current().and_then(Body::deadline)
    }

    /// The next piece; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        while self.offset < self.end {
            if let Some(asking) = &mut self.asking {
                let body = ready!(asking.as_mut().poll(cx));
                self.asking = None;
                self.current = Some(Current::new(body?, self.offset - self.offset % self.source.size));
            }
            let Some(Current { body, start, next }) = &mut self.current else {
                self.ask();
                continue;
            };
            let slice_end = start.saturating_add(self.source.size).min(self.source.length);
            // What was fetched first may be another slice than the one that is wanted.
            if self.offset < *next || self.offset >= slice_end {
                // Its connection is free once its end is seen. Of one that nobody wants, the rest does not matter.
                let end = body.poll_frame(cx);
                if *next >= slice_end && matches!(end?, Poll::Ready(Some(Frame::Bytes(_)))) {
                    return Poll::Ready(Err(overlong()));
                }
                self.current = None;
                continue;
            }
            match ready!(body.poll_frame(cx))? {
                Some(Frame::Trailers(_)) => {}
                Some(Frame::Bytes(mut chunk)) => {
                    let skipped = (self.offset - *next).min(chunk.len() as u64);
                    *next += chunk.len() as u64;
                    if *next > slice_end {
                        return Poll::Ready(Err(overlong()));
                    }
                    chunk.advance(usize::try_from(skipped).unwrap_or(usize::MAX));
                    chunk.truncate(usize::try_from(self.end - self.offset).unwrap_or(usize::MAX));
                    self.offset += chunk.len() as u64;
                    if !chunk.is_empty() {
                        return Poll::Ready(Ok(Some(Frame::Bytes(chunk))));
                    }
                }
                // It is shorter than it said.
                None => return Poll::Ready(Err(Failure::from(upstream::FailureCause::BodyCut))),
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Asks for the slice in which the next byte is.
    fn ask(&mut self) {
        let (source, start) = (Rc::clone(&self.source), self.offset - self.offset % self.source.size);
        self.asking = Some(Box::pin(async move {
            let errands = Rc::clone(&source.errands);
            errands.stand_in(async |exchange: &mut Exchange<'_>| exchange.serve_slice(&source, start).await).await
        }));
    }
}

/// A slice is longer than it said: its bytes may not be those of the next one.
fn overlong() -> Failure {
    Failure::from(upstream::FailureCause::BodyInvalid)
}

/// The first byte that a `Range` of one range asks for.
fn first_byte(range: &[u8]) -> Option<u64> {
    let list = range.split_at_checked(6).filter(|(unit, _)| unit.eq_ignore_ascii_case(b"bytes="))?.1;
    if list.contains(&b',') {
        return None;
    }
    let list = list.trim_ascii_start();
    let digits = list.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(list.len());
    std::str::from_utf8(list.get(..digits)?).ok()?.parse().ok()
}

/// Reads `bytes 0-1/100`; `None`: it is something else, or does not say how long the whole is.
fn content_range(field: &[u8]) -> Option<ContentRange> {
    let rest = std::str::from_utf8(field).ok()?.strip_prefix("bytes ")?;
    let (range, length) = rest.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = ContentRange { start: number(first)?, end: number(last)?.checked_add(1)?, length: number(length)? };
    (range.start < range.end && range.end <= range.length).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slice_is_the_one_that_a_range_begins_in() {
        for (range, expected) in [
            ("bytes=3-4", Some(3)),
            ("bytes= 7-", Some(7)),
            ("bytes=-5", None),
            ("bytes=1-2,4-5", None),
            ("items=3-4", None),
            ("bytes=99999999999999999999-", None),
            ("", None),
        ] {
            assert_eq!(first_byte(range.as_bytes()), expected, "{range}");
        }
    }

    #[test]
    fn a_content_range_is_whole_or_none() {
        for (field, expected) in [
            ("bytes 0-1/100", Some((0, 2, 100))),
            ("bytes 99-99/100", Some((99, 100, 100))),
            ("bytes 0-1/*", None),
            ("bytes */100", None),
            ("bytes 2-1/100", None),
            ("bytes 0-100/100", None),
            ("bytes", None),
        ] {
            let read = content_range(field.as_bytes()).map(|range| (range.start, range.end, range.length));
            assert_eq!(read, expected, "{field}");
        }
    }
}
