//! The rest of an answer that broke off: it is fetched, and put to what came (RFC 9110 §15.3.7.3, RFC 9111 §3.4).

use crate::body::Body;
use crate::child::Errands;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Failure, Side};
use crate::place::Place;
use crate::plan::{Caching, Proxy, Serve};
use crate::response::{Outcome, Response};
use protocol::{BodyKind, Method, Name};
use transport::Deadline;

/// Less than this is asked for again by whoever wants it.
const LEAST: u64 = 256 << 10;
/// How often the rest of one answer is fetched.
const MOST_TRIES: u8 = 3;

/// What it takes to fetch the rest of an answer.
pub struct Rest {
    errands: Errands,
    /// The number of the place that forwards.
    class: u64,
    tag: Box<[u8]>,
    length: u64,
    tries: u8,
}

impl Rest {
    /// The rest of an answer that broke off when so many bytes had come; `None`: it cannot be had.
    pub async fn fetch(&mut self, from: u64, failure: Failure) -> Option<Body> {
        self.tries += 1;
        if failure.side != Side::Upstream || from == 0 || from >= self.length || self.tries > MOST_TRIES {
            return None;
        }
        let rest = &*self;
        rest.errands.stand_in(async |exchange: &mut Exchange<'_>| exchange.fetch_rest(rest, from).await).await
    }
}

impl Exchange<'_> {
    /// What it takes to fetch the rest of an answer, should it break off: its length is known, and it has a tag that no other
    /// answer has.
    pub fn rest_of(&self, proxy: &Proxy, caching: &Caching, response: &Response) -> Option<Box<Rest>> {
        let fields = &self.upstream.fields;
        let length = response.length.filter(|length| *length >= LEAST)?;
        let tag = fields.get_known(Name::Etag).filter(|tag| tag.starts_with(b"\""))?;
        let refused = fields.get_known(Name::AcceptRanges).is_some_and(|units| units.eq_ignore_ascii_case(b"none"));
        let whole = response.head.status == 200 && self.request.method == Method::Get;
        (caching.is_standard() && whole && !refused).then(|| {
            let (errands, tag) = (self.errands(), tag.into());
            Box::new(Rest { errands, class: proxy.class, tag, length, tries: 0 })
        })
    }

    async fn fetch_rest(&mut self, rest: &Rest, from: u64) -> Option<Body> {
        let (site, location, section) = self.plan.place_of(rest.class)?;
        self.place = Place { site, location, section, scripted: true };
        let Serve::Proxy(proxy) = &section.serve else { return None };
        let fields = &mut self.request.head.fields;
        for name in [Name::IfMatch, Name::IfModifiedSince, Name::IfNoneMatch, Name::IfUnmodifiedSince] {
            fields.remove_known(name);
        }
        fields.set(b"Range", format!("bytes={from}-").as_bytes());
        fields.set(b"If-Range", &rest.tag);
        let mut deadline = Deadline::new();
        let mut client = Client::inside(&mut deadline, BodyKind::None);
        // Why there is none was logged.
        let answering = Box::pin(self.forward(proxy, &mut client)).await.ok()?;
        let told = |name| answering.head.fields.get_known(name);
        let range = format!("bytes {from}-{}/{}", rest.length - 1, rest.length);
        let fits = answering.head.status == 206
            && told(Name::ContentRange) == Some(range.as_bytes())
            && told(Name::Etag) == Some(&*rest.tag);
        let body = if fits {
            match self.take_answer(proxy, answering) {
                Outcome::Respond(response) => Some(response.body),
                _ => None,
            }
        } else {
            self.end_attempt();
            None
        };
        self.record_inside();
        body
    }
}
