//! Answers that are kept: whether they may be and for how long ([`policy`]), where they are ([`Store`]), and how one that is
//! being fetched is shared ([`Fill`]).
//!
//! The policy knows no store and the store no policy. Keys come evaluated.
#![forbid(unsafe_code)]

mod entry;
mod filing;
mod fill;
mod form;
mod index;
mod keeper;
mod key;
mod object;
pub mod policy;
mod purge;
mod purger;
mod reader;
mod room;
mod store;
pub mod tags;
mod tally;

pub use entry::{Claim, Entry};
pub use filing::{FilePlace, Filing};
pub use fill::Sink;
pub use fill::{Fill, Opening, State};
pub use key::Key;
pub use object::{Body, Head, Object};
pub use purge::{Era, Target, TooMany};
pub use reader::Reader;
pub use store::{Limits, Place, Store, open};
pub use tally::{Tallies, Totals};
