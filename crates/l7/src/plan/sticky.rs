//! How clients come back to the server that they had, compiled.

use crate::plan::Template;
use model::CookieLife;

/// How clients come back to the server that they had.
pub struct Stickiness {
    /// Where a request may name its server's route, or its session.
    pub sources: Box<[RouteSource]>,
    /// A cookie that carries the route.
    pub cookie: Option<RouteCookie>,
    /// Sessions that are remembered.
    pub learning: Option<Learning>,
}

/// Where a request may say which server it belongs to.
pub enum RouteSource {
    /// A value.
    Value(Template),
    /// A session's identifier, whose part after the separator is the route.
    Session {
        /// `NAME=` in the path or query.
        parameter: Box<[u8]>,
        /// What ends its value.
        ends: &'static [u8],
        /// The cookie's name.
        cookie: Box<[u8]>,
        /// What precedes the route.
        separator: Option<u8>,
    },
}

/// A cookie that carries a server's route.
pub struct RouteCookie {
    /// `NAME=`.
    pub start: Box<[u8]>,
    /// How long it lives.
    pub expires: Option<CookieLife>,
    /// Its domain.
    pub domain: Option<Template>,
    /// `HttpOnly` and `Secure`.
    pub flags: Box<[u8]>,
    /// Its `SameSite`.
    pub same_site: Option<Template>,
    /// Its path with what precedes it.
    pub path: Box<[u8]>,
}

/// Sessions that are remembered.
pub struct Learning {
    /// What makes an exchange's session known.
    pub sessions: Box<[Template]>,
    /// Remembered with the head of the answer.
    pub at_head: bool,
}
