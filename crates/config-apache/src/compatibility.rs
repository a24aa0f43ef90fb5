//! What becomes of each of httpd's directives here, out of the very tables that the configuration is read by.

use std::fmt::Write;

use crate::modules::{MODULES, not_built};
use crate::table::Support;

/// One directive of one module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// httpd's module.
    pub module: &'static str,
    /// The directive; a section's name stands in angle brackets.
    pub name: &'static str,
    /// Where it may stand, outermost first.
    pub contexts: Vec<&'static str>,
    /// What becomes of it.
    pub support: Support,
}

/// Every directive of the modules that have a table, by module and name.
pub fn compatibility() -> impl Iterator<Item = Row> {
    MODULES.iter().flat_map(|module| {
        module.rows.iter().map(|row| Row {
            module: module.name,
            name: row.name,
            contexts: row.contexts.names().collect(),
            support: row.support,
        })
    })
}

/// [`compatibility`] as a page of Markdown.
pub fn compatibility_page() -> String {
    let mut page = String::from(
        "# Directives of Apache httpd\n\n\
         What becomes of each directive of httpd 2.4's modules. This page is made from the tables that read the\n\
         configuration: `ZAGUAN_WRITE_PAGES=1 cargo test -p config-apache --test compatibility` writes it anew.\n\n\
         - **yes**: it does what it does in httpd.\n\
         - **partly**: it does, but for what the note says.\n\
         - *no effect*: it is read and checked, and cannot have an effect here; `zaguan check` lists these.\n\
         - not built: refused by name, until its feature is built.\n\
         - refused: refused for good.\n",
    );
    let mut module = "";
    for row in compatibility() {
        if row.module != module {
            module = row.module;
            // Writing to a string cannot fail.
            let _ = write!(page, "\n## {module}\n\n| directive | where | here |\n|---|---|---|\n");
        }
        let everywhere = row.contexts.len() > 8;
        let contexts = if everywhere { "anywhere".to_owned() } else { row.contexts.join(", ") };
        let _ = writeln!(page, "| `{}` | {contexts} | {} |", row.name, describe(row.support));
    }
    page.push_str("\n## Modules that are not built\n\nTheir directives are refused by name.\n\n");
    for (name, directives) in not_built() {
        let names: Vec<String> = directives.split_whitespace().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "no directives".to_owned() } else { names.join(", ") };
        let _ = writeln!(page, "- **{name}**: {names}");
    }
    page
}

fn describe(support: Support) -> String {
    match support {
        Support::Full => "**yes**".to_owned(),
        Support::Partial(note) => format!("**partly**: {note}"),
        Support::NoEffect(why) => format!("*no effect*: {why}"),
        Support::Pending => "not built".to_owned(),
        Support::Refused(why) => format!("refused: {why}"),
    }
}
