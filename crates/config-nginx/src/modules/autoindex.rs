//! The directives of `ngx_http_autoindex_module`.

use model::{Listing, ListingFormat};

use crate::lower::slot::{Slot, settings};
use crate::table::{LEVELS, Module, Row, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_autoindex_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("autoindex", LEVELS, take(1), |_, v, d| v.files.shared.listing.on.flag(d)),
    row("autoindex_exact_size", LEVELS, take(1), |_, v, d| v.files.shared.listing.exact_size.flag(d)),
    row("autoindex_format", LEVELS, take(1), |_, v, d| v.files.shared.listing.format.choice(d, &FORMATS)),
    row("autoindex_localtime", LEVELS, take(1), |_, v, d| v.files.shared.listing.local_time.flag(d)),
];

const FORMATS: [(&str, ListingFormat); 4] = [
    ("html", ListingFormat::Html),
    ("json", ListingFormat::Json),
    ("jsonp", ListingFormat::JsonWithCallback),
    ("xml", ListingFormat::Xml),
];

settings! {
    /// What a level says about listings of directories.
    struct ListingSettings {
        on: Slot<bool>,
        exact_size: Slot<bool>,
        format: Slot<ListingFormat>,
        local_time: Slot<bool>,
    }
}

impl ListingSettings {
    pub(crate) fn finish(&self) -> Option<Listing> {
        self.on.or(false).then(|| Listing {
            format: self.format.or(ListingFormat::Html),
            exact_size: self.exact_size.or(true),
            local_time: self.local_time.or(false),
        })
    }
}
