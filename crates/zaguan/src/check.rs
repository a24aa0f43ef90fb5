//! `zaguan check`: all that is wrong with a configuration, and what in it has no effect here.

use crate::arguments::Options;
use crate::configuration::{Configuration, without_effect};
use crate::console::{Console, FAILED, show};
use std::process::ExitCode;

/// Checks one file.
pub(crate) fn run(console: Console, words: &[String]) -> ExitCode {
    let [file] = words else {
        return console.usage("check takes one file: zaguan check FILE");
    };
    let options = Options { config: Some(absolute(file)), ..Options::default() };
    let configuration = Configuration::new(console.persona, &options);
    let loaded = configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    let refused = loaded.model.as_ref().map(server::check).unwrap_or_default();
    show(&refused, &loaded.sources);
    for line in without_effect(&loaded) {
        println!("no effect: {line}");
    }
    let all = loaded.diagnostics.iter().chain(&refused);
    let errors = all.filter(|diagnostic| diagnostic.is_error()).count();
    if errors > 0 || loaded.model.is_none() {
        let s = if errors == 1 { "" } else { "s" };
        println!("{file}: {errors} error{s}");
        return ExitCode::from(FAILED);
    }
    println!("{file}: ok");
    ExitCode::SUCCESS
}

/// A file named on the command line is looked for where the operator is, not below the prefix.
pub(crate) fn absolute(file: &str) -> String {
    let path = std::path::absolute(file);
    path.map_or_else(|_| file.to_owned(), |path| path.to_string_lossy().into_owned())
}
