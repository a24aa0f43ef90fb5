//! The directives of httpd's core: servers, sections, connections, limits.

mod documents;
mod limits;
mod logs;
pub(crate) mod sections;
mod server;

use std::path::PathBuf;
use std::time::Duration;

use model::{ErrorLog, Level};

use crate::modules::{deflate, proxy};
use crate::table::{
    ANYWHERE, DIRECTORY, EVERYWHERE, FLAG, HOST, IF, LIMIT, MAIN, Module, Row, SECTION, SERVER, at_least, at_reading,
    between, no_effect, pending, row, take,
};
use crate::value;

use crate::lower::settings;
pub(crate) use server::ServerName;

pub(crate) static MODULE: Module = Module { name: "core", identifier: "core_module", built: true, rows: ROWS };

const HTACCESS: &str = "files `.htaccess` are read with the configuration, and again when one changes";
const MEMORY: &str = "buffers and files are sent as the system does it best";
const PROGRAMS: &str = "no programs are run here: they run behind the proxy, under limits of their own";
const STATUS: &str = "there is no such page: state and counters are not kept in a file";

const ROWS: &[Row] = &[
    row("<Directory>", SERVER, at_least(1), sections::directory),
    row("<DirectoryMatch>", SERVER, at_least(1), sections::directory_match),
    row("<Else>", ANYWHERE, take(0), sections::otherwise),
    row("<ElseIf>", ANYWHERE, at_least(1), sections::else_if),
    row("<Files>", SERVER.or(DIRECTORY).or(IF), at_least(1), sections::files),
    row("<FilesMatch>", SERVER.or(DIRECTORY).or(IF), at_least(1), sections::files_match),
    row("<If>", ANYWHERE, at_least(1), sections::condition),
    at_reading("<IfDefine>", EVERYWHERE, take(1)),
    at_reading("<IfDirective>", EVERYWHERE, take(1)),
    at_reading("<IfFile>", EVERYWHERE, take(1)),
    at_reading("<IfModule>", EVERYWHERE, take(1)),
    at_reading("<IfSection>", EVERYWHERE, take(1)),
    row("<Limit>", SECTION.or(LIMIT), at_least(1), |l, s, d| sections::limit(l, s, d, false)),
    row("<LimitExcept>", SECTION.or(LIMIT), at_least(1), |l, s, d| sections::limit(l, s, d, true)),
    row("<Location>", SERVER, at_least(1), sections::location),
    row("<LocationMatch>", SERVER, at_least(1), sections::location_match),
    row("<VirtualHost>", MAIN, at_least(1), server::virtual_host),
    no_effect("AcceptFilter", SERVER, take(2), "connections are accepted at once"),
    pending("AcceptPathInfo", ANYWHERE),
    row("AccessFileName", SERVER, at_least(1), sections::access_file_name).partial(HTACCESS),
    row("AddDefaultCharset", ANYWHERE, take(1), documents::default_charset),
    row("AllowEncodedSlashes", SERVER, take(1), server::encoded_slashes),
    row("AllowOverride", SECTION, at_least(1), sections::allow_override).partial(HTACCESS),
    row("AllowOverrideList", SECTION, at_least(1), sections::allow_overrides).partial(HTACCESS),
    row("CGIPassAuth", SECTION, FLAG, proxy::credentials),
    row("CGIVar", ANYWHERE, take(2), proxy::variable_of_programs),
    pending("ContentDigest", ANYWHERE),
    row("CoreDumpDirectory", SERVER, take(1), |l, _, d| {
        l.process.working_directory = Some(l.path(&value::first(d)?.text));
        Ok(())
    }),
    no_effect("DefaultRuntimeDir", SERVER, take(1), "no files are kept there"),
    no_effect("DefaultType", ANYWHERE, at_least(1), "httpd 2.4 itself takes no notice of it"),
    at_reading("Define", EVERYWHERE, between(1, 2)),
    row("DocumentRoot", SERVER, take(1), server::document_root),
    no_effect("EnableMMAP", ANYWHERE, FLAG, MEMORY),
    no_effect("EnableSendfile", ANYWHERE, FLAG, MEMORY),
    at_reading("Error", EVERYWHERE, at_least(0)),
    row("ErrorDocument", ANYWHERE, take(2), documents::error_document),
    row("ErrorLog", SERVER, between(1, 2), logs::error_log).partial("no `syslog`, no programs (`|…`)"),
    no_effect("ErrorLogFormat", SERVER, at_least(1), "lines of the error log have one form"),
    no_effect("ExtendedStatus", SERVER, FLAG, STATUS),
    row("FileETag", ANYWHERE, at_least(1), documents::entity_tag)
        .partial("tags are of time and length, or there are none"),
    no_effect("FlushMaxPipelined", SERVER, take(1), MEMORY),
    no_effect("FlushMaxThreshold", SERVER, take(1), MEMORY),
    row("ForceType", ANYWHERE, take(1), documents::force_type),
    no_effect("GprofDir", SERVER, take(1), "there are no profiles"),
    row("HostnameLookups", ANYWHERE, take(1), server::hostname_lookups).partial("only `Off`"),
    row("HttpProtocolOptions", SERVER, at_least(1), server::protocol_options).partial("`Unsafe` is refused"),
    at_reading("Include", EVERYWHERE, take(1)),
    at_reading("IncludeOptional", EVERYWHERE, take(1)),
    row("KeepAlive", SERVER, FLAG, |_, s, d| put(&mut s.server.core.keep_alive, value::flag(d)?)),
    row("KeepAliveTimeout", SERVER, take(1), |_, s, d| {
        put(&mut s.server.core.keep_alive_timeout, value::time(value::first(d)?)?)
    }),
    no_effect("LimitInternalRecursion", SERVER, between(1, 2), "a request is rerouted ten times at most"),
    row("LimitRequestBody", ANYWHERE, take(1), limits::body),
    row("LimitRequestFieldSize", SERVER, take(1), limits::field_size),
    row("LimitRequestFields", SERVER, take(1), limits::fields),
    row("LimitRequestLine", SERVER, take(1), limits::line),
    no_effect("LimitXMLRequestBody", ANYWHERE, take(1), "no bodies of XML are read here"),
    row("LogLevel", ANYWHERE, at_least(1), logs::log_level)
        .partial("of a server as a whole: levels of single modules and of sections make no difference"),
    row("MaxConnectionsPerChild", SERVER, take(1), |l, _, d| {
        value::number(value::first(d)?)?;
        l.without_effect("MaxConnectionsPerChild", d.origin(), "there are no processes that need to be renewed");
        Ok(())
    }),
    row("MaxKeepAliveRequests", SERVER, take(1), |_, s, d| {
        put(&mut s.server.core.keep_alive_requests, value::number(value::first(d)?)?)
    }),
    no_effect("MaxMemFree", SERVER, take(1), MEMORY),
    pending("MaxRangeOverlaps", ANYWHERE),
    pending("MaxRangeReversals", ANYWHERE),
    pending("MaxRanges", ANYWHERE),
    no_effect("MaxRequestsPerChild", SERVER, take(1), "there are no processes that need to be renewed"),
    row("MergeSlashes", SERVER, FLAG, |_, s, d| put(&mut s.server.core.merge_slashes, value::flag(d)?)),
    pending("MergeTrailers", SERVER),
    no_effect("Mutex", SERVER, at_least(1), "nothing here waits for a lock between processes"),
    no_effect("NameVirtualHost", SERVER, take(1), "httpd 2.4 itself takes no notice of it"),
    row("Options", ANYWHERE, at_least(1), sections::options)
        .partial("symbolic links are followed; directories are not listed, programs and includes do not run"),
    row("PidFile", SERVER, take(1), |l, _, d| {
        l.process.pid_file = l.path(&value::first(d)?.text);
        Ok(())
    }),
    row("Protocols", SERVER, at_least(1), server::protocols)
        .partial("`h2`, `h2c` and `http/1.1`, which is always there"),
    no_effect("ProtocolsHonorOrder", SERVER, FLAG, "HTTP/2 is chosen wherever both ends speak it"),
    pending("QualifyRedirectURL", ANYWHERE),
    no_effect("RLimitCPU", ANYWHERE, between(1, 2), PROGRAMS),
    no_effect("RLimitMEM", ANYWHERE, between(1, 2), PROGRAMS),
    no_effect("RLimitNPROC", ANYWHERE, between(1, 2), PROGRAMS),
    no_effect("ReadBufferSize", ANYWHERE, take(1), MEMORY),
    pending("RegexDefaultOptions", SERVER),
    no_effect("RegisterHttpMethod", SERVER, at_least(1), "any method is taken"),
    no_effect("ScoreBoardFile", SERVER, take(1), STATUS),
    no_effect("SeeRequestTail", SERVER, FLAG, STATUS),
    row("ServerAdmin", SERVER, take(1), |_, s, d| put(&mut s.server.core.admin, value::first(d)?.text.clone())),
    row("ServerAlias", HOST, at_least(1), server::server_alias),
    row("ServerName", SERVER, take(1), server::server_name),
    pending("ServerPath", HOST),
    at_reading("ServerRoot", MAIN, take(1)),
    no_effect("ServerSignature", ANYWHERE, take(1), "built-in error pages show what `ServerTokens` allows"),
    row("ServerTokens", SERVER, take(1), server::server_tokens)
        .partial("`Full` and `OS` show the version, anything else the name only"),
    row("SetHandler", ANYWHERE, take(1), sections::set_handler).partial(
        "`None`, `proxy:` with the URL of a program or of a balancer of programs, and pages that are not there",
    ),
    pending("SetInputFilter", ANYWHERE),
    row("SetOutputFilter", ANYWHERE, take(1), deflate::everything).partial("only `DEFLATE` and `None`"),
    pending("StrictHostCheck", SERVER),
    no_effect("ThreadStackSize", SERVER, take(1), MEMORY),
    row("Timeout", SERVER, take(1), |_, s, d| put(&mut s.server.core.timeout, value::seconds(value::first(d)?)?)),
    row("TraceEnable", SERVER, take(1), server::trace).partial("TRACE is answered with 405 whatever it says"),
    at_reading("UnDefine", EVERYWHERE, take(1)),
    row("UseCanonicalName", ANYWHERE, take(1), server::canonical_name).partial("no `DNS`"),
    row("UseCanonicalPhysicalPort", ANYWHERE, FLAG, server::physical_port).partial("only `Off`"),
    at_reading("Warning", EVERYWHERE, at_least(0)),
];

settings! {
    /// What a server says of itself and its connections.
    struct CoreSettings {
        document_root: Option<PathBuf>,
        /// What files are called that directories have of their own.
        access_file_names: Option<Vec<String>>,
        canonical_name: Option<bool>,
        timeout: Option<Duration>,
        keep_alive: Option<bool>,
        keep_alive_timeout: Option<Duration>,
        /// 0: any number.
        keep_alive_requests: Option<u64>,
        /// Time for a request's head; `Some(None)`: no limit of its own.
        head_timeout: Option<Option<Duration>>,
        /// Time between two reads of a body; `Some(None)`: no limit of its own.
        body_timeout: Option<Option<Duration>>,
        line_size: Option<u64>,
        field_size: Option<u64>,
        /// 0: any number.
        fields: Option<u32>,
        merge_slashes: Option<bool>,
        escaped_slashes: Option<model::EscapedSlashes>,
        error_log: Option<ErrorLog>,
        log_level: Option<Level>,
        server_tokens: Option<model::ServerTokens>,
        /// The address of the administrator.
        admin: Option<String>,
        /// Whether HTTP/2 is spoken: over TLS, and in the clear.
        http2: Option<(bool, bool)>,
        names: Names,
    }
}

/// Names of a server, which are its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) name: Option<ServerName>,
    /// As they are written, with wildcards.
    pub(crate) aliases: Vec<(String, diagnostic::Origin)>,
}

impl crate::lower::Inherit for Names {
    fn inherit(&mut self, _: &Self) {}
}

/// The last one that is written holds.
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
fn put<T>(slot: &mut Option<T>, value: T) -> crate::table::Outcome {
    *slot = Some(value);
    Ok(())
}
