//! `ProxyPass` and `ProxyPassMatch`: which paths go where.

use diagnostic::{Diagnostic, Origin};

use super::url::{Url, UrlTarget};
use super::worker::{Worker, WorkerSettings};
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Pattern, Scope};
use crate::table::Outcome;
use crate::value;

/// A part of the paths that goes elsewhere, or stays.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) paths: Paths,
    /// `None`: they stay.
    pub(crate) url: Option<Url>,
    /// The path goes on as the client wrote it.
    pub(crate) raw: bool,
    pub(crate) origin: Origin,
}

/// Which paths.
#[derive(Clone, Debug)]
pub(crate) enum Paths {
    /// Those from this one on.
    From(String),
    /// Those that an expression matches.
    Matching(model::Pattern),
}

pub(super) fn proxy_pass(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter();
    let paths = match scope.location() {
        Some(Pattern::Text(path)) => Paths::From(path.clone()),
        Some(Pattern::Glob(_) | Pattern::Regex(_)) => {
            lowering.report(
                Diagnostic::warning("no-effect", "ProxyPass in a section that matches an expression fits no path")
                    .at(directive.origin())
                    .help("write `ProxyPassMatch`, or the path in `<Location>` without wildcards"),
            );
            return Ok(());
        }
        None => match words.next() {
            Some(word) if word.text == "~" => Paths::Matching(expression(words.next(), directive)?),
            word => Paths::From(path(word, directive)?),
        },
    };
    pass(lowering, scope, directive, paths, words)
}

pub(super) fn proxy_pass_match(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter();
    let pattern = match scope.location() {
        Some(Pattern::Regex(pattern)) => pattern.clone(),
        // httpd reads the section's path as an expression.
        Some(Pattern::Text(text) | Pattern::Glob(text)) => {
            model::Pattern { expression: text.clone(), ignore_case: false, origin: directive.origin() }
        }
        None => expression(words.next(), directive)?,
    };
    pass(lowering, scope, directive, Paths::Matching(pattern), words)
}

fn expression(word: Option<&Word>, directive: &Directive) -> Result<model::Pattern, Diagnostic> {
    let word = word.ok_or_else(|| crate::check::missing_argument(directive))?;
    Ok(model::Pattern { expression: word.text.clone(), ignore_case: false, origin: word.origin })
}

/// What follows the paths: the URL, and parameters.
fn pass<'w>(
    lowering: &mut Lowering<'_>,
    scope: &mut Scope,
    directive: &Directive,
    paths: Paths,
    mut words: impl Iterator<Item = &'w Word>,
) -> Outcome {
    let name = &directive.name.text;
    let word = words.next().ok_or_else(|| {
        let message = format!("{name} needs a path when not defined in a location");
        Diagnostic::error("wrong-arity", message)
            .at(directive.origin())
            .help(format!("write `{name} \"/\" \"http://…/\"`"))
    })?;
    if scope.location().is_some() && word.text.starts_with('/') {
        let message = format!("{name} can not have a path when defined in a location");
        return Err(value::bad(word, message).help("leave it out: the path is the section's"));
    }
    let url = match (&paths, word.text.as_str()) {
        (_, "!") => None,
        (Paths::From(_), _) => Some(Url::parse(word)?),
        (Paths::Matching(_), _) => Some(Url::parse_pattern(word)?),
    };
    let raw = parameters(lowering, scope, url.as_ref(), words, directive.origin());
    scope.server.proxy.passes.push(Pass { paths, url, raw, origin: directive.origin() });
    Ok(())
}

fn path(word: Option<&Word>, directive: &Directive) -> Result<String, Diagnostic> {
    let word = word.ok_or_else(|| crate::check::missing_argument(directive))?;
    if !word.text.starts_with('/') {
        let problem = value::bad(word, format!("\"{}\" is no path", word.text));
        return Err(problem.help(format!("write `/{}`", word.text)));
    }
    Ok(word.text.clone())
}

/// Reads parameters of the server, or group, of a URL; whether the path goes on as it came.
fn parameters<'w>(
    lowering: &mut Lowering<'_>,
    scope: &mut Scope,
    url: Option<&Url>,
    words: impl Iterator<Item = &'w Word>,
    origin: Origin,
) -> bool {
    let balancer = url.and_then(|url| match &url.target {
        UrlTarget::Balancer(name) => Some(name.clone()),
        UrlTarget::Server { .. } => None,
    });
    let of_balancer = balancer.is_some();
    let mut settings = WorkerSettings::default();
    let (mut said, mut raw) = (None, false);
    for word in words {
        let outcome = match word.text.to_ascii_lowercase().as_str() {
            "nocanon" => {
                raw = true;
                Ok(())
            }
            "noquery" => {
                lowering.without_effect("noquery", word.origin, "what the client asks goes on, as httpd has it too");
                Ok(())
            }
            "interpolate" => Err(value::not_built("`interpolate`").at(word.origin)),
            text if text.starts_with("mapping=") => Err(value::not_built("`mapping=`").at(word.origin)),
            _ if url.is_none() => Err(value::bad(word, "paths that stay have no parameters")),
            _ if of_balancer => {
                let name = balancer.as_deref().unwrap_or_default();
                scope.server.proxy.balancers.entry(name, origin).settings.set(lowering, word)
            }
            _ => {
                said = said.or(Some(word.origin));
                settings.set(lowering, word)
            }
        };
        if let Err(problem) = outcome {
            lowering.report(problem);
        }
    }
    let Some(url) = url.filter(|_| !of_balancer) else { return raw };
    match scope.server.proxy.shared_worker(url) {
        // httpd: who is known already keeps the parameters that it has.
        Some(first) => {
            if let Some(said) = said {
                lowering.report(shared(said, first));
            }
        }
        None => scope.server.proxy.workers.push(Worker { url: url.clone(), settings, origin }),
    }
    raw
}

fn shared(said: Origin, first: Origin) -> Diagnostic {
    Diagnostic::warning("shared-worker", "parameters are ignored: the server is known already")
        .at(said)
        .related(first, "its parameters stand here")
        .help("write the parameters where the server is first named, and the longer URLs before the shorter")
}

impl super::ProxySettings {
    /// Where the server of a URL was named before, by this URL or by a beginning of it.
    fn shared_worker(&self, url: &Url) -> Option<Origin> {
        self.worker(url).map(|worker| worker.origin)
    }

    /// The parameters of the server of exactly this URL, which is known from now on.
    pub(super) fn worker_of(&mut self, url: &Url, origin: Origin) -> &mut WorkerSettings {
        let known = self.workers.iter().position(|worker| worker.url.text() == url.text());
        let index = known.unwrap_or(self.workers.len());
        if known.is_none() {
            self.workers.push(Worker { url: url.clone(), settings: WorkerSettings::default(), origin });
        }
        let worker = self.workers.get_mut(index).unwrap_or_else(|| unreachable!("it was found, or was just put there"));
        &mut worker.settings
    }

    /// What is known of the server of a URL: the longest beginning of it counts.
    pub(crate) fn worker(&self, url: &Url) -> Option<&Worker> {
        let text = url.text();
        let known = self.workers.iter().filter(|worker| text.starts_with(&worker.url.text()));
        known.max_by_key(|worker| worker.url.text().len())
    }
}
