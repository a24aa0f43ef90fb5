//! Forwarding requests to other servers over HTTP.

use crate::{
    ByteSize, Caching, Gateway, GatewayProtocol, GroupId, Pattern, Resolver, ServerAddress, Template, UpstreamTls,
};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// How requests are forwarded and their answers treated.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Proxy {
    /// Where they go.
    pub target: Target,
    /// How servers are spoken to over TLS, where the target's protocol is that or may be.
    pub tls: Option<Box<UpstreamTls>>,
    /// How a name in a target that is evaluated becomes addresses; `None`: it does not.
    pub resolver: Option<Resolver>,
    /// Protocol version spoken: 10, 11 or 20.
    pub version: u8,
    /// How programs are asked in the place of servers of HTTP.
    pub gateway: Option<Box<Gateway>>,
    /// They answer for files, and for what is not there: a directory is served as one.
    pub for_files: bool,
    /// Method sent instead of the client's.
    pub method: Option<Template>,
    /// Fields that are set; an empty value removes the client's field. Complete: defaults are in it.
    pub set_fields: Vec<SetField>,
    /// Whether the client's fields are passed.
    pub pass_request_fields: bool,
    /// Whether the client's body is passed.
    pub pass_request_body: bool,
    /// A body sent instead of the client's.
    pub body: Option<Template>,
    /// Which fields of answers are passed and which act.
    pub fields: PassedFields,
    /// Replacement of `Location` and `Refresh`; the first that matches acts.
    pub redirects: Vec<Redirect>,
    /// Replacement in `Set-Cookie`.
    pub cookies: CookieRules,
    /// How much is held here.
    pub buffering: Buffering,
    /// Bytes a second read from the upstream; 0 or `None`: unlimited.
    pub limit_rate: Option<Template>,
    /// Whether errors of the upstream get our error pages.
    pub intercept_errors: bool,
    /// Which statuses are errors in this sense; empty: those that any page is for.
    pub intercepted: Vec<u16>,
    /// Timeouts.
    pub timeouts: ProxyTimeouts,
    /// Whether the upstream exchange goes on when the client left.
    pub ignore_client_abort: bool,
    /// When another server is tried.
    pub next: NextUpstream,
    /// Local address of upstream connections.
    pub bind: Option<Bind>,
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
    /// Where it was written.
    pub origin: Origin,
}

/// How answers are written into files: those with status 200, as they come.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FiledAnswers {
    /// The file; `None`: the one that would be served for the path.
    pub path: Option<Template>,
    /// Who may do what with it, as `chmod` has it.
    pub mode: u32,
    /// Where it was written.
    pub origin: Origin,
}

/// Protocol of an upstream URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Scheme {
    /// Plain.
    #[default]
    Http,
    /// Over TLS.
    Https,
    /// FastCGI.
    FastCgi,
    /// SCGI.
    Scgi,
    /// uwsgi.
    Uwsgi,
    /// uwsgi over TLS.
    SecureUwsgi,
}

impl Scheme {
    /// Its name in a URL.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::FastCgi => "fastcgi",
            Self::Scgi => "scgi",
            Self::Uwsgi => "uwsgi",
            Self::SecureUwsgi => "suwsgi",
        }
    }

    /// How programs are asked that are spoken to like that.
    pub fn of_gateway(protocol: GatewayProtocol, secure: bool) -> Self {
        match protocol {
            GatewayProtocol::FastCgi { .. } => Self::FastCgi,
            GatewayProtocol::Scgi => Self::Scgi,
            GatewayProtocol::Uwsgi { .. } if secure => Self::SecureUwsgi,
            GatewayProtocol::Uwsgi { .. } => Self::Uwsgi,
        }
    }

    /// Whether it is spoken over TLS.
    pub fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::SecureUwsgi)
    }

    /// Whether requests have a target of their own; programs are told it by parameters.
    pub fn has_targets(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// The port of a server that names none; 0: each names one.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::FastCgi | Self::Scgi | Self::Uwsgi | Self::SecureUwsgi => 0,
        }
    }
}

/// Where requests are forwarded to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Target {
    /// Known at start.
    Fixed {
        /// Protocol.
        scheme: Scheme,
        /// Host and port as written: what `Host` says by default.
        authority: String,
        /// The servers.
        destination: Destination,
        /// Path (and arguments) that replaces what the location matched; `None`: the request's is passed unchanged.
        path: Option<String>,
    },
    /// Servers that are known at start; the path is evaluated for each request.
    Computed {
        /// Protocol.
        scheme: Scheme,
        /// Host and port as written: what `Host` says by default.
        authority: String,
        /// The servers.
        destination: Destination,
        /// The path and arguments to ask for, escaped.
        target: Template,
    },
    /// A URL that is evaluated for each request.
    Variable(Template),
    /// A server that is evaluated for each request, with `grpcs://` before it over TLS; asked for the request's path.
    Server(Template),
}

impl Target {
    /// Whether the server is only known when there is a request.
    pub fn is_evaluated(&self) -> bool {
        match self {
            Self::Variable(_) | Self::Server(_) => true,
            Self::Fixed { .. } | Self::Computed { .. } => false,
        }
    }
}

/// The servers behind a fixed target.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Destination {
    /// A named group.
    Group(GroupId),
    /// One server (each address of its name counts as one).
    Server(ServerAddress),
}

/// A field to set in the forwarded request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SetField {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Template,
    /// Where it was written.
    pub origin: Origin,
}

/// Which fields of answers are passed and which act.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct PassedFields {
    /// Names (lower case) that are not passed to the client. Complete: defaults are in it.
    pub hidden: Vec<String>,
    /// Names (lower case) of fields that ask something of this proxy and are not obeyed.
    pub ignored: Vec<String>,
    /// Fields that stand beside those of the answer.
    pub added: Vec<SetField>,
}

/// A replacement of `Location` and `Refresh`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Redirect {
    /// The beginning of a URL, whose scheme and host are compared in any case of letters; for `Location`,
    /// `Content-Location`, `URI` and `Destination`.
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
    /// An expression, and what replaces the whole.
    Regex {
        /// The expression.
        pattern: Pattern,
        /// What replaces the whole.
        to: Template,
    },
}

/// Replacements in `Set-Cookie`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CookieRules {
    /// Of the domain; the first that matches acts.
    pub domains: Vec<CookieRule>,
    /// Of the path; the first that matches acts.
    pub paths: Vec<CookieRule>,
    /// Of the flags, by cookie name; the first that matches acts.
    pub flags: Vec<CookieFlags>,
    /// A value that matches is replaced as a whole where it stands, and nothing else of the cookie is touched; domains
    /// must be equal.
    pub whole: bool,
}

/// A replacement of a cookie's attribute.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CookieRule {
    /// Which values (for a domain: without a leading dot and in any case; for a path: a prefix).
    pub from: TextMatch,
    /// What replaces it.
    pub to: Template,
}

/// Flags set on and removed from cookies.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CookieFlags {
    /// Which cookies, by name.
    pub cookie: TextMatch,
    /// Flags as they are configured: `secure`, `nohttponly`, `samesite=strict`, or values that yield them.
    pub flags: Vec<Template>,
}

/// A text or an expression to match.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum TextMatch {
    /// This text.
    Text(Template),
    /// This expression.
    Regex(Pattern),
}

/// How much of requests and answers is held here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Buffering {
    /// Whether answers are read as fast as the upstream sends them.
    pub response: bool,
    /// Whether a request is read whole before it is forwarded.
    pub request: bool,
    /// Buffer for the first part of an answer: its head must fit.
    pub head: ByteSize,
    /// What is held in memory of one answer.
    pub memory: ByteSize,
    /// What is held in a file besides; 0: nothing.
    pub file: ByteSize,
    /// Where that file is made.
    pub temp_directory: PathBuf,
}

/// Timeouts of an upstream exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProxyTimeouts {
    /// To connect.
    pub connect: Duration,
    /// Between two writes.
    pub send: Duration,
    /// Between two reads.
    pub read: Duration,
}

/// When another server is tried.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct NextUpstream {
    /// After which trouble.
    pub when: Vec<Trouble>,
    /// Whether requests whose repetition may do harm are repeated too.
    pub non_idempotent: bool,
    /// Time after which no other is tried; zero: none.
    pub timeout: Duration,
    /// Most tries; 0: no limit.
    pub tries: u32,
}

/// Trouble with an upstream server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Trouble {
    /// An error while connecting, sending or reading the head.
    Error,
    /// A timeout while doing so.
    Timeout,
    /// An empty or malformed answer.
    InvalidHeader,
    /// No connection could be made, for whatever reason: nothing was sent.
    Unreachable,
    /// An answer with this status.
    Status(u16),
}

/// Local address of upstream connections.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bind {
    /// IP address, with or without port.
    pub address: Template,
    /// Whether it may be one that is not ours.
    pub transparent: bool,
}
