//! `location`: which paths a block is for, and where it may stand.

use diagnostic::Diagnostic;

use crate::lower::{Level, LocationKind, Lowering};
use crate::modules::verify;
use crate::table::{LIMIT_EXCEPT, LOCATION, Outcome};
use crate::tree::{Directive, Word};
use crate::value;

pub(super) fn location(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut inner = Level::new(LOCATION, directive.origin());
    let named = name(directive).and_then(|(kind, name)| {
        inner.location.kind = kind;
        inner.location.name = name;
        nesting(level, &inner, directive)?;
        duplicate(lowering, level, &inner, directive)
    });
    // What stands inside is looked at even if the location's name is wrong.
    let inner = verify::walk(lowering, inner, directive);
    named?;
    level.children.push(inner);
    Ok(())
}

pub(super) fn limit_except(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut inner = Level::new(LIMIT_EXCEPT, directive.origin());
    inner.location.kind = LocationKind::If;
    inner.location.name.clone_from(&level.location.name);
    let inner = verify::walk(lowering, inner, directive);
    let method = |word: &Word| {
        let known = value::METHODS.iter().find(|method| method.eq_ignore_ascii_case(&word.text));
        known.map(|method| (*method).to_owned()).ok_or_else(|| {
            let problem =
                Diagnostic::error("invalid-value", format!("invalid method \"{}\"", word.text)).at(word.origin);
            problem.help(format!("it is one of {}", value::METHODS.join(", ")))
        })
    };
    let methods = directive.arguments.iter().map(method).collect::<Result<_, _>>()?;
    level.location.other_methods.put(directive, (methods, Box::new(inner)))
}

fn name(directive: &Directive) -> Result<(LocationKind, String), Diagnostic> {
    let first = value::first(directive)?;
    let Some(second) = directive.argument(1) else { return Ok(joined(first)) };
    let kind = match first.text.as_str() {
        "=" => LocationKind::Exact,
        "^~" => LocationKind::PrefixFirst,
        "~" => LocationKind::Regex(value::pattern(second, 0, false)),
        "~*" => LocationKind::Regex(value::pattern(second, 0, true)),
        modifier => {
            let message = format!("invalid location modifier \"{modifier}\"");
            return Err(Diagnostic::error("invalid-value", message).at(first.origin).help("it is =, ^~, ~ or ~*"));
        }
    };
    Ok((kind, second.text.clone()))
}

/// A name that its modifier may be joined to.
fn joined(word: &Word) -> (LocationKind, String) {
    let text = word.text.as_str();
    if let Some(name) = text.strip_prefix('=') {
        (LocationKind::Exact, name.to_owned())
    } else if let Some(name) = text.strip_prefix("^~") {
        (LocationKind::PrefixFirst, name.to_owned())
    } else if let Some(name) = text.strip_prefix("~*") {
        (LocationKind::Regex(value::pattern(word, 2, true)), name.to_owned())
    } else if let Some(name) = text.strip_prefix('~') {
        (LocationKind::Regex(value::pattern(word, 1, false)), name.to_owned())
    } else if text.starts_with('@') {
        (LocationKind::Named, text.to_owned())
    } else {
        (LocationKind::Prefix, text.to_owned())
    }
}

fn nesting(around: &Level, inner: &Level, directive: &Directive) -> Outcome {
    if !around.contexts.intersects(LOCATION) {
        return Ok(());
    }
    let (name, outer) = (&inner.location.name, &around.location.name);
    let message = match (&around.location.kind, &inner.location.kind) {
        (LocationKind::Exact, _) => format!("location \"{name}\" cannot be inside the exact location \"{outer}\""),
        (LocationKind::Named, _) => format!("location \"{name}\" cannot be inside the named location \"{outer}\""),
        (_, LocationKind::Named) => format!("named location \"{name}\" can be on the server level only"),
        (_, LocationKind::Regex(_)) => return Ok(()),
        _ if name.starts_with(outer.as_str()) => return Ok(()),
        _ => format!("location \"{name}\" is outside location \"{outer}\""),
    };
    Err(Diagnostic::error("misplaced-location", message)
        .at(directive.origin())
        .related(around.origin, "inside this one"))
}

fn duplicate(lowering: &mut Lowering<'_>, around: &Level, inner: &Level, directive: &Directive) -> Outcome {
    let is_same = |sibling: &&Level| {
        let kinds = match (&sibling.location.kind, &inner.location.kind) {
            (LocationKind::Exact, LocationKind::Exact) | (LocationKind::Named, LocationKind::Named) => true,
            (left, right) => {
                [left, right].iter().all(|kind| matches!(kind, LocationKind::Prefix | LocationKind::PrefixFirst))
            }
        };
        kinds && sibling.location.name == inner.location.name
    };
    let Some(first) = around.children.iter().find(is_same) else { return Ok(()) };
    let message = format!("duplicate location \"{}\"", inner.location.name);
    if matches!(inner.location.kind, LocationKind::Named) {
        // nginx takes it, though nothing can reach it.
        let problem = Diagnostic::warning("duplicate-location", message).at(directive.origin());
        lowering.report(problem.related(first.origin, "this one holds"));
        return Ok(());
    }
    let problem = Diagnostic::error("duplicate-location", message).at(directive.origin());
    Err(problem.related(first.origin, "it stands here already"))
}
