//! What the end-to-end tests stand on: a real server from config text, raw clients, scripted peers, and gates instead of sleeps.
//!
//! A group of cases is declared with [`cases!`]; each becomes two tests, one for each transport. The environment steers them:
//! - `ZAGUAN_TEST_BINARY=/path/to/nginx` runs the cases against a real nginx, which judges the expectations themselves;
//! - `ZAGUAN_TEST_CASE=text` runs only the cases whose name contains the text;
//! - `ZAGUAN_TEST_KEEP=1` leaves the servers' directories, with their configurations and logs, in place.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking: that is this crate's way to report"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "test threads share scripts and recordings; no worker runs this code"
)]

mod address;
mod cases;
mod client;
mod command;
mod gate;
mod http2;
mod load;
mod message;
mod ocsp;
mod peer;
mod prefix;
mod secured;
mod server;
mod setup;
mod visitor;
mod wire;

pub mod frames;
pub mod records;
pub mod websocket;

pub use address::{Claim, Loopback, PORT, is_free};
pub use cases::{Case, Sharing, Transport, run_cases, skip_on_nginx};
pub use client::Client;
pub use command::{Finished, run};
pub use gate::{Gate, eventually, timed};
pub use http2::{Answer, Asked, Http2, Tunnel};
pub use load::{Load, under_load};
pub use message::{Framing, Request, Response};
pub use ocsp::Standing;
pub use peer::{Conversation, FullListener, Peer};
pub use prefix::Prefix;
pub use rcgen;
pub use rustix::process::Signal;
pub use secured::{Authority, Handshake, Issued, Secured, Securing};
pub use server::{Server, binary, is_alive, is_nginx, signal_process};
pub use setup::{Setup, Site};
pub use visitor::{EarlyVisit, Visit, Visitor};
pub use wire::Wire;
