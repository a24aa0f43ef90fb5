//! What holds for an exchange, compiled.

use super::Template;
use super::cache::{Caching, PurgePlace};
use super::filters::Filters;
use super::gateway::{Gateway, ScriptPath};
use super::layers::Layers;
use crate::edit::FieldEdit;
use crate::guard::{Guard, Referers, SecureLink};
use crate::script::Condition;
use crate::script::moments::Moments;
use crate::shape::user_id::UserIdRule;
use model::{
    Buffering, ClientLimits, KeepAlive, Lingering, PageStatus, ProxyTimeouts, Scheme, ServerTokens, SinceRule, Style,
};
use protocol::{Field, Name, Version};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use telemetry::ZoneTally;
use upstream::{ResolverRule, RetryRule, Security, Speech};
use value::Regex;

/// The complete settings of one place.
pub struct Section {
    /// Who makes the response.
    pub serve: Serve,
    /// Only re-routed requests may come here.
    pub internal: bool,
    /// Where requests may come from.
    pub referers: Option<Box<Referers>>,
    /// How links prove who made them.
    pub secure_link: Option<Box<SecureLink>>,
    /// What is asked of a request before it is served; `None`: nothing.
    pub guard: Option<Box<Guard>>,
    /// Bounds on what a client may send.
    pub client: ClientLimits,
    /// How long client connections live.
    pub keep_alive: KeepAlive,
    /// A connection ends with the answer to a request for which this is neither empty nor 0.
    pub keep_alive_refused: Option<Template>,
    /// How connections are closed.
    pub lingering: Lingering,
    /// Time between two successful sends to the client.
    pub send_timeout: Duration,
    /// Where files lie.
    pub files: Files,
    /// Candidates to try before serving.
    pub try_files: Option<TryFiles>,
    /// Copies of requests; `None`: none are made.
    pub mirror: Option<Mirror>,
    /// The place of the site that is asked once the response is through.
    pub afterwards: Option<Box<[u8]>>,
    /// How `If-Modified-Since` compares.
    pub since: SinceRule,
    /// Replacement of error answers.
    pub error_pages: ErrorPages,
    /// What is run once these settings are known; `None`: nothing.
    pub moments: Option<Box<Moments>>,
    /// Changes of the request's fields.
    pub request_edits: Vec<FieldEdit>,
    /// The cookie that tells clients apart.
    pub user_id: Option<Box<UserIdRule>>,
    /// Fields that responses get.
    pub fields: ResponseFields,
    /// What is done to bodies; `None`: nothing.
    pub filters: Option<Box<Filters>>,
    /// Bytes a second of a response.
    pub limit_rate: Option<Template>,
    /// Bytes before that applies.
    pub limit_rate_after: Option<Template>,
    /// Bytes of the slices that answers of servers are asked for in; 0: they are asked for whole.
    pub slice: u64,
    /// How paths are read that name scripts.
    pub scripts: Option<Box<ScriptPath>>,
    /// Where its requests are counted.
    pub tally: Option<Arc<ZoneTally>>,
    /// Logs.
    pub logging: Logging,
    /// How this server speaks.
    pub style: Style,
    /// Whether a response of unknown length ends with its connection, even where it could be chunked.
    pub close_delimited: bool,
    /// Bytes of content that one DATA frame of HTTP/2 holds at most.
    pub frame_content: usize,
    /// What holds instead where requests of the place differ; `None`: they do not.
    pub layers: Option<Box<Layers>>,
}

/// Who makes the response.
pub enum Serve {
    /// Files.
    Files,
    /// An image of one pixel.
    Pixel,
    /// Something that is kept is removed.
    Purge(Box<PurgePlace>),
    /// Numbers of connections and requests.
    StatusPage,
    /// What is known of the server, for programs; whether they may change groups.
    Api {
        /// They may.
        writes: bool,
    },
    /// Another server.
    Proxy(Box<Proxy>),
}

/// Where files lie.
pub struct Files {
    /// How a path becomes a file name.
    pub root: Root,
    /// How much of the path an alias replaces, where that is not what the location matched.
    pub alias_replaces: Option<usize>,
    /// Names tried in a directory.
    pub index: Vec<Template>,
    /// The status of a redirect to an index.
    pub index_redirect: Option<u16>,
    /// Index into [`super::Plan::types`].
    pub types: usize,
    /// Media type of other files.
    pub default_type: Box<str>,
    /// Whether files carry an entity tag.
    pub etag: bool,
    /// Which symbolic links are followed, if not all.
    pub links: Option<LinkRule>,
    /// Index into [`super::Plan::open_files`]: which files stay open.
    pub kept_open: Option<usize>,
    /// A file of a directory is chosen at random.
    pub random: bool,
    /// How directories are listed.
    pub listing: Option<model::Listing>,
    /// What extensions say beside the media type.
    pub extensions: Option<Box<Extensions>>,
    /// Where a request goes whose file is not there.
    pub fallback: Option<Template>,
    /// Whether a directory is answered with a redirect to its path with a slash.
    pub directory_redirect: bool,
    /// The status of a directory that nothing is sent for.
    pub unlisted: u16,
    /// Most ranges of one response.
    pub max_ranges: Option<u32>,
}

/// Which symbolic links are followed.
pub struct LinkRule {
    /// Those of one owner with what they lead to; otherwise none.
    pub same_owner: bool,
    /// The part of a path that is not looked at.
    pub from: Option<Template>,
}

/// What extensions say of a file.
pub struct Extensions {
    /// Media types beside those of the table; `None`: the extension says nothing of it.
    pub types: HashMap<Box<str>, Option<Box<str>>>,
    /// Character sets.
    pub charsets: HashMap<Box<str>, Box<str>>,
    /// Codings of content.
    pub codings: HashMap<Box<str>, Box<str>>,
    /// Languages.
    pub languages: HashMap<Box<str>, Box<str>>,
    /// The language of other files.
    pub default_language: Option<Box<str>>,
    /// The media type of all files.
    pub forced_type: Option<Box<str>>,
}

/// How a path becomes a file name.
pub enum Root {
    /// The path is appended.
    Root(Template),
    /// What the location matched is replaced.
    Alias(Template),
}

/// Copies of requests.
pub struct Mirror {
    /// Where they go: paths of the site.
    pub paths: Vec<Box<[u8]>>,
    /// Whether they have the request's body.
    pub body: bool,
}

/// Candidates to try before serving.
pub struct TryFiles {
    /// Paths below the root, and whether each must be a directory.
    pub candidates: Vec<(Template, bool)>,
    /// What happens if none is there.
    pub fallback: Fallback,
}

/// Where a request goes if no candidate is there.
pub enum Fallback {
    /// To this path.
    Path(Template),
    /// To a named location.
    Named(Box<[u8]>),
    /// Nowhere: this status.
    Status(u16),
}

/// Replacement of error answers.
pub struct ErrorPages {
    /// In the order of the configuration.
    pub pages: Vec<ErrorPage>,
    /// Whether an error of an error page may have one too.
    pub recursive: bool,
    /// Whether the first error's status stands where its page fails.
    pub first_counts: bool,
    /// Whether redirects carry scheme and host.
    pub absolute_redirect: bool,
    /// Whether they name the site.
    pub site_name_in_redirect: bool,
    /// Their scheme where it is not the connection's.
    pub redirect_scheme: Option<Box<str>>,
    /// Whether they carry the port.
    pub port_in_redirect: model::RedirectPort,
    /// What the program says of itself.
    pub server_tokens: ServerTokens,
    /// Whether small pages are padded.
    pub padding: bool,
    /// Whether Internet Explorer gets a page that leads on in place of a redirect.
    pub refresh: bool,
}

/// What answers in place of an error.
pub struct ErrorPage {
    /// For these statuses.
    pub statuses: Vec<u16>,
    /// The status it is sent with.
    pub sent_with: PageStatus,
    /// A path, a URL, or `@name`.
    pub target: Template,
    /// The target is the page itself, of this media type.
    pub text: Option<Box<str>>,
}

/// Fields that responses get.
pub struct ResponseFields {
    /// Added fields.
    pub add: Vec<AddField>,
    /// Changes of fields, in order.
    pub edits: Vec<FieldEdit>,
    /// Added trailer fields.
    pub trailers: Vec<AddField>,
    /// `Expires` and `Cache-Control`.
    pub expires: Option<ExpiresRule>,
}

/// A field to add.
pub struct AddField {
    /// Its name.
    pub name: Box<[u8]>,
    /// Its value.
    pub value: Template,
    /// Whether error answers get it too.
    pub always: bool,
}

/// When a response expires.
pub enum ExpiresRule {
    /// Known at start.
    Fixed(model::ExpiresTime),
    /// By media type.
    ByType(model::ExpiresByType),
    /// Read from a value.
    Variable {
        /// The value.
        value: Template,
        /// It counts from the modification.
        from_modified: bool,
    },
}

/// Logs of one section.
pub struct Logging {
    /// Where finished requests are written.
    pub access: Vec<AccessLog>,
    /// Index into [`super::Plan::error_logs`].
    pub error: usize,
    /// Whether a missing file is a problem.
    pub not_found: bool,
    /// Whether requests inside requests are written to access logs.
    pub subrequests: bool,
    /// Whether script steps are logged.
    pub rewrite: bool,
    /// Whether an uninitialised variable is a warning.
    pub uninitialized: bool,
}

/// An access log.
pub struct AccessLog {
    /// Index into [`super::Plan::access_logs`].
    pub output: usize,
    /// The path of the line's file, where that is not always the same.
    pub path: Option<Template>,
    /// Index into [`super::Plan::formats`].
    pub format: usize,
    /// Written only if this holds.
    pub condition: Option<Condition>,
}

/// TLS to servers.
pub struct ProxyTls {
    /// Whom to believe, and what is spoken.
    pub security: Arc<Security>,
    /// The name of the server; `None`: the host that requests are forwarded to.
    pub name: Option<Template>,
    /// Where our certificate and its key are; `None`: there are none, or they are known already.
    pub identity: Option<(Template, Template)>,
}

/// How requests are forwarded and their answers treated.
pub struct Proxy {
    /// Where they go.
    pub target: Target,
    /// How servers are spoken to over TLS, where the target's protocol is that or may be.
    pub tls: Option<Box<ProxyTls>>,
    /// Whom to ask for a name in a target that is evaluated.
    pub resolver: Option<Arc<ResolverRule>>,
    /// The version that is spoken: 1.0, 1.1 or 2.
    pub version: Version,
    /// They answer for files, and for what is not there.
    pub for_files: bool,
    /// How programs are asked in the place of servers of HTTP.
    pub gateway: Option<Box<Gateway>>,
    /// Method sent instead of the client's.
    pub method: Option<Template>,
    /// Fields that are set, in order.
    pub set_fields: Vec<SetField>,
    /// Names of those fields, and of those that are set to nothing: the client's are not passed.
    pub set_names: NameSet,
    /// Whether the client's fields are passed.
    pub pass_request_fields: bool,
    /// Whether the client's body is passed.
    pub pass_request_body: bool,
    /// A body sent instead of the client's.
    pub body: Option<Template>,
    /// Names of response fields that are not passed.
    pub hidden: NameSet,
    /// Names of fields that are not obeyed.
    pub ignored: NameSet,
    /// The bits of names of response fields that make something be passed on otherwise than it came.
    pub changed: u128,
    /// Replacement of `Location` and `Refresh`.
    pub redirects: Vec<Redirect>,
    /// `URI` is replaced too.
    pub maps_uri: bool,
    /// Replacement of cookies' domains.
    pub cookie_domains: Vec<CookieRule>,
    /// Replacement of cookies' paths.
    pub cookie_paths: Vec<CookieRule>,
    /// Values in cookies are replaced as a whole.
    pub cookies_whole: bool,
    /// Flags of cookies.
    pub cookie_flags: Vec<CookieFlags>,
    /// How much is held here.
    pub buffering: Buffering,
    /// Bytes a second read from the upstream.
    pub limit_rate: Option<Template>,
    /// Whether errors of the upstream get our error pages.
    pub intercept_errors: bool,
    /// Which statuses are errors in this sense; empty: those that any page is for.
    pub intercepted: Vec<u16>,
    /// Fields that stand beside those of an answer.
    pub added: Vec<SetField>,
    /// Timeouts.
    pub timeouts: ProxyTimeouts,
    /// Whether the exchange goes on when the client left.
    pub ignore_client_abort: bool,
    /// When another server is tried.
    pub retry: RetryRule,
    /// Local address of upstream connections, and whether it may be foreign.
    pub bind: Option<(Template, bool)>,
    /// Whether TCP keepalive probes are sent.
    pub socket_keep_alive: bool,
    /// Whether ranges are cut from answers that do not offer them.
    pub force_ranges: bool,
    /// Whether trailers are passed on.
    pub pass_trailers: bool,
    /// Whether 103 answers are passed on.
    pub early_hints: Option<Template>,
    /// How answers are kept; `None`: they are not.
    pub cache: Option<Box<Caching>>,
    /// How answers are written into files; `None`: they are not.
    pub filed: Option<Box<FiledAnswers>>,
    /// Identifies the place, where idle connections are not shared between places.
    pub class: u64,
}

/// How answers are written into files.
pub struct FiledAnswers {
    /// The file; `None`: the one that would be served for the path.
    pub path: Option<Template>,
    /// Who may do what with it, as `chmod` has it.
    pub mode: u32,
}

impl Proxy {
    /// The protocol of a target that is known at start.
    pub fn scheme(&self) -> Scheme {
        match (&self.gateway, self.tls.is_some()) {
            (Some(gateway), secure) => Scheme::of_gateway(gateway.protocol, secure),
            (None, true) => Scheme::Https,
            (None, false) => Scheme::Http,
        }
    }

    /// What is spoken to servers.
    pub fn speech(&self) -> Speech {
        match &self.gateway {
            Some(gateway) => Speech::Gateway(gateway.spoken()),
            None if self.version == Version::Http2 => Speech::Http2,
            None => Speech::Http1,
        }
    }

    /// Whether anything in cookies is replaced.
    pub fn changes_cookies(&self) -> bool {
        !(self.cookie_domains.is_empty() && self.cookie_paths.is_empty() && self.cookie_flags.is_empty())
    }
}

/// Where requests are forwarded to.
pub enum Target {
    /// Known at start.
    Fixed {
        /// Index into [`super::Plan::groups`].
        group: usize,
        /// What `Host` says by default.
        authority: Box<[u8]>,
        /// Path that replaces what the location matched.
        path: Option<Box<[u8]>>,
    },
    /// Servers known at start, a path evaluated for each request.
    Computed {
        /// Index into [`super::Plan::groups`].
        group: usize,
        /// What `Host` says by default.
        authority: Box<[u8]>,
        /// Path and arguments to ask for.
        target: Template,
    },
    /// A URL evaluated for each request.
    Variable(Template),
    /// A server evaluated for each request, maybe with `grpc://` or `grpcs://` before it.
    Server(Template),
}

/// A field to set in the forwarded request.
pub struct SetField {
    /// Which known name it is.
    pub known: Name,
    /// Its name as written, with colon and space.
    pub start: Box<[u8]>,
    /// Its value; an empty one sends nothing.
    pub value: Template,
}

/// A replacement of `Location` and `Refresh`.
pub enum Redirect {
    /// The beginning of a URL.
    Url {
        /// The beginning.
        from: Template,
        /// What replaces it.
        to: Template,
    },
    /// A beginning.
    Prefix {
        /// The beginning.
        from: Template,
        /// What replaces it.
        to: Template,
    },
    /// An expression.
    Regex {
        /// The expression.
        pattern: Regex,
        /// What replaces the whole.
        to: Template,
    },
}

/// A replacement of a cookie's attribute.
pub struct CookieRule {
    /// Which values.
    pub from: TextMatch,
    /// What replaces it.
    pub to: Template,
}

/// Flags set on and removed from cookies.
pub struct CookieFlags {
    /// Which cookies.
    pub cookie: TextMatch,
    /// Flags.
    pub flags: Vec<Template>,
}

/// A text or an expression to match.
pub enum TextMatch {
    /// This text.
    Text(Template),
    /// This expression.
    Regex(Regex),
}

/// A set of field names: a bit for each known one, a list of the others.
#[derive(Clone, Default, Debug)]
pub struct NameSet {
    known: u128,
    others: Vec<Box<[u8]>>,
}

impl NameSet {
    /// The set of these names, in any case of letters.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n [u8]>) -> Self {
        let mut set = Self::default();
        for name in names {
            match Name::of(name) {
                Name::Other => set.others.push(name.to_ascii_lowercase().into()),
                known => set.known |= known.bit(),
            }
        }
        set
    }

    /// Whether a field's name is in it.
    pub fn contains(&self, field: &Field<'_>) -> bool {
        match field.known {
            Name::Other => self.others.iter().any(|other| other.eq_ignore_ascii_case(field.name)),
            known => self.has(known),
        }
    }

    /// Whether a known name is in it.
    pub fn has(&self, known: Name) -> bool {
        self.known & known.bit() != 0
    }

    /// The bits of the known names in it.
    pub fn bits(&self) -> u128 {
        self.known
    }

    /// Whether there are names in it that are not known ones.
    pub fn has_others(&self) -> bool {
        !self.others.is_empty()
    }
}

/// An IP address with or without a port.
pub fn parse_address(text: &str) -> Option<SocketAddr> {
    text.parse().ok().or_else(|| text.trim_matches(['[', ']']).parse().ok().map(|ip| SocketAddr::new(ip, 0)))
}
