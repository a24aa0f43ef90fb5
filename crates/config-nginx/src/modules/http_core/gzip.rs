//! When a client gets gzip: `gzip_disable`, `gzip_http_version`, `gzip_proxied`.

use model::{Pattern, Proxied};

use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

const PROXIED: [(&str, Option<Proxied>); 9] = [
    ("off", None),
    ("expired", Some(Proxied::Expired)),
    ("no-cache", Some(Proxied::NoCache)),
    ("no-store", Some(Proxied::NoStore)),
    ("private", Some(Proxied::Private)),
    ("no_last_modified", Some(Proxied::NoLastModified)),
    ("no_etag", Some(Proxied::NoEtag)),
    ("auth", Some(Proxied::Authorized)),
    ("any", Some(Proxied::Any)),
];

/// Values of `gzip_http_version`.
pub(super) const VERSIONS: [(&str, u8); 2] = [("1.0", 10), ("1.1", 11)];

/// What `msie6` stands for: Internet Explorer 4 to 6, but for its second service pack.
pub(crate) const OLD_EXPLORER: &str = r"MSIE [45]|MSIE 6(?!.*SV1)";

pub(super) fn proxied(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let mut kinds = Vec::new();
    for word in &directive.arguments {
        kinds.extend(value::choice(directive, word, &PROXIED)?);
    }
    level.filters.proxied.join(directive, kinds, Extend::extend);
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
pub(super) fn disable(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        let pattern = match word.text.as_str() {
            "msie6" => Pattern { expression: OLD_EXPLORER.to_owned(), ignore_case: false, origin: word.origin },
            _ => value::pattern(word, 0, true),
        };
        level.filters.disabled.push(pattern);
    }
    Ok(())
}
