//! Who may come in, and how many: shared by everything that accepts clients.
#![forbid(unsafe_code)]

mod address_table;
pub mod password;

pub use address_table::AddressTable;
