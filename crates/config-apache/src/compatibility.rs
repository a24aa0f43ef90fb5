//! What becomes of each of httpd's directives here, out of the very tables that the configuration is read by.

use std::fmt::Write;

use config_source::{Known, Server, page};

use crate::modules::{MODULES, not_built};

/// Every directive of the modules that have a table, by module and name.
pub fn compatibility() -> impl Iterator<Item = Known> {
    MODULES.iter().flat_map(|module| {
        module.rows.iter().map(|row| Known {
            module: module.name,
            name: row.name,
            contexts: row.contexts.names().collect(),
            support: row.support,
        })
    })
}

/// [`compatibility`] as a page of Markdown.
pub fn compatibility_page() -> String {
    let server = Server { name: "httpd", version: "httpd 2.4", package: "config-apache", many: 8 };
    let mut page = page("Directives of Apache httpd", &server, compatibility());
    page.push_str("\n## Modules that are not built\n\nTheir directives are refused by name.\n\n");
    for (name, directives) in not_built() {
        let names: Vec<String> = directives.split_whitespace().map(|name| format!("`{name}`")).collect();
        let names = if names.is_empty() { "no directives".to_owned() } else { names.join(", ") };
        let _ = writeln!(page, "- **{name}**: {names}");
    }
    page
}
