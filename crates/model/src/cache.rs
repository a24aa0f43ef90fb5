//! Answers that are kept: where, which ones, for how long and who gets them.

mod purge;
mod tuning;

pub use purge::{PurgeMethod, PurgePlace};
pub use tuning::{
    CacheArea, CacheKeyShape, CacheKind, CacheOverrides, CachePaths, CacheStores, CacheTerms, CacheTuning,
};

use crate::{ByteSize, Template, Trouble};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// A place where answers are kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CacheStore {
    /// Its name.
    pub name: String,
    /// The directory of its files.
    pub directory: PathBuf,
    /// How many digits of a file's name each level of directories takes.
    pub levels: Vec<u8>,
    /// Room for about so many answers.
    pub entries: u64,
    /// Bytes of files at most; 0: any number.
    pub size: ByteSize,
    /// Bytes of the file system that stay free.
    pub free: ByteSize,
    /// Bytes of memory for answers that are asked for often.
    pub memory: ByteSize,
    /// What is not asked for during this time goes.
    pub inactive: Duration,
    /// Files removed at once.
    pub batch: u32,
    /// The pause after that.
    pub pause: Duration,
    /// What responses have to do with it is counted, for programs that ask.
    pub observed: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// How answers are kept and given out again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Caching {
    /// Where.
    pub store: CacheChoice,
    /// What tells one request from another; `None`: protocol, host and path as they are forwarded.
    pub key: Option<Template>,
    /// Which answers are kept.
    pub rules: CacheRules,
    /// For how long answers of a status are kept (`None`: of any) that do not say it themselves.
    pub valid: Vec<(Option<u16>, Duration)>,
    /// Methods beside GET and HEAD whose answers are kept.
    pub methods: Vec<String>,
    /// An answer is kept from this request for it on.
    pub least_uses: u32,
    /// A request for which one of these is true gets a new answer.
    pub bypass: Vec<Template>,
    /// An answer for which one of these is true is not kept.
    pub skip: Vec<Template>,
    /// A request for which one of these is true removes what is kept.
    pub purge: Vec<Template>,
    /// A method whose requests do so as well.
    pub purge_method: Option<PurgeMethod>,
    /// Whether a server is asked if what is kept is good still.
    pub revalidate: bool,
    /// After which trouble an answer is used that is not fresh.
    pub stale: Vec<Trouble>,
    /// Whether it is while another is fetched.
    pub stale_while_fetched: bool,
    /// Whether another is fetched without the client waiting for it.
    pub background: bool,
    /// Whether one request at a time fetches what is not there.
    pub lock: Option<CacheLock>,
    /// Whether GET is asked where HEAD was.
    pub head_as_get: bool,
    /// A request for a part that begins after this is passed on as it is.
    pub most_offset: ByteSize,
    /// Where it was written.
    pub origin: Origin,
}

/// Where answers are kept.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum CacheChoice {
    /// Index of the store in [`crate::Http::cache_stores`].
    Store(usize),
    /// The name of a store, or `off`, for each request.
    Named(Template),
}

/// Which answers are kept.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum CacheRules {
    /// Those that the operator says, and those that servers say.
    #[default]
    Configured,
    /// Those that RFC 9111 says.
    Standard,
    /// Those that RFC 9111 says, with times, exceptions and places of the operator.
    Tuned(Box<CacheTuning>),
}

/// One request at a time fetches what is not there; others wait for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CacheLock {
    /// How long they wait.
    pub timeout: Duration,
    /// When another may try.
    pub age: Duration,
}
