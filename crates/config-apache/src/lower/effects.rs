//! Variables of the environment that change how the server itself works (httpd's documentation: "Environment Variables").

use diagnostic::Origin;
use model::Step;

use super::{Lowering, ServerSettings, environment};

/// Connections end with the answer.
pub(crate) const NO_KEEP_ALIVE: &str = "nokeepalive";
/// Servers are asked in HTTP/1.0.
pub(crate) const OLD_REQUESTS: &str = "force-proxy-request-1.0";
/// Connections to servers are used once.
pub(crate) const NO_UPSTREAM_KEEP_ALIVE: &str = "proxy-nokeepalive";

const FOR_ALL: &str = "it acts where `SetEnv` sets it for a whole server";
const OLD_BROWSERS: &str = "the clients that it is for are gone";
const AS_NEEDED: &str = "bodies are framed, and fields passed, as it is right for each request";

/// Variables that change nothing here.
const IDLE: [(&str, &str); 11] = [
    ("downgrade-1.0", OLD_BROWSERS),
    ("force-gzip", "there is no compression for it to act on"),
    ("force-no-vary", OLD_BROWSERS),
    ("force-response-1.0", OLD_BROWSERS),
    ("gzip-only-text/html", "there is no compression for it to act on"),
    ("no-gzip", "there is no compression for it to act on"),
    ("proxy-chain-auth", AS_NEEDED),
    ("proxy-interim-response", AS_NEEDED),
    ("proxy-sendchunked", AS_NEEDED),
    ("proxy-sendcl", AS_NEEDED),
    ("redirect-carefully", OLD_BROWSERS),
];

impl Lowering<'_> {
    /// Notes that a variable is set; `always`: for every request of a server.
    pub(crate) fn note_variable(&mut self, name: &str, always: bool, origin: Origin) {
        if let Some((_, why)) = IDLE.iter().find(|(idle, _)| *idle == name) {
            self.without_effect(name, origin, why);
        }
        if !always && [OLD_REQUESTS, NO_UPSTREAM_KEEP_ALIVE].contains(&name) {
            self.without_effect(name, origin, FOR_ALL);
        }
    }
}

impl ServerSettings {
    /// Whether a variable is set for all requests.
    pub(crate) fn always_sets(&self, name: &str) -> bool {
        let name = environment(name);
        let set = |step: &Step| matches!(step, Step::Set { variable, .. } if *variable == name);
        self.environment.set.iter().any(set)
    }
}
