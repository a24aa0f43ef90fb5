//! `<Directory>`, `<Files>`, `<Location>` and their like, and what stands only in them.

use diagnostic::Diagnostic;
use model::Condition;

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Pattern, Scope, SectionKind, environment};
use crate::modules::authz_core::{self, Methods};
use crate::modules::{mime, proxy};
use crate::overrides::Allowed;
use crate::table::{Contexts, DIRECTORY, FILES, IF, LIMIT, LOCATION, Outcome};
use crate::value;

pub(super) fn directory(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let pattern = match pattern(directive, false)? {
        Pattern::Text(path) if path.starts_with('/') => Pattern::Text(without_last_slash(&path)),
        Pattern::Text(path) => Pattern::Text(lowering.path(&without_last_slash(&path)).display().to_string()),
        Pattern::Glob(path) => Pattern::Glob(without_last_slash(&path)),
        Pattern::Regex(pattern) => Pattern::Regex(pattern),
    };
    open(lowering, scope, directive, DIRECTORY, SectionKind::Directory(pattern));
    Ok(())
}

/// httpd takes a directory with and without a slash at its end for the same.
pub(super) fn without_last_slash(path: &str) -> String {
    let short = path.trim_end_matches('/');
    if short.is_empty() { "/".to_owned() } else { short.to_owned() }
}

pub(super) fn directory_match(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Directory(pattern(directive, true)?);
    open(lowering, scope, directive, DIRECTORY, kind);
    Ok(())
}

pub(super) fn files(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Files(pattern(directive, false)?);
    open(lowering, scope, directive, FILES, kind);
    Ok(())
}

pub(super) fn files_match(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Files(pattern(directive, true)?);
    open(lowering, scope, directive, FILES, kind);
    Ok(())
}

pub(super) fn location(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let pattern = pattern(directive, false)?;
    if let (Pattern::Text(path), Some(word)) = (&pattern, directive.argument(0))
        && path.contains("://")
    {
        return Err(value::not_built("<Location> of a URL").at(word.origin));
    }
    open(lowering, scope, directive, LOCATION, SectionKind::Location(pattern));
    Ok(())
}

pub(super) fn location_match(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let kind = SectionKind::Location(pattern(directive, true)?);
    open(lowering, scope, directive, LOCATION, kind);
    Ok(())
}

/// What the section's argument matches: an expression behind `~`, or in sections that always have one.
pub(crate) fn pattern(directive: &Directive, regex: bool) -> Result<Pattern, Diagnostic> {
    let first = value::first(directive)?;
    let tilde = !regex && first.text == "~" && !first.quoted;
    let word = value::argument(directive, usize::from(tilde))?;
    if let Some(extra) = directive.argument(usize::from(tilde) + 1) {
        let message = format!("Multiple {} arguments not (yet) supported", directive.name.text);
        return Err(value::bad(extra, message).help("a path with spaces stands in quotes"));
    }
    Ok(match () {
        () if regex || tilde => Pattern::Regex(pattern_of(word)),
        () if word.text.contains(['*', '?', '[']) => Pattern::Glob(word.text.clone()),
        () => Pattern::Text(word.text.clone()),
    })
}

fn pattern_of(word: &Word) -> model::Pattern {
    model::Pattern { expression: named_groups(&word.text), ignore_case: false, origin: word.origin }
}

/// An expression whose named groups are variables of the environment: `(?<word>…)` is `MATCH_WORD`.
fn named_groups(expression: &str) -> String {
    let mut named = String::new();
    let mut rest = expression;
    while let Some(at) = rest.find("(?<").filter(|_| rest.contains('>')) {
        let (before, after) = rest.split_at(at + "(?<".len());
        named.push_str(before);
        rest = after;
        let name = after.split('>').next().unwrap_or_default();
        if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            named.push_str(&environment(&format!("MATCH_{}", name.to_ascii_uppercase())));
            rest = after.get(name.len()..).unwrap_or_default();
        }
    }
    named + rest
}

/// Reads what stands in a section and keeps it.
pub(crate) fn open(
    lowering: &mut Lowering<'_>,
    scope: &mut Scope,
    directive: &Directive,
    contexts: Contexts,
    kind: SectionKind,
) {
    let mut inner = Scope { kind: Some(kind), ..Scope::new(contexts, directive.origin()) };
    lowering.body(&mut inner, directive);
    if scope.contexts.intersects(IF) && contexts == FILES {
        let why = "what a condition holds for is known after the file: httpd itself takes no notice of it";
        lowering.without_effect(&directive.name.text, directive.origin(), why);
        return;
    }
    scope.add_section(inner);
}

pub(super) fn condition(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let condition = expression(lowering, directive)?;
    scope.tried = vec![condition.clone()];
    open(lowering, scope, directive, IF, SectionKind::If(condition));
    Ok(())
}

pub(super) fn else_if(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let own = expression(lowering, directive)?;
    let mut all = failed(scope, directive)?;
    all.push(own.clone());
    scope.tried.push(own);
    open(lowering, scope, directive, IF, SectionKind::If(Condition::All(all)));
    Ok(())
}

pub(super) fn otherwise(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let all = failed(scope, directive)?;
    scope.tried.clear();
    open(lowering, scope, directive, IF, SectionKind::If(Condition::All(all)));
    Ok(())
}

/// None of the conditions before held.
fn failed(scope: &Scope, directive: &Directive) -> Result<Vec<Condition>, Diagnostic> {
    if scope.tried.is_empty() {
        let message = format!("{} without a matching <If> section", directive.name.text);
        return Err(Diagnostic::error("misplaced-directive", message).at(directive.origin()));
    }
    Ok(scope.tried.iter().map(|tried| Condition::Not(Box::new(tried.clone()))).collect())
}

/// The expression that the section's words are.
fn expression(lowering: &mut Lowering<'_>, directive: &Directive) -> Result<Condition, Diagnostic> {
    let first = value::first(directive)?;
    let text = if directive.arguments.len() == 1 { first.text.clone() } else { directive.rest.text() };
    crate::expression::condition(lowering, &Word { text, ..first.clone() })
}

/// What is asked of some methods only, or of all others.
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn limit(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, others: bool) -> Outcome {
    let mut inner = Scope::new(LIMIT, directive.origin());
    lowering.body(&mut inner, directive);
    let methods = Methods { names: authz_core::methods(&directive.arguments), others };
    authz_core::take_users(scope, &mut inner);
    scope.access.take_limited(inner.access, &methods);
    Ok(())
}

/// `AllowOverride`
pub(super) fn allow_override(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.overriding.allowed = Some(Allowed::read(directive)?);
    has_files(lowering, scope, directive);
    Ok(())
}

/// `AllowOverrideList`
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn allow_overrides(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let names = directive.arguments.iter().map(|word| word.text.to_ascii_lowercase());
    scope.overriding.list = Some(names.filter(|name| name != "none").collect());
    has_files(lowering, scope, directive);
    Ok(())
}

/// Files lie in directories whose names are known.
fn has_files(lowering: &mut Lowering<'_>, scope: &Scope, directive: &Directive) {
    if !matches!(scope.kind, Some(SectionKind::Directory(Pattern::Text(_) | Pattern::Glob(_)))) {
        let message = format!("Useless use of {}: only directories have such files", directive.name.text);
        let problem = Diagnostic::warning("no-effect-here", message).at(directive.origin());
        lowering.report(problem.help("leave it out, or write it into a `<Directory>` without an expression"));
    }
}

/// `AccessFileName`
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn access_file_name(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let names = directive.arguments.iter().map(|word| word.text.clone());
    scope.server.core.access_file_names = Some(names.collect());
    Ok(())
}

/// What is asked for, and what becomes of it here.
const OPTIONS: [(&str, Option<&str>); 11] = [
    ("All", Some("directories are not listed, programs and includes do not run")),
    ("None", None),
    ("ExecCGI", Some("no programs run here: files of programs are sent as they are")),
    ("FollowSymLinks", None),
    ("Includes", Some(NO_INCLUDES)),
    ("IncludesNOEXEC", Some(NO_INCLUDES)),
    ("IncludesNoExec", Some(NO_INCLUDES)),
    ("Indexes", Some("directories are not listed: one without an index file is answered with 403 or 404")),
    ("MultiViews", Some("documents are not chosen by language: the one that a request names is sent")),
    ("RunScripts", None),
    ("SymLinksIfOwnerMatch", Some("symbolic links are followed, whoever owns them")),
];

const NO_INCLUDES: &str = "includes do not run: documents with such are sent as they are";

pub(super) fn options(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let mut merging = false;
    for (index, word) in directive.arguments.iter().enumerate() {
        let name = word.text.trim_start_matches(['+', '-']);
        let found = OPTIONS.iter().find(|(option, _)| option.eq_ignore_ascii_case(name));
        let (option, why) = found.ok_or_else(|| value::invalid(word, &OPTIONS.map(|(option, _)| option)))?;
        let signed = name.len() < word.text.len();
        // Behind `All` and `None`, which come first and have no sign, signs add and take away.
        let whole = |word: &Word| ["all", "none"].contains(&word.text.to_ascii_lowercase().as_str());
        let begins_whole = directive.argument(0).is_some_and(whole);
        if ["All", "None"].contains(option) && (index > 0 || signed) {
            return Err(value::bad(word, format!("'Options {option}' must be the first Option given, without a sign")));
        }
        if signed != merging && index > 0 && (merging || !begins_whole) {
            return Err(value::bad(word, "Either all Options must start with + or -, or no Option may.")
                .help("without signs, these options replace those that hold around them"));
        }
        merging |= signed;
        match why {
            Some(why) if !word.text.starts_with('-') => {
                lowering.without_effect(&format!("Options {option}"), word.origin, why);
            }
            _ if word.text.eq_ignore_ascii_case("-FollowSymLinks") => {
                lowering.without_effect("Options -FollowSymLinks", word.origin, "symbolic links are followed");
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) fn set_handler(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const PAGES: [&str; 3] = ["server-status", "server-info", "ldap-status"];
    let word = value::first(directive)?;
    let name = word.text.to_ascii_lowercase();
    if let Some(handler) = proxy::handler(word) {
        scope.handler = Some(handler?);
        return Ok(());
    }
    if name == "balancer-manager" {
        let problem = Diagnostic::error("refused", "there is no page that changes balancers while they serve");
        return Err(problem.at(word.origin).help(
            "leave the section out; change the members in the configuration, and reload it: `apachectl graceful`",
        ));
    }
    if PAGES.contains(&name.as_str()) {
        let why = "the page is not built: a request for it is answered as if nothing were said here";
        lowering.without_effect("SetHandler", directive.origin(), why);
        return Ok(());
    }
    if name == "none" {
        scope.handler = Some(proxy::Handler::Files);
        return Ok(());
    }
    let problem = Diagnostic::error("runs-elsewhere", format!("the handler \"{}\" does not run here", word.text));
    Err(problem.at(word.origin).help(if name.contains("php") { mime::PHP } else { mime::RUN_BEHIND }))
}
