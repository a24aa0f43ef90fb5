//! The directives of `ngx_http_fastcgi_module`: asking programs over FastCGI.

use model::{GatewayProtocol, Proxy, Scheme, Template};

use super::gateway::{self, merged, shared_rows};
use super::http_core::client::temp_path;
use super::http_core::connection::rate;
use super::proxy::{self, cache, purge, store};
use super::verify;
use crate::lower::{Level, Lowering};
use crate::table::{
    HTTP, IF_LOCATION, LEVELS, LOCATION, Module, Row, at_least, between, no_effect, pending, row, take,
};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "ngx_http_fastcgi_module", rows: &merged::<{ SHARED.len() + ROWS.len() }>(&SHARED, ROWS) };

const SHARED: [Row; 48] = shared_rows!("fastcgi", fastcgi, &[Scheme::FastCgi]);

const ROWS: &[Row] = &[
    row("fastcgi_catch_stderr", LEVELS, take(1), |_, v, d| {
        v.fastcgi.fatal.push(value::first(d)?.text.clone());
        Ok(())
    }),
    row("fastcgi_index", LEVELS, take(1), |_, v, d| {
        let word = value::first(d)?;
        v.fastcgi.index.put(d, Template::text(word.text.clone(), word.origin))
    }),
    row("fastcgi_keep_conn", LEVELS, take(1), |_, v, d| v.fastcgi.keeps.flag(d)),
    no_effect(
        "fastcgi_send_lowat",
        LEVELS,
        take(1),
        verify::SIZE,
        "the kernel decides when a socket can be written to",
    ),
    row("fastcgi_split_path_info", LEVELS, take(1), |_, v, d| {
        // The last one holds.
        v.fastcgi.split.replace(value::pattern(value::first(d)?, 0, false), d.origin());
        Ok(())
    }),
];

/// The model of a level that asks programs so.
pub(crate) fn finish(lowering: &mut Lowering<'_>, level: &Level) -> Option<Proxy> {
    let settings = &level.fastcgi;
    gateway::finish(lowering, settings, "fastcgi", |settings| GatewayProtocol::FastCgi {
        keeps: settings.keeps.or(false),
    })
}
