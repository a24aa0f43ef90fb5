//! A model printed back as nginx's configuration: what is said differs from what holds anyway, level by level.

mod access;
mod aliasing;
mod cache;
mod defaults;
mod filters;
mod gateway;
mod group;
mod http;
mod issuing;
mod item;
mod level;
mod limits;
mod location;
mod log;
mod lookup;
mod map;
mod names;
mod ocsp;
mod probe;
mod process;
mod proxy;
mod rules;
mod script;
mod section;
mod serving;
mod site;
mod tls;
mod upstream_tls;
mod word;

use diagnostic::Origin;
use model::Model;

use crate::lower::Options;
use defaults::Defaults;
use item::{Item, Text};

/// A configuration as text.
#[derive(Clone, Debug)]
pub struct Printed {
    /// The text; it lowers to the model that was printed, but for what is unsaid.
    pub text: String,
    /// What the model says and this language cannot; each is a comment in the text too.
    pub unsaid: Vec<Unsaid>,
}

/// Something that has no form in nginx's language.
#[derive(Clone, Debug)]
pub struct Unsaid {
    /// What it is.
    pub what: String,
    /// Where the model has it from.
    pub origin: Origin,
}

/// How much of a model is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What requests ask for: nothing is said of files where each request is forwarded.
    Used,
}

/// Prints servers of a group as the lines that they are in it.
pub fn print_servers(servers: &[model::Server]) -> String {
    let items: Vec<Item> = servers.iter().map(group::server).collect();
    let mut text = Text::default();
    text.write(&items);
    text.finish().text
}

/// Prints a model as text that means the same where it is read with `options`.
pub fn print(model: &Model, options: &Options, extent: Extent) -> Printed {
    let defaults = Defaults::of(options);
    let Model { files: _, documents: _, process, http } = &model.plain(None);
    let used = extent == Extent::Used && !model.shows_files();
    let mut items = process::items(process, &defaults);
    items.push(Item::Gap);
    items.push(Item::block("events", [], process::watched(process)));
    items.push(Item::Gap);
    items.push(http::item(http, &defaults, used));
    let mut text = Text::default();
    text.write(&items);
    text.finish()
}
