//! A kept answer as a response.

use super::CacheStatus;
use crate::body::{Body, FileBody};
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::{Caching, Proxy, Rules};
use crate::response::{Outcome, Ranges, Response};
use crate::serve::proxy::Tally;
use crate::shape::conditional::parse_date;
use cache::policy::Terms;
use cache::{Entry, Fill, Head, Object, Reader, Store};
use protocol::{Fields, Frame, Method, Name};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use transport::{Chunk, clock};

/// A body that is on its way into the store, or is compared with its checksums as it is read.
pub struct StoredBody {
    reader: Reader,
    /// What came over the server's connection, if the exchange has one.
    pub tally: Option<Rc<Cell<Tally>>>,
}

impl StoredBody {
    /// A body that is read so.
    pub fn new(reader: Reader, tally: Option<Rc<Cell<Tally>>>) -> Self {
        Self { reader, tally }
    }

    /// The next piece; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        let chunk = ready!(self.reader.poll_chunk(cx));
        Poll::Ready(match chunk {
            Ok(chunk) => Ok(chunk.map(Frame::Bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(Failure::from(upstream::FailureCause::BodyCut))
            }
            Err(_) => Err(Failure::new(Cause::FileFailed)),
        })
    }
}

/// Why the body of a kept answer cannot be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It is not there any more.
    Gone,
    /// It cannot be read now.
    Unreadable,
}

impl Exchange<'_> {
    /// The body of a kept answer.
    ///
    /// # Errors
    /// When it is not there any more, or cannot be read now.
    pub async fn body_of(
        &mut self,
        store: &Arc<Store>,
        entry: &Arc<Entry>,
        object: &Arc<Object>,
    ) -> Result<Body, Missing> {
        if let cache::Body::Memory(bytes) = &object.body {
            return Ok(Body::Bytes(Chunk::from(bytes.clone())));
        }
        match store.open_body(entry, object).await {
            Ok(found) if object.is_sound() => {
                let end = found.start + found.length;
                Ok(Body::File(Box::new(FileBody::new(found.file, found.start, end))))
            }
            Ok(found) => {
                let reader = Reader::checked(found, Arc::clone(object));
                Ok(Body::Stored(Box::new(StoredBody::new(reader, None))))
            }
            Err(error) if error.kind() == std::io::ErrorKind::StaleNetworkFileHandle => Err(Missing::Gone),
            Err(error) => {
                self.log_error(|| format!("cannot open a kept answer: {error}"));
                if cache::is_shortage(&error) {
                    return Err(Missing::Unreadable);
                }
                store.discard(entry);
                Err(Missing::Gone)
            }
        }
    }

    /// Responds with a kept answer.
    pub fn respond_stored(
        &mut self,
        proxy: &Proxy,
        caching: &Caching,
        object: &Object,
        body: Body,
        status: CacheStatus,
    ) -> Outcome {
        let mut response = self.kept_response(proxy, &object.head, status);
        response.length = match (&self.request.method, object.length) {
            // It would be another answer's.
            _ if object.head.status == 304 => None,
            // It was asked for so, and so it is kept.
            (Method::Head, 0) => object.head.announced_length().or(Some(0)),
            (_, length) => Some(length),
        };
        response.ranges = match (&body, self.may_cut(proxy, caching, &object.head.fields)) {
            (_, false) => Ranges::No,
            (Body::Stored(_), true) => Ranges::Single,
            (_, true) => Ranges::Any,
        };
        response.body = body;
        self.tell_kept(caching, &mut response, &object.terms());
        Outcome::Respond(response)
    }

    /// Says of an answer that is kept what the standard wants said.
    fn tell_kept(&self, caching: &Caching, response: &mut Response, terms: &Terms) {
        response.whole = Some(Tally::default());
        if let Rules::Configured(_) = caching.rules {
            // Parts are offered by whoever cuts them.
            response.head.fields.remove_known(Name::AcceptRanges);
        }
        if caching.is_standard() {
            // RFC 9110 §13.1.3: what does not say when it was modified was so when it was sent, at the latest.
            let sent = || self.upstream.fields.get_known(Name::Date).and_then(parse_date);
            response.modified = response.modified.or_else(sent);
            self.tell(caching, response, Some(terms));
        }
    }

    /// The date of an answer is its server's.
    pub fn tell_date(&self, response: &mut Response) {
        if let Some(date) = self.upstream.fields.get_known(Name::Date) {
            response.head.fields.set(b"Date", date);
        }
    }

    /// Says how old an answer is that is kept, and what the store had to do with it (RFC 9211).
    pub fn tell_cache(&self, response: &mut Response, kept: Option<&Terms>) {
        let Some(own) = &self.kept else { return };
        let now = clock::unix_time().as_secs();
        let mut told = String::from("zaguan");
        if let Some(terms) = kept {
            response.head.fields.set(b"Age", terms.age_at(now).to_string().as_bytes());
        }
        match (own.status, kept) {
            (CacheStatus::Hit | CacheStatus::Stale | CacheStatus::Updating, Some(terms)) => {
                let left = i128::from(terms.fresh_until) + 1 - i128::from(now);
                told = format!("{told}; hit; ttl={left}");
            }
            (CacheStatus::Bypass, _) => told.push_str("; fwd=bypass"),
            (CacheStatus::Expired | CacheStatus::Revalidated, _) => told.push_str("; fwd=stale"),
            _ => told.push_str("; fwd=uri-miss"),
        }
        if own.stored {
            told.push_str("; stored");
        }
        response.head.fields.push(b"Cache-Status", told.as_bytes());
    }

    /// Responds with an answer that another request fetches.
    pub fn respond_joined(&mut self, proxy: &Proxy, caching: &Caching, fill: &Arc<Fill>) -> Outcome {
        let mut response = self.kept_response(proxy, &fill.head, CacheStatus::Hit);
        response.length = fill.length;
        response.body = Body::Stored(Box::new(StoredBody::new(Reader::join(fill), None)));
        if self.may_cut(proxy, caching, &fill.head.fields) {
            response.ranges = Ranges::Single;
        }
        self.tell_kept(caching, &mut response, &fill.terms);
        Outcome::Respond(response)
    }

    /// Whether parts of an answer may be cut out: where that is asked for, or its server offers it, too.
    pub fn may_cut(&self, proxy: &Proxy, caching: &Caching, fields: &Fields) -> bool {
        match caching.rules {
            Rules::Configured(_) => proxy.force_ranges || fields.contains(Name::AcceptRanges),
            Rules::Standard => true,
            // It is not told that it may be asked for.
            Rules::Tuned(_) => self.request.head.fields.contains(Name::Range),
        }
    }

    fn kept_response(&mut self, proxy: &Proxy, head: &Head, status: CacheStatus) -> Box<Response> {
        self.set_cache_status(status);
        self.upstream.fields.clone_from(&head.fields);
        self.obey_limit_rate(proxy);
        let mut response = Box::new(Response::empty(head.status));
        response.head.set_reason(&head.reason);
        response.head.fields = self.passed_fields(proxy, head.status, &self.upstream.fields);
        self.describe_relayed(proxy, &mut response);
        response.conditional = true;
        response
    }
}
