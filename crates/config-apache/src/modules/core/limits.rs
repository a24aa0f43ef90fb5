//! `LimitRequest…`: how much a client may send.

use model::ByteSize;

use super::put;
use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::Outcome;
use crate::value;

pub(super) fn body(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    put(&mut scope.overrides.max_body, ByteSize(value::number(value::first(directive)?)?))
}

pub(super) fn line(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    put(&mut scope.server.core.line_size, value::number(value::first(directive)?)?)
}

pub(super) fn field_size(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    put(&mut scope.server.core.field_size, value::number(value::first(directive)?)?)
}

pub(super) fn fields(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    put(&mut scope.server.core.fields, value::small_number(value::first(directive)?)?)
}
