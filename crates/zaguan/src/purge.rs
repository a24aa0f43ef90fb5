//! `zaguan purge`: removes what a running server keeps, through the place of its configuration where programs may write.

mod ask;
mod place;

use crate::arguments::{self, Options};
use crate::check::absolute;
use crate::configuration::Configuration;
use crate::console::{Console, FAILED, show};
use ask::{Answer, Door, ask};
use serde_json::{Value, json};
use std::process::ExitCode;

const USAGE: &str =
    "purge takes what is to go: zaguan purge [--soft] [--cache NAME] [-c FILE | --at URL] KEY | PREFIX* | --tag TAG";

/// What the command line asks for.
#[derive(Default, Debug)]
struct Wanted {
    soft: bool,
    cache: Option<String>,
    at: Option<String>,
    tags: Vec<String>,
    key: Option<String>,
    flags: Vec<String>,
}

/// Purges.
pub(crate) fn run(console: Console, words: &[String]) -> ExitCode {
    let wanted = match read(words) {
        Ok(wanted) => wanted,
        Err(message) => return console.usage(&message),
    };
    let door = match door(console, &wanted) {
        Ok(door) => door,
        Err(code) => return code,
    };
    match purge(&door, &wanted) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => console.failed(message),
    }
}

fn read(words: &[String]) -> Result<Wanted, String> {
    let mut wanted = Wanted::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| format!("option \"{word}\" requires a value"));
        match word.as_str() {
            "--soft" => wanted.soft = true,
            "--tag" => wanted.tags.push(value()?),
            "--cache" => wanted.cache = Some(value()?),
            "--at" => wanted.at = Some(value()?),
            "--syntax" | "-c" | "-p" | "-g" | "-e" | "-D" => wanted.flags.extend([word.clone(), value()?]),
            _ if word.starts_with('-') => wanted.flags.push(word.clone()),
            _ if wanted.key.is_none() => wanted.key = Some(word.clone()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    if wanted.key.is_some() == wanted.tags.is_empty() { Ok(wanted) } else { Err(USAGE.to_owned()) }
}

/// Where the running server takes orders.
fn door(console: Console, wanted: &Wanted) -> Result<Door, ExitCode> {
    if let Some(url) = &wanted.at {
        return Door::of_url(url)
            .ok_or_else(|| console.usage("option \"--at\" requires where the interface is: http://HOST:PORT/PATH"));
    }
    let options = arguments::parse(&wanted.flags).map_err(|message| console.usage(&message))?;
    let options = Options { config: options.config.as_deref().map(absolute), ..options };
    let loaded = Configuration::new(console.persona, &options).load();
    let Some(model) = &loaded.model else {
        show(&loaded.diagnostics, &loaded.sources);
        return Err(ExitCode::from(FAILED));
    };
    place::of_model(model).ok_or_else(|| {
        console.failed(
            "the configuration has no place that takes orders: write \
             `location /api { api write=on; allow 127.0.0.1; deny all; }` in a server that listens without TLS, \
             or say where one is with --at",
        )
    })
}

fn purge(door: &Door, wanted: &Wanted) -> Result<(), String> {
    let caches = match &wanted.cache {
        Some(name) => vec![name.clone()],
        None => names(door)?,
    };
    let order = order(wanted);
    let mut found = false;
    for cache in &caches {
        let answer = ask(door, "POST", &format!("/9/http/caches/{}/purge", escaped(cache)), &order.to_string())?;
        match answer {
            Answer { status: 200..=299, .. } => found = true,
            refused if refused.told("code") == Some("CacheKeyNotFound") => {}
            refused => return Err(format!("{cache}: {}", refused.reason())),
        }
    }
    if found { Ok(()) } else { Err("nothing is kept for the key".to_owned()) }
}

fn order(wanted: &Wanted) -> Value {
    let mut order = match &wanted.key {
        None => json!({ "tags": wanted.tags }),
        Some(key) => match key.strip_suffix('*') {
            Some(prefix) => json!({ "prefix": prefix }),
            None => json!({ "key": key }),
        },
    };
    if let Some(order) = order.as_object_mut().filter(|_| wanted.soft) {
        order.insert("soft".to_owned(), true.into());
    }
    order
}

/// The names of the server's caches.
fn names(door: &Door) -> Result<Vec<String>, String> {
    let answer = ask(door, "GET", "/9/http/caches/?fields=", "")?;
    let listed = answer.document.as_array().filter(|_| answer.status == 200);
    let listed = listed.ok_or_else(|| answer.reason())?;
    let names: Vec<String> = listed.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    if names.is_empty() { Err("the server keeps no answers".to_owned()) } else { Ok(names) }
}

/// A name as a step of a path.
fn escaped(name: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    name.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
