//! `CacheEnable` and `CacheDisable`: whose answers are kept.

use diagnostic::Diagnostic;
use model::CacheKind;

use super::settings::Enabled;
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Pattern, Scope};
use crate::table::{Outcome, SERVER};
use crate::value;

const OF_URLS: &str = "URLs with a scheme are those of a proxy that clients ask for other sites: there is none here; \
                       name a path";

/// `CacheEnable disk|socache [PATH]`
pub(super) fn enable(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let provider = value::first(directive)?;
    if provider.text.starts_with('/') {
        let message = format!("\"{}\" stands where the store is named", provider.text);
        let help = format!("write `CacheEnable disk {}`", provider.text);
        return Err(value::bad(provider, message).help(help));
    }
    let kind = value::choice(provider, &[("disk", CacheKind::Directory), ("socache", CacheKind::Shared)])?;
    let own = scope.contexts.intersects(SERVER);
    let prefix = match directive.argument(1) {
        Some(word) => match path(lowering, directive, word) {
            Some(path) => path,
            None => return Ok(()),
        },
        None if own => {
            let problem = Diagnostic::error("missing-argument", "CacheEnable needs a path here").at(directive.origin());
            return Err(problem.help(format!("write `CacheEnable {} /`", provider.text)));
        }
        None => String::new(),
    };
    if !own {
        below_location(scope, directive)?;
        scope.overrides.proxy.cache.kept = Some(kind);
    }
    scope.server.cache.enabled.push(Enabled { kind, prefix, origin: directive.origin() });
    Ok(())
}

/// In a location no path may be named that does not lie below it.
fn below_location(scope: &Scope, directive: &Directive) -> Outcome {
    let (Some(word), Some(Pattern::Text(location))) = (directive.argument(1), scope.location()) else { return Ok(()) };
    if word.text.starts_with(location.as_str()) {
        return Ok(());
    }
    let message = format!("\"{}\" does not lie below \"{location}\"", word.text);
    Err(value::bad(word, message).help("leave the path out, or write one that begins with the location's"))
}

/// `CacheDisable on|off|PATH`
pub(super) fn disable(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let own = scope.contexts.intersects(SERVER);
    match word.text.to_ascii_lowercase().as_str() {
        on @ ("on" | "off") if !own => scope.overrides.proxy.cache.closed = Some(on == "on"),
        "on" | "off" => {
            let problem = value::bad(word, format!("`{}` stands in a section", word.text));
            return Err(problem.help("write `CacheDisable /` to keep nothing of this server"));
        }
        _ => match path(lowering, directive, word) {
            Some(path) if own => scope.server.cache.disabled.push(path),
            Some(_) => scope.overrides.proxy.cache.closed = Some(true),
            None => {}
        },
    }
    Ok(())
}

/// A path; `None`: it is a URL of another site.
fn path(lowering: &mut Lowering<'_>, directive: &Directive, word: &Word) -> Option<String> {
    if let Some(rest) = word.text.strip_prefix("//") {
        // A host without a scheme is not looked at.
        return Some(rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/").to_owned());
    }
    if word.text.contains("://") {
        lowering.without_effect(&format!("{} {}", directive.name.text, word.text), word.origin, OF_URLS);
        return None;
    }
    let absolute = word.text.starts_with('/');
    Some(if absolute { word.text.clone() } else { format!("/{}", word.text) })
}
