//! The request as it is forwarded.

use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::plan::Proxy;
use crate::serve::proxy::target::Aim;
use model::FieldOrder;
use protocol::h1::{RequestFraming, RequestText};
use protocol::{BodyKind, Field, Method, Name, Version};
use smallvec::SmallVec;
use transport::Chunk;

/// The request as it is forwarded: the same for each server that is tried.
pub struct Order {
    /// Repeating it does no harm.
    pub idempotent: bool,
    /// Its head as it is sent.
    pub head: RequestText,
    /// A body that the configuration gives it.
    pub body: Option<Chunk>,
}

impl Exchange<'_> {
    /// Makes the request to forward.
    ///
    /// # Errors
    /// It cannot be said in the protocol of its server.
    pub fn order(&mut self, proxy: &Proxy, aim: &Aim<'_>, client: &Client<'_>) -> Result<Order, Failure> {
        let body = proxy.body.as_ref().map(|body| Chunk::from(self.text_of(body)));
        let framing = self.framing(proxy, body.as_ref(), client);
        let own;
        let method = match &proxy.method {
            Some(method) => {
                own = Method::new(&self.text_of(method));
                &own
            }
            None if self.kept.as_ref().is_some_and(|kept| kept.as_get) => &Method::Get,
            None => &self.request.method,
        };
        // As nginx counts: what is not idempotent is POST, LOCK and PATCH; unknown methods too.
        let idempotent = method.is_idempotent();
        if let Some(gateway) = &proxy.gateway {
            let head = self.params(gateway, framing, proxy.pass_request_fields)?;
            return Ok(Order { idempotent, head, body });
        }
        let target = aim.target(&self.request.head);
        let mut head = RequestText::begin(self.worker.shared.text(), method, target, proxy.version, framing);
        if self.kept.as_ref().is_some_and(|kept| kept.asked.is_some()) {
            head.take_unknown_coding();
        }
        match self.place.section.style.forwarded {
            FieldOrder::OwnFirst => self.put_fields(proxy, aim, &mut head),
            FieldOrder::ClientsFirst => self.put_clients_first(proxy, aim, &mut head),
        }
        Ok(Order { idempotent, head: head.finish(), body })
    }

    fn framing(&mut self, proxy: &Proxy, body: Option<&Chunk>, client: &Client<'_>) -> RequestFraming {
        if let Some(body) = body {
            return RequestFraming::Length(body.len() as u64);
        }
        if !proxy.pass_request_body {
            return RequestFraming::None;
        }
        match (&self.request.body, client.body_kind()) {
            // RFC 9110 §8.6: servers tell a POST with no content by its length.
            (_, BodyKind::None) if self.request.head.fields.contains(Name::ContentLength) => RequestFraming::Length(0),
            // What another server was sent already is gone.
            (_, BodyKind::None) | (RequestBody::Discarded | RequestBody::Passed(_), _) => RequestFraming::None,
            (RequestBody::Held(held), _) => RequestFraming::Length(held.length),
            (RequestBody::Unread, BodyKind::Length(length)) => RequestFraming::Length(length),
            (RequestBody::Begun(_), _) | (RequestBody::Unread, BodyKind::Chunked | BodyKind::UntilClose) => {
                RequestFraming::Chunked
            }
        }
    }

    /// In nginx's order: the configured fields, those that every request has, the client's own that no other replaces.
    fn put_fields(&self, proxy: &Proxy, aim: &Aim<'_>, head: &mut RequestText) {
        for field in &proxy.set_fields {
            head.put(field.known, &field.start, |out| field.value.evaluate(self, out));
        }
        // RFC 9112 §3.2: HTTP/1.1 needs one, even where the configuration empties it.
        if !head.has_host() && (proxy.version >= Version::Http11 || !proxy.set_names.has(Name::Host)) {
            head.put(Name::Host, b"Host: ", |out| out.extend_from_slice(&aim.authority));
        }
        self.put_validators(proxy, head);
        head.put_framing();
        if proxy.pass_request_fields {
            self.pass_fields(proxy, head);
        }
    }

    /// What is kept is named to whoever knows whether it is good still.
    fn put_validators(&self, proxy: &Proxy, head: &mut RequestText) {
        let Some(kept) = self.kept.as_ref().filter(|kept| kept.fetches) else { return };
        let mut validators = [(Name::IfModifiedSince, &kept.last_modified), (Name::IfNoneMatch, &kept.etag)];
        if self.place.section.style.forwarded == FieldOrder::ClientsFirst {
            validators.reverse();
        }
        for (name, value) in validators {
            if !value.is_empty() && !proxy.set_names.has(name) {
                let start = [name.as_bytes(), b": "].concat();
                head.put(name, &start, |out| out.extend_from_slice(value));
            }
        }
    }

    /// Host, the client's fields, each replaced in its place by what is set, what else is set, and what concerns the
    /// connection.
    fn put_clients_first(&self, proxy: &Proxy, aim: &Aim<'_>, head: &mut RequestText) {
        let put = |head: &mut RequestText, name: Name| {
            for field in proxy.set_fields.iter().filter(|field| field.known == name) {
                head.put(name, &field.start, |out| field.value.evaluate(self, out));
            }
        };
        put(head, Name::Host);
        if !head.has_host() {
            head.put(Name::Host, b"Host: ", |out| out.extend_from_slice(&aim.authority));
        }
        let own = &self.request.head.fields;
        let mut done: SmallVec<[usize; 8]> = SmallVec::new();
        if proxy.pass_request_fields {
            let expects = proxy.set_names.has(Name::Expect);
            let whole = self.kept.as_ref().is_some_and(|kept| kept.fetches);
            let dropped = Name::Trailer.bit() | if whole { CONDITIONS } else { 0 };
            let passes =
                |name: Name| (!is_hop_by_hop(name) || name == Name::Expect && expects) && name.bit() & dropped == 0;
            for field in own.entries().filter(|field| passes(field.known)) {
                let set = proxy.set_fields.iter().position(|set| {
                    set.start.strip_suffix(b": ").is_some_and(|name| name.eq_ignore_ascii_case(field.name))
                });
                match set.and_then(|index| Some((index, proxy.set_fields.get(index)?))) {
                    Some((index, set)) if !done.contains(&index) => {
                        done.push(index);
                        head.put(set.known, &set.start, |out| set.value.evaluate(self, out));
                    }
                    Some(_) => {}
                    None if proxy.set_names.contains(&field)
                        || is_named(own.get_all_known(Name::Connection), &field) => {}
                    None => head.put_whole(field),
                }
            }
        }
        self.put_validators(proxy, head);
        for (index, field) in proxy.set_fields.iter().enumerate() {
            if !matches!(field.known, Name::Host | Name::Connection | Name::Upgrade) && !done.contains(&index) {
                head.put(field.known, &field.start, |out| field.value.evaluate(self, out));
            }
        }
        head.put_framing();
        put(head, Name::Connection);
        put(head, Name::Upgrade);
    }

    fn pass_fields(&self, proxy: &Proxy, head: &mut RequestText) {
        let own = &self.request.head.fields;
        let whole = self.kept.as_ref().is_some_and(|kept| kept.fetches);
        let dropped = HOP_BY_HOP | proxy.set_names.bits() | if whole { CONDITIONS } else { 0 };
        let lists = own.get_known(Name::Connection).is_some_and(|options| !is_usual(options));
        if !lists && !proxy.set_names.has_others() {
            head.put_all(own, dropped, |_| false);
            return;
        }
        head.put_all(own, dropped, |field| {
            proxy.set_names.contains(field) || (lists && is_named(own.get_all_known(Name::Connection), field))
        });
    }
}

/// Fields that concern one connection only (RFC 9110 §7.6.1), and framing, which is made anew.
pub const HOP_BY_HOP: u128 = Name::bits(&[
    Name::Connection,
    Name::KeepAlive,
    Name::ProxyConnection,
    Name::Te,
    Name::TransferEncoding,
    Name::Upgrade,
    Name::ContentLength,
    Name::Expect,
    Name::Host,
    Name::Http2Settings,
]);

/// What asks for less than all of an answer.
pub const CONDITIONS: u128 = Name::bits(&[
    Name::IfMatch,
    Name::IfModifiedSince,
    Name::IfNoneMatch,
    Name::IfRange,
    Name::IfUnmodifiedSince,
    Name::Range,
]);

/// Whether a name is one of [`HOP_BY_HOP`].
pub fn is_hop_by_hop(name: Name) -> bool {
    name.bit() & HOP_BY_HOP != 0
}

/// A `Connection` field that names nothing to look for.
pub fn is_usual(options: &[u8]) -> bool {
    options == b"keep-alive" || options.eq_ignore_ascii_case(b"keep-alive") || options.eq_ignore_ascii_case(b"close")
}

/// Whether `Connection` names the field.
pub fn is_named<'a>(mut connection: impl Iterator<Item = &'a [u8]>, field: &Field<'_>) -> bool {
    connection.any(|options| {
        options.split(|byte| *byte == b',').any(|option| option.trim_ascii().eq_ignore_ascii_case(field.name))
    })
}
