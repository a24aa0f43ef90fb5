//! The directives of `mod_deflate` and `mod_filter`: compression of responses.

use model::CompressOverrides;

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::{ANYWHERE, Module, Outcome, Row, SERVER, at_least, between, no_effect, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module {
    name: "mod_deflate",
    identifier: "deflate_module",
    built: true,
    rows: &[
        no_effect("DeflateAlterEtag", ANYWHERE, take(1), "tags of what is compressed are weak"),
        no_effect("DeflateBufferSize", SERVER, take(1), BUFFERS),
        row("DeflateCompressionLevel", SERVER, take(1), level),
        no_effect(
            "DeflateFilterNote",
            SERVER,
            between(1, 2),
            "there are no notes of it: `%O` of a log tells what is sent",
        ),
        pending("DeflateInflateLimitRequestBody", ANYWHERE),
        pending("DeflateInflateRatioBurst", ANYWHERE),
        pending("DeflateInflateRatioLimit", ANYWHERE),
        no_effect("DeflateMemLevel", SERVER, take(1), BUFFERS),
        no_effect("DeflateWindowSize", SERVER, take(1), BUFFERS),
    ],
};

const BUFFERS: &str = "memory for compression is what the coding needs";

/// `mod_filter`: by media type, which is all that is built of it.
pub(crate) static BY_TYPE: Module = Module { name: "mod_filter", identifier: "filter_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    row("AddOutputFilterByType", ANYWHERE, at_least(2), by_type).partial("only `DEFLATE`"),
    pending("FilterChain", ANYWHERE),
    pending("FilterDeclare", ANYWHERE),
    pending("FilterProtocol", ANYWHERE),
    pending("FilterProvider", ANYWHERE),
    pending("FilterTrace", ANYWHERE),
];

fn level(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let level = word.text.parse().ok().filter(|level| (1..=9).contains(level));
    let level = level.ok_or_else(|| value::bad(word, "Compression Level must be between 1 and 9"))?;
    scope.overrides.compress.level = Some(level);
    Ok(())
}

fn by_type(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    is_deflate(directive)?;
    let types = directive.arguments.iter().skip(1).map(|word| word.text.to_ascii_lowercase());
    scope.overrides.compress.types.extend(types);
    Ok(())
}

/// `SetOutputFilter DEFLATE`, which compresses whatever it is.
pub(crate) fn everything(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let none = value::first(directive)?.text.eq_ignore_ascii_case("none");
    if !none {
        is_deflate(directive)?;
    }
    scope.overrides.compress = CompressOverrides { any: Some(!none), ..std::mem::take(&mut scope.overrides.compress) };
    Ok(())
}

fn is_deflate(directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text.eq_ignore_ascii_case("DEFLATE") {
        return Ok(());
    }
    Err(value::not_built(&format!("the filter `{}`", word.text)).at(word.origin))
}
