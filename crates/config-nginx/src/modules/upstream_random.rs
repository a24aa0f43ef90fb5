//! The directives of `ngx_http_upstream_random_module`.

use model::Balance;

use super::balance;
use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_random_module", rows: ROWS };

const ROWS: &[Row] = &[row("random", UPSTREAM, between(0, 2), random)];

/// `random [two [least_conn]]`
fn random(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    for (word, known) in directive.arguments.iter().zip(["two", "least_conn"]) {
        if word.text != known {
            return Err(value::invalid_parameter(word, &[known]));
        }
    }
    let two = !directive.arguments.is_empty();
    balance::choose(lowering, level, directive, Balance::Random { two });
    Ok(())
}
