//! `RewriteRule` and `RewriteCond`, as they are written.

use super::flags::Flags;
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope};
use crate::table::Outcome;
use crate::value;

/// A rule with the conditions before it.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(super) tests: Vec<Test>,
    pub(super) pattern: Word,
    pub(super) substitution: Word,
    pub(super) flags: Flags,
    pub(super) origin: diagnostic::Origin,
}

/// A condition.
#[derive(Clone, Debug)]
pub(crate) struct Test {
    pub(super) subject: Word,
    pub(super) pattern: Word,
    /// The one that follows may hold in its place.
    pub(super) or: bool,
    pub(super) ignore_case: bool,
    /// Caches are not told what it looks at.
    pub(super) silent: bool,
}

pub(super) fn condition(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let subject = value::first(directive)?.clone();
    let pattern = value::argument(directive, 1)?.clone();
    let mut test = Test { subject, pattern, or: false, ignore_case: false, silent: false };
    super::condition::flags(&mut test, directive.argument(2))?;
    scope.server.rewrite.tests.push(test);
    Ok(())
}

pub(super) fn directive(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let tests = std::mem::take(&mut scope.server.rewrite.tests);
    let pattern = value::first(directive)?.clone();
    let substitution = value::argument(directive, 1)?.clone();
    let flags = Flags::read(directive.argument(2))?;
    let rule = Rule { tests, pattern, substitution, flags, origin: directive.origin() };
    scope.server.rewrite.rules.push(rule);
    Ok(())
}
