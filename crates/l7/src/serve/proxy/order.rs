//! The request as it is forwarded.

use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::Proxy;
use crate::serve::proxy::target::Aim;
use protocol::h1::RequestFraming;
use protocol::{BodyKind, Field, Fields, Method, Name, Version};
use transport::Chunk;

/// The request as it is forwarded: the same for each server that is tried.
pub struct Order {
    /// Its method.
    pub method: Method,
    /// Repeating it does no harm.
    pub idempotent: bool,
    /// The version it is sent in.
    pub version: Version,
    /// Its fields; framing fields are not in it.
    pub fields: Fields,
    /// How its body is framed.
    pub framing: RequestFraming,
    /// A body that the configuration gives it.
    pub body: Option<Chunk>,
}

impl Exchange<'_> {
    /// Makes the request to forward.
    pub fn order(&mut self, proxy: &Proxy, aim: &Aim<'_>, client: &Client<'_>) -> Order {
        let method = match &proxy.method {
            Some(method) => Method::new(&self.text_of(method)),
            None => self.request.method.clone(),
        };
        let body = proxy.body.as_ref().map(|body| Chunk::from(self.text_of(body)));
        let framing = self.framing(proxy, body.as_ref(), client);
        let fields = self.forwarded_fields(proxy, aim);
        // As nginx counts: what is not idempotent is POST, LOCK and PATCH; unknown methods too.
        let idempotent = method.is_idempotent();
        let version = if proxy.http11 { Version::Http11 } else { Version::Http10 };
        Order { method, idempotent, version, fields, framing, body }
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
            (RequestBody::Unread, BodyKind::Chunked | BodyKind::UntilClose) => RequestFraming::Chunked,
        }
    }

    /// In nginx's order: the configured fields, those that every request has, the client's own that no other replaces.
    fn forwarded_fields(&self, proxy: &Proxy, aim: &Aim<'_>) -> Fields {
        let mut fields = self.worker.shared.fields();
        for field in &proxy.set_fields {
            if !matches!(field.known, Name::ContentLength | Name::TransferEncoding) {
                fields.push_filled(field.known, &field.name, |out| field.value.evaluate(self, out));
            }
        }
        // RFC 9112 §3.2: HTTP/1.1 needs one, even where the configuration empties it.
        if !fields.contains(Name::Host) && (proxy.http11 || !proxy.set_names.has(Name::Host)) {
            fields.push(b"Host", &aim.authority);
        }
        // Holds the place of what frames the body.
        fields.push(b"Content-Length", b"");
        if proxy.pass_request_fields {
            self.pass_fields(proxy, &mut fields);
        }
        fields
    }

    fn pass_fields(&self, proxy: &Proxy, fields: &mut Fields) {
        let own = &self.request.head.fields;
        let connection = own.get_known(Name::Connection).filter(|options| !is_usual(options));
        for field in own.entries() {
            if is_hop_by_hop(field.known) || proxy.set_names.contains(&field) {
                continue;
            }
            if connection.is_some() && is_named(own.get_all_known(Name::Connection), &field) {
                continue;
            }
            fields.push_field(&field);
        }
    }
}

/// Fields that concern one connection only (RFC 9110 §7.6.1), and framing, which is made anew.
pub fn is_hop_by_hop(name: Name) -> bool {
    matches!(
        name,
        Name::Connection
            | Name::KeepAlive
            | Name::ProxyConnection
            | Name::Te
            | Name::TransferEncoding
            | Name::Upgrade
            | Name::ContentLength
            | Name::Expect
            | Name::Host
            | Name::Http2Settings
    )
}

/// A `Connection` field that names nothing to look for.
fn is_usual(options: &[u8]) -> bool {
    options.eq_ignore_ascii_case(b"keep-alive") || options.eq_ignore_ascii_case(b"close")
}

/// Whether `Connection` names the field.
pub fn is_named<'a>(mut connection: impl Iterator<Item = &'a [u8]>, field: &Field<'_>) -> bool {
    connection.any(|options| {
        options.split(|byte| *byte == b',').any(|option| option.trim_ascii().eq_ignore_ascii_case(field.name))
    })
}
