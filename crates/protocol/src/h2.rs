//! HTTP/2 (RFC 9113) on the library that speaks its frames: what is ours is how messages become the vocabulary of all versions.

mod client;
mod exchange;
mod io;
mod order;
mod receiving;
mod request;
mod response;
mod sending;
mod server;
mod stream;
mod watch;

pub use client::ClientConnection;
pub use exchange::ClientStream;
pub use server::{Arrived, FIELD_COST, PREFACE, ServerConnection, Settings};
pub use stream::ServerStream;
