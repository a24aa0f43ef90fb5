//! `zaguan convert`: a configuration, in whatever language it is, as nginx's text.

use crate::check::file_options;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use std::io::{Write, stdout};
use std::process::ExitCode;

/// Not all of the configuration has a form in nginx's language.
const INCOMPLETE: u8 = 3;

/// Prints one file.
pub(crate) fn run(console: Console, words: &[String]) -> ExitCode {
    let (options, _) = match file_options("convert", words) {
        Ok(found) => found,
        Err(message) => return console.usage(&message),
    };
    let configuration = Configuration::new(console.persona, &options);
    let loaded = configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    let Some(model) = &loaded.model else {
        return console.failed("a configuration with errors is not converted");
    };
    let converted = configuration.as_nginx(model, loaded.language);
    show(&converted.missing, &loaded.sources);
    if stdout().write_all(converted.text.as_bytes()).is_err() {
        return ExitCode::from(FAILED);
    }
    if converted.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(INCOMPLETE) }
}
