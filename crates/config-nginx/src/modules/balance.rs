//! How a group's server is chosen: the last method that is written holds.

use diagnostic::Diagnostic;
use model::Balance;

use crate::lower::{Level, Lowering};
use crate::tree::Directive;

pub(crate) fn choose(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive, balance: Balance) {
    if let Some(first) = level.group.balance.origin() {
        let problem = Diagnostic::warning("redefined", "load balancing method redefined").at(directive.origin());
        lowering.report(problem.related(first, "this one does not hold"));
    }
    level.group.balance.replace(balance, directive.origin());
}
