//! How a server speaks where HTTP leaves the words, and the form, to each.

use serde::{Deserialize, Serialize};

/// What HTTP leaves to each server. It changes what is said, never what is served.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Style {
    /// When a client is told that its connection lives on.
    pub persistence: Persistence,
    /// What built-in pages are made of, and which words go with a status.
    pub pages: PageStyle,
    /// Whether an answer that is passed on gets our name where the server behind gives none.
    pub names_relayed: bool,
    /// In which order a forwarded request has its fields.
    pub forwarded: FieldOrder,
    /// How a forwarded request says where its body ends.
    pub bodies: BodyFraming,
    /// What of requests is refused that HTTP lets pass.
    pub requests: RequestStyle,
    /// Which of several fields of an answer count that mean something only once.
    pub repeated: RepeatedFields,
    /// How failures of servers behind are told.
    pub failures: FailureStyle,
    /// How files answer.
    pub files: FileStyle,
    /// Which bytes of a path are escaped where it is sent on.
    pub escaping: PathEscaping,
    /// Whether `Vary` is one field in which each name stands once.
    pub joined_vary: bool,
}

/// When a client is told that its connection lives on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Persistence {
    /// With every answer.
    #[default]
    Always,
    /// If it asked for that: with the idle time, and how many requests may follow.
    Asked,
}

/// What built-in pages are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum PageStyle {
    /// The status, and below a line who says it.
    #[default]
    Signed,
    /// A document with the status as its title; redirects have a link to where they lead.
    Document,
}

/// In which order a forwarded request has its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum FieldOrder {
    /// Those that are set, what frames the body, the client's.
    #[default]
    OwnFirst,
    /// Host, the client's, each replaced in its place by what is set; what else is set; what frames the body.
    ClientsFirst,
}

/// How a forwarded request says where its body ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum BodyFraming {
    /// As the client said it.
    #[default]
    AsCame,
    /// By its length where it is small.
    Counted,
}

/// What of requests is refused that HTTP lets pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum RequestStyle {
    /// Nothing.
    #[default]
    Lenient,
    /// Hosts that are no names of the usual letters and no addresses, targets with a fragment, unknown expectations.
    Strict,
}

/// Which of several fields of an answer count that mean something only once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum RepeatedFields {
    /// The first.
    #[default]
    First,
    /// All are passed, but of the type, the date and the server's name the first alone.
    Most,
}

/// How failures of servers behind are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum FailureStyle {
    /// 504 where one was too slow, 502 otherwise.
    #[default]
    Gateway,
    /// 503 where none could be reached, 502 otherwise.
    Service,
}

/// Which bytes of a path are escaped where it is sent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum PathEscaping {
    /// A path that nothing but its prefix was replaced of goes on as it came; others with what no path may hold escaped.
    #[default]
    AsCame,
    /// All but what RFC 3986 §3.3 allows in a path, in every path.
    Strict,
}

/// How files answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum FileStyle {
    /// To GET and HEAD; ranges are offered where all of a file is sent.
    #[default]
    Read,
    /// To POST as to GET, and they tell which methods there are; ranges are offered whatever is sent of them.
    Told,
}
