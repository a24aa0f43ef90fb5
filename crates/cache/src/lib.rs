//! Answers that are kept: whether they may be and for how long ([`policy`]), where they are ([`Store`]), and how one that is
//! being fetched is shared ([`Fill`]).
//!
//! The policy knows no store and the store no policy. Keys come evaluated.
#![forbid(unsafe_code)]

mod entry;
mod fill;
mod form;
mod index;
mod keeper;
mod key;
mod object;
pub mod policy;
mod reader;
mod room;
mod store;

pub use entry::{Claim, Entry};
pub use fill::{Fill, Opening, State};
pub use key::Key;
pub use object::{Body, Head, Object};
pub use reader::Reader;
pub use store::{Limits, Place, Store, open};
