//! Names of variables, resolved once when the plan is built.

use super::OfTls;
use crate::serve::status_page::Connections;
use model::TokenPart;
use std::collections::HashMap;

/// A variable, by what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable {
    /// Set by a script or a named capture.
    Slot(u16),
    /// Looked up in a map.
    Map(u16),
    /// Found by an address.
    AddressMap(u16),
    /// Chosen by a hash.
    Split(u16),
    /// What guards found out.
    Guard(OfGuard),
    /// Of the token that the client showed.
    Token(OfToken),
    /// Of the request.
    Request(OfRequest),
    /// Of the connection, the process or the time.
    Connection(OfConnection),
    /// Of TLS with the client.
    Tls(OfTls),
    /// Of the response.
    Response(OfResponse),
    /// Of the upstream exchange.
    Upstream(OfUpstream),
}

/// What can be asked of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfRequest {
    AliasPrefix,
    Argument(Box<[u8]>),
    Arguments,
    Body,
    BodyFile,
    ContentLength,
    Cookie(Box<[u8]>),
    DocumentRoot,
    Field(Box<[u8]>),
    FileName,
    Host,
    Id,
    IsArguments,
    Length,
    LimitRate,
    Line,
    Method,
    Path,
    Port,
    IsIndex,
    IsPort,
    Http2,
    Protocol,
    ProxyAddXForwardedFor,
    RealDocumentRoot,
    RemoteUser,
    ProvedUser,
    Rest,
    RedirectArguments,
    RedirectPath,
    RedirectStatus,
    ServerName,
    Target,
    Time,
    /// In parts of a second: so many a second.
    TimeIn(u32),
    /// The time so many seconds ahead, as cookies have it.
    TimeAhead(u64),
    /// The time of day, as `strftime` writes it.
    TimeText(Box<str>),
    UserIdGot,
}

/// What can be asked of the connection, the process or the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfConnection {
    Age,
    BinaryRemoteAddress,
    Fate,
    DateLocal,
    DateGmt,
    HostName,
    Https,
    IsoTime,
    LocalTime,
    Microseconds,
    Milliseconds,
    Pipelined,
    ProcessId,
    ProxyProtocolAddress,
    ProxyProtocolPort,
    ProxyProtocolServerAddress,
    ProxyProtocolServerPort,
    ProxyRecord(u8),
    ProxyTlsRecord(u8),
    ProxyTlsVerify,
    Connections(Connections),
    RemoteAddress,
    RemotePort,
    Requests,
    Reuses,
    Scheme,
    Serial,
    ServerAddress,
    ServerPort,
    Version,
}

/// What can be asked of guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfGuard {
    CountStatus,
    InvalidReferer,
    PeerAddress,
    PeerPort,
    RateStatus,
    SecureLink,
    SecureLinkEnd,
}

/// What can be asked of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfToken {
    /// What it says, as text.
    Payload,
    /// The value that these names lead to.
    Value(TokenPart, Box<[Box<str>]>),
}

/// What can be asked of the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfResponse {
    BodyBytes,
    Bytes,
    Completion,
    Field(Box<[u8]>),
    GzipRatio,
    Status,
    Trailer(Box<[u8]>),
    UserIdSet,
}

/// What can be asked of the upstream exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfUpstream {
    Address,
    CacheEtag,
    CacheKey,
    CacheLastModified,
    CacheStatus,
    SliceRange,
    Group,
    NamedRoute,
    Route,
    RouteChanged,
    Server,
    BytesReceived,
    BytesSent,
    ConnectTime,
    Cookie(Box<[u8]>),
    Field(Box<[u8]>),
    HeaderTime,
    /// A parameter of the program that is about to be asked, in whatever case of letters.
    Param(Box<[u8]>),
    PathInfo,
    ProxyHost,
    ProxyPort,
    ResponseLength,
    ResponseTime,
    ScriptName,
    Status,
    Trailer(Box<[u8]>),
}

/// Names that a configuration defines itself.
#[derive(Clone, Default, Debug)]
pub struct Names {
    slots: HashMap<String, u16>,
    maps: HashMap<String, Variable>,
}

impl Names {
    /// The slot of a name that scripts or captures set; made if it is new.
    pub fn define_slot(&mut self, name: &str) -> u16 {
        let next = u16::try_from(self.slots.len()).unwrap_or(u16::MAX);
        *self.slots.entry(name.to_ascii_lowercase()).or_insert(next)
    }

    /// A variable that is looked up.
    pub fn define_map(&mut self, name: &str, variable: Variable) {
        self.maps.insert(name.to_ascii_lowercase(), variable);
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// What a name stands for, or `None` if it is not known.
    pub fn resolve(&self, name: &str) -> Option<Variable> {
        if let Some(format) = name.strip_prefix("time_text_") {
            return Some(Variable::Request(OfRequest::TimeText(format.into())));
        }
        if let Some(seconds) = name.strip_prefix("time_ahead_").and_then(|seconds| seconds.parse().ok()) {
            return Some(Variable::Request(OfRequest::TimeAhead(seconds)));
        }
        let name = name.to_ascii_lowercase();
        let own = self.slots.get(&name).map(|slot| Variable::Slot(*slot));
        own.or_else(|| self.maps.get(&name).cloned()).or_else(|| built_in(&name)).or_else(|| unset(&name))
    }

    /// The slot of a name, if scripts or captures set it.
    pub fn slot(&self, name: &str) -> Option<u16> {
        self.slots.get(&name.to_ascii_lowercase()).copied()
    }
}

/// Whether a name is the program's own.
pub fn is_built_in(name: &str) -> bool {
    built_in(&name.to_ascii_lowercase()).is_some()
}

/// Variables of the environment and notes may be asked for without anybody giving them a value.
fn unset(name: &str) -> Option<Variable> {
    (name.starts_with("env_") || name.starts_with("note_")).then_some(Variable::Slot(u16::MAX))
}

fn built_in(name: &str) -> Option<Variable> {
    with_prefix(name)
        .or_else(|| of_request(name).map(Variable::Request))
        .or_else(|| of_connection(name).map(Variable::Connection))
        .or_else(|| OfTls::of_name(name).map(Variable::Tls))
        .or_else(|| of_guard(name).map(Variable::Guard))
        .or_else(|| (name == "jwt_payload").then_some(Variable::Token(OfToken::Payload)))
        .or_else(|| of_response(name).map(Variable::Response))
        .or_else(|| of_upstream(name).map(Variable::Upstream))
}

fn with_prefix(name: &str) -> Option<Variable> {
    let rest = |prefix: &str| name.strip_prefix(prefix).map(|rest| Box::from(rest.as_bytes()));
    let field = |prefix: &str| {
        rest(prefix).map(|name: Box<[u8]>| name.iter().map(|b| if *b == b'_' { b'-' } else { *b }).collect())
    };
    if let Some(name) = field("upstream_http_") {
        return Some(Variable::Upstream(OfUpstream::Field(name)));
    }
    if let Some(name) = rest("upstream_cookie_") {
        return Some(Variable::Upstream(OfUpstream::Cookie(name)));
    }
    if let Some(name) = field("upstream_trailer_") {
        return Some(Variable::Upstream(OfUpstream::Trailer(name)));
    }
    if let Some(name) = field("sent_http_") {
        return Some(Variable::Response(OfResponse::Field(name)));
    }
    if let Some(name) = field("sent_trailer_") {
        return Some(Variable::Response(OfResponse::Trailer(name)));
    }
    if let Some(name) = rest("param_") {
        return Some(Variable::Upstream(OfUpstream::Param(name)));
    }
    if let Some(name) = name.strip_prefix("proxy_protocol_tlv_") {
        return proxy_record(name).map(Variable::Connection);
    }
    if let Some(name) = field("http_") {
        return Some(Variable::Request(OfRequest::Field(name)));
    }
    for (prefix, part) in [("jwt_header_", TokenPart::Header), ("jwt_claim_", TokenPart::Claims)] {
        if let Some(name) = name.strip_prefix(prefix) {
            return Some(Variable::Token(OfToken::Value(part, [Box::from(name)].into())));
        }
    }
    if let Some(name) = rest("cookie_") {
        return Some(Variable::Request(OfRequest::Cookie(name)));
    }
    rest("arg_").map(|name| Variable::Request(OfRequest::Argument(name)))
}

/// A record of the PROXY protocol, by its name or its type.
fn proxy_record(name: &str) -> Option<OfConnection> {
    const NAMES: [(&str, u8); 5] =
        [("alpn", 0x01), ("authority", 0x02), ("unique_id", 0x05), ("ssl", 0x20), ("netns", 0x30)];
    const TLS_NAMES: [(&str, u8); 5] =
        [("version", 0x21), ("cn", 0x22), ("cipher", 0x23), ("sig_alg", 0x24), ("key_alg", 0x25)];
    let find = |names: &[(&str, u8)], name: &str| {
        let known = names.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        let digits = name.strip_prefix("0x").map(|digits| digits.trim_start_matches('0'));
        known.or_else(|| digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()))
    };
    match name.strip_prefix("ssl_") {
        Some("verify") => Some(OfConnection::ProxyTlsVerify),
        Some(name) => find(&TLS_NAMES, name).map(OfConnection::ProxyTlsRecord),
        None => find(&NAMES, name).map(OfConnection::ProxyRecord),
    }
}

fn of_request(name: &str) -> Option<OfRequest> {
    use OfRequest as R;
    Some(match name {
        "args" | "query_string" => R::Arguments,
        "content_length" => R::ContentLength,
        "content_type" => R::Field(Box::from(&b"content-type"[..])),
        "document_root" => R::DocumentRoot,
        "document_uri" | "uri" => R::Path,
        "host" => R::Host,
        "http2" => R::Http2,
        "is_args" => R::IsArguments,
        "is_index" => R::IsIndex,
        "is_request_port" => R::IsPort,
        "limit_rate" => R::LimitRate,
        "proxy_add_x_forwarded_for" => R::ProxyAddXForwardedFor,
        "realpath_root" => R::RealDocumentRoot,
        "proved_user" => R::ProvedUser,
        "remote_user" => R::RemoteUser,
        "request" => R::Line,
        "request_body" => R::Body,
        "request_body_file" => R::BodyFile,
        "request_filename" => R::FileName,
        "request_id" => R::Id,
        "request_length" => R::Length,
        "request_method" => R::Method,
        "request_port" => R::Port,
        "request_time" => R::Time,
        "request_time_ms" => R::TimeIn(1000),
        "request_time_s" => R::TimeIn(1),
        "request_time_us" => R::TimeIn(1_000_000),
        "request_uri" => R::Target,
        "server_name" => R::ServerName,
        "server_protocol" => R::Protocol,
        "uri_rest" => R::Rest,
        "alias_prefix" => R::AliasPrefix,
        "redirect_args" => R::RedirectArguments,
        "redirect_status" => R::RedirectStatus,
        "redirect_uri" => R::RedirectPath,
        "uid_got" => R::UserIdGot,
        _ => return None,
    })
}

fn of_connection(name: &str) -> Option<OfConnection> {
    use OfConnection as C;
    Some(match name {
        "binary_remote_addr" => C::BinaryRemoteAddress,
        "connection" => C::Serial,
        "connection_fate" => C::Fate,
        "connections_active" => C::Connections(Connections::Active),
        "connections_reading" => C::Connections(Connections::Reading),
        "connections_waiting" => C::Connections(Connections::Waiting),
        "connections_writing" => C::Connections(Connections::Writing),
        "connection_requests" => C::Requests,
        "connection_reuses" => C::Reuses,
        "connection_time" => C::Age,
        "date_gmt" => C::DateGmt,
        "date_local" => C::DateLocal,
        "hostname" => C::HostName,
        "https" => C::Https,
        "msec" => C::Milliseconds,
        "usec" => C::Microseconds,
        "nginx_version" => C::Version,
        "pid" => C::ProcessId,
        "pipe" => C::Pipelined,
        "proxy_protocol_addr" => C::ProxyProtocolAddress,
        "proxy_protocol_port" => C::ProxyProtocolPort,
        "proxy_protocol_server_addr" => C::ProxyProtocolServerAddress,
        "proxy_protocol_server_port" => C::ProxyProtocolServerPort,
        "remote_addr" => C::RemoteAddress,
        "remote_port" => C::RemotePort,
        "scheme" => C::Scheme,
        "server_addr" => C::ServerAddress,
        "server_port" => C::ServerPort,
        "time_iso8601" => C::IsoTime,
        "time_local" => C::LocalTime,
        _ => return None,
    })
}

fn of_guard(name: &str) -> Option<OfGuard> {
    use OfGuard as G;
    Some(match name {
        "invalid_referer" => G::InvalidReferer,
        "limit_conn_status" => G::CountStatus,
        "limit_req_status" => G::RateStatus,
        "realip_remote_addr" => G::PeerAddress,
        "realip_remote_port" => G::PeerPort,
        "secure_link" => G::SecureLink,
        "secure_link_expires" => G::SecureLinkEnd,
        _ => return None,
    })
}

fn of_response(name: &str) -> Option<OfResponse> {
    use OfResponse as R;
    Some(match name {
        "body_bytes_sent" => R::BodyBytes,
        "bytes_sent" => R::Bytes,
        "gzip_ratio" => R::GzipRatio,
        "request_completion" => R::Completion,
        "status" => R::Status,
        "uid_set" => R::UserIdSet,
        _ => return None,
    })
}

fn of_upstream(name: &str) -> Option<OfUpstream> {
    use OfUpstream as U;
    Some(match name {
        "fastcgi_path_info" => U::PathInfo,
        "fastcgi_script_name" => U::ScriptName,
        "proxy_host" => U::ProxyHost,
        "proxy_port" => U::ProxyPort,
        "upstream_addr" => U::Address,
        "upstream_cache_etag" => U::CacheEtag,
        "upstream_cache_key" => U::CacheKey,
        "upstream_cache_last_modified" => U::CacheLastModified,
        "upstream_cache_status" => U::CacheStatus,
        "upstream_group" => U::Group,
        "upstream_named_route" => U::NamedRoute,
        "upstream_route" => U::Route,
        "upstream_route_changed" => U::RouteChanged,
        "upstream_server" => U::Server,
        "slice_range" => U::SliceRange,
        "upstream_bytes_received" => U::BytesReceived,
        "upstream_bytes_sent" => U::BytesSent,
        "upstream_connect_time" => U::ConnectTime,
        "upstream_header_time" => U::HeaderTime,
        "upstream_response_length" => U::ResponseLength,
        "upstream_response_time" => U::ResponseTime,
        "upstream_status" => U::Status,
        _ => return None,
    })
}
