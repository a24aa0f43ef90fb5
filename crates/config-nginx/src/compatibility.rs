//! What becomes of each of nginx's directives here, out of the very tables that the configuration is read by.

use std::fmt::Write;

use crate::modules::MODULES;
use crate::table::Support;

/// One directive of one module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// nginx's module.
    pub module: &'static str,
    /// The directive.
    pub name: &'static str,
    /// Where it may stand, outermost first.
    pub contexts: Vec<&'static str>,
    /// What becomes of it.
    pub support: Support,
}

/// Every directive that is known, by module and name.
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
        "# Directives of nginx\n\n\
         What becomes of each directive of nginx 1.31's modules. This page is made from the tables that read the\n\
         configuration: `ZAGUAN_WRITE_PAGES=1 cargo test -p config-nginx --test compatibility` writes it anew.\n\n\
         - **yes**: it does what it does in nginx.\n\
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
        let everywhere = row.contexts.len() > 10;
        let contexts = if everywhere { "anywhere".to_owned() } else { row.contexts.join(", ") };
        let _ = writeln!(page, "| `{}` | {contexts} | {} |", row.name, describe(row.support));
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
