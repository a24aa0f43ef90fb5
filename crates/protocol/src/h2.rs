//! HTTP/2 (RFC 9113) on the library that speaks its frames: what is ours is how messages become the vocabulary of all versions.

mod amending;
mod block;
mod call;
mod client;
mod exchange;
mod frame;
mod heads;
mod huffman;
mod io;
mod ledger;
mod order;
mod piece;
mod receiving;
mod request;
mod response;
mod sending;
mod server;
mod stream;
mod watch;

pub use call::{Answer, Call, call};
pub use client::ClientConnection;
pub use exchange::ClientStream;
pub use server::{Arrived, NO_PREFACE, PREFACE, ServerConnection, Settings};
pub use stream::ServerStream;
