//! `zaguan demo`: a proxy before three small servers of this very process, to try things on.

mod origin;
mod sha1;
mod websocket;

use crate::{Invocation, embedded};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

const CONFIGURATION: &str = include_str!("demo/nginx.conf");
const PORTS: [u16; 3] = [8081, 8082, 8083];

const GREETING: &str = "
Zaguan serves http://127.0.0.1:8080 in front of three small servers (8081 to 8083). Try:

  curl http://127.0.0.1:8080/               which server answered? Again: the next one
  curl http://127.0.0.1:8080/headers        what the server was sent
  curl -N http://127.0.0.1:8080/events      server-sent events, as they happen
  curl -d 'some text' http://127.0.0.1:8080/echo
  curl -i http://127.0.0.1:8080/nowhere     an error page of the proxy's

  In a browser, http://127.0.0.1:8080/ also opens a WebSocket through the proxy.

Ctrl-C stops it once all is served; a second one, at once.
";

/// Serves until Ctrl-C.
pub(crate) fn run(invocation: Invocation, words: &[String]) -> ExitCode {
    let console = invocation.console;
    if !words.is_empty() {
        return console.usage("demo takes no arguments");
    }
    let mut origins = Vec::new();
    for port in PORTS {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => origins.push((port, listener)),
            Err(error) => {
                let reason = process::reason(&error);
                return console.failed(format_args!("the demo needs 127.0.0.1:{port}: bind() failed {reason}"));
            }
        }
    }
    // Not before the parent has blocked its signals: threads that exist by then would take them away from it.
    let serving = move || {
        for (port, listener) in origins.drain(..) {
            if let Err(error) = origin::start(port, listener) {
                console.say(format_args!("the server on port {port} did not start {}", process::reason(&error)));
            }
        }
        println!("{GREETING}");
    };
    embedded::run(invocation, "the demo's configuration", CONFIGURATION.to_owned(), serving)
}
