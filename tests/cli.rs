//! The command line: nginx's flags, our subcommands, exit codes and messages.

mod check;
mod convert;
mod demo;
mod explain;
mod flags;
mod httpd;
mod proxy;

use testkit::{Finished, Prefix};

/// Runs the binary under test.
fn run(arguments: &[&str]) -> Finished {
    let binary = testkit::binary(env!("CARGO_BIN_EXE_zaguan"));
    testkit::run(&binary.to_string_lossy(), arguments)
}

/// A directory with that configuration in `nginx.conf`.
fn prefix_with(config: &str) -> Prefix {
    let prefix = Prefix::new();
    prefix.write("nginx.conf", config);
    prefix
}

/// Runs with `-p` and `-c` on the prefix.
fn run_on(prefix: &Prefix, arguments: &[&str]) -> Finished {
    let path = prefix.path().display().to_string();
    let mut all = vec!["-p", &path, "-c", "nginx.conf", "-e", "error.log"];
    all.extend(arguments);
    run(&all)
}
