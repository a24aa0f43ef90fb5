//! The directives of `mod_env`: variables of the environment.

use diagnostic::Diagnostic;
use model::{Step, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope, environment as environment_name};
use crate::table::{ANYWHERE, Module, Outcome, Row, at_least, between, row};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_env", identifier: "env_module", built: true, rows: ROWS };

const EFFECTS: &str = "variables that change how httpd itself works (`no-gzip`, `nokeepalive` and their like) do not";

const ROWS: &[Row] = &[
    row("PassEnv", ANYWHERE, at_least(1), |l, s, d| {
        pass(l, s, d);
        Ok(())
    }),
    row("SetEnv", ANYWHERE, between(1, 2), set).partial(EFFECTS),
    row("UnsetEnv", ANYWHERE, at_least(1), |_, s, d| {
        unset(s, d);
        Ok(())
    }),
];

fn set(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let name = value::first(directive)?;
    if name.text.contains('=') {
        return Err(value::bad(name, "the name of a variable has no `=`").help("write `SetEnv NAME VALUE`"));
    }
    let text = directive.argument(1).map_or("", |word| word.text.as_str());
    scope.server.environment.set.push(Step::Set {
        variable: environment_name(&name.text),
        value: Template::text(text, directive.origin()),
        origin: directive.origin(),
    });
    Ok(())
}

fn unset(scope: &mut Scope, directive: &Directive) {
    let origin = directive.origin();
    let step = |name: &str| Step::Unset { variable: environment_name(name), origin };
    scope.server.environment.set.extend(directive.arguments.iter().map(|word| step(&word.text)));
}

/// The value is that of the program's own environment when the configuration is read.
fn pass(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) {
    let origin = directive.origin();
    for word in &directive.arguments {
        match lowering.options.environment.get(&word.text) {
            Some(text) => scope.server.environment.set.push(Step::Set {
                variable: environment_name(&word.text),
                value: Template::text(text.clone(), origin),
                origin,
            }),
            None => lowering.report(
                Diagnostic::warning("unset-variable", format!("\"{}\" is not in the environment", word.text))
                    .at(word.origin),
            ),
        }
    }
}
