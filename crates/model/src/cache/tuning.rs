//! RFC 9111 as an operator tunes it: which requests it is for, times, exceptions, and what responses tell of it.

use crate::{ByteSize, Condition};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the operator says of keeping answers by RFC 9111.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CacheTuning {
    /// Where answers are kept, and for which requests; the first that fits a request counts.
    pub areas: Vec<CacheArea>,
    /// Requests for which nothing is kept, whatever the areas say.
    pub never: Vec<CachePaths>,
    /// Nothing is kept at all.
    pub closed: bool,
    /// Requests whose answers are not kept, though what is kept may be used for them.
    pub unkept: Option<Condition>,
    /// Index of the store of each kind in [`crate::Http::cache_stores`], for layers that ask for one.
    pub stores: CacheStores,
    /// It was meant to come before all else is asked: requests that show who asks are passed by, and layers cannot say that
    /// more is kept.
    pub early: bool,
    /// What tells requests apart.
    pub key: CacheKeyShape,
    /// What requests say of kept answers does not count.
    pub ignores_requests: bool,
    /// Fields that are not kept with an answer, in lower case.
    pub dropped: Vec<String>,
    /// How long a request waits for, or puts up with, what another fetches; `None`: each fetches for itself.
    pub patience: Option<Duration>,
    /// What sections may say otherwise.
    pub terms: CacheTerms,
}

/// Requests whose answers are kept in one place.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CacheArea {
    /// Which requests; `None`: all.
    pub paths: Option<CachePaths>,
    /// What kind of store.
    pub kind: CacheKind,
}

/// Paths that begin alike: `/a` stands for `/ab`, too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CachePaths {
    /// What they begin with.
    pub prefix: String,
    /// Whether it is compared with what the client wrote, rather than with the path as it now is, decoded.
    pub written: bool,
}

/// Kinds of stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum CacheKind {
    /// A directory of the operator's.
    Directory,
    /// One that is shared and small.
    Shared,
}

/// The store of each kind, by its index in [`crate::Http::cache_stores`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CacheStores {
    /// Of [`CacheKind::Directory`].
    pub directory: Option<usize>,
    /// Of [`CacheKind::Shared`].
    pub shared: Option<usize>,
}

impl CacheStores {
    /// The store of a kind.
    pub fn of(&self, kind: CacheKind) -> Option<usize> {
        match kind {
            CacheKind::Directory => self.directory,
            CacheKind::Shared => self.shared,
        }
    }
}

/// What tells requests apart.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CacheKeyShape {
    /// The arguments do not.
    pub without_arguments: bool,
    /// These arguments, and parameters at the end of the path, do not.
    pub left_out: Vec<String>,
    /// What stands in place of the scheme and host that were asked for.
    pub base: Option<String>,
}

/// Times, exceptions and bounds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct CacheTerms {
    /// How long an answer is fresh that says nothing of it, not even when it was modified.
    pub usual: Duration,
    /// An answer is fresh no longer than that, whatever it says.
    pub most: Duration,
    /// One whose time is a guess is fresh at least so long.
    pub least: Duration,
    /// Which part of the time since it was modified an answer is fresh that says nothing of it.
    pub share: f64,
    /// `private` does not count.
    pub keeps_private: bool,
    /// `no-store` of an answer does not count.
    pub keeps_secret: bool,
    /// What expired already is kept, to be validated.
    pub keeps_expired: bool,
    /// What says neither when it was modified, nor how long it is fresh, nor its tag, is kept.
    pub keeps_undated: bool,
    /// What is kept is used where its server fails.
    pub uses_stale: bool,
    /// Bytes of a body at least, and at most, in a directory.
    pub sizes: (ByteSize, ByteSize),
    /// Bytes of a body at most in a shared store.
    pub shared_size: ByteSize,
    /// Responses tell in `X-Cache` what a kept answer had to do with them.
    pub told: bool,
    /// They tell in `X-Cache-Detail` why.
    pub told_why: bool,
}

/// Settings to lay over those of a [`crate::Caching`] that is tuned.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CacheOverrides {
    /// All requests' answers are kept, in a store of this kind.
    pub kept: Option<CacheKind>,
    /// None is, whatever else is said.
    pub closed: Option<bool>,
    /// As [`CacheTerms::usual`].
    pub usual: Option<Duration>,
    /// As [`CacheTerms::most`].
    pub most: Option<Duration>,
    /// As [`CacheTerms::least`].
    pub least: Option<Duration>,
    /// As [`CacheTerms::share`].
    pub share: Option<f64>,
    /// As [`CacheTerms::keeps_private`].
    pub keeps_private: Option<bool>,
    /// As [`CacheTerms::keeps_secret`].
    pub keeps_secret: Option<bool>,
    /// As [`CacheTerms::keeps_expired`].
    pub keeps_expired: Option<bool>,
    /// As [`CacheTerms::keeps_undated`].
    pub keeps_undated: Option<bool>,
    /// As [`CacheTerms::uses_stale`].
    pub uses_stale: Option<bool>,
    /// The first of [`CacheTerms::sizes`].
    pub least_size: Option<ByteSize>,
    /// The second of them.
    pub most_size: Option<ByteSize>,
    /// As [`CacheTerms::shared_size`].
    pub shared_size: Option<ByteSize>,
    /// As [`CacheTerms::told`].
    pub told: Option<bool>,
    /// As [`CacheTerms::told_why`].
    pub told_why: Option<bool>,
}

impl CacheOverrides {
    /// Lays them over what is said already.
    pub(crate) fn put_into(&self, tuning: &mut CacheTuning) {
        if let Some(kind) = self.kept.filter(|_| !tuning.early) {
            tuning.areas = vec![CacheArea { paths: None, kind }];
        }
        put(&mut tuning.closed, self.closed);
        let terms = &mut tuning.terms;
        put(&mut terms.usual, self.usual);
        put(&mut terms.most, self.most);
        put(&mut terms.least, self.least);
        put(&mut terms.share, self.share);
        put(&mut terms.keeps_private, self.keeps_private);
        put(&mut terms.keeps_secret, self.keeps_secret);
        put(&mut terms.keeps_expired, self.keeps_expired);
        put(&mut terms.keeps_undated, self.keeps_undated);
        put(&mut terms.uses_stale, self.uses_stale);
        put(&mut terms.sizes.0, self.least_size);
        put(&mut terms.sizes.1, self.most_size);
        put(&mut terms.shared_size, self.shared_size);
        put(&mut terms.told, self.told);
        put(&mut terms.told_why, self.told_why);
    }
}

fn put<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}
