//! The directives of `mod_dir`: what answers for a directory.

use crate::table::{ANYWHERE, Module, Row, pending};

pub(crate) static MODULE: Module = Module { name: "mod_dir", identifier: "dir_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("DirectoryCheckHandler", ANYWHERE),
    pending("DirectoryIndex", ANYWHERE),
    pending("DirectoryIndexRedirect", ANYWHERE),
    pending("DirectorySlash", ANYWHERE),
    pending("FallbackResource", ANYWHERE),
];
