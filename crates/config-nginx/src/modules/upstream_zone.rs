//! The directives of `ngx_http_upstream_zone_module`: what workers share about a group.

use diagnostic::Diagnostic;
use model::ByteSize;

use crate::lower::{Level, Lowering, Zone};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_zone_module", rows: ROWS };

const ROWS: &[Row] = &[row("zone", UPSTREAM, between(1, 2), zone)];

/// nginx refuses smaller zones; ours take what they need.
const SMALLEST: ByteSize = ByteSize(8 * 4096);

/// `zone name [size]`
fn zone(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let name = value::first(directive)?;
    let wrong = |message: String| Diagnostic::error("invalid-value", message).at(name.origin);
    if name.text.is_empty() {
        return Err(wrong("invalid zone name \"\"".to_owned()));
    }
    if let Some(size) = directive.argument(1) {
        let bytes = value::plain_size(&size.text).ok_or_else(|| {
            Diagnostic::error("invalid-value", format!("invalid zone size \"{}\"", size.text)).at(size.origin)
        })?;
        if bytes < SMALLEST {
            return Err(wrong(format!("zone \"{}\" is too small", name.text)).help("32k is the least"));
        }
    }
    lowering.shared.zones.push(Zone {
        name: name.text.clone(),
        sized: directive.arguments.len() > 1,
        origin: name.origin,
    });
    level.group.zone.replace(name.text.clone(), directive.origin());
    Ok(())
}
