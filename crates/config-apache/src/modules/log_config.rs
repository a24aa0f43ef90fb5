//! The directives of `mod_log_config`: access logs.

use crate::table::{Module, Row, SERVER, pending};

pub(crate) static MODULE: Module =
    Module { name: "mod_log_config", identifier: "log_config_module", built: false, rows: ROWS };

const ROWS: &[Row] = &[
    pending("BufferedLogs", SERVER),
    pending("CustomLog", SERVER),
    pending("GlobalLog", SERVER),
    pending("LogFormat", SERVER),
    pending("TransferLog", SERVER),
];
