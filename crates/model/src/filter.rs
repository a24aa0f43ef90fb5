//! What is done to the bodies of responses on their way out.

use crate::{Pattern, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// Changes of bodies, in the order in which they are made.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Filters {
    /// Whether gzip bodies are decompressed for clients that do not take them.
    pub gunzip: bool,
    /// What is put before and after bodies.
    pub addition: Option<Addition>,
    /// Replacement of text.
    pub substitute: Option<Substitute>,
    /// Character sets.
    pub charset: Option<Charset>,
    /// Commands in bodies (server-side includes).
    pub includes: Option<Includes>,
    /// Compression.
    pub compress: Compress,
}

/// Media types.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MediaTypes {
    /// Any, and none.
    Any,
    /// These (lower case).
    These(Vec<String>),
}

/// Compression of responses, and what holds for whatever depends on it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Compress {
    /// Codings that responses are compressed with, the preferred one first.
    pub codings: Vec<Compressor>,
    /// Files that lie compressed beside the one that is asked for.
    pub precompressed: Vec<Precompressed>,
    /// Whether responses that depend on what the client takes say so (`Vary`).
    pub vary: bool,
    /// When gzip is allowed.
    pub gzip: GzipRules,
}

/// When a client gets gzip that takes it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GzipRules {
    /// Least HTTP version: 10 or 11.
    pub version: u8,
    /// For requests that come through a proxy (`Via`): any of these must hold.
    pub proxied: Vec<Proxied>,
    /// For clients whose `User-Agent` matches it is not.
    pub disabled: Vec<Pattern>,
}

impl Default for GzipRules {
    fn default() -> Self {
        Self { version: 11, proxied: Vec::new(), disabled: Vec::new() }
    }
}

/// A kind of response to a request that came through a proxy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Proxied {
    /// Whatever it is.
    Any,
    /// It has expired already.
    Expired,
    /// `Cache-Control: no-cache`.
    NoCache,
    /// `Cache-Control: no-store`.
    NoStore,
    /// `Cache-Control: private`.
    Private,
    /// It has no `Last-Modified`.
    NoLastModified,
    /// It has no `ETag`.
    NoEtag,
    /// The request carries credentials.
    Authorized,
}

/// A way of compression.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

/// Compression with one coding.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Compressor {
    /// The coding.
    pub coding: Coding,
    /// How hard it tries.
    pub level: u8,
    /// Window, as the power of two; `None`: the coding's own.
    pub window: Option<u8>,
    /// Bodies shorter than this are left alone.
    pub least: u64,
    /// Media types that are worth it.
    pub types: MediaTypes,
}

/// A file that lies compressed beside another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Precompressed {
    /// Its coding, which its name's ending tells.
    pub coding: Coding,
    /// It is sent whatever the client says.
    pub always: bool,
}

/// What is put before and after bodies: what other places of the site answer with.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Addition {
    /// Path of what is put before.
    pub before: Option<String>,
    /// Path of what is put after.
    pub after: Option<String>,
    /// For which media types.
    pub types: MediaTypes,
}

/// Commands in bodies (server-side includes).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Includes {
    /// In which media types.
    pub types: MediaTypes,
    /// Whether `Last-Modified` and a weakened `ETag` stay.
    pub keep_modified: bool,
    /// Whether nothing is written where a command fails.
    pub silent: bool,
    /// Most bytes of a command's parameter.
    pub value_length: u64,
}

/// Replacement of text in bodies.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Substitute {
    /// What is looked for (letters in any case), and what replaces it.
    pub pairs: Vec<(Template, Template)>,
    /// Each is replaced once at most.
    pub once: bool,
    /// In which media types.
    pub types: MediaTypes,
    /// Whether `Last-Modified` and a weakened `ETag` stay.
    pub keep_modified: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// The character set that responses are in.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Charset {
    /// Its name; `None`: responses are not given one.
    pub target: Option<Template>,
    /// The set that bodies come in, where their media type does not tell.
    pub source: Option<Template>,
    /// Whether what an upstream server says of itself is set aside.
    pub override_own: bool,
    /// For which media types.
    pub types: MediaTypes,
}

/// How the characters of one set are written in another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CharsetMap {
    /// The set of the bodies.
    pub from: String,
    /// The set of the responses.
    pub to: String,
    /// Bytes of the first set, and what each is in the second: one byte, or UTF-8.
    pub entries: Vec<(u8, Vec<u8>)>,
    /// Where it was written.
    pub origin: Origin,
}
