//! Steps of scripts, as the directives of the rewrite module say them.

use diagnostic::Origin;
use model::{Comparison, Condition, FileTest, Groups, Part, RewriteFlag, Step as ModelStep, Template};

use super::aliasing::{Kind, Place};
use super::http::Scope;
use super::item::Item;
use super::level::{Level, Step};
use super::{location, section, word};
use crate::table::{IF_LOCATION, IF_SERVER};

/// The steps of a block.
pub(super) fn steps(script: &[ModelStep], place: &Place, scope: &Scope<'_>) -> Vec<Step> {
    script.iter().map(|step| self::step(step, place, scope)).collect()
}

fn step(step: &ModelStep, place: &Place, scope: &Scope<'_>) -> Step {
    Step::Item(match step {
        ModelStep::Set { variable, value, origin } => {
            Item::new("set", [word::text(&format!("${variable}")), word::template(value)], *origin)
        }
        ModelStep::Rewrite { pattern, replacement, flag, keep_arguments, origin } => {
            let words = rewrite(replacement, *flag, *keep_arguments);
            let pattern = word::expression(pattern);
            match words {
                Ok(words) => Item::new("rewrite", [pattern].into_iter().chain(words).map(Ok), *origin),
                Err(why) => Item::unsaid(format!("rewrite {pattern}: {why}"), *origin),
            }
        }
        ModelStep::If { condition, steps, section, origin } => {
            return conditional(condition, steps, section.as_deref(), (place, *origin), scope);
        }
        ModelStep::Return { status, text, origin } => {
            let text = text.as_ref().map(word::template);
            Item::new("return", [Ok(status.to_string())].into_iter().chain(text), *origin)
        }
        ModelStep::Break { origin } => Item::new("break", [], *origin),
        ModelStep::Unset { variable, origin } => Item::unsaid(format!("taking away the value of ${variable}"), *origin),
        ModelStep::Path { origin, .. } => Item::unsaid("a path that is replaced as a whole".to_owned(), *origin),
        ModelStep::Skip { origin, .. }
        | ModelStep::Block { origin, .. }
        | ModelStep::Leave { origin }
        | ModelStep::Again { origin, .. } => Item::unsaid("steps that are left out or run again".to_owned(), *origin),
        ModelStep::Find { name: _, file: _, rest: _, index: _, origin } => {
            Item::unsaid("looking for the file of a name", *origin)
        }
        ModelStep::Begin { path: _, origin } => Item::unsaid("beginning anew with another path", *origin),
        ModelStep::Go { location, origin } => Item::unsaid(format!("going to the location {location}"), *origin),
    })
}

/// What follows the expression.
fn rewrite(replacement: &Template, flag: RewriteFlag, keep_arguments: bool) -> Result<Vec<String>, String> {
    let mut text = word::raw(replacement)?;
    let redirects = matches!(flag, RewriteFlag::Redirect(_));
    if let (false, Some(Part::Variable(name))) = (redirects, replacement.parts.first())
        && name.starts_with("scheme")
    {
        // In brackets it is not taken for the beginning of a URL to redirect to.
        text = text.replacen(&format!("${name}"), &format!("${{{name}}}"), 1);
    } else if !redirects && ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme)) {
        return Err(format!("a path that begins like a URL: {text}"));
    }
    if keep_arguments && (text.is_empty() || text.ends_with('?')) {
        return Err(format!("a replacement \"{text}\" that keeps the arguments"));
    }
    if !keep_arguments {
        text.push('?');
    }
    let mut words = vec![word::quote(&text)];
    match flag {
        RewriteFlag::Continue => {}
        RewriteFlag::Last => words.push("last".to_owned()),
        RewriteFlag::Break => words.push("break".to_owned()),
        RewriteFlag::Redirect(301) => words.push("permanent".to_owned()),
        RewriteFlag::Redirect(302) => words.push("redirect".to_owned()),
        RewriteFlag::Redirect(status) => return Err(format!("a redirect with status {status} to {text}")),
    }
    Ok(words)
}

/// A condition that answers targets which match an expression, in any case of letters, with 404.
pub(super) fn refusal(expression: &str) -> Item {
    let words = ["($request_uri".to_owned(), "~*".to_owned(), format!("{})", word::quote(expression))];
    Item::block("if", words, vec![Item::one("return", "404")])
}

fn conditional(
    condition: &Condition,
    steps: &[ModelStep],
    section: Option<&model::Section>,
    (place, origin): (&Place, Origin),
    scope: &Scope<'_>,
) -> Step {
    let words = match words(condition) {
        Ok(words) => words,
        Err(why) => return Step::Item(Item::unsaid(format!("a condition on {why}"), origin)),
    };
    let in_site = place.kind == Kind::Around;
    let context = if in_site { IF_SERVER } else { IF_LOCATION };
    let mut level = Level::new("if", words, context, place.inside());
    if let Some(section) = section {
        location::fill(&mut level, section, scope);
        level.head.extend(section::try_files(section));
    }
    level.script = self::steps(steps, &level.place, scope);
    Step::If(Box::new(level))
}

/// A condition in its brackets.
fn words(condition: &Condition) -> Result<Vec<String>, String> {
    let last = |word: String| format!("{word})");
    Ok(match condition {
        Condition::True(value) => vec![format!("({})", variable(value)?)],
        Condition::Compare { value, comparison, with } => {
            let operator = match comparison {
                Comparison::Equal => "=",
                Comparison::Different => "!=",
            };
            vec![format!("({}", variable(value)?), operator.to_owned(), last(word::template(with)?)]
        }
        Condition::Match { value, pattern, negated, groups: Groups::Latest } => {
            let operator = match (negated, pattern.ignore_case) {
                (false, false) => "~",
                (false, true) => "~*",
                (true, false) => "!~",
                (true, true) => "!~*",
            };
            vec![format!("({}", variable(value)?), operator.to_owned(), last(word::quote(&pattern.expression))]
        }
        Condition::File { test, path, negated } => {
            let letter = match test {
                FileTest::Filled => return Err("a file with something in it".to_owned()),
                FileTest::Link => return Err("a symbolic link".to_owned()),
                FileTest::File => "-f",
                FileTest::Directory => "-d",
                FileTest::Exists => "-e",
                FileTest::Executable => "-x",
            };
            vec![format!("({}{letter}", if *negated { "!" } else { "" }), last(word::template(path)?)]
        }
        Condition::Match { .. } => return Err("an expression whose groups are kept".to_owned()),
        Condition::Varies { .. } => return Err("a condition that caches hear of".to_owned()),
        Condition::Field { .. } => return Err("a field whose name is not written out".to_owned()),
        Condition::All(_) | Condition::Any(_) | Condition::Not(_) => return Err("several tests".to_owned()),
        Condition::Defined(variable) => return Err(format!("whether ${variable} has a value")),
        Condition::Order { .. } => return Err("the order of two values".to_owned()),
        Condition::Address { .. } => return Err("networks of an address".to_owned()),
    })
}

/// The left side of a condition is one variable.
fn variable(value: &Template) -> Result<String, String> {
    match value.parts.as_slice() {
        [Part::Variable(name)] => Ok(format!("${name}")),
        [Part::Capture(number)] => Ok(format!("${number}")),
        _ => Err(format!("a value that is not one variable: {}", word::raw(value)?)),
    }
}
