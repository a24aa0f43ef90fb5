//! The directives of `ngx_http_api_module`: what programs may ask and change, and what is counted for them.

use crate::lower::{Level, Lowering};
use crate::table::{IF_LOCATION, LOCATION, Module, Outcome, Row, SERVER, between, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_api_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("api", LOCATION, between(0, 1), api).partial(
        "version 9: nginx, processes, connections, http/requests, http/server_zones, http/location_zones, http/caches, http/upstreams; \
         the rest is not built yet",
    ),
    row("status_zone", SERVER.or(LOCATION).or(IF_LOCATION), take(1), status_zone),
];

/// `api [write=on|off]`
fn api(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let writes = match directive.argument(0) {
        None => false,
        Some(word) => match word.text.as_str() {
            "write=on" => true,
            "write=off" => false,
            _ => return Err(value::invalid_parameter(word, &["write="])),
        },
    };
    lowering.shared.api = Some(writes || lowering.shared.api == Some(true));
    level.location.api.put(directive, writes)
}

/// `status_zone zone`; in a location also `off`.
fn status_zone(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let off = word.text == "off" && !level.contexts.intersects(SERVER);
    level.location.tally.put(directive, (!off).then(|| word.text.clone()))
}
