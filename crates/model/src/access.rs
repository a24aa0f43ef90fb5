//! Who may come in: asked of a request once its location is known and its script has run.

use crate::{Condition, Template, Tokens};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked of a request before it is served.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Access {
    /// The questions, in this order.
    pub checks: Vec<Check>,
    /// How many of the answers must be yes.
    pub satisfy: Satisfy,
    /// Time that passes before a client that has not proved who it is hears so (401).
    pub delay: Duration,
}

/// How many checks must let a request in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Satisfy {
    /// Each of them.
    #[default]
    All,
    /// One; where none has anything to say, the request comes in.
    Any,
}

/// A question.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Check {
    /// What is known of the request must fulfil this; refused with 403.
    Require {
        /// What must be so.
        requirement: Requirement,
        /// How a user is found where the requirement depends on one; without it such a requirement is not fulfilled.
        user: Option<BasicUsers>,
    },
    /// The client must name a user and the user's password; refused with 401.
    Basic(BasicUsers),
    /// Another place of the site is asked.
    Request(AuthRequest),
    /// The client must show a signed token; refused with 401, or as it says itself.
    Token(Tokens),
}

/// What must be so. A part may also have nothing to say: then the others decide.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Requirement {
    /// Every part that has something to say says yes.
    AllOf(Vec<Requirement>),
    /// Some part says yes.
    AnyOf(Vec<Requirement>),
    /// If some part says yes it is a no; otherwise there is nothing to say.
    NoneOf(Vec<Requirement>),
    /// The first rule that fits decides.
    FirstMatch {
        /// In the order in which they are looked at.
        rules: Vec<AccessRule>,
        /// What holds if none fits.
        otherwise: Verdict,
    },
    /// The client is one of these.
    Client(Vec<Who>),
    /// The condition holds.
    Condition(Box<Condition>),
    /// The method is one of these (upper case; GET stands for HEAD too).
    Method(Vec<String>),
    /// What is asked of requests with some methods.
    ForMethods {
        /// Methods (upper case; GET stands for HEAD too).
        methods: Vec<String>,
        /// It is asked of requests with any other method instead.
        others: bool,
        /// What is asked.
        requirement: Box<Requirement>,
        /// What holds for the rest.
        otherwise: Verdict,
    },
    /// The client proved to be a user, one of these if there are any.
    User(Vec<String>),
    /// The client proved to be a user of one of these groups.
    Group {
        /// A file of lines `group: user user …`.
        file: PathBuf,
        /// The groups.
        names: Vec<String>,
    },
    /// Always the same.
    Always(Verdict),
}

/// What a requirement says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Verdict {
    /// Yes.
    Granted,
    /// No.
    Denied,
    /// Nothing.
    #[default]
    Neutral,
}

/// A rule of a [`Requirement::FirstMatch`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccessRule {
    /// Whom it is for.
    pub who: Who,
    /// Whether they may come in.
    pub grant: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// Clients.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Who {
    /// All of them.
    Everyone,
    /// Those that came through a Unix-domain socket.
    Unix,
    /// Those with an address in this network.
    Network(Network),
    /// Those whose request fulfils this.
    Condition(Box<Condition>),
}

/// An IP network.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Network {
    /// Its first address.
    pub address: IpAddr,
    /// How many bits of it count.
    pub prefix: u8,
}

impl Network {
    /// The network of the addresses whose first bits are those of `address`; the other bits are cleared.
    ///
    /// `None`: an address has not so many bits.
    pub fn new(address: IpAddr, prefix: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(ip) if prefix <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V4((u32::from(ip) & mask).into())
            }
            IpAddr::V6(ip) if prefix <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
                IpAddr::V6((u128::from(ip) & mask).into())
            }
            IpAddr::V4(_) | IpAddr::V6(_) => return None,
        };
        Some(Self { address, prefix })
    }

    /// The network that holds one address only.
    pub fn host(address: IpAddr) -> Self {
        Self { address, prefix: if address.is_ipv4() { 32 } else { 128 } }
    }
}

/// Users who prove themselves with a password (RFC 7617).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BasicUsers {
    /// What the client is told that it may enter; the text `off` asks for nothing.
    pub realm: Template,
    /// A file of lines `user:hash` or `user:hash:comment`.
    pub file: Template,
    /// Where a relative path of it starts.
    pub directory: PathBuf,
    /// What a client's certificate counts for.
    pub certificates: CertificateUsers,
    /// Where it was written.
    pub origin: Origin,
}

/// What a client's certificate counts for where a password is asked for: its subject, as `/C=…/CN=…`, can be a user, whose
/// password is `password`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum CertificateUsers {
    /// Nothing.
    #[default]
    Unknown,
    /// Nothing here; but no client can write what one would count for, refused with 403.
    Guarded,
    /// One that is believed takes the place of what the client wrote.
    Taken,
}

/// Another place of the site that is asked: it lets the request in with a status of 200 to 299.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AuthRequest {
    /// Its path.
    pub path: Template,
    /// Variables that its answer sets, by name without any sigil.
    pub set: Vec<(String, Template)>,
    /// Where it was written.
    pub origin: Origin,
}
