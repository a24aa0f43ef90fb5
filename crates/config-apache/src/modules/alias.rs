//! The directives of `mod_alias`: paths that lie elsewhere, and redirects.

use diagnostic::{Diagnostic, Origin};
use model::{Condition, Function, Groups, Matcher, Part, Pattern, Root, Step, Template};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Change, Inherit, Lowering, Mapping, Scope, escape, is_below, settings, with_groups};
use crate::table::{
    ANYWHERE, FLAG, LOCATION, Module, Outcome, Row, SERVER, between, no_effect, pending, refused, row, take,
};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_alias", identifier: "alias_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    row("Alias", SERVER.or(LOCATION), between(1, 2), alias),
    row("AliasMatch", SERVER, take(2), alias_match),
    no_effect("AliasPreservePath", ANYWHERE, FLAG, "the path of a location is never kept"),
    row("Redirect", ANYWHERE, between(1, 3), |l, s, d| redirect(l, s, d, None)),
    row("RedirectMatch", ANYWHERE, between(1, 3), redirect_match),
    row("RedirectPermanent", ANYWHERE, between(1, 2), |l, s, d| redirect(l, s, d, Some(301))),
    pending("RedirectRelative", ANYWHERE),
    row("RedirectTemp", ANYWHERE, between(1, 2), |l, s, d| redirect(l, s, d, Some(302))),
    refused("ScriptAlias", ANYWHERE, NO_PROGRAMS),
    refused("ScriptAliasMatch", SERVER, NO_PROGRAMS),
];

const NO_PROGRAMS: &str =
    "no programs run here: run the program behind a web server of its own and forward to that with `ProxyPass`";

/// Bytes beside letters and digits that httpd leaves in a path when it escapes one.
const KEPT: &str = "$-_.+!*'(),:;@&=/~";

settings! {
    /// Paths that lie elsewhere.
    struct AliasSettings {
        redirects: OwnFirst,
        aliases: OwnFirst,
        /// Those of sections, which hold before all others.
        located: OwnFirst,
    }
}

/// What a host says comes before what the main server says.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnFirst(Vec<Elsewhere>);

impl Inherit for OwnFirst {
    fn inherit(&mut self, base: &Self) {
        self.0.extend(base.0.iter().cloned());
    }
}

/// A part of the paths for which something else than the server's own files answers.
#[derive(Clone, Debug)]
struct Elsewhere {
    matcher: Matcher,
    what: What,
    origin: Origin,
}

#[derive(Clone, Debug)]
enum What {
    /// Files that lie there.
    Files(Template),
    /// An answer of this status, with the URL to go to.
    Answer(u16, Option<Template>),
}

impl AliasSettings {
    /// Takes over what a location says.
    pub(crate) fn take_location(&mut self, inner: Self) {
        // Of several sections the last holds.
        self.located.0.splice(0..0, inner.redirects.0.into_iter().chain(inner.aliases.0));
    }

    /// Where files lie, as far as that does not depend on requests.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.located.0.iter().chain(&self.aliases.0).filter_map(|elsewhere| match &elsewhere.what {
            What::Files(path) => path.as_text(),
            What::Answer(..) => None,
        })
    }

    /// Of the files from a directory on: where they lie, and the path that stands for it; `None`: no path does.
    pub(crate) fn context(&self, directory: &str) -> Option<(&str, &str)> {
        self.aliases.0.iter().find_map(|elsewhere| {
            let (What::Files(place), Matcher::Below(path) | Matcher::Prefix { path, .. }) =
                (&elsewhere.what, &elsewhere.matcher)
            else {
                return None;
            };
            let place = place.as_text()?.trim_end_matches('/');
            is_below(directory, place).then_some((place, path.trim_end_matches('/')))
        })
    }

    /// The paths, in the order in which httpd looks at them.
    pub(crate) fn mappings(&self) -> Vec<Mapping> {
        let all = self.located.0.iter().chain(&self.redirects.0).chain(&self.aliases.0);
        all.map(Elsewhere::mapping).collect()
    }
}

impl Elsewhere {
    fn mapping(&self) -> Mapping {
        let change = match &self.what {
            What::Files(path) => Change::Files(Root::Alias(path.clone())),
            What::Answer(status, text) => {
                Change::Answer(vec![Step::Return { status: *status, text: text.clone(), origin: self.origin }])
            }
        };
        Mapping { matcher: self.matcher.clone(), change, forwarded_to: None, origin: self.origin }
    }
}

fn alias(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let first = value::first(directive)?;
    let (matcher, target) = match (scope.location(), directive.argument(1)) {
        // The whole of the location is this one file or folder.
        (Some(pattern), None) => (Matcher::Regex(whole(pattern)), first),
        (Some(_), Some(extra)) => {
            return Err(value::bad(extra, "Alias in a section takes the path of the files alone"));
        }
        (None, Some(target)) => (below(&first.text), target),
        (None, None) => return Err(crate::check::missing_argument(directive)),
    };
    let path = lowering.path(&target.text).display().to_string();
    // What `path` makes of it must not lose the slash at its end.
    let path = if target.text.ends_with('/') && !path.ends_with('/') { format!("{path}/") } else { path };
    let path = if scope.location().is_some() {
        crate::expression::text(lowering, &Word { text: path, ..target.clone() })?
    } else {
        Template::text(path, target.origin)
    };
    let elsewhere = Elsewhere { matcher, what: What::Files(path), origin: directive.origin() };
    scope.server.alias.aliases.0.push(elsewhere);
    Ok(())
}

fn alias_match(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (pattern, target) = (value::first(directive)?, value::argument(directive, 1)?);
    let what = What::Files(Template { parts: with_groups(&target.text), origin: target.origin });
    scope.server.alias.aliases.0.push(Elsewhere {
        matcher: Matcher::Regex(regex(pattern)),
        what,
        origin: directive.origin(),
    });
    Ok(())
}

fn redirect(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, fixed: Option<u16>) -> Outcome {
    let (status, mut words) = status(directive, fixed)?;
    let in_section = !scope.contexts.intersects(SERVER);
    let alone = in_section && (words.len() == 0 || (words.len() == 1 && (300..400).contains(&status)));
    let path = if alone { None } else { Some(words.next().ok_or_else(|| crate::check::missing_argument(directive))?) };
    let target = words.next();
    check_target(status, target, directive)?;
    let Some(path) = path else { return redirect_all(lowering, scope, directive, (status, target)) };
    if !in_section && !path.text.starts_with('/') {
        return Err(value::bad(path, "Redirect to non-URL").help("write `Redirect PATH URL`"));
    }
    let to = |rest| target.map(|target| to(vec![Part::Text(target.text.clone())], vec![rest], target));
    if in_section {
        let end = if path.text.ends_with('/') { "(.*)" } else { "((?:/.*)?)\\z" };
        let expression = format!("(?s)^{}{end}", escape(&path.text));
        let pattern = Pattern { expression, ignore_case: false, origin: path.origin };
        later(scope, Some(pattern), status, to(Part::Capture(1)), directive.origin());
        return Ok(());
    }
    let what = What::Answer(status, to(Part::Variable("uri_rest".to_owned())));
    scope.server.alias.redirects.0.push(Elsewhere { matcher: below(&path.text), what, origin: directive.origin() });
    Ok(())
}

/// All requests of a section go to one place, of which an expression may tell.
fn redirect_all(
    lowering: &mut Lowering<'_>,
    scope: &mut Scope,
    directive: &Directive,
    (status, target): (u16, Option<&Word>),
) -> Outcome {
    let text = match target {
        Some(target) => Some(to(crate::expression::text(lowering, target)?.parts, Vec::new(), target)),
        None => None,
    };
    match scope.location() {
        // Locations are known before anything is asked of the request.
        Some(pattern) => {
            let (matcher, what) = (Matcher::Regex(whole(pattern)), What::Answer(status, text));
            scope.server.alias.redirects.0.push(Elsewhere { matcher, what, origin: directive.origin() });
        }
        None => later(scope, None, status, text, directive.origin()),
    }
    Ok(())
}

/// A redirect of a section, once the request was let in.
fn later(scope: &mut Scope, path: Option<Pattern>, status: u16, text: Option<Template>, origin: Origin) {
    let answer = Step::Return { status, text, origin };
    let step = match path {
        Some(pattern) => {
            let value = Template { parts: vec![Part::Variable("uri".to_owned())], origin };
            let condition = Condition::Match { value, pattern, negated: false, groups: Groups::Latest };
            Step::If { condition, steps: vec![answer], section: None, origin }
        }
        None => answer,
    };
    scope.overrides.moments.ready.push(step);
}

fn redirect_match(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (status, mut words) = status(directive, None)?;
    let pattern = words.next().ok_or_else(|| crate::check::missing_argument(directive))?;
    let target = words.next();
    check_target(status, target, directive)?;
    let text = target.map(|target| {
        let (path, query) = match target.text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target.text.as_str(), None),
        };
        let mut template = to(vec![escaped(with_groups(path))], Vec::new(), target);
        if let Some(query) = query {
            template.parts.push(Part::Text("?".to_owned()));
            template.parts.extend(with_groups(query));
        }
        template
    });
    let (pattern, origin) = (regex(pattern), directive.origin());
    if scope.contexts.intersects(SERVER) {
        let (matcher, what) = (Matcher::Regex(pattern), What::Answer(status, text));
        scope.server.alias.redirects.0.push(Elsewhere { matcher, what, origin });
    } else {
        later(scope, Some(pattern), status, text, origin);
    }
    Ok(())
}

/// The status that is said first, or 302, and the words that follow.
fn status(directive: &Directive, fixed: Option<u16>) -> Result<(u16, std::slice::Iter<'_, Word>), Diagnostic> {
    const NAMES: [(&str, u16); 4] = [("permanent", 301), ("temp", 302), ("seeother", 303), ("gone", 410)];
    let mut words = directive.arguments.iter();
    if let Some(fixed) = fixed {
        return Ok((fixed, words));
    }
    let first = value::first(directive)?;
    let named = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(&first.text)).map(|(_, status)| *status);
    let number = if first.text.starts_with(|letter: char| letter.is_ascii_digit()) {
        let number = first.text.parse().ok().filter(|status| (300..600).contains(status));
        Some(number.ok_or_else(|| value::bad(first, "Redirect has an invalid status"))?)
    } else {
        None
    };
    let said = named.or(number);
    if said.is_some() {
        words.next();
    }
    Ok((said.map_or(302, known), words))
}

/// A status without a meaning is answered as an error of this server.
fn known(status: u16) -> u16 {
    match status {
        300..=308 | 400..=417 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511 => status,
        _ => 500,
    }
}

fn check_target(status: u16, target: Option<&Word>, directive: &Directive) -> Outcome {
    match target {
        None if (300..400).contains(&status) => {
            Err(Diagnostic::error("wrong-arity", "URL to redirect to is missing").at(directive.origin()))
        }
        Some(target) if !(300..400).contains(&status) => {
            Err(value::bad(target, "Redirect URL not valid for this status"))
        }
        Some(target) if !target.text.contains(':') && !target.text.starts_with(['/', '$', '%']) => {
            Err(value::bad(target, "Redirect to non-URL").help("write `http://…` or a path"))
        }
        _ => Ok(()),
    }
}

/// A target with what follows it: the rest of the path, and the query unless the target has one.
fn to(mut parts: Vec<Part>, rest: Vec<Part>, target: &Word) -> Template {
    let fragment = match parts.first_mut() {
        Some(Part::Text(text)) => text.find('#').map(|at| Part::Text(text.split_off(at))),
        _ => None,
    };
    let query = ["is_args", "args"].map(|name| Part::Variable(name.to_owned()));
    let query = query.into_iter().filter(|_| !target.text.contains('?'));
    let rest = (!rest.is_empty()).then(|| escaped(rest));
    // A query stands before a fragment, whatever follows that.
    if fragment.is_some() {
        parts.extend(query.chain(fragment).chain(rest));
    } else {
        parts.extend(rest.into_iter().chain(query));
    }
    Template { parts, origin: target.origin }
}

fn escaped(of: Vec<Part>) -> Part {
    Part::Made { by: Function::Escape { keep: KEPT.to_owned(), capital: false, plus: false }, of }
}

fn below(path: &str) -> Matcher {
    if path.ends_with('/') {
        Matcher::Prefix { path: path.to_owned(), skip_regexes: false, redirect_bare: false }
    } else {
        Matcher::Below(path.to_owned())
    }
}

fn regex(word: &Word) -> Pattern {
    Pattern { expression: word.text.clone(), ignore_case: false, origin: word.origin }
}

/// All paths of a location, none of which is left out or kept.
fn whole(pattern: &crate::lower::Pattern) -> Pattern {
    let expression = match pattern {
        crate::lower::Pattern::Text(path) if path.ends_with('/') => format!("^{}", escape(path)),
        crate::lower::Pattern::Text(path) => format!("^{}(?:/|\\z)", escape(path)),
        crate::lower::Pattern::Glob(glob) => return crate::lower::wildcards(glob),
        crate::lower::Pattern::Regex(pattern) => return pattern.clone(),
    };
    Pattern { expression, ignore_case: false, origin: Origin::default() }
}
