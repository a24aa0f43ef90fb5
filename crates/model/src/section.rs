//! What holds for an exchange once its site and location are known.

use crate::{
    Access, ByteSize, ClientAddress, ClientLimits, CountLimit, ErrorPages, FieldEdit, Files, Filters, KeepAlive,
    Layers, Limits, Lingering, Logging, Moments, Preconditions, Proxy, PurgePlace, RateLimit, Referers, ResponseFields,
    ScriptPath, SecureLink, Style, Template, TryFiles, UserId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The complete settings of one place; nothing is inherited any more.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Section {
    /// Who makes the response.
    pub serve: Serve,
    /// Only re-routed requests may come here; others get 404.
    pub internal: bool,
    /// Whom proxies before this one speak for; `None`: for nobody.
    pub client_address: Option<Box<ClientAddress>>,
    /// How fast requests may come.
    pub rates: Option<Box<Limits<RateLimit>>>,
    /// How many requests may be under way.
    pub counts: Option<Box<Limits<CountLimit>>>,
    /// Where requests may come from.
    pub referers: Option<Box<Referers>>,
    /// How links prove who made them.
    pub secure_link: Option<Box<SecureLink>>,
    /// What is asked of a request before it is served; `None`: nothing.
    pub access: Option<Box<Access>>,
    /// Bounds on what a client may send, and how fast it must.
    pub client: ClientLimits,
    /// How long client connections live.
    pub keep_alive: KeepAlive,
    /// How connections are closed.
    pub lingering: Lingering,
    /// Time that may pass between two successful sends to the client.
    pub send_timeout: Duration,
    /// Where files lie and how they are named.
    pub files: Files,
    /// Candidates to try before serving.
    pub try_files: Option<TryFiles>,
    /// Copies of requests; `None`: none are made.
    pub mirror: Option<Mirror>,
    /// The place of the site, a path or the name of a location, that is asked once the response is through.
    pub afterwards: Option<String>,
    /// Conditional and range requests.
    pub preconditions: Preconditions,
    /// Replacement of error answers.
    pub error_pages: ErrorPages,
    /// What is run once these settings are known; `None`: nothing.
    pub moments: Option<Box<Moments>>,
    /// Changes of the request's fields: early ones of a site before its script, others before the request is served.
    pub request_edits: Vec<FieldEdit>,
    /// The cookie that tells clients apart.
    pub user_id: Option<Box<UserId>>,
    /// Fields that responses get.
    pub fields: ResponseFields,
    /// What is done to bodies.
    pub filters: Filters,
    /// Bytes a second that a response may take; empty or 0: unlimited.
    pub limit_rate: Option<Template>,
    /// Bytes of a response before [`Section::limit_rate`] applies.
    pub limit_rate_after: Option<Template>,
    /// Bytes of the slices that answers of servers are asked for and kept in; 0: they are asked for whole.
    pub slice: ByteSize,
    /// How paths are read that name scripts; `None`: as they are.
    pub scripts: Option<Box<ScriptPath>>,
    /// The name under which its requests are counted.
    pub tally: Option<String>,
    /// Logs.
    pub logging: Logging,
    /// How this server speaks.
    pub style: Style,
    /// Whether a response whose length is not known ends with its connection, even where it could be chunked.
    pub close_delimited: bool,
    /// Bytes of content that one DATA frame of HTTP/2 holds at most; `None`: as many as the client takes.
    pub frame_content: Option<ByteSize>,
    /// What holds instead of all this where requests of the place differ; `None`: they do not.
    pub layers: Option<Box<Layers>>,
}

/// Copies of requests that other places of the site get; what they answer is of no interest.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mirror {
    /// Paths of those places.
    pub paths: Vec<String>,
    /// Whether a copy has the request's body, which is then read before the request goes on.
    pub body: bool,
}

/// Who makes the response.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Serve {
    /// Files below the section's root.
    #[default]
    Files,
    /// A transparent image of one pixel.
    Pixel,
    /// Something that is kept is removed.
    Purge(Box<PurgePlace>),
    /// Numbers of connections and requests, for programs to read.
    StatusPage,
    /// What is known of the server and its groups, for programs that ask, and that change groups where they may.
    Api {
        /// Whether groups may be changed.
        writes: bool,
    },
    /// Another server, over HTTP.
    Proxy(Box<Proxy>),
}
