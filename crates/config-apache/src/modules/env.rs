//! The directives of `mod_env`: variables of the environment.

use crate::table::{ANYWHERE, Module, Row, pending};

pub(crate) static MODULE: Module = Module { name: "mod_env", identifier: "env_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[pending("PassEnv", ANYWHERE), pending("SetEnv", ANYWHERE), pending("UnsetEnv", ANYWHERE)];
