//! The directives of `mod_env`: variables of the environment.

use diagnostic::Diagnostic;
use model::{DefaultValue, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, environment as environment_name};
use crate::table::{ANYWHERE, Module, Outcome, Row, at_least, between, row};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_env", identifier: "env_module", built: true, rows: ROWS };

const EFFECTS: &str = "of variables that change how httpd itself works, only `nokeepalive`, `no-cache`, and for whole servers \
                       `proxy-nokeepalive` and `force-proxy-request-1.0`";

const ROWS: &[Row] = &[
    row("PassEnv", ANYWHERE, at_least(1), |l, s, d| {
        pass(l, s, d);
        Ok(())
    }),
    row("SetEnv", ANYWHERE, between(1, 2), set).partial(EFFECTS),
    row("UnsetEnv", ANYWHERE, at_least(1), |_, s, d| {
        d.arguments.iter().for_each(|word| put(s, &word.text, None));
        Ok(())
    }),
];

fn set(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let name = value::first(directive)?;
    if name.text.contains('=') {
        return Err(value::bad(name, "the name of a variable has no `=`").help("write `SetEnv NAME VALUE`"));
    }
    lowering.note_variable(scope, &name.text, true, name.origin);
    let text = directive.argument(1).map_or("", |word| word.text.as_str());
    give(lowering, scope, &name.text, Template::text(text, directive.origin()));
    Ok(())
}

fn give(lowering: &mut Lowering<'_>, scope: &mut Scope, name: &str, value: Template) {
    lowering.shared.given.insert(environment_name(name));
    put(scope, name, Some(value));
}

fn put(scope: &mut Scope, name: &str, value: Option<Template>) {
    let group = scope.group();
    scope.overrides.moments.defaults.push(DefaultValue { variable: environment_name(name), value, group });
}

/// The value is that of the program's own environment when the configuration is read.
fn pass(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) {
    for word in &directive.arguments {
        match lowering.options.environment.get(&word.text) {
            Some(text) => give(lowering, scope, &word.text, Template::text(text.clone(), directive.origin())),
            None => lowering.report(
                Diagnostic::warning("unset-variable", format!("\"{}\" is not in the environment", word.text))
                    .at(word.origin),
            ),
        }
    }
}
