//! Writing answers into files: `proxy_store` and its kin.

use diagnostic::Diagnostic;

use super::settings::InheritedProxy;
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

/// `proxy_store on | off | string`
pub(crate) fn store(shared: &mut InheritedProxy, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let said = match word.text.as_str() {
        "off" => None,
        "on" => Some(None),
        _ => Some(Some(value::template(word)?)),
    };
    if said.is_some() && shared.cache.is_on().is_some() {
        return Err(incompatible(directive, ("_store", "_cache")));
    }
    shared.filed.put(directive, said)
}

/// `proxy_cache zone | off`
pub(crate) fn cache(shared: &mut InheritedProxy, directive: &Directive) -> Outcome {
    if value::first(directive)?.text != "off" && shared.filed.get().is_some_and(Option::is_some) {
        return Err(incompatible(directive, ("_cache", "_store")));
    }
    shared.cache.store(directive)
}

/// `own` and `other`: how both names end.
fn incompatible(directive: &Directive, (own, other): (&str, &str)) -> Diagnostic {
    let other = directive.name.text.replace(own, other);
    let message = format!("\"{}\" directive is incompatible with \"{other}\"", directive.name.text);
    Diagnostic::error("conflict", message).at(directive.origin()).help("an answer is kept, or written into a file")
}

/// `user:rw group:r all:r`, as `chmod` has it: the owner may read and write unless it is said.
pub(crate) fn access(directive: &Directive) -> Result<u32, Diagnostic> {
    let (mut mode, mut user) = (0, 0o600);
    for word in &directive.arguments {
        let shift = match word.text.split_once(':') {
            Some(("user", _)) => {
                user = 0;
                6
            }
            Some(("group", _)) => 3,
            Some(("all", _)) => 0,
            _ => return Err(value::invalid(directive, word).help("write `user:rw group:rw all:r`")),
        };
        mode |= match word.text.split_once(':') {
            Some((_, "rw")) => 6 << shift,
            Some((_, "r")) => 4 << shift,
            _ => return Err(value::invalid(directive, word).help("it is `r` or `rw`")),
        };
    }
    Ok(mode | user)
}
