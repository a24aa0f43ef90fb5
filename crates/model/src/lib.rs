//! What the operator asked for: plain, validated, serialisable data that both configuration languages lower to.
//!
//! Nothing here knows a directive's name or how a request is served. Inheritance is already resolved: every
//! [`Section`] is complete. Every item that an error or `explain` may have to point at carries its [`Origin`].
#![forbid(unsafe_code)]

mod access;
mod cache;
mod client;
mod client_address;
mod document;
mod edit;
mod filter;
mod gateway;
mod group;
mod http2;
mod issuing;
mod layer;
mod limit;
mod link;
mod listener;
mod location;
mod log;
mod lookup;
mod map;
mod meaning;
mod moments;
mod ocsp;
mod overrides;
mod plain;
mod process;
mod proxy;
mod respond;
mod script;
mod section;
mod site;
mod style;
mod template;
mod tls;
mod token;
mod upstream_tls;
mod user_id;

pub use access::{
    Access, AccessRule, AuthRequest, BasicUsers, CertificateUsers, Check, Network, Requirement, Satisfy, Verdict, Who,
};
pub use cache::{
    CacheArea, CacheChoice, CacheKeyShape, CacheKind, CacheLock, CacheOverrides, CachePaths, CacheRules, CacheStore,
    CacheStores, CacheTerms, CacheTuning, Caching, PurgeMethod, PurgePlace,
};
pub use client::{BodyInFile, ClientLimits, KeepAlive, LingerWhen, Lingering, Mistaken};
pub use client_address::{AddressSource, ClientAddress, Trusted};
pub use diagnostic::{FileId, Origin};
pub use document::Documents;
pub use edit::{EditScope, FieldAction, FieldEdit};
pub use filter::{
    Addition, Charset, CharsetMap, Coding, Compress, Compressor, Filters, GzipRules, Includes, MediaTypes,
    Precompressed, Proxied, Substitute,
};
pub use gateway::{Gateway, GatewayFields, GatewayOverrides, GatewayParam, GatewayProtocol, ParamEdit, ScriptPath};
pub use group::{
    AnswerTest, AnswerTime, Balance, Binding, CookieLife, Expectation, Failing, Group, GroupId, HealthCall, IdlePool,
    Learning, Measure, Outliers, Probe, Queue, Resolver, RetryBudget, RouteCookie, RouteSource, Server, ServerAddress,
    ServerTarget, Stickiness,
};
pub use http2::Http2;
pub use issuing::{
    AccountKey, CertificateOrder, Challenge, DnsChanger, DnsChanges, DnsUpdate, ExternalAccount, Identifier, Issuer,
    KeyKind, NoIdentifier, OrderId, Profile, Renewal, Secret,
};
pub use layer::{Layer, Layers, PathScope, Scope};
pub use limit::{CountLimit, CountZone, Limits, RateLimit, RateZone};
pub use link::{Referers, SecureLink};
pub use listener::{ListenAddress, Listener, ListenerOptions, SocketKeepAlive};
pub use location::{Location, Matcher, OtherMethods};
pub use log::{AccessLog, AccessTarget, ErrorLog, Escape, Level, LogFormat, LogTarget, Logging, OpenLogFiles, Syslog};
pub use lookup::{AddressEntries, AddressMap, Split};
pub use map::{Map, MapKey};
pub use meaning::{Meaning, differences};
pub use moments::{DefaultValue, Moments, MomentsOverrides};
pub use ocsp::{FetchedStaple, KeptAnswers, Reach, Responder, ResponderNames, RevocationCheck, check_responder};
pub use overrides::{
    AccessOverrides, CompressOverrides, ExpiresOverrides, FilesOverrides, Given, Joined, Overrides, ProxyOverrides,
};
pub use plain::ESCAPED_SLASH;
pub use process::{Process, TempDirectory, Transport, Workers};
pub use proxy::{
    Bind, Buffering, CookieFlags, CookieRule, CookieRules, Destination, FiledAnswers, NextUpstream, PassedFields,
    Proxy, ProxyTimeouts, Redirect, Scheme, SetField, Target, TextMatch, Trouble,
};
pub use respond::{
    AddField, ErrorPage, ErrorPages, ExpiresByType, ExpiresRule, ExpiresTime, Extensions, Fallback, Files, Listing,
    ListingFormat, OpenFiles, PageStatus, Preconditions, RedirectPort, ResponseFields, Root, ServerTokens, SinceRule,
    SymlinkRule, TryFiles, TypeTable, TypeTableId,
};
pub use script::{Comparison, Condition, FileTest, Groups, Measured, Orders, RewriteFlag, Step};
pub use section::{Mirror, Section, Serve};
pub use site::{Choice, EscapedSlashes, HeadReading, Site, SiteId, SiteName};
pub use style::{
    BodyFraming, FailureStyle, FieldOrder, FileStyle, PageStyle, PathEscaping, Persistence, RepeatedFields,
    RequestStyle, Style,
};
pub use template::{Function, Part, Pattern, Template};
pub use tls::{
    ClientCertificates, Demand, KeptIdentities, SessionCache, Sessions, SiteIdentity, Staple, Termination, TlsVersions,
};
pub use token::{KeySource, TokenPart, TokenRequirement, TokenValue, Tokens};
pub use upstream_tls::{ServerTrust, UpstreamIdentity, UpstreamTls};
pub use user_id::{UserId, UserIdExpiry, UserIdKind};

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// The number as an index type; sizes beyond the address space saturate.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Everything that one configuration says.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Model {
    /// Names of the files that were read, by [`FileId`].
    pub files: Vec<String>,
    /// Files that are read with it.
    pub documents: Documents,
    /// What concerns the processes rather than the traffic.
    pub process: Process,
    /// The HTTP side.
    pub http: Http,
}

/// Everything about HTTP: who listens, which sites there are, whom they forward to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Http {
    /// One entry an address and port (or Unix path).
    pub listeners: Vec<Listener>,
    /// All sites, by [`SiteId`].
    pub sites: Vec<Site>,
    /// Named groups of upstream servers, by [`GroupId`].
    pub groups: Vec<Group>,
    /// Named access-log formats; [`AccessLog::format`] is an index into it.
    pub log_formats: Vec<LogFormat>,
    /// Variables that may be asked for though no step gives them a value: they have none.
    pub variables: Vec<String>,
    /// Variables that lose their values where a request begins anew, and those that get them then.
    pub handed_on: Vec<(String, Option<String>)>,
    /// What programs are told beside their parameters: names, and the variables whose values they have, where they have any.
    pub exported: Vec<(String, String)>,
    /// Whether variables tell whence a request comes that began anew.
    pub tells_redirects: bool,
    /// Whether names of servers that are unknown when this is loaded are looked for while running, rather than mistakes.
    pub late_names: bool,
    /// Variables whose value is looked up by another value.
    pub maps: Vec<Map>,
    /// Variables whose value is found by an address.
    pub address_maps: Vec<AddressMap>,
    /// Variables that spread requests over values.
    pub splits: Vec<Split>,
    /// Variables whose value stands in the token that a client showed.
    pub token_values: Vec<TokenValue>,
    /// Named tables of rates.
    pub rate_zones: Vec<RateZone>,
    /// Named tables of counts.
    pub count_zones: Vec<CountZone>,
    /// Where answers are kept.
    pub cache_stores: Vec<CacheStore>,
    /// How characters of one set are written in another.
    pub charset_maps: Vec<CharsetMap>,
    /// Who issues the certificates that are ordered.
    pub issuers: Vec<Issuer>,
    /// Certificates that are ordered, by [`OrderId`].
    pub orders: Vec<CertificateOrder>,
    /// File extension to media type tables, by [`TypeTableId`]: many sections share one.
    pub type_tables: Vec<TypeTable>,
}
