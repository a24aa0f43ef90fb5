//! The directives of `mod_proxy_fcgi`, `mod_proxy_scgi` and `mod_proxy_uwsgi`, and those of httpd's core that are about
//! programs: what they are told.

use diagnostic::Diagnostic;
use model::{Condition, ParamEdit, Part, Template};

use super::Handler;
use super::url::{Url, UrlTarget};
use crate::directive::Directive;
use crate::expression;
use crate::line::Word;
use crate::lower::{Lowering, Scope};
use crate::table::{ANYWHERE, Module, Outcome, Row, SERVER, between, row, take};
use crate::value;

pub(crate) static FASTCGI: Module = Module {
    name: "mod_proxy_fcgi",
    identifier: "proxy_fcgi_module",
    built: true,
    rows: &[
        row("ProxyFCGIBackendType", ANYWHERE, take(1), |_, scope, directive| {
            let bare = value::choice(value::first(directive)?, &[("FPM", false), ("GENERIC", true)])?;
            scope.overrides.proxy.gateway.bare_names = Some(bare);
            Ok(())
        }),
        row("ProxyFCGISetEnvIf", ANYWHERE, between(2, 3), set_if).partial("no tests of files"),
    ],
};

pub(crate) static SCGI: Module =
    Module { name: "mod_proxy_scgi", identifier: "proxy_scgi_module", built: true, rows: OF_SCGI };

const OF_SCGI: &[Row] = &[
    row("ProxySCGIInternalRedirect", SERVER.or(ANYWHERE), take(1), |_, _, directive| {
        only_off(directive, "a path in `Location` is told to the client, which asks for it")
    })
    .partial("only `Off`"),
    row("ProxySCGISendfile", SERVER.or(ANYWHERE), take(1), |_, _, directive| {
        only_off(directive, "let the program send the file, or let it redirect the client to it")
    })
    .partial("only `Off`"),
];

pub(crate) static UWSGI: Module =
    Module { name: "mod_proxy_uwsgi", identifier: "proxy_uwsgi_module", built: true, rows: &[] };

fn only_off(directive: &Directive, help: &str) -> Outcome {
    let word = value::first(directive)?;
    if word.text.eq_ignore_ascii_case("off") {
        return Ok(());
    }
    let what = format!("`{} {}`", directive.name.text, word.text);
    Err(value::not_built(&what).at(word.origin).help(help))
}

/// `ProxyFCGISetEnvIf condition [!]name [value]`
fn set_if(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (test, name) = (value::first(directive)?, value::argument(directive, 1)?);
    let condition = expression::of_params(lowering, test)?;
    if tests_files(&condition) {
        return Err(value::not_built("a test of files in `ProxyFCGISetEnvIf`").at(test.origin));
    }
    let (name, value) = match (name.text.strip_prefix('!'), directive.argument(2)) {
        (Some(name), None) => (name, None),
        (Some(_), Some(extra)) => {
            let problem = value::bad(extra, "what is taken away has no value");
            return Err(problem.help("write `!NAME` alone, or `NAME VALUE`"));
        }
        (None, Some(text)) => (name.text.as_str(), Some(expression::text_of_params(lowering, text)?)),
        (None, None) => (name.text.as_str(), Some(Template::default())),
    };
    scope.overrides.proxy.gateway.edits.push(ParamEdit { condition, name: name.to_owned(), value });
    Ok(())
}

fn tests_files(condition: &Condition) -> bool {
    match condition {
        Condition::File { .. } => true,
        Condition::All(all) | Condition::Any(all) => all.iter().any(tests_files),
        Condition::Not(condition) | Condition::Varies { condition, .. } => tests_files(condition),
        _ => false,
    }
}

/// `CGIPassAuth`
pub(crate) fn credentials(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.overrides.proxy.gateway.credentials = Some(value::flag(directive)?);
    Ok(())
}

/// `CGIVar variable rule`
pub(crate) fn variable_of_programs(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (name, rule) = (value::first(directive)?, value::argument(directive, 1)?);
    value::choice(name, &[("REQUEST_URI", ())])?;
    let current = value::choice(rule, &[("original-uri", false), ("current-uri", true)])?;
    let path = Template { parts: vec![Part::Variable("uri".to_owned())], origin: rule.origin };
    let params = &mut scope.overrides.proxy.gateway.params;
    params.push(("REQUEST_URI".to_owned(), current.then_some(path)));
    Ok(())
}

/// `SetHandler proxy:URL`; `None`: it is another handler.
pub(crate) fn handler(word: &Word) -> Option<Result<Handler, Diagnostic>> {
    let text = word.text.get(.."proxy:".len()).filter(|start| start.eq_ignore_ascii_case("proxy:"));
    let url = word.text.get(text?.len()..)?;
    let url = Url::parse(&Word { text: url.to_owned(), ..word.clone() });
    Some(url.and_then(|url| match &url.target {
        UrlTarget::Server { .. } if url.scheme.has_targets() => {
            let problem = value::not_built("a handler that is a server of HTTP").at(word.origin);
            Err(problem.help("it would be asked for names of files: forward paths to it, with `ProxyPass`"))
        }
        _ => Ok(Handler::Program(Box::new(url))),
    }))
}
