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
mod neighbours;
mod object;
mod opening;
pub mod policy;
mod purge;
mod purger;
mod reader;
mod room;
mod store;
pub mod tags;
mod tally;
mod turns;

pub use entry::{Claim, Entry};
pub use filing::{FilePlace, Filing};
pub use fill::{Fill, Sink, State};
pub use key::Key;
pub use object::{Body, Head, Object};
pub use opening::Opening;
pub use purge::{Since, Target, TooMany};
pub use reader::Reader;
pub use store::{Limits, Place, Store, is_shortage, open};
pub use tally::{Tallies, Totals};
