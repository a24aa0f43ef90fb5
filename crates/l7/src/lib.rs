//! The HTTP corridor: every request walks the same stages, and every feature lives in the room of the stage where it acts.
#![forbid(unsafe_code)]

mod bindings;
mod body;
mod browser;
mod child;
mod client;
mod connection;
mod deliver;
mod edit;
mod enter;
mod exchange;
mod explain;
mod failure;
mod guard;
mod place;
mod plan;
mod record;
mod registry;
mod request;
mod reroute;
mod response;
mod route;
mod script;
mod serve;
mod settle;
mod shape;
mod throttle;
mod uri;
mod variables;
mod worker;

pub use connection::{Accepted, Hall, Secured, Security, load_certificates, serve_connection};
pub use explain::{Explanation, SiteVerdict, explain};
pub use plan::{AccessOutput, Plan, log_level};
pub use registry::{Entry, Registry};
pub use serve::error_page::PROGRAM_VERSION;
pub use upstream::Scribe;
pub use variables::connection::NGINX_VERSION;
pub use worker::{Shared, Worker};
