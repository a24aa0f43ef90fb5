//! What is done to the bodies of responses, compiled.

use super::Template;
use crate::shape::charset::Recoding;
use crate::shape::substitute::Patterns;
use model::{Coding, Precompressed, Proxied};
use protocol::Version;
use std::collections::HashMap;
use std::sync::Arc;
use value::Regex;

/// Changes of bodies.
pub struct Filters {
    /// Gzip bodies are decompressed for clients that do not take them.
    pub gunzip: bool,
    /// What is put before and after.
    pub addition: Option<Addition>,
    /// Replacement of text.
    pub substitute: Option<Substitute>,
    /// Character sets.
    pub charset: Option<Charset>,
    /// Commands in bodies.
    pub includes: Option<Includes>,
    /// Compression, the preferred coding first.
    pub codings: Vec<Compressor>,
    /// Files that lie compressed beside others.
    pub precompressed: Vec<Precompressed>,
    /// Responses that depend on what the client takes say so.
    pub vary: bool,
    /// When gzip is allowed.
    pub gzip: GzipRules,
}

/// Media types.
pub enum MediaTypes {
    /// Any, and none.
    Any,
    /// These.
    These(Vec<Box<[u8]>>),
}

impl MediaTypes {
    /// Whether a `Content-Type` is one of them; its parameters make no difference.
    pub fn contain(&self, content_type: Option<&[u8]>) -> bool {
        let Self::These(types) = self else { return true };
        let Some(content_type) = content_type else { return false };
        let media = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        types.iter().any(|known| known.eq_ignore_ascii_case(media))
    }
}

/// When a client gets gzip that takes it.
pub struct GzipRules {
    /// Least version.
    pub version: Version,
    /// For requests that come through a proxy.
    pub proxied: Vec<Proxied>,
    /// User agents that do not get it.
    pub disabled: Vec<Regex>,
}

/// Compression with one coding.
pub struct Compressor {
    /// The coding.
    pub coding: Coding,
    /// How hard it tries.
    pub level: u8,
    /// Window, as the power of two.
    pub window: Option<u8>,
    /// Shorter bodies are left alone.
    pub least: u64,
    /// Media types that are worth it.
    pub types: MediaTypes,
}

/// What is put before and after bodies.
pub struct Addition {
    /// Path of what is put before.
    pub before: Option<Box<str>>,
    /// Path of what is put after.
    pub after: Option<Box<str>>,
    /// For which media types.
    pub types: MediaTypes,
}

/// Commands in bodies.
pub struct Includes {
    /// In which media types.
    pub types: MediaTypes,
    /// `Last-Modified` stays.
    pub keep_modified: bool,
    /// Nothing is written where a command fails.
    pub silent: bool,
    /// Most bytes of a parameter.
    pub value_length: usize,
}

/// Replacement of text.
pub struct Substitute {
    /// What is looked for and what replaces it.
    pub pairs: Vec<(Template, Template)>,
    /// The texts to look for, where none has variables.
    pub patterns: Option<Arc<Patterns>>,
    /// Each is replaced once at most.
    pub once: bool,
    /// In which media types.
    pub types: MediaTypes,
    /// `Last-Modified` stays.
    pub keep_modified: bool,
}

/// The character set that responses are in.
pub struct Charset {
    /// Its name.
    pub target: Option<Template>,
    /// The set that bodies come in.
    pub source: Option<Template>,
    /// What an upstream server says of itself is set aside.
    pub override_own: bool,
    /// For which media types.
    pub types: MediaTypes,
}

/// The character sets of a configuration.
#[derive(Default)]
pub struct Charsets {
    /// Their names, in lower case.
    pub names: Vec<Box<[u8]>>,
    /// How one is written in another, by the two names in lower case with a space between.
    pub recodings: HashMap<Vec<u8>, Arc<Recoding>>,
}
