//! The one way back: a request that is sent elsewhere inside the proxy.

/// Most ways back that one exchange takes before it is answered with 500.
pub const MOST_REROUTES: u8 = 10;

/// Where an exchange goes on, and with what changes to its request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reroute {
    /// The path to serve instead, and its arguments; `None`: the request's own.
    pub target: Option<(Vec<u8>, Vec<u8>)>,
    /// Which stage runs next.
    pub restart: Restart,
    /// The method becomes GET (unless it is HEAD).
    pub as_get: bool,
    /// It goes to a directory's index.
    pub to_index: bool,
}

/// Which stage runs next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Restart {
    /// The choice of a location.
    FindLocation,
    /// The site's script, then the choice of a location.
    SiteScript,
    /// The location of this name, `@` included.
    Named(Vec<u8>),
}

impl Reroute {
    /// A location is chosen anew for the request as it now is.
    pub fn find_location() -> Self {
        Self { target: None, restart: Restart::FindLocation, as_get: false, to_index: false }
    }

    /// An internal redirect.
    pub fn to_path(path: Vec<u8>, arguments: Vec<u8>) -> Self {
        Self { target: Some((path, arguments)), restart: Restart::SiteScript, as_get: false, to_index: false }
    }

    /// To the index of a directory.
    pub fn to_index(path: Vec<u8>, arguments: Vec<u8>) -> Self {
        Self { to_index: true, ..Self::to_path(path, arguments) }
    }

    /// To a named location.
    pub fn to_named(name: Vec<u8>) -> Self {
        Self { target: None, restart: Restart::Named(name), as_get: false, to_index: false }
    }

    /// Whether it leads to a named location.
    pub fn is_named(&self) -> bool {
        matches!(self.restart, Restart::Named(_))
    }

    /// With GET as the method.
    pub fn with_get(self) -> Self {
        Self { as_get: true, ..self }
    }
}
