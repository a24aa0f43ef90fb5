//! The section of `mod_version`, which is decided while the text is read.

use crate::table::{ANYWHERE, Module, Row, at_reading, between};

pub(crate) static MODULE: Module =
    Module { name: "mod_version", identifier: "version_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[at_reading("<IfVersion>", ANYWHERE, between(1, 3))];
