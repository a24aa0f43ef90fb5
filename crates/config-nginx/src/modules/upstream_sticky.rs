//! The directives of `ngx_http_upstream_sticky_module`: clients come back to the server that they had.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{Binding, ByteSize, CookieLife, Learning, Part, RouteCookie, RouteSource, Stickiness, Template};

use crate::lower::{Level, Lowering};
use crate::table::{Module, Outcome, Row, UPSTREAM, at_least, row};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_upstream_sticky_module", rows: ROWS };

const ROWS: &[Row] =
    &[row("sticky", UPSTREAM, at_least(2), sticky)
        .partial("`learn … sync` belongs to the commercial version of nginx")];

/// nginx refuses smaller zones.
const SMALLEST: ByteSize = ByteSize(8 * 4096);
const COOKIE: [&str; 6] = ["expires=", "domain=", "path=", "httponly", "secure", "samesite="];
const LEARN: [&str; 5] = ["create=", "lookup=", "zone=", "timeout=", "header"];

/// `sticky cookie name …`, `sticky route $variable …`, `sticky learn create=$variable lookup=$variable zone=name:size …`
fn sticky(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let method = value::first(directive)?;
    let words = directive.arguments.get(1..).unwrap_or_default();
    let (sources, binding) = match method.text.as_str() {
        "cookie" => cookie(words)?,
        "route" => (words.iter().map(|word| variable(word, 0)).collect::<Result<_, _>>()?, Binding::Own),
        "learn" => learn(directive, words)?,
        _ => return Err(value::invalid_parameter(method, &["cookie", "route", "learn"])),
    };
    let sources = sources.into_iter().map(RouteSource::Value).collect();
    let rule = Stickiness { sources, binding, strict: false, reaches_reserve: false, counts_fully: false };
    level.group.stickiness.put(directive, rule)
}

/// The variable that a word is, after so many bytes.
fn variable(word: &Word, skip: usize) -> Result<Template, Diagnostic> {
    if !word.text.get(skip..).is_some_and(|text| text.starts_with('$')) {
        return Err(
            Diagnostic::error("invalid-value", format!("invalid variable name \"{}\"", word.text)).at(word.origin)
        );
    }
    value::template_after(word, skip)
}

fn cookie(words: &[Word]) -> Result<(Vec<Template>, Binding), Diagnostic> {
    let Some((name, words)) = words.split_first() else { return Ok((Vec::new(), Binding::Own)) };
    if name.text.is_empty() {
        return Err(Diagnostic::error("invalid-value", "empty cookie name").at(name.origin));
    }
    let mut cookie = RouteCookie {
        name: name.text.clone(),
        expires: None,
        domain: None,
        path: None,
        http_only: false,
        secure: false,
        same_site: None,
    };
    let mut seen = Vec::new();
    for word in words {
        let key = word.text.split_inclusive('=').next().unwrap_or_default();
        if seen.contains(&key) {
            return Err(twice(word, key));
        }
        seen.push(key);
        attribute(&mut cookie, word, key)?;
    }
    let parts = vec![Part::Variable(format!("cookie_{}", name.text))];
    Ok((vec![Template { parts, origin: name.origin }], Binding::Cookie(cookie)))
}

fn attribute(cookie: &mut RouteCookie, word: &Word, key: &str) -> Outcome {
    let text = word.text.get(key.len()..).unwrap_or_default();
    match key {
        "expires=" if text == "max" => cookie.expires = Some(CookieLife::Longest),
        "expires=" => {
            let span = value::plain_seconds(text).ok_or_else(|| invalid(word, key))?;
            cookie.expires = Some(CookieLife::Span(span));
        }
        "domain=" | "path=" if text.is_empty() => {
            let message = format!("no value for \"{}\"", key.trim_end_matches('='));
            return Err(Diagnostic::error("invalid-value", message).at(word.origin));
        }
        "domain=" => cookie.domain = Some(value::template_after(word, key.len())?),
        "path=" => cookie.path = Some(text.to_owned()),
        "httponly" => cookie.http_only = true,
        "secure" => cookie.secure = true,
        "samesite=" => {
            let known = ["strict", "lax", "none"].iter().any(|known| text.eq_ignore_ascii_case(known));
            if !known && !text.contains('$') {
                return Err(invalid(word, key));
            }
            cookie.same_site = Some(value::template_after(word, key.len())?);
        }
        _ => return Err(value::invalid_parameter(word, &COOKIE)),
    }
    Ok(())
}

fn learn(directive: &Directive, words: &[Word]) -> Result<(Vec<Template>, Binding), Diagnostic> {
    let mut lookup = Vec::new();
    let mut learning = Learning {
        sessions: Vec::new(),
        zone: String::new(),
        size: ByteSize(0),
        timeout: Duration::from_mins(10),
        at_head: false,
    };
    let mut timed = false;
    for word in words {
        let key = word.text.split_inclusive('=').next().unwrap_or_default();
        let text = word.text.get(key.len()..).unwrap_or_default();
        match key {
            "create=" => learning.sessions.push(variable(word, key.len())?),
            "lookup=" => lookup.push(variable(word, key.len())?),
            "zone=" if learning.size.0 > 0 => return Err(twice(word, key)),
            "zone=" => (learning.zone, learning.size) = zone(word, text)?,
            "timeout=" if timed => return Err(twice(word, key)),
            "timeout=" => {
                let span = value::plain_time(text).filter(|span| !span.is_zero());
                learning.timeout = span.ok_or_else(|| invalid(word, key))?;
                timed = true;
            }
            "header" => learning.at_head = true,
            _ => return Err(value::invalid_parameter(word, &LEARN)),
        }
    }
    for (missing, name) in
        [(lookup.is_empty(), "lookup"), (learning.sessions.is_empty(), "create"), (learning.size.0 == 0, "zone")]
    {
        if missing {
            let message = format!("\"{name}\" parameter is not specified");
            return Err(Diagnostic::error("missing-parameter", message).at(directive.origin()));
        }
    }
    Ok((lookup, Binding::Learned(learning)))
}

/// `name:size`
fn zone(word: &Word, text: &str) -> Result<(String, ByteSize), Diagnostic> {
    let wrong = |message: &str| Diagnostic::error("invalid-value", message).at(word.origin);
    let (name, size) = text.split_once(':').ok_or_else(|| wrong("zone size is not specified"))?;
    if name.is_empty() {
        return Err(wrong("zone name is not specified"));
    }
    let size = value::plain_size(size).ok_or_else(|| wrong("invalid zone size"))?;
    if size < SMALLEST {
        return Err(wrong("zone is too small").help("32k is the least"));
    }
    Ok((name.to_owned(), size))
}

fn twice(word: &Word, key: &str) -> Diagnostic {
    let message = format!("parameter \"{}\" is duplicate", key.trim_end_matches('='));
    Diagnostic::error("duplicate", message).at(word.origin)
}

fn invalid(word: &Word, key: &str) -> Diagnostic {
    let message = format!("invalid \"{}\" parameter value", key.trim_end_matches('='));
    Diagnostic::error("invalid-value", message).at(word.origin)
}
