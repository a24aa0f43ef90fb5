//! Cookies that tell clients apart.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A cookie that tells clients apart.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UserId {
    /// Which kind is given out.
    pub kind: UserIdKind,
    /// Its name.
    pub name: String,
    /// Its `domain`.
    pub domain: Option<String>,
    /// Its `path`.
    pub path: String,
    /// When it expires; `None`: with the session.
    pub expires: Option<UserIdExpiry>,
    /// It is for encrypted connections only.
    pub secure: bool,
    /// Scripts do not see it.
    pub http_only: bool,
    /// Its `samesite`.
    pub same_site: Option<String>,
    /// A character that those given out under these rules bear; others are given out again.
    pub mark: Option<char>,
    /// The `P3P` field that comes with it.
    pub p3p: Option<String>,
    /// The number of the service; `None`: the address that the client reached.
    pub service: Option<u32>,
}

/// Which kind of cookie is given out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum UserIdKind {
    /// None: those that come are only read.
    ReadOnly,
    /// With numbers as the machine writes them.
    First,
    /// With numbers in network order.
    Second,
}

/// When a cookie expires.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum UserIdExpiry {
    /// As late as may be said.
    Latest,
    /// So long after it was given out.
    After(Duration),
}
