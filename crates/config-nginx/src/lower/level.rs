//! What one block says, before it inherits.

use std::path::PathBuf;
use std::time::Duration;

use diagnostic::Origin;
use model::{Balance, Condition, Outliers, Pattern, Referers, RetryBudget, Server, Step, Stickiness};

use super::filters::FilterSettings;
use super::slot::Slot;
use crate::modules::access::AccessSettings;
use crate::modules::acme::Wanted;
use crate::modules::gateway::GatewaySettings;
use crate::modules::headers::HeaderSettings;
use crate::modules::http_core::client::{ClientSettings, HeadSettings};
use crate::modules::http_core::connection::ConnectionSettings;
use crate::modules::http_core::files::FileSettings;
use crate::modules::http_core::listen::Listen;
use crate::modules::http_core::names::NameSettings;
use crate::modules::http_core::pages::PageSettings;
use crate::modules::http_core::server_name::Name;
use crate::modules::limits::LimitSettings;
use crate::modules::log::LogSettings;
use crate::modules::mirror::MirrorSettings;
use crate::modules::proxy::ProxySettings;
use crate::modules::proxy::purge::Purged;
use crate::modules::realip::ClientAddressSettings;
use crate::modules::secure_link::SecureLinkSettings;
use crate::modules::ssl::TlsSettings;
use crate::modules::upstream_hc::HealthCheck;
use crate::modules::userid::UserIdSettings;
use crate::modules::v2::Http2Settings;
use crate::table::Contexts;

/// A block: `http`, a server, a location, an `if`, an upstream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    /// Which directives may stand in it.
    pub(crate) contexts: Contexts,
    pub(crate) origin: Origin,
    pub(crate) access: AccessSettings,
    pub(crate) head: HeadSettings,
    pub(crate) client: ClientSettings,
    pub(crate) connection: ConnectionSettings,
    pub(crate) files: FileSettings,
    pub(crate) pages: PageSettings,
    pub(crate) headers: HeaderSettings,
    pub(crate) filters: FilterSettings,
    pub(crate) user_id: UserIdSettings,
    pub(crate) logs: LogSettings,
    pub(crate) mirror: MirrorSettings,
    pub(crate) limits: LimitSettings,
    pub(crate) client_address: ClientAddressSettings,
    pub(crate) secure_link: SecureLinkSettings,
    pub(crate) referers: Slot<Referers>,
    pub(crate) proxy: ProxySettings,
    pub(crate) grpc: ProxySettings,
    pub(crate) fastcgi: GatewaySettings,
    pub(crate) scgi: GatewaySettings,
    pub(crate) uwsgi: GatewaySettings,
    pub(crate) names: NameSettings,
    pub(crate) http2: Http2Settings,
    pub(crate) tls: TlsSettings,
    pub(crate) script: Vec<RawStep>,
    /// Servers of `http`, locations of a server or location.
    pub(crate) children: Vec<Level>,
    pub(crate) server: ServerPart,
    pub(crate) location: LocationPart,
    pub(crate) group: GroupPart,
}

impl Level {
    pub(crate) fn new(contexts: Contexts, origin: Origin) -> Self {
        Self { contexts, origin, ..Self::default() }
    }

    /// Takes over from the block around it what it does not say itself.
    pub(crate) fn inherit(&mut self, parent: &Self) {
        self.access.inherit(&parent.access);
        self.head.inherit(&parent.head);
        self.client.inherit(&parent.client);
        self.connection.inherit(&parent.connection);
        self.files.inherit(&parent.files);
        self.pages.inherit(&parent.pages);
        self.headers.inherit(&parent.headers);
        self.filters.inherit(&parent.filters);
        self.user_id.inherit(&parent.user_id);
        self.logs.inherit(&parent.logs);
        self.mirror.inherit(&parent.mirror);
        self.limits.inherit(&parent.limits);
        self.client_address.inherit(&parent.client_address);
        self.secure_link.inherit(&parent.secure_link);
        self.referers.inherit(&parent.referers);
        self.proxy.inherit(&parent.proxy);
        self.grpc.inherit(&parent.grpc);
        self.fastcgi.inherit(&parent.fastcgi);
        self.scgi.inherit(&parent.scgi);
        self.uwsgi.inherit(&parent.uwsgi);
        self.names.inherit(&parent.names);
        self.http2.inherit(&parent.http2);
        self.tls.inherit(&parent.tls);
        self.location.internal.inherit(&parent.location.internal);
    }
}

impl Level {
    /// Where requests may be forwarded to, each with the directive that says so.
    pub(super) fn targets(&self) -> [(&'static str, &ProxySettings); 5] {
        [
            ("proxy_pass", &self.proxy),
            ("grpc_pass", &self.grpc),
            ("fastcgi_pass", &self.fastcgi.proxy),
            ("scgi_pass", &self.scgi.proxy),
            ("uwsgi_pass", &self.uwsgi.proxy),
        ]
    }

    /// Forwards requests to where those of the block around it go.
    pub(super) fn inherit_targets(&mut self, parent: &Self) {
        self.proxy.target.inherit(&parent.proxy.target);
        self.grpc.target.inherit(&parent.grpc.target);
        self.fastcgi.proxy.target.inherit(&parent.fastcgi.proxy.target);
        self.scgi.proxy.target.inherit(&parent.scgi.proxy.target);
        self.uwsgi.proxy.target.inherit(&parent.uwsgi.proxy.target);
    }
}

/// What only servers say.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerPart {
    pub(crate) listens: Vec<Listen>,
    pub(crate) names: Vec<Name>,
    pub(crate) certificate: Slot<Wanted>,
}

/// What only locations, and conditions inside them, say.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocationPart {
    pub(crate) health_check: Slot<HealthCheck>,
    pub(crate) kind: LocationKind,
    /// The path, expression or name as written.
    pub(crate) name: String,
    pub(crate) internal: Slot<bool>,
    /// An empty image is served.
    pub(crate) pixel: Slot<bool>,
    /// Something that is kept is removed.
    pub(crate) purged: Slot<Purged>,
    /// Numbers of connections and requests are served.
    pub(crate) status_page: Slot<bool>,
    /// Programs may ask here; whether they may change something.
    pub(crate) api: Slot<bool>,
    /// Under which name requests are counted.
    pub(crate) tally: Slot<Option<String>>,
    /// A request for the path without its last `/` is redirected to it.
    pub(crate) redirect_bare: bool,
    /// Methods, and the block that holds for all others.
    pub(crate) other_methods: Slot<(Vec<String>, Box<Level>)>,
}

/// How a location's name is meant.
#[derive(Clone, Debug, Default)]
pub(crate) enum LocationKind {
    #[default]
    Prefix,
    PrefixFirst,
    Exact,
    Regex(Pattern),
    Named,
    /// The settings that hold where a condition holds.
    If,
}

/// What only upstreams say.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupPart {
    pub(crate) servers: Vec<Server>,
    pub(crate) balance: Slot<Balance>,
    pub(crate) stickiness: Slot<Stickiness>,
    pub(crate) queue: Slot<model::Queue>,
    /// Size, and whether connections are kept for each location apart.
    pub(crate) idle: Slot<(u32, bool)>,
    pub(crate) idle_requests: Slot<u64>,
    pub(crate) idle_time: Slot<Duration>,
    pub(crate) idle_timeout: Slot<Duration>,
    pub(crate) zone: Slot<String>,
    pub(crate) state: Slot<PathBuf>,
    pub(crate) outliers: Slot<Outliers>,
    pub(crate) retries: Slot<RetryBudget>,
}

/// A step of a script whose conditions are still blocks.
#[derive(Clone, Debug)]
pub(crate) enum RawStep {
    Step(Step),
    If(If),
}

/// An `if` with its block.
#[derive(Clone, Debug)]
pub(crate) struct If {
    pub(crate) condition: Condition,
    pub(crate) level: Box<Level>,
}
