//! The directives of `ngx_http_upstream_least_time_module`.

use model::{AnswerTime, Balance};

use super::balance;
use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_least_time_module", rows: ROWS };

const ROWS: &[Row] = &[row("least_time", UPSTREAM, between(1, 2), least_time)];

/// `least_time header | last_byte [inflight]`
fn least_time(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let choices = [("header", false), ("last_byte", true)];
    let whole = value::choice(directive, value::first(directive)?, &choices)?;
    let in_flight = match directive.argument(1) {
        Some(word) if word.text != "inflight" => return Err(value::invalid_parameter(word, &["inflight"])),
        word => word.is_some(),
    };
    balance::choose(lowering, level, directive, Balance::LeastTime(AnswerTime { whole, in_flight }));
    Ok(())
}
