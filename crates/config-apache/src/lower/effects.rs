//! Variables of the environment that change how the server itself works (httpd's documentation: "Environment Variables").

use diagnostic::Origin;
use model::{Part, Template};

use crate::value;

use super::{Lowering, Scope, environment, variable};

/// Connections end with the answer.
const NO_KEEP_ALIVE: &str = "nokeepalive";
/// Servers are asked in HTTP/1.0.
pub(crate) const OLD_REQUESTS: &str = "force-proxy-request-1.0";
/// Connections to servers are used once.
pub(crate) const NO_UPSTREAM_KEEP_ALIVE: &str = "proxy-nokeepalive";

/// Programs are told where a path goes on behind a file, by looking at what is no path of files.
const PATH_INFO: &str = "proxy-fcgi-pathinfo";

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
    /// Notes that a variable is set: always, or for some requests only.
    pub(crate) fn note_variable(&mut self, scope: &mut Scope, name: &str, always: bool, origin: Origin) {
        if let Some((_, why)) = IDLE.iter().find(|(idle, _)| *idle == name) {
            self.never_effective(name, origin, why);
        }
        if name == PATH_INFO {
            let problem = value::not_built(&format!("the variable `{PATH_INFO}`")).at(origin);
            self.report(
                problem.help(
                    "let `SetHandler` ask the program for files: it is told then where the path goes on behind one",
                ),
            );
        }
        if name == NO_KEEP_ALIVE {
            self.shared.ends_connections = true;
        }
        for known in [OLD_REQUESTS, NO_UPSTREAM_KEEP_ALIVE].into_iter().filter(|known| *known == name) {
            if always && scope.kind.is_none() {
                scope.server.always_set.push(known);
            } else {
                self.without_effect(name, origin, FOR_ALL);
            }
        }
    }

    /// What is neither empty nor 0 for requests whose connections end with the answer; `None`: there are none.
    pub(super) fn ends_connections(&mut self) -> Option<Template> {
        let variable_name = self.shared.ends_connections.then(|| environment(NO_KEEP_ALIVE))?;
        self.shared.environment.insert(variable_name.clone());
        let part = Part::Else { variable: variable_name, other: Vec::new() };
        let ends = Template { parts: vec![part], origin: Origin::default() };
        // httpd: what comes through another proxy is kept.
        Some(variable(self.lookup(variable("http_via"), vec![("", ends)], Template::default())))
    }
}
