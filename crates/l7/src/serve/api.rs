//! What is known of the server and its groups, as JSON; programs may change groups through it where the place lets them.

mod caches;
mod numbers;
mod server;
mod servers;
mod upstreams;

use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::response::{Outcome, Response};
use model::Matcher;
use protocol::Method;
use serde_json::{Map, Value, json};

/// The version of the interface that is spoken.
const VERSION: &str = "9";
/// Where it is described.
const REFERENCE: &str = "https://nginx.org/en/docs/http/ngx_http_api_module.html";
/// Largest body that is read.
const LARGEST_BODY: u64 = 64 << 10;

/// What a request comes to.
enum Reply {
    /// This is what there is.
    Document(Value),
    /// This was made, at this place below the one that was asked for.
    Created(Value, String),
    /// It is done.
    Done,
    /// It is not done.
    Refused(Refused),
}

/// Why nothing is done.
#[derive(Debug)]
struct Refused {
    status: u16,
    code: &'static str,
    text: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, text: text.into() }
    }

    fn nowhere() -> Self {
        Self::new(404, "PathNotFound", "path not found")
    }

    fn method() -> Self {
        Self::new(405, "MethodDisabled", "method disabled")
    }
}

impl<R: Into<Reply>> From<Result<R, Refused>> for Reply {
    fn from(result: Result<R, Refused>) -> Self {
        result.map_or_else(Self::Refused, Into::into)
    }
}

impl From<Value> for Reply {
    fn from(document: Value) -> Self {
        Self::Document(document)
    }
}

/// What a request asks to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verb {
    Read,
    Add,
    Change,
    Remove,
}

impl Verb {
    /// What a method means; what is not allowed here means nothing.
    fn of(method: &Method, writes: bool) -> Option<Self> {
        match method {
            Method::Get | Method::Head => Some(Self::Read),
            Method::Post if writes => Some(Self::Add),
            Method::Patch if writes => Some(Self::Change),
            Method::Delete if writes => Some(Self::Remove),
            _ => None,
        }
    }
}

impl Exchange<'_> {
    /// Answers a request of a program.
    pub async fn serve_api(&mut self, writes: bool, client: &mut Client<'_>) -> Outcome {
        let path = self.below_place();
        let body = match self.gather_text(client).await {
            Ok(body) => body,
            Err(failure) => return Outcome::Fail(failure),
        };
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        let reply = match Verb::of(&self.request.method, writes) {
            Some(verb) => self.answer_program(verb, &steps, body).await,
            None => Reply::Refused(Refused::method()),
        };
        self.told(reply)
    }

    /// The path below that of the place.
    fn below_place(&self) -> String {
        let named = self.place.location.map(|location| match &location.matcher {
            Matcher::Prefix { path, .. } | Matcher::Exact(path) | Matcher::Below(path) => path.as_str(),
            Matcher::Regex(_) | Matcher::Named(_) => "",
        });
        let path = String::from_utf8_lossy(&self.request.path);
        path.strip_prefix(named.unwrap_or_default()).unwrap_or(&path).to_owned()
    }

    /// The request's body; `None`: it is too long.
    async fn gather_text(&mut self, client: &mut Client<'_>) -> Result<Option<Vec<u8>>, Failure> {
        if matches!(self.request.body, RequestBody::Unread) {
            client.invite();
            self.gather_body(client, LARGEST_BODY).await?;
        }
        Ok(match &self.request.body {
            RequestBody::Held(held) if held.file.is_none() => {
                Some(held.chunks.iter().flat_map(|chunk| chunk.iter().copied()).collect())
            }
            RequestBody::Unread | RequestBody::Discarded => Some(Vec::new()),
            RequestBody::Held(_) | RequestBody::Begun(_) | RequestBody::Passed(_) => None,
        })
    }

    async fn answer_program(&mut self, verb: Verb, steps: &[&str], body: Option<Vec<u8>>) -> Reply {
        let steps = match steps {
            [] if verb == Verb::Read => return Reply::Document(json!([9])),
            [VERSION, steps @ ..] => steps,
            [] => return Reply::Refused(Refused::method()),
            _ => return Reply::Refused(Refused::new(404, "UnknownVersion", "unknown version")),
        };
        match steps {
            ["http", "caches", rest @ ..] => self.caches(verb, rest, body).await,
            ["http", "upstreams", rest @ ..] => self.upstreams(verb, rest, body).await,
            _ => self.numbers(verb, steps).into(),
        }
    }

    /// A list, or an object, with the fields that the request asks for.
    fn chosen_fields(&self, document: Value) -> Value {
        match self.request.argument(b"fields") {
            Some(fields) => only(document, fields),
            None => document,
        }
    }

    /// The same of each object of a collection; without any field, only their names are left.
    fn chosen_of_each(&self, collection: Map<String, Value>) -> Value {
        match self.request.argument(b"fields") {
            None => Value::Object(collection),
            Some(b"") => collection.into_iter().map(|(name, _)| Value::String(name)).collect(),
            Some(fields) => collection.into_iter().map(|(name, object)| (name, only(object, fields))).collect(),
        }
    }

    fn told(&mut self, reply: Reply) -> Outcome {
        let json = |status, value: &Value| Response::bytes(status, b"application/json", value.to_string().into_bytes());
        let response = match reply {
            Reply::Document(value) => json(200, &value),
            Reply::Created(value, place) => {
                let mut response = json(201, &value);
                let mut location = self.request.path.clone();
                if location.last() != Some(&b'/') {
                    location.push(b'/');
                }
                location.extend_from_slice(place.as_bytes());
                response.head.fields.push(b"Location", &location);
                response
            }
            Reply::Done => Response::empty(204),
            Reply::Refused(refused) => {
                let mut id = Vec::new();
                self.append_id(&mut id);
                let error = json!({ "status": refused.status, "text": refused.text, "code": refused.code });
                let id = String::from_utf8_lossy(&id).into_owned();
                json(refused.status, &json!({ "error": error, "request_id": id, "href": REFERENCE }))
            }
        };
        Self::respond(response)
    }
}

fn only(mut document: Value, fields: &[u8]) -> Value {
    if let Some(object) = document.as_object_mut() {
        object.retain(|name, _| fields.split(|byte| *byte == b',').any(|field| field == name.as_bytes()));
    }
    document
}
