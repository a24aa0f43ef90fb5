//! The directives of `ngx_http_split_clients_module`: values by chance.

use diagnostic::Diagnostic;
use model::Split;

use super::rewrite::variable_name;
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, Module, Outcome, Row, row, take};
use crate::tree::{self, Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_split_clients_module", rows: ROWS };

const ROWS: &[Row] = &[row("split_clients", HTTP, take(2).block(), split)];

/// Hundredths of a percent in the whole.
const WHOLE: u32 = 10_000;

fn split(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let source = value::template(value::first(directive)?)?;
    let variable = variable_name(value::argument(directive, 1)?)?;
    let mut parts = Vec::new();
    let mut sum = 0;
    let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
    for entry in tree::directives(nodes) {
        match part(entry) {
            Ok((share, value)) => {
                sum = share.map_or(WHOLE, |share| sum + share);
                parts.push((share, value));
                if sum > WHOLE {
                    let problem = Diagnostic::error("invalid-value", "percent total is greater than 100%");
                    return Err(problem.at(entry.name.origin));
                }
            }
            Err(problem) => lowering.report(problem),
        }
    }
    lowering.shared.splits.push(Split { variable, source, shares: parts, origin: directive.origin() });
    Ok(())
}

fn part(entry: &Directive) -> Result<(Option<u32>, String), Diagnostic> {
    let [value] = entry.arguments.as_slice() else {
        let problem = Diagnostic::error("wrong-arity", "invalid number of the split_clients parameters");
        return Err(problem.at(entry.name.origin).help("write `50% value;` or `* value;`"));
    };
    let share = if entry.name.text == "*" { None } else { Some(percent(&entry.name)?) };
    Ok((share, value.text.clone()))
}

/// A percentage with at most two decimals, in hundredths.
fn percent(word: &Word) -> Result<u32, Diagnostic> {
    let invalid = || {
        let problem = Diagnostic::error("invalid-value", format!("invalid percent value \"{}\"", word.text));
        problem.at(word.origin).help("it is more than 0 and has at most two decimals, as in `0.5%`")
    };
    let number = word.text.strip_suffix('%').ok_or_else(invalid)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 2 {
        return Err(invalid());
    }
    let hundredths = format!("{whole}{part:0<2}").parse().ok();
    hundredths.filter(|share| *share > 0).ok_or_else(invalid)
}
