//! The directives of `ngx_http_upstream_ip_hash_module`.

use model::Balance;

use super::balance;
use crate::table::{Module, Row, UPSTREAM, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_ip_hash_module", rows: ROWS };

const ROWS: &[Row] = &[row("ip_hash", UPSTREAM, take(0), |l, v, d| {
    balance::choose(l, v, d, Balance::ClientAddress);
    Ok(())
})];
