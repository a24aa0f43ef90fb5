//! The steps that the rules of a section are: they come once a request was let in, and see the name of its file.

use model::{Comparison, Condition, FileTest, Part, Step, Template};

use super::RewriteSettings;
use super::map::Table;
use super::steps::{CHANGED, ENDED, Maker, REST, Rewriting, answer, matches, set, template, variable, when};
use super::text::REWRITTEN;
use crate::lower::{Lowering, escape};

/// The name of the request's file, without what follows it in the path.
const FILE: &str = "rewritten_file";

/// The steps of a section's rules. `directory` is what the section is for, `above` where the server's files lie, or others, and
/// the path that stands for that.
pub(crate) fn of_section(
    lowering: &mut Lowering<'_>,
    settings: &RewriteSettings,
    maps: &[Table],
    (directory, above): (&str, (&str, &str)),
) -> Rewriting {
    let Some(origin) = settings.rules.first().map(|rule| rule.origin) else { return Rewriting::default() };
    let slash = if directory.ends_with('/') { "" } else { "/" };
    let directory = format!("{directory}{slash}");
    let mut maker = Maker::new(lowering, maps, Some(directory.clone()));
    let name = || template(vec![variable("request_filename")], origin);
    let (file, rest) = (FILE.to_owned(), REST.to_owned());
    // What follows the file in the path may be known by now.
    let whole = template(vec![variable("request_filename"), variable("fastcgi_path_info")], origin);
    let mut inside = vec![Step::Find { name: whole, file, rest, index: false, origin }];
    inside.extend(maker.rules(&settings.rules, FILE));
    let base = settings.base.as_ref().map(|base| base.text.trim_end_matches('/'));
    let mut changed = Vec::new();
    if let Some(base) = base {
        // The directory may have become a part of a URL.
        let pattern = format!("(?s)^([^:/]+://[^/]+){}(.*)", escape(&directory));
        let url = vec![Part::Capture(1), Part::Text(format!("{base}/")), Part::Capture(2)];
        changed.push(when(matches(REWRITTEN, &pattern, origin), vec![set(REWRITTEN, url, origin)], origin));
    }
    changed.push(maker.redirect(origin));
    changed.push(when(not(matches(REWRITTEN, "^/", origin)), vec![answer(400, origin)], origin));
    // The file's name becomes a path again.
    let (above, path) = match base {
        Some(base) => (directory.trim_end_matches('/'), vec![Part::Text(base.to_owned()), Part::Capture(1)]),
        None if above.1.is_empty() => (above.0.trim_end_matches('/'), vec![Part::Capture(1)]),
        None => (above.0.trim_end_matches('/'), vec![Part::Text(above.1.to_owned()), Part::Capture(1)]),
    };
    let pattern = format!("(?s)^{}(/.*)", escape(above));
    // What was said of this file is not said of another.
    let unset = |variable: &String| Step::Unset { variable: variable.clone(), origin };
    let mut elsewhere: Vec<Step> = maker.types.iter().map(unset).collect();
    elsewhere.push(when(matches(REWRITTEN, &pattern, origin), vec![set(REWRITTEN, path, origin)], origin));
    elsewhere.push(Step::Begin { path: template(vec![variable(REWRITTEN)], origin), origin });
    // A folder without the slash at its end gets that first.
    let folder = Condition::File { test: FileTest::Directory, path: name(), negated: false };
    let bare = Condition::All(vec![not(matches("uri", r"/\z", origin)), folder]);
    let changes = Condition::All(vec![not(is_file(template(vec![variable(REWRITTEN)], origin))), not(bare)]);
    changed.push(when(changes, elsewhere, origin));
    inside.push(when(Condition::Defined(CHANGED.to_owned()), changed, origin));
    let mut asked = vec![not(Condition::Defined(ENDED.to_owned()))];
    if !settings.options.bare {
        let value = name();
        let with = Template::text(directory.trim_end_matches('/'), origin);
        asked.push(Condition::Compare { value, comparison: Comparison::Different, with });
    }
    let steps = vec![when(Condition::All(asked), inside, origin)];
    Rewriting { steps, ..maker.made }
}

/// Whether a name is that of the request's file.
fn is_file(with: Template) -> Condition {
    let value = template(vec![variable(FILE)], with.origin);
    Condition::Compare { value, comparison: Comparison::Equal, with }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}
