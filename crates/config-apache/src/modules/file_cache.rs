//! The directives of `mod_file_cache`: files that are opened at start.

use crate::table::{Module, Row, SERVER, at_least, no_effect};

pub(crate) static MODULE: Module =
    Module { name: "mod_file_cache", identifier: "file_cache_module", built: true, rows: ROWS };

const WHY: &str = "the system holds the files that are asked for often; one that changes is served as it is";

const ROWS: &[Row] =
    &[no_effect("CacheFile", SERVER, at_least(1), WHY), no_effect("MMapFile", SERVER, at_least(1), WHY)];
