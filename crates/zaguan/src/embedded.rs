//! Serving by a configuration that the program brings along, in the foreground, until Ctrl-C.

use crate::Invocation;
use crate::configuration::Configuration;
use crate::host::{Log, Server};
use crate::scratch::Scratch;
use crate::serve::supervise;
use std::process::ExitCode;

/// Serves; `serving` is called once requests are answered. A first Ctrl-C drains, a second one stops.
pub(crate) fn run(invocation: Invocation, name: &'static str, text: String, serving: impl FnMut()) -> ExitCode {
    let console = invocation.console;
    let scratch = match Scratch::new() {
        Ok(scratch) => scratch,
        Err(error) => {
            let reason = process::reason(&error);
            return console.failed(format_args!("no room for temporary files {reason}"));
        }
    };
    let configuration = Configuration::of_text(name, text, scratch.path());
    let mut log = Log::new(console);
    log.begin("stderr");
    supervise(invocation, Server { log, configuration, serving }, true)
}
