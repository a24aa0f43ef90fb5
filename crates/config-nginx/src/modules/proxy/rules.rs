//! Replacements in answers: `proxy_redirect`, `proxy_cookie_domain`, `proxy_cookie_path`, `proxy_cookie_flags`.

use diagnostic::Diagnostic;
use model::{CookieFlags, CookieRule, Redirect, TextMatch};

use super::target::TargetSetting;
use crate::lower::slot::{List, duplicate};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// `proxy_redirect off`, `default` or `from to`
pub(super) fn redirect(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let shared = &mut level.proxy.shared;
    if let (Some(false), Some(first)) = (shared.redirect.get(), shared.redirect.origin()) {
        return Err(duplicate(directive, first));
    }
    let rule = match (word.text.as_str(), directive.argument(1)) {
        ("off", None) => {
            return shared.redirect.put(directive, false);
        }
        ("default", None) => default_redirect(level, word)?,
        (_, None) => return Err(value::invalid_parameter(word, &["off", "default"])),
        (_, Some(to)) => rule(word, to)?,
    };
    let shared = &mut level.proxy.shared;
    shared.redirect.replace(true, directive.origin());
    shared.redirects.push(rule);
    Ok(())
}

fn rule(from: &Word, to: &Word) -> Result<Redirect, Diagnostic> {
    let to = value::template(to)?;
    Ok(match from.text.as_str() {
        text if text.starts_with("~*") => Redirect::Regex { pattern: value::pattern(from, 2, true), to },
        text if text.starts_with('~') => Redirect::Regex { pattern: value::pattern(from, 1, false), to },
        _ => Redirect::Prefix { from: value::template(from)?, to },
    })
}

fn default_redirect(level: &Level, word: &Word) -> Result<Redirect, Diagnostic> {
    let wrong = |message: &str| Diagnostic::error("invalid-value", message).at(word.origin);
    match level.proxy.target.get() {
        None => Err(wrong("\"proxy_redirect default\" should be placed after the \"proxy_pass\" directive")),
        Some(TargetSetting::Variable(_) | TargetSetting::Server(_)) => {
            Err(wrong("\"proxy_redirect default\" cannot be used with \"proxy_pass\" directive with variables"))
        }
        Some(target) => target.default_redirect(&level.location.name).ok_or_else(|| wrong("invalid redirect")),
    }
}

/// The values of a rule, or `None` for `off`, which may stand only alone.
fn unless_off<'a, T: Clone>(list: &mut List<T>, directive: &'a Directive) -> Result<Option<&'a Word>, Diagnostic> {
    let word = value::first(directive)?;
    let alone = directive.arguments.len() == 1;
    if alone && word.text != "off" {
        return Err(value::invalid_parameter(word, &["off"]));
    }
    let is_off = list.get().is_some_and(<[T]>::is_empty);
    if is_off || (alone && list.is_set()) {
        let message = format!("\"{}\" directive is duplicate", directive.name.text);
        return Err(Diagnostic::error("duplicate", message).at(directive.origin()).help("`off` stands alone"));
    }
    if alone {
        list.begin();
        return Ok(None);
    }
    Ok(Some(word))
}

/// `proxy_cookie_domain off` or `domain replacement`
pub(super) fn cookie_domain(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let rules = &mut level.proxy.shared.cookie_domains;
    let Some(word) = unless_off(rules, directive)? else { return Ok(()) };
    let replacement = value::argument(directive, 1)?;
    let without_dot = |word: &Word| usize::from(word.text.starts_with('.'));
    let (from, to) = if word.text.starts_with('~') {
        (TextMatch::Regex(value::pattern(word, 1, true)), value::template(replacement)?)
    } else {
        let from = TextMatch::Text(value::template_after(word, without_dot(word))?);
        (from, value::template_after(replacement, without_dot(replacement))?)
    };
    rules.push(CookieRule { from, to });
    Ok(())
}

/// `proxy_cookie_path off` or `path replacement`
pub(super) fn cookie_path(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let rules = &mut level.proxy.shared.cookie_paths;
    let Some(word) = unless_off(rules, directive)? else { return Ok(()) };
    let to = value::template(value::argument(directive, 1)?)?;
    let from = match word.text.as_str() {
        text if text.starts_with("~*") => TextMatch::Regex(value::pattern(word, 2, true)),
        text if text.starts_with('~') => TextMatch::Regex(value::pattern(word, 1, false)),
        _ => TextMatch::Text(value::template(word)?),
    };
    rules.push(CookieRule { from, to });
    Ok(())
}

/// `proxy_cookie_flags off` or `cookie flag …`
pub(super) fn cookie_flags(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let rules = &mut level.proxy.shared.cookie_flags;
    let Some(word) = unless_off(rules, directive)? else { return Ok(()) };
    let flags = directive.arguments.iter().skip(1).map(value::template).collect::<Result<_, _>>()?;
    let cookie = if word.text.starts_with('~') {
        TextMatch::Regex(value::pattern(word, 1, true))
    } else {
        TextMatch::Text(value::template(word)?)
    };
    rules.push(CookieFlags { cookie, flags });
    Ok(())
}
