//! The immutable plan that requests walk through: the model, compiled.

mod build;
mod cache;
mod field_names;
pub mod filters;
pub mod gateway;
pub mod layers;
pub mod section;
pub mod sticky;
pub mod tls;

pub use self::cache::{CacheStore, Caching, PurgeMethod, PurgePlace, Rules, StoreChoice, Tuning};
pub use build::told::Told;
pub use build::{Build, log_level};
pub use field_names::FieldNames;

use crate::guard::FirstMatch;
use crate::route::LocationTable;
use crate::script::Script;
use crate::variables::lookup::{AddressMap, Split};
use crate::variables::{Names, Variable};
use diagnostic::Diagnostic;
use model::{Origin, ServerAddress};
use protocol::Method;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use telemetry::ZoneTally;
use upstream::{Live, Roster, Security};
use value::HostTable;

/// A text with variables of a request.
pub type Template = value::Template<Variable>;

/// Everything that workers read and nobody changes: shared by all of them.
pub struct Plan {
    /// One entry an accepting address.
    pub listeners: Vec<Listener>,
    /// All sites.
    pub sites: Vec<Site>,
    /// Groups of upstream servers, the implicit ones too; each worker makes its own view of them.
    pub groups: Vec<Group>,
    /// Index into `groups` by lower-case name, for targets with variables.
    pub group_names: HashMap<Box<[u8]>, usize>,
    /// Where names are asked for while running.
    pub resolving: upstream::Names,
    /// Variables that are looked up.
    pub maps: Vec<value::Map<Variable>>,
    /// Variables whose value is found by an address.
    pub address_maps: Vec<AddressMap>,
    /// Variables that spread requests over values.
    pub splits: Vec<Split>,
    /// Formats of access logs.
    pub formats: Vec<Format>,
    /// Where access logs go, each place once.
    pub access_logs: Vec<AccessOutput>,
    /// Sets of error logs, each once.
    pub error_logs: Vec<Vec<model::ErrorLog>>,
    /// Media types by extension.
    pub types: Vec<HashMap<Box<str>, Box<str>>>,
    /// Rules of which files stay open, each once.
    pub open_files: Vec<model::OpenFiles>,
    /// Names that the configuration defines itself.
    pub names: Names,
    /// Character sets.
    pub charsets: filters::Charsets,
    /// TLS to servers, each once.
    pub securities: Vec<(model::UpstreamTls, Arc<Security>)>,
    /// How it speaks of requests' bodies.
    pub body_use: BodyUse,
    /// Clients about whose connections all is written to error logs.
    pub watched_clients: Option<FirstMatch>,
    /// Names of the configuration's files.
    pub files: Vec<String>,
    /// Variables that lose their values where a request begins anew, and those that get them then.
    pub handed_on: Vec<(u16, Option<u16>)>,
    /// What programs are told beside their parameters: names, and the variables whose values they have.
    pub exported: Vec<(Box<[u8]>, u16)>,
    /// Whether variables tell whence a request comes that began anew.
    pub tells_redirects: bool,
    /// How long a drain may take.
    pub shutdown_timeout: Option<Duration>,
    /// The machine's name.
    pub host_name: String,
    /// Sessions of TLS that are kept, and keys of those that clients keep.
    pub tls_stores: ::tls::Stores,
    /// Where answers are kept.
    pub cache_stores: Vec<CacheStore>,
    /// What responses have to do with them is counted.
    pub counts_caches: bool,
    /// What issuers of certificates are shown; `None`: none is asked for any.
    pub proofs: Option<::tls::Proofs>,
    /// A warning for each server whose name is looked for while the plan is served.
    pub awaited: Vec<Diagnostic>,
    /// Groups that stand for a single server, by its address.
    pub servers: HashMap<ServerAddress, usize>,
    /// What requests of sites and of places came to, by name.
    pub tallies: Tallies,
    /// How many configurations there were, with this one, and when it was loaded, since 1970.
    pub loaded: (u64, Duration),
    /// How servers are written that are kept in files.
    pub scribe: Option<upstream::Scribe>,
}

/// Whether a configuration asks for requests' bodies by name: only then they are kept in the form that it asks for.
#[derive(Clone, Copy, Default, Debug)]
pub struct BodyUse {
    /// `$request_body`.
    pub text: bool,
    /// `$request_body_file`: what is larger than its buffer must be in a file.
    pub file: bool,
}

/// A group of upstream servers.
pub struct Group {
    /// Its servers, as they were when the plan was built.
    pub roster: Arc<Roster>,
    /// Its servers where they may change while running.
    pub live: Option<Arc<Live>>,
    /// How its servers are asked whether they are well.
    pub probe: Option<Arc<upstream::Probe>>,
    /// Who sees to it that servers are left out that do much worse than the others.
    pub watchman: Option<Arc<upstream::Watchman>>,
    /// The value that chooses a server, where the group has such a rule.
    pub key: Option<Template>,
    /// How clients come back to the server that they had.
    pub sticky: Option<sticky::Stickiness>,
    /// Idle connections are not shared between locations.
    pub per_location: bool,
}

impl Group {
    /// Its servers as they are now.
    pub fn present(&self) -> Arc<Roster> {
        self.live.as_ref().map_or_else(|| Arc::clone(&self.roster), |live| live.roster())
    }
}

/// One accepting address.
pub struct Listener {
    /// Where it accepts.
    pub address: model::ListenAddress,
    /// Whether HTTP/2 is offered, whatever its sites say.
    pub http2: bool,
    /// Whether connections begin with a PROXY protocol header.
    pub proxy_protocol: bool,
    /// Whether connections are TLS.
    pub tls: bool,
    /// How accepted sockets are set up.
    pub options: model::ListenerOptions,
    /// Sites by host name.
    pub hosts: HostTable<usize>,
    /// The site for any other name.
    pub default_site: usize,
    /// Names of fields that any of its sites takes.
    pub field_names: FieldNames,
}

/// A virtual host.
pub struct Site {
    /// The name to use where one is needed.
    pub primary_name: String,
    /// Runs before a location is chosen.
    pub script: Script,
    /// Its locations.
    pub locations: LocationTable,
    /// Locations that are reached by name only.
    pub named: HashMap<Box<[u8]>, Location>,
    /// What holds where no location matches.
    pub section: Section,
    /// How request heads are read.
    pub head: model::HeadReading,
    /// Whether and how HTTP/2 is spoken.
    pub http2: model::Http2,
    /// Whether `//` is read as `/`.
    pub merge_slashes: bool,
    /// What becomes of an escaped `/`.
    pub escaped_slashes: model::EscapedSlashes,
    /// How TLS connections are answered; `None`: nothing is said of it.
    pub tls: Option<tls::SiteTls>,
    /// Where its requests are counted.
    pub tally: Option<Arc<ZoneTally>>,
    /// Where it was written.
    pub origin: Origin,
}

/// A part of a site's paths.
pub struct Location {
    /// As configured.
    pub matcher: model::Matcher,
    /// A request for its exact path without the last `/` is redirected to it.
    pub redirect_bare: bool,
    /// Runs when it was chosen.
    pub script: Script,
    /// Locations inside it.
    pub nested: LocationTable,
    /// What holds for its requests.
    pub section: Section,
    /// What holds instead for some methods.
    pub other_methods: Option<OtherMethods>,
    /// Where it was written.
    pub origin: Origin,
}

/// What holds for requests whose method is none of some.
pub struct OtherMethods {
    /// The methods that the location itself is for.
    pub except: Vec<Method>,
    /// What holds for the others.
    pub section: Section,
}

pub use section::{
    AccessLog, AddField, CookieFlags, CookieRule, ErrorPage, ErrorPages, ExpiresRule, Extensions, Fallback, Files,
    Logging, Mirror, Proxy, Redirect, ResponseFields, Root, Section, Serve, SetField, Target, TextMatch, TryFiles,
};

/// A format of access-log lines.
pub struct Format {
    /// Pieces of the line, without its end.
    pub line: Template,
    /// How values are made safe.
    pub escape: model::Escape,
}

/// What access-log lines go to.
#[derive(Clone, PartialEq, Debug)]
pub struct AccessOutput {
    /// What is always there; `None`: files whose paths are worked out for each line.
    pub target: Option<model::LogTarget>,
    /// Which of those files are kept open.
    pub open_files: Option<model::OpenLogFiles>,
    /// Lines are gathered until so many bytes are there.
    pub buffer: Option<usize>,
    /// Gathered lines are written at least so often.
    pub flush: Option<Duration>,
    /// What is written at once is packed, at this level.
    pub gzip: Option<u8>,
}

/// Where requests are counted, by name.
#[derive(Clone, Default)]
pub struct Tallies {
    /// Of sites.
    pub sites: BTreeMap<Box<str>, Arc<ZoneTally>>,
    /// Of places.
    pub places: BTreeMap<Box<str>, Arc<ZoneTally>>,
}

impl AccessOutput {
    /// How severe its lines are to a syslog server.
    pub fn severity(&self) -> Option<model::Level> {
        match self.target.as_ref()? {
            model::LogTarget::Syslog(syslog) => Some(syslog.severity),
            model::LogTarget::File(_) | model::LogTarget::Stderr | model::LogTarget::Memory(_) => None,
        }
    }
}
