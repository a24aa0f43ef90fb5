//! The directives of `ngx_quic_bpf_module`.

use crate::table::{MAIN, Module, Row, pending, take};

pub(crate) static MODULE: Module = Module { name: "ngx_quic_bpf_module", rows: ROWS };

const ROWS: &[Row] = &[pending("quic_bpf", MAIN, take(1))];
