//! The directives of `ngx_http_upstream_random_module`.

use diagnostic::Diagnostic;
use model::{AnswerTime, Balance, Measure};

use super::balance;
use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, between, row};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_random_module", rows: ROWS };

const ROWS: &[Row] = &[row("random", UPSTREAM, between(0, 2), random)];

/// `random [two [least_conn | least_time=header | least_time=last_byte]]`
fn random(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    if let Some(word) = directive.argument(0).filter(|word| word.text != "two") {
        return Err(value::invalid_parameter(word, &["two"]));
    }
    let best_of_two = match directive.argument(1) {
        Some(word) => Some(measure(word)?),
        None => directive.argument(0).map(|_| Measure::Connections),
    };
    balance::choose(lowering, level, directive, Balance::Random { best_of_two });
    Ok(())
}

fn measure(word: &Word) -> Result<Measure, Diagnostic> {
    match word.text.as_str() {
        "least_conn" => Ok(Measure::Connections),
        "least_time=header" => Ok(Measure::Time(AnswerTime { whole: false, in_flight: false })),
        "least_time=last_byte" => Ok(Measure::Time(AnswerTime { whole: true, in_flight: false })),
        _ => Err(value::invalid_parameter(word, &["least_conn", "least_time=header", "least_time=last_byte"])),
    }
}
