//! TLS on both sides of the proxy. The only crate that names its library.

#![forbid(unsafe_code)]

mod provider;

pub use provider::library;
