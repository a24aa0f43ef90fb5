//! The directives of `ngx_http_auth_jwt_module`: signed tokens.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{Check, KeySource, Part, Template, TokenPart, TokenRequirement, TokenValue, Tokens};

use super::rewrite::variable_name;
use super::verify;
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::{HTTP, LEVELS, LIMIT_EXCEPT, Module, Outcome, Row, at_least, between, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_auth_jwt_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("auth_jwt", LEVELS.or(LIMIT_EXCEPT), between(1, 2), realm),
    row("auth_jwt_claim_set", HTTP, at_least(2), |l, _, d| variable(l, d, TokenPart::Claims)),
    row("auth_jwt_header_set", HTTP, at_least(2), |l, _, d| variable(l, d, TokenPart::Header)),
    row("auth_jwt_key_cache", LEVELS, take(1), |_, v, d| v.access.tokens.keep_keys.time(d)),
    row("auth_jwt_key_file", LEVELS.or(LIMIT_EXCEPT), take(1), |_, v, d| key(v, d, KeySource::File)),
    row("auth_jwt_key_request", LEVELS.or(LIMIT_EXCEPT), take(1), |_, v, d| key(v, d, KeySource::Request)),
    row("auth_jwt_leeway", LEVELS, take(1), |_, v, d| v.access.tokens.leeway.time(d)),
    row("auth_jwt_require", LEVELS.or(LIMIT_EXCEPT), at_least(1), require),
    row("auth_jwt_type", LEVELS.or(LIMIT_EXCEPT), take(1), kind)
        .partial("`encrypted` and `nested` are refused: tokens are signed"),
];

settings! {
    /// Tokens that are asked for.
    struct TokenSettings {
        realm: Slot<Option<(Template, Option<Template>)>>,
        keys: List<KeySource>,
        keep_keys: Slot<Duration>,
        leeway: Slot<Duration>,
        requirements: List<TokenRequirement>,
        kind: Slot<()>,
    }
}

impl TokenSettings {
    /// Whether anything is said of who is asked.
    pub(crate) fn is_set(&self) -> bool {
        self.realm.is_set()
    }

    /// The question; `None`: nothing is asked.
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Option<Check> {
        let (realm, token) = self.realm.get()?.clone()?;
        let origin = self.realm.origin().unwrap_or_default();
        if !self.keys.is_set() {
            let problem = Diagnostic::error("no-keys", "no token can be verified: there are no keys").at(origin);
            lowering.report_once(problem.help("write `auth_jwt_key_file FILE;` beside it"));
            return None;
        }
        Some(Check::Token(Tokens {
            realm,
            token,
            keys: self.keys.to_vec(),
            directory: lowering.options.directory.clone(),
            keep_keys: self.keep_keys.or(Duration::ZERO),
            leeway: self.leeway.or(Duration::ZERO),
            requirements: self.requirements.to_vec(),
            origin,
        }))
    }
}

/// `auth_jwt realm [token=$variable]` or `auth_jwt off`
fn realm(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let token = match directive.argument(1) {
        None => None,
        Some(word) if word.text.starts_with("token=$") => Some(value::template_after(word, "token=".len())?),
        Some(word) => return Err(value::invalid_parameter(word, &["token="])),
    };
    let asked = match word.text.as_str() {
        "off" => None,
        _ => Some((value::template(word)?, token)),
    };
    level.access.tokens.realm.put(directive, asked)
}

fn key(level: &mut Level, directive: &Directive, source: fn(Template) -> KeySource) -> Outcome {
    let text = value::template(value::first(directive)?)?;
    level.access.tokens.keys.push(source(text));
    Ok(())
}

/// `auth_jwt_require $value … [error=401|403]`
fn require(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let (mut values, mut status) = (Vec::new(), 401);
    for word in &directive.arguments {
        match word.text.strip_prefix("error=") {
            Some("401") => status = 401,
            Some("403") => status = 403,
            Some(_) => return Err(value::invalid_parameter(word, &["error=401", "error=403"])),
            None => {
                let value = value::template(word)?;
                if !matches!(value.parts.first(), Some(Part::Variable(_))) {
                    return Err(value::invalid(directive, word).help("it begins with a variable"));
                }
                values.push(value);
            }
        }
    }
    level.access.tokens.requirements.push(TokenRequirement { values, status });
    Ok(())
}

fn kind(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    match word.text.as_str() {
        "signed" => level.access.tokens.kind.put(directive, ()),
        "encrypted" | "nested" => Err(verify::not_built("an encrypted token").at(word.origin)),
        _ => Err(value::invalid(directive, word).help("it is signed")),
    }
}

/// `auth_jwt_claim_set $variable name …`
fn variable(lowering: &mut Lowering<'_>, directive: &Directive, part: TokenPart) -> Outcome {
    let variable = variable_name(value::first(directive)?)?;
    let path = directive.arguments.iter().skip(1).map(|word| word.text.clone()).collect();
    lowering.shared.token_values.push(TokenValue { variable, part, path, origin: directive.origin() });
    Ok(())
}
