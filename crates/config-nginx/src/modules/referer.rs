//! The directives of `ngx_http_referer_module`: where requests may come from.

use diagnostic::Diagnostic;

use super::http_core::server_name::wildcard;
use super::verify;
use crate::lower::{Level, Lowering};
use crate::table::{LOCATION, Module, Outcome, Row, SERVER, at_least, no_effect, row, take};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_referer_module", rows: ROWS };

const HASH: &str = "tables size themselves";

const ROWS: &[Row] = &[
    no_effect("referer_hash_bucket_size", SERVER.or(LOCATION), take(1), verify::NUMBER, HASH),
    no_effect("referer_hash_max_size", SERVER.or(LOCATION), take(1), verify::NUMBER, HASH),
    row("valid_referers", SERVER.or(LOCATION), at_least(1), valid),
];

fn valid(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut referers = level.referers.get().cloned().unwrap_or_default();
    for word in &directive.arguments {
        match word.text.as_str() {
            "none" => referers.none = true,
            "blocked" => referers.blocked = true,
            "server_names" => referers.site = true,
            text if text.starts_with('~') => {
                if text.len() == 1 {
                    return Err(Diagnostic::error("invalid-value", "empty regex in \"~\"").at(word.origin));
                }
                referers.patterns.push(value::pattern(word, 1, true));
            }
            _ => referers.hosts.push(host(word)?),
        }
    }
    level.referers.replace(referers, directive.origin());
    Ok(())
}

/// A host with or without wildcards, and the beginning of a path there.
fn host(word: &Word) -> Result<(model::SiteName, Option<String>), Diagnostic> {
    let (host, path) = match word.text.find('/') {
        Some(at) => word.text.split_at(at),
        None => (word.text.as_str(), ""),
    };
    let name = wildcard(&host.to_ascii_lowercase()).ok_or_else(|| {
        let message = format!("invalid hostname or wildcard \"{}\"", word.text);
        Diagnostic::error("invalid-name", message).at(word.origin)
    })?;
    Ok((name, (!path.is_empty()).then(|| path.to_owned())))
}
