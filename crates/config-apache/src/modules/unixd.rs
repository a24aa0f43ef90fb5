//! The directives of `mod_unixd`: under whose name the worker runs.

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{Module, Outcome, Row, SERVER, pending, refused, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_unixd", identifier: "unixd_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    pending("ChrootDir", SERVER),
    row("Group", SERVER, take(1), group),
    refused("Suexec", SERVER, "no programs are run here: they run behind the proxy, under users of their own"),
    row("User", SERVER, take(1), user),
];

fn user(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    lowering.process.user = Some(value::first(directive)?.text.clone());
    lowering.process.user_origin = directive.origin();
    Ok(())
}

fn group(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    lowering.process.group = Some(value::first(directive)?.text.clone());
    Ok(())
}
