//! HTTP/1.0 and HTTP/1.1 (RFC 9112): parsers and encoder without sockets, and the connections that drive them.

mod body;
mod chunked;
pub(crate) mod class;
mod client;
mod encode;
mod error;
pub(crate) mod field_line;
pub(crate) mod framing;
mod limits;
mod outgoing;
mod request_line;
pub(crate) mod request_parser;
mod request_text;
mod response_parser;
pub(crate) mod scan;
mod server;

pub use body::BodyReader;
pub use chunked::{ChunkedDecoder, Decoded};
pub(crate) use client::INTERIM;
pub use client::{ClientConnection, Kind, RequestFraming};
pub use encode::{Length, encode_request_head, encode_response_head, write_target};
pub use error::{BodyError, Cause, HeadError, ResponseError};
pub use limits::HeadLimits;
pub use request_parser::{Progress, RequestParser};
pub use request_text::RequestText;
pub use response_parser::ResponseParser;
pub use server::{Arrival, ServerConnection};
