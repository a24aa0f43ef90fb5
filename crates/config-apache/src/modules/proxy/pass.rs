//! `ProxyPass`: which paths go where.

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
    /// The beginning of the paths.
    pub(crate) path: String,
    /// `None`: they stay.
    pub(crate) url: Option<Url>,
    pub(crate) origin: Origin,
}

pub(super) fn proxy_pass(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.iter();
    let path = match scope.location() {
        Some(Pattern::Text(path)) => path.clone(),
        Some(Pattern::Glob(_) | Pattern::Regex(_)) => {
            let problem = value::not_built("ProxyPass in a section that matches an expression");
            return Err(problem.at(directive.origin()).help("write the path in `<Location>` without wildcards"));
        }
        None => path(words.next(), directive)?,
    };
    let word = words.next().ok_or_else(|| {
        let message = "ProxyPass needs a path when not defined in a location";
        Diagnostic::error("wrong-arity", message).at(directive.origin()).help("write `ProxyPass \"/\" \"http://…/\"`")
    })?;
    if scope.location().is_some() && word.text.starts_with('/') {
        let message = "ProxyPass can not have a path when defined in a location";
        return Err(value::bad(word, message).help(format!("leave it out: the path is `{path}`")));
    }
    let url = if word.text == "!" { None } else { Some(Url::parse(word)?) };
    parameters(lowering, scope, url.as_ref(), words, directive.origin());
    scope.server.proxy.passes.push(Pass { path, url, origin: directive.origin() });
    Ok(())
}

fn path(word: Option<&Word>, directive: &Directive) -> Result<String, Diagnostic> {
    let word = word.ok_or_else(|| crate::check::missing_argument(directive))?;
    if word.text == "~" {
        return Err(value::not_built("`~` in ProxyPass").at(word.origin));
    }
    if !word.text.starts_with('/') {
        let problem = value::bad(word, format!("\"{}\" is no path", word.text));
        return Err(problem.help(format!("write `/{}`", word.text)));
    }
    Ok(word.text.clone())
}

fn parameters<'w>(
    lowering: &mut Lowering<'_>,
    scope: &mut Scope,
    url: Option<&Url>,
    words: impl Iterator<Item = &'w Word>,
    origin: Origin,
) {
    let balancer = url.and_then(|url| match &url.target {
        UrlTarget::Balancer(name) => Some(name.clone()),
        UrlTarget::Server { .. } => None,
    });
    let of_balancer = balancer.is_some();
    let mut settings = WorkerSettings::default();
    let mut said = None;
    for word in words {
        let outcome = match word.text.to_ascii_lowercase().as_str() {
            flag @ ("nocanon" | "interpolate" | "noquery") => {
                Err(value::not_built(&format!("`{flag}`")).at(word.origin))
            }
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
    let Some(url) = url.filter(|_| !of_balancer) else { return };
    match scope.server.proxy.shared_worker(url) {
        // httpd: who is known already keeps the parameters that it has.
        Some(first) => {
            if let Some(said) = said {
                lowering.report(shared(said, first));
            }
        }
        None => scope.server.proxy.workers.push(Worker { url: url.clone(), settings, origin }),
    }
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

    /// What is known of the server of a URL: the longest beginning of it counts.
    pub(crate) fn worker(&self, url: &Url) -> Option<&Worker> {
        let text = url.text();
        let known = self.workers.iter().filter(|worker| text.starts_with(&worker.url.text()));
        known.max_by_key(|worker| worker.url.text().len())
    }
}
