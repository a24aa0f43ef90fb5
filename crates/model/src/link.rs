//! Where requests may come from, and links that cannot be made up.

use crate::{Pattern, SiteName, Template};
use serde::{Deserialize, Serialize};

/// Places that requests may come from, as `Referer` tells.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Referers {
    /// Requests without the field are good.
    pub none: bool,
    /// So are those whose field is no URL: something on the way took it away.
    pub blocked: bool,
    /// So are those that come from the site itself, by any of its names.
    pub site: bool,
    /// So are those from these hosts, and from paths there that begin so.
    pub hosts: Vec<(SiteName, Option<String>)>,
    /// So are those whose URL, without its scheme, one of these matches.
    pub patterns: Vec<Pattern>,
}

/// How a link proves that it was made by somebody who knows a secret.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum SecureLink {
    /// By a digest that stands in the request.
    Digest {
        /// The digest (MD5, in base64 for URLs), and after a comma when the link ends.
        value: Template,
        /// What the digest is of.
        of: Template,
    },
    /// By a digest (MD5, hexadecimal) of the rest of the path and this word, as the second part of the path.
    Word(String),
}
