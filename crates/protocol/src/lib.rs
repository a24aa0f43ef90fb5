//! HTTP's vocabulary (heads, fields, bodies) and our own HTTP/1 codec, strict wherever two readers could disagree.
//!
//! [`h1`] holds the codec, which knows no sockets, and the two connections over [`transport::Stream`]; [`h2`] is HTTP/2, and
//! [`gateway`] what programs are asked by.
#![forbid(unsafe_code)]

pub mod gateway;
pub mod h1;
pub mod h2;
pub mod status;

mod authority;
mod carrier;
mod connection_facts;
mod fields;
mod message;
mod method;
mod name;
mod request_head;
mod response_head;
mod version;

pub use authority::Authority;
pub use carrier::Carrier;
pub use connection_facts::ConnectionFacts;
pub use fields::{Field, Fields};
pub use message::{BodyKind, Frame};
pub use method::Method;
pub use name::Name;
pub use request_head::{InvalidTarget, RequestHead};
pub use response_head::{Announced, ResponseHead};
pub use version::Version;
