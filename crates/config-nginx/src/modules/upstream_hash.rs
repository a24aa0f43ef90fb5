//! The directives of `ngx_http_upstream_hash_module`.

use model::Balance;

use super::balance;
use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_hash_module", rows: ROWS };

const ROWS: &[Row] = &[row("hash", UPSTREAM, between(1, 2), hash)];

/// `hash key [consistent]`
fn hash(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let key = value::template(value::first(directive)?)?;
    let consistent = match directive.argument(1) {
        Some(word) if word.text != "consistent" => return Err(value::invalid_parameter(word, &["consistent"])),
        word => word.is_some(),
    };
    balance::choose(lowering, level, directive, Balance::Hash { key, consistent });
    Ok(())
}
