//! Groups of upstream servers.

use crate::{ByteSize, Pattern, Template, Trouble, UpstreamTls};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Index of a group in [`crate::Http::groups`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct GroupId(pub u32);

/// Servers that share the requests sent to one name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its servers, in the order of the configuration.
    pub servers: Vec<Server>,
    /// How one is chosen.
    pub balance: Balance,
    /// How a client comes back to the server that it had; `None`: it need not.
    pub stickiness: Option<Stickiness>,
    /// What counts as a server's failure, and what follows.
    pub failing: Failing,
    /// Requests that wait where no server can be used; `None`: they are refused at once.
    pub queue: Option<Queue>,
    /// How it is found out whether servers are well; `None`: only clients' requests tell.
    pub probe: Option<Probe>,
    /// How names of servers become addresses while running.
    pub resolver: Option<Resolver>,
    /// Idle connections that are kept; `None`: none are.
    pub idle: Option<IdlePool>,
    /// Name of the zone through which workers share the servers' state; `None`: each worker has its own.
    pub zone: Option<String>,
    /// The file that keeps its servers as they were changed while running.
    pub state: Option<PathBuf>,
    /// What its servers come to is asked for while running.
    pub observed: bool,
    /// Its servers can be changed while running.
    pub editable: bool,
    /// Servers that do worse than the others are left out for a while; `None`: they are not.
    pub outliers: Option<Outliers>,
    /// How many requests may be tried again; `None`: any number.
    pub retries: Option<RetryBudget>,
    /// Where it was written.
    pub origin: Origin,
}

impl Group {
    /// A group without servers, of which nothing else is said.
    pub fn new(name: impl Into<String>, origin: Origin) -> Self {
        Self {
            name: name.into(),
            servers: Vec::new(),
            balance: Balance::RoundRobin,
            stickiness: None,
            failing: Failing::default(),
            queue: None,
            probe: None,
            resolver: None,
            idle: None,
            zone: None,
            state: None,
            observed: false,
            editable: false,
            outliers: None,
            retries: None,
            origin,
        }
    }
}

/// How a server of a group is chosen.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Balance {
    /// In turn, by weight, smoothly.
    #[default]
    RoundRobin,
    /// By the client's address (its first three octets, or all of an IPv6 address).
    ClientAddress,
    /// By a value; `consistent`: so that few keys move when servers come and go.
    Hash {
        /// The value.
        key: Template,
        /// Whether a ring is used.
        consistent: bool,
    },
    /// The one with the fewest connections for its weight; in turn among equals.
    LeastConnections,
    /// The one with the fewest requests under way, whatever its weight; by weight in turn among equals.
    LeastBusy,
    /// The one that the fewest bytes for its weight went to and came from.
    LeastTraffic,
    /// The one that answers soonest, as far as is known.
    LeastTime(AnswerTime),
    /// The better of two taken at random, or one at random.
    Random {
        /// Whether two are drawn, and what makes one the better.
        best_of_two: Option<Measure>,
    },
}

/// What is compared of two servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Measure {
    /// Connections for the weight.
    Connections,
    /// Time to answer.
    Time(AnswerTime),
}

/// Which time to answer counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AnswerTime {
    /// Until the whole answer was there rather than its head.
    pub whole: bool,
    /// Whether requests that are not answered yet count too.
    pub in_flight: bool,
}

/// How a client comes back to the server that it had.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stickiness {
    /// Where a request may name its server's route, or its session; the first that is not empty counts.
    pub sources: Vec<RouteSource>,
    /// How a client is bound to a server.
    pub binding: Binding,
    /// Rather no server than one other than the route's, where the group has one of that route.
    pub strict: bool,
    /// A route leads to servers in reserve too, though others could be used.
    pub reaches_reserve: bool,
    /// Each request that comes back takes a turn of its server, however many there are; otherwise only the next turn.
    pub counts_fully: bool,
}

/// Where a request may say which server it belongs to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum RouteSource {
    /// A value.
    Value(Template),
    /// A session's identifier, in a parameter of the path or else in a cookie; the route is its part after a separator.
    Session {
        /// Name of the parameter: `NAME=…` anywhere in the path and query.
        parameter: String,
        /// Whether a `;` ends the parameter's value too.
        semicolon: bool,
        /// Name of the cookie.
        cookie: String,
        /// What precedes the route; `None`: the whole value is the route.
        separator: Option<char>,
    },
}

/// How a client is bound to a server.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Binding {
    /// The servers' own answers do it.
    Own,
    /// Each answer gets a cookie with the server's route.
    Cookie(RouteCookie),
    /// What the answers say is remembered here: the request's sources give sessions rather than routes.
    Learned(Learning),
}

/// A cookie that carries a server's route.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RouteCookie {
    /// Its name.
    pub name: String,
    /// How long it lives; `None`: as long as the client's session.
    pub expires: Option<CookieLife>,
    /// Its domain; an empty value gives none.
    pub domain: Option<Template>,
    /// Its path.
    pub path: Option<String>,
    /// Whether scripts may not see it.
    pub http_only: bool,
    /// Whether it is sent over TLS only.
    pub secure: bool,
    /// Its `SameSite`; an empty value gives none, one that is unknown means `strict`.
    pub same_site: Option<Template>,
}

/// How long a cookie lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CookieLife {
    /// So long.
    Span(Duration),
    /// For ever.
    Longest,
}

/// Sessions that are remembered with their servers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Learning {
    /// What an exchange may make known as a session; the first that is not empty counts.
    pub sessions: Vec<Template>,
    /// Name of the table; one of the same name lives on when the configuration is read anew.
    pub zone: String,
    /// Memory of the table.
    pub size: ByteSize,
    /// A session that was not seen for so long is forgotten.
    pub timeout: Duration,
    /// A session is known once the head of an answer is there rather than all of it.
    pub at_head: bool,
}

/// Requests that wait for a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Queue {
    /// Most of them at a time, for each worker.
    pub length: u32,
    /// How long one waits at most.
    pub timeout: Duration,
}

/// What counts as a server's failure, and what follows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Failing {
    /// Which trouble counts; `None`: every error and timeout, and a status after which another server is tried.
    pub counts: Option<Vec<Trouble>>,
    /// A server that failed gets its share back little by little.
    pub eases_back: bool,
    /// Where all servers rest after failures, all are tried again rather than none.
    pub recovers: bool,
}

impl Default for Failing {
    fn default() -> Self {
        Self { counts: None, eases_back: true, recovers: false }
    }
}

/// Idle upstream connections that are kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct IdlePool {
    /// Most idle connections that one worker keeps to the group.
    pub size: u32,
    /// Most requests through one connection.
    pub requests: u64,
    /// Longest life of one connection.
    pub time: Duration,
    /// Longest idle time.
    pub timeout: Duration,
    /// Whether only exchanges of one location share a connection.
    pub per_location: bool,
}

/// When a server does so much worse than the others of its group that it is left out for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outliers {
    /// Share of failed requests in percent; `None`: failures do not count.
    pub errors: Option<u32>,
    /// How many times as long as the others' the time to its answers' heads may be; `None`: any.
    pub slower: Option<u32>,
    /// Requests within an interval below which nothing is concluded.
    pub requests: u32,
    /// How often it is looked at what servers did.
    pub interval: Duration,
    /// How long one is left out.
    pub time: Duration,
    /// How much of the group may be out of use in percent; beyond that none is left out.
    pub most: u32,
}

/// How many requests may be tried again on other servers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RetryBudget {
    /// Of a hundred requests.
    pub percent: u32,
    /// Tries that may be saved up.
    pub burst: u32,
}

/// One server of a group.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Server {
    /// Where it is.
    pub address: ServerAddress,
    /// Its share of the requests.
    pub weight: u32,
    /// Failures within [`Server::fail_timeout`] after which it rests; 0: it never does.
    pub max_fails: u32,
    /// Span in which failures count, and time that it rests.
    pub fail_timeout: Duration,
    /// Where it fails, no other is tried.
    pub final_word: bool,
    /// Most connections at a time; 0: unlimited.
    pub max_connections: u32,
    /// Used only when no other server of its set can be.
    pub backup: bool,
    /// Stands in for another server of its set that cannot be used.
    pub spare: bool,
    /// Used only when no server of a lower set can be.
    pub set: u32,
    /// Not used.
    pub down: bool,
    /// Used only by clients that are bound to it.
    pub drain: bool,
    /// What requests to it are made out to; `None`: what they are made out to anyhow.
    pub target: Option<ServerTarget>,
    /// What ties a client to it; `None`: a digest of its address; empty: nothing.
    pub route: Option<String>,
    /// The route that is meant where this server cannot be used.
    pub redirect: Option<String>,
    /// After it could not be used, its weight comes back over this time; zero: at once.
    pub slow_start: Duration,
    /// Its name is resolved anew while running.
    pub resolve: bool,
    /// The service whose SRV records give its addresses, ports and weights.
    pub service: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl Server {
    /// A server of which nothing is said but where it is.
    pub fn new(address: ServerAddress, origin: Origin) -> Self {
        Self {
            address,
            weight: 1,
            max_fails: 1,
            fail_timeout: Duration::from_secs(10),
            final_word: false,
            max_connections: 0,
            backup: false,
            spare: false,
            set: 0,
            down: false,
            drain: false,
            target: None,
            route: None,
            redirect: None,
            slow_start: Duration::ZERO,
            resolve: false,
            service: None,
            origin,
        }
    }
}

/// What requests to one server of a group are made out to, rather than to the group.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ServerTarget {
    /// Host and port: what `Host` says by default.
    pub authority: String,
    /// What stands before the path.
    pub path: String,
}

/// Where an upstream server is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum ServerAddress {
    /// An IP address or a host name, and a port.
    Host {
        /// Without brackets.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A Unix-domain stream socket.
    Unix(PathBuf),
}

/// How names become addresses while running.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resolver {
    /// The servers that are asked, in turn.
    pub servers: Vec<ServerAddress>,
    /// How long answers are kept; `None`: as they say.
    pub valid: Option<Duration>,
    /// Whether IPv4 addresses are wanted.
    pub ipv4: bool,
    /// Whether IPv6 addresses are wanted.
    pub ipv6: bool,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// Where it was written.
    pub origin: Origin,
}

/// Requests of our own that find out whether a group's servers are well.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Probe {
    /// The path and arguments that are asked for.
    pub target: String,
    /// The host that is asked for.
    pub host: String,
    /// Port to connect to instead of the server's.
    pub port: Option<u16>,
    /// How servers are asked over TLS; `None`: they are asked without.
    pub tls: Option<Box<UpstreamTls>>,
    /// Time between two requests to one server.
    pub interval: Duration,
    /// Each request is put off by up to this time, at random.
    pub jitter: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
    /// Failures in a row after which a server is not well.
    pub fails: u32,
    /// Good answers in a row after which it is well again.
    pub passes: u32,
    /// A server is not used before its first good answer.
    pub mandatory: bool,
    /// One that was well before a reload is used at once.
    pub persistent: bool,
    /// How long one connection serves for requests; `None`: for one.
    pub keep: Option<Duration>,
    /// The call that is made in the place of a request; what is expected of answers says nothing then.
    pub call: Option<HealthCall>,
    /// What a good answer is; all must hold.
    pub expected: Vec<Expectation>,
    /// Where it was written.
    pub origin: Origin,
}

/// A call of the protocol that servers of gRPC have for it: `grpc.health.v1.Health/Check`.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct HealthCall {
    /// The service that is asked about; empty: the server as a whole.
    pub service: String,
    /// The status of gRPC that is good; with 0 the answer must say that the service serves.
    pub status: u32,
}

/// One thing that an answer must be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Expectation {
    /// What is looked at.
    pub test: AnswerTest,
    /// It must not be so.
    pub not: bool,
}

/// What is looked at in an answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum AnswerTest {
    /// The status is in one of these ranges.
    Status(Vec<(u16, u16)>),
    /// There is such a field.
    Field(String),
    /// There is such a field with this value.
    FieldIs(String, String),
    /// There is such a field whose value matches.
    FieldMatches(String, Pattern),
    /// The body matches.
    Body(Pattern),
}
