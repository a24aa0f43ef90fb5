//! Who may come in, and how many: shared by everything that accepts clients.
#![forbid(unsafe_code)]

mod address_table;
mod count;
pub mod password;
mod rate;
pub mod token;

pub use address_table::AddressTable;
pub use count::{CountZone, Refusal, Seat};
pub use rate::{REQUEST, RateZone};
