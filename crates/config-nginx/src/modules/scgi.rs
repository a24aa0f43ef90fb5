//! The directives of `ngx_http_scgi_module`: asking programs over SCGI.

use model::{GatewayProtocol, Proxy, Scheme};

use super::gateway::{self, shared_rows};
use super::http_core::client::temp_path;
use super::http_core::connection::rate;
use super::proxy::{self, cache, purge, store};
use super::verify;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, IF_LOCATION, LEVELS, LOCATION, Module, Row, at_least, between, pending, row, take};

pub(crate) static MODULE: Module = Module { name: "ngx_http_scgi_module", rows: &SHARED };

const SHARED: [Row; 48] = shared_rows!("scgi", scgi, &[Scheme::Scgi]);

/// The model of a level that asks programs so.
pub(crate) fn finish(lowering: &mut Lowering<'_>, level: &Level) -> Option<Proxy> {
    gateway::finish(lowering, &level.scgi, "scgi", |_| GatewayProtocol::Scgi)
}
