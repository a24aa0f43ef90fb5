//! The request as a program is asked it: parameters, and the client's fields among them (RFC 3875 §4.1.18).

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::Serve;
use crate::plan::gateway::Gateway;
use crate::serve::proxy::order::CONDITIONS;
use crate::variables::append_number;
use model::{GatewayFields, GatewayProtocol};
use protocol::gateway::ParamsText;
use protocol::h1::{RequestFraming, RequestText};
use protocol::{Field, Fields, Method, Name};
use telemetry::Level;
use value::Captures;

/// Names and values.
pub type Params = Vec<(Box<[u8]>, Box<[u8]>)>;

/// What the names of parameters begin with that are the client's fields.
const FIELD: &[u8] = b"HTTP_";
/// The site.
const HOST: &[u8] = b"HOST";
/// Programs take the field of this name for the address of a proxy that they are to use themselves (CVE-2016-5385).
const PROXY: &[u8] = b"PROXY";

impl Exchange<'_> {
    /// Writes the parameters.
    pub fn params(
        &self,
        gateway: &Gateway,
        framing: RequestFraming,
        passes_fields: bool,
    ) -> Result<RequestText, Failure> {
        let (keeps, modifiers) = match gateway.protocol {
            GatewayProtocol::FastCgi { keeps } => (keeps, [0, 0]),
            GatewayProtocol::Scgi => (false, [0, 0]),
            GatewayProtocol::Uwsgi { modifiers } => (false, modifiers),
        };
        let memory = self.worker.shared.text();
        let mut text = ParamsText::begin(memory, gateway.spoken(), framing, keeps, modifiers);
        if gateway.edits.is_empty() {
            self.each_param(gateway, passes_fields, |name, value| text.put(name, |out| out.extend_from_slice(value)));
        } else {
            for (name, value) in self.edited_params(gateway, passes_fields) {
                text.put(&name, |out| out.extend_from_slice(&value));
            }
        }
        text.finish(self.request.method == Method::Head).map_err(|too_many| {
            self.log(Level::Error, || too_many.to_string());
            Failure::new(Cause::BadValue)
        })
    }

    /// The parameters after all changes of them.
    fn edited_params(&self, gateway: &Gateway, passes_fields: bool) -> Params {
        let mut all: Params = Vec::new();
        self.each_param(gateway, passes_fields, |name, value| all.push((name.into(), value.into())));
        self.bindings.put_params(all);
        for edit in &gateway.edits {
            if self.holds_now(&edit.condition) {
                let value = edit.value.as_ref().map(|value| self.text_of(value).into());
                self.bindings.set_param(&edit.name, value);
            }
        }
        self.bindings.take_params()
    }

    /// Hands on each parameter, with its value.
    fn each_param(&self, gateway: &Gateway, passes_fields: bool, mut put: impl FnMut(&[u8], &[u8])) {
        let mut value = Vec::new();
        for param in &gateway.params {
            value.clear();
            param.value.evaluate(self, &mut value);
            if !(param.unless_empty && value.is_empty()) {
                put(&param.name, &value);
            }
        }
        if gateway.exports {
            for (name, slot) in &self.plan.exported {
                value.clear();
                let field = || name.strip_prefix(FIELD).is_some_and(|own| self.tells_field(gateway, own));
                if self.bindings.append_slot(*slot, &mut value) && !field() {
                    put(name, &value);
                }
            }
        }
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.fetches) {
            for (name, value) in [(&b"IF_MODIFIED_SINCE"[..], &kept.last_modified), (&b"IF_NONE_MATCH"[..], &kept.etag)]
            {
                if !value.is_empty() && !is_set(gateway, name) {
                    put(&[FIELD, name].concat(), value);
                }
            }
        }
        let own = gateway.fields != GatewayFields::Every && self.request.head.fields.contains(Name::Host);
        if !is_set(gateway, HOST) && !own && !self.request.host.is_empty() {
            // What it is served as, not how the client wrote it.
            value.clear();
            value.extend_from_slice(&self.request.host);
            if let Some(port) = self.request.port {
                value.push(b':');
                append_number(port.into(), &mut value);
            }
            put(&[FIELD, HOST].concat(), &value);
        }
        if passes_fields {
            self.put_fields_of_client(gateway, put);
        }
    }

    /// Whether a field of the client is the parameter of that name.
    fn tells_field(&self, gateway: &Gateway, own: &[u8]) -> bool {
        let mut fields = self.request.head.fields.entries();
        fields.any(|field| is_same(field.name, own) && is_told(gateway.fields, &field))
    }

    fn put_fields_of_client(&self, gateway: &Gateway, mut put: impl FnMut(&[u8], &[u8])) {
        let whole = self.kept.as_ref().is_some_and(|kept| kept.fetches);
        let dropped = if whole { CONDITIONS } else { 0 };
        let fields = &self.request.head.fields;
        let (mut name, mut value) = (FIELD.to_vec(), Vec::new());
        for (index, field) in fields.entries().enumerate() {
            if field.known.bit() & dropped != 0 || !is_told(gateway.fields, &field) {
                continue;
            }
            name.truncate(FIELD.len());
            name.extend(field.name.iter().copied().map(as_variable));
            let own = name.get(FIELD.len()..).unwrap_or_default();
            let is_first = || !fields.iter().take(index).any(|(earlier, _)| is_same(earlier, field.name));
            let hosts = own == HOST && gateway.fields == GatewayFields::Every;
            if own == PROXY || hosts || is_set(gateway, own) || !is_first() {
                continue;
            }
            value.clear();
            let cookies = field.known == Name::Cookie && gateway.fields == GatewayFields::Every;
            join(fields, field.name, if cookies { b"; " } else { b", " }, &mut value);
            put(&name, &value);
        }
    }
}

/// A name with what programs cannot tell apart written in one way.
fn as_variable(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() }
}

fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().copied().map(as_variable).eq(other.iter().copied().map(as_variable))
}

/// Whether a parameter stands in the place of the client's field of that name.
fn is_set(gateway: &Gateway, name: &[u8]) -> bool {
    gateway.params.iter().any(|param| param.name.strip_prefix(FIELD).is_some_and(|own| is_same(own, name)))
}

/// Whether a field of the client is a parameter at all.
fn is_told(fields: GatewayFields, field: &Field<'_>) -> bool {
    let GatewayFields::Named { credentials } = fields else { return true };
    let proves = matches!(field.known, Name::Authorization | Name::ProxyAuthorization);
    let otherwise = matches!(field.known, Name::ContentLength | Name::ContentType | Name::TransferEncoding);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    !otherwise && (credentials || !proves) && field.name.iter().all(plain)
}

/// Several fields of one name are one value (RFC 3875 §4.1.18).
fn join(fields: &Fields, name: &[u8], between: &[u8], out: &mut Vec<u8>) {
    for (index, value) in fields.get_all(name).enumerate() {
        if index > 0 {
            out.extend_from_slice(between);
        }
        out.extend_from_slice(value);
    }
}

impl Exchange<'_> {
    /// Appends the name of the script that the path stands for.
    pub fn append_script_name(&self, out: &mut Vec<u8>) {
        if self.place.section.scripts.is_none() {
            return out.extend_from_slice(self.request.path_of_file());
        }
        match self.split_path() {
            Some(captures) => out.extend_from_slice(captures.text(1).unwrap_or_default()),
            None => out.extend_from_slice(&self.request.path),
        }
        if out.last() == Some(&b'/')
            && let Some(index) = self.place.section.scripts.as_ref().and_then(|scripts| scripts.index.as_ref())
        {
            index.evaluate(self, out);
        }
    }

    /// Appends what follows the script in the path.
    pub fn append_path_info(&self, out: &mut Vec<u8>) {
        if self.place.section.scripts.is_none() {
            return out.extend_from_slice(self.request.behind_file());
        }
        if let Some(captures) = self.split_path() {
            out.extend_from_slice(captures.text(2).unwrap_or_default());
        }
    }

    /// Script and what follows it, where the path is taken apart.
    fn split_path(&self) -> Option<Captures> {
        let split = self.place.section.scripts.as_ref()?.split.as_ref()?;
        let mut captures = Captures::new();
        split.captures(&self.request.path, &mut captures).ok()?.then_some(captures)
    }

    /// How programs are asked here, if they are.
    pub fn gateway(&self) -> Option<&Gateway> {
        match &self.place.section.serve {
            Serve::Proxy(proxy) => proxy.gateway.as_deref(),
            _ => None,
        }
    }
}
