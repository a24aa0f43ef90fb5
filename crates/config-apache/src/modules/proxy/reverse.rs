//! `ProxyPassReverse` and its like: answers speak of this server, not of the one behind.

use diagnostic::{Diagnostic, Origin};
use model::{CookieRule, Redirect, Template, TextMatch};

use super::settings::no_interpolation;
use crate::directive::Directive;
use crate::lower::{Lowering, Pattern, Scope};
use crate::table::Outcome;
use crate::value;

/// Before members of a group are known, what stands for them.
pub(crate) const BALANCER: &str = "balancer://";

pub(super) fn location(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    no_interpolation(directive)?;
    let (path, url) = match scope.location() {
        Some(Pattern::Text(path)) => (path.clone(), value::first(directive)?),
        Some(Pattern::Glob(_) | Pattern::Regex(_)) => {
            return Err(value::not_built("ProxyPassReverse in a section that matches an expression"));
        }
        None => (value::first(directive)?.text.clone(), value::argument(directive, 1).map_err(|_| no_path(directive))?),
    };
    // Behind a path, httpd takes any third word for `interpolate` or for nothing: `nocanon` is written there.
    if let Some(word) = directive.argument(1).filter(|_| scope.location().is_some()) {
        return Err(value::bad(word, "ProxyPassReverse can not have a path when defined in a location"));
    }
    let from = if url.text.to_ascii_lowercase().starts_with(BALANCER) {
        url.text.to_ascii_lowercase()
    } else {
        url.text.clone()
    };
    let text = |text: &str| Template::text(text, directive.origin());
    scope.overrides.proxy.redirects.push(Redirect::Url { from: text(&from), to: text(&path) });
    Ok(())
}

fn no_path(directive: &Directive) -> Diagnostic {
    Diagnostic::error("wrong-arity", "ProxyPassReverse needs a path when not defined in a location")
        .at(directive.origin())
        .help("write `ProxyPassReverse \"/\" \"http://…/\"`")
}

pub(super) fn cookie_domain(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let rule = cookie(directive)?;
    scope.overrides.proxy.cookie_domains.push(rule);
    Ok(())
}

pub(super) fn cookie_path(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let rule = cookie(directive)?;
    scope.overrides.proxy.cookie_paths.push(rule);
    Ok(())
}

fn cookie(directive: &Directive) -> Result<CookieRule, Diagnostic> {
    no_interpolation(directive)?;
    let text = |index: usize| {
        let word = value::argument(directive, index)?;
        Ok::<Template, Diagnostic>(Template::text(word.text.clone(), word.origin))
    };
    Ok(CookieRule { from: TextMatch::Text(text(0)?), to: text(1)? })
}

/// Rules that speak of a group become one for each of its members.
pub(crate) fn of_members(redirects: &mut Vec<Redirect>, members: impl Fn(&str) -> Vec<String>) {
    let rules = std::mem::take(redirects);
    for rule in rules {
        let group = match &rule {
            Redirect::Url { from, to } => {
                from.as_text().and_then(|from| from.strip_prefix(BALANCER)).map(|rest| (rest, from, to))
            }
            Redirect::Prefix { .. } | Redirect::Regex { .. } => None,
        };
        let Some((rest, from_template, to)) = group else {
            redirects.push(rule);
            continue;
        };
        let (name, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let path = if path == "/" { "" } else { path };
        for member in members(name) {
            let from = if path.is_empty() { member } else { format!("{}{path}", member.trim_end_matches('/')) };
            let url =
                |text: String| Redirect::Url { from: Template::text(text, origin(from_template)), to: to.clone() };
            if to.as_text() == Some("/") && !from.ends_with('/') {
                // One slash stands between, not two.
                redirects.push(url(format!("{from}/")));
            }
            redirects.push(url(from));
        }
    }
}

fn origin(template: &Template) -> Origin {
    template.origin
}
