//! The supervisor from outside: real processes, signals and sockets around a toy worker.
//!
//! Not libtest: the parent must have one thread when it forks, so this program plays the server too, when it is started
//! with `serve FILE`.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test program that libtest does not run: what goes wrong must fail the case"
)]

mod cases;
mod server;
mod toy;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [command, file] if command == "serve" => toy::serve(file),
        [command, ..] if command == "--list" => ExitCode::SUCCESS,
        _ => run_all(arguments.iter().find(|argument| !argument.starts_with('-'))),
    }
}

fn run_all(filter: Option<&String>) -> ExitCode {
    let mut failed = Vec::new();
    for (name, case) in cases::ALL {
        if filter.is_some_and(|text| !name.contains(text.as_str())) {
            continue;
        }
        let passed = catch_unwind(AssertUnwindSafe(case)).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        if !passed {
            failed.push(name);
        }
    }
    println!("{} failed {failed:?}", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
