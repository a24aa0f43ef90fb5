//! HTTP/2 (RFC 9113) on the library that speaks its frames: what is ours is how messages become the vocabulary of all versions.

mod io;
mod request;
mod response;
mod server;
mod stream;
mod watch;

pub use server::{Arrived, FIELD_COST, PREFACE, ServerConnection, Settings};
pub use stream::ServerStream;
