//! The directives of `ngx_http_upstream_least_conn_module`.

use model::Balance;

use super::balance;
use crate::table::{Module, Row, UPSTREAM, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_least_conn_module", rows: ROWS };

const ROWS: &[Row] = &[row("least_conn", UPSTREAM, take(0), |l, v, d| {
    balance::choose(l, v, d, Balance::LeastConnections);
    Ok(())
})];
