//! `zaguan check`: all that is wrong with a configuration, and what in it has no effect here.

use crate::arguments::{Options, syntax};
use crate::configuration::{Configuration, without_effect};
use crate::console::{Console, FAILED, show};
use std::process::ExitCode;

/// Checks one file.
pub(crate) fn run(console: Console, words: &[String]) -> ExitCode {
    let (options, file) = match file_options("check", words) {
        Ok(found) => found,
        Err(message) => return console.usage(&message),
    };
    let configuration = Configuration::new(console.persona, &options);
    let loaded = configuration.load();
    show(&loaded.diagnostics, &loaded.sources);
    let refused = loaded.model.as_ref().map(server::check).unwrap_or_default();
    show(&refused, &loaded.sources);
    show(&loaded.model.as_ref().map(server::troubles).unwrap_or_default(), &loaded.sources);
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

/// The options of a command that takes one file and perhaps its language, and the file as it was named.
pub(crate) fn file_options<'a>(command: &str, words: &'a [String]) -> Result<(Options, &'a str), String> {
    let (language, file) = match words {
        [file] if !file.starts_with("--syntax") => (None, file),
        [flag, name, file] if flag == "--syntax" => (Some(name.as_str()), file),
        [flag, file] if flag.starts_with("--syntax=") => (flag.strip_prefix("--syntax="), file),
        _ => return Err(format!("{command} takes one file: zaguan {command} [--syntax nginx|apache] FILE")),
    };
    let syntax = language.map(|name| syntax(Some(name))).transpose()?;
    Ok((Options { config: Some(absolute(file)), syntax, ..Options::default() }, file))
}
