//! What becomes of each of nginx's directives here, out of the very tables that the configuration is read by.

use config_source::{Known, Server, page};

use crate::modules::MODULES;

/// Every directive that is known, by module and name.
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
    let server = Server { name: "nginx", version: "nginx 1.31", package: "config-nginx", many: 10 };
    page("Directives of nginx", &server, compatibility())
}
