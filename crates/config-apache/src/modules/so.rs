//! The directives of `mod_so`: modules are built in, so that loading them has nothing to do.

use crate::table::{HOST, MAIN, Module, Row, at_least, at_reading, between, no_effect};

pub(crate) static MODULE: Module = Module { name: "mod_so", identifier: "so_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    no_effect("LoadFile", MAIN.or(HOST), at_least(1), "no libraries are loaded: everything is built in"),
    at_reading("LoadModule", MAIN.or(HOST), between(2, 2)),
];
