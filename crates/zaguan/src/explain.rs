//! `zaguan explain`: which site and location take a request, why the others do not, and where it goes.

use crate::arguments::{self, Options};
use crate::check::absolute;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use std::process::ExitCode;

const USAGE: &str =
    "explain takes a configuration and a request: zaguan explain [--json] -c FILE 'GET http://host/path'";

/// Explains one request.
pub(crate) fn run(console: Console, words: &[String]) -> ExitCode {
    let Some((request, flags)) = words.split_last() else {
        return console.usage(USAGE);
    };
    let json = flags.iter().any(|flag| flag == "--json");
    let flags: Vec<String> = flags.iter().filter(|flag| *flag != "--json").cloned().collect();
    let options = match arguments::parse(&flags) {
        Ok(options) => options,
        Err(message) => return console.usage(&message),
    };
    let options = Options { config: options.config.as_deref().map(absolute), ..options };
    let loaded = Configuration::new(console.persona, &options).load();
    show(&loaded.diagnostics, &loaded.sources);
    let Some(model) = &loaded.model else {
        return ExitCode::from(FAILED);
    };
    match server::explain(model, &loaded.sources, request) {
        Ok(explanation) => {
            if json {
                println!("{}", to_json(&explanation));
            } else {
                print!("{explanation}");
            }
            ExitCode::SUCCESS
        }
        Err(message) => console.usage(&message),
    }
}

fn to_json(explanation: &server::Explanation) -> serde_json::Value {
    let place = |name: &str, origin| {
        let file = explanation.file(origin);
        serde_json::json!({ "name": name, "file": file, "line": origin.line })
    };
    serde_json::json!({
        "listener": explanation.listener,
        "site": place(&explanation.site, explanation.site_origin),
        "location": explanation.location.as_ref().map(|(name, origin)| place(name, *origin)),
        "guards": explanation.guards.iter().map(|(text, origin)| place(text, *origin)).collect::<Vec<_>>(),
        "served_by": explanation.served_by,
        "upstream_uri": explanation.upstream_uri,
    })
}
