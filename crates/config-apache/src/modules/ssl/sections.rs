//! What parts of a server ask of TLS: that it is there, that the client proved who it is, that something holds.

use diagnostic::Origin;
use model::{Comparison, Condition, DefaultValue, Demand, Requirement, Step, Template};

use super::variables;
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{self, Lowering, Scope};
use crate::request;
use crate::table::{Outcome, SERVER};
use crate::value;

const DEMANDS: [(&str, Option<Demand>); 4] = [
    ("none", None),
    ("optional", Some(Demand::Optional)),
    ("require", Some(Demand::Required)),
    ("optional_no_ca", Some(Demand::OptionalUnknown)),
];

fn compare(variable: &str, comparison: Comparison, with: &str) -> Condition {
    Condition::Compare { value: lower::variable(variable), comparison, with: lower::text(with) }
}

/// Whether the client speaks TLS.
pub(super) fn is_secure() -> Condition {
    compare("https", Comparison::Equal, "on")
}

/// Requests of which the condition holds are not let in.
pub(super) fn refuse(condition: Condition, origin: Origin) -> Step {
    let steps = vec![Step::Return { status: 403, text: None, origin }];
    Step::If { condition, steps, section: None, origin }
}

/// Requests over TLS of which the condition holds are not let in; of others nothing is asked.
fn refuse_secure(scope: &mut Scope, condition: Condition, origin: Origin) {
    let secure = Condition::All(vec![is_secure(), condition]);
    scope.overrides.moments.entered.push(refuse(secure, origin));
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

/// `SSLRequireSSL`
#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn require_tls(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.overrides.moments.entered.push(refuse(not(is_secure()), directive.origin()));
    Ok(())
}

/// `SSLRequire expression`
pub(super) fn require(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let first = value::first(directive)?;
    let text = match directive.arguments.as_slice() {
        [only] => only.text.clone(),
        _ => directive.rest.text(),
    };
    let word = Word { text, ..first.clone() };
    let condition = crate::expression::of_tls(lowering, &word)?;
    refuse_secure(scope, not(condition), directive.origin());
    Ok(())
}

/// `SSLVerifyClient none|optional|require|optional_no_ca`
pub(super) fn verify_client(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let demand = value::choice(value::first(directive)?, &DEMANDS)?;
    let clients = &mut scope.server.ssl.clients;
    if scope.contexts.intersects(SERVER) {
        clients.demand = Some(demand);
        return Ok(());
    }
    if demand.is_some() {
        clients.in_sections = Some(true);
    }
    if demand == Some(Demand::Required) {
        let proved = compare("ssl_client_verify", Comparison::Equal, "SUCCESS");
        refuse_secure(scope, not(proved), directive.origin());
    }
    Ok(())
}

/// Whether some section asks for clients' certificates: then they are asked in the handshake.
pub(crate) fn asked_everywhere(scope: &mut Scope, inner: &Scope) {
    let asked = &mut scope.server.ssl.clients.in_sections;
    *asked = inner.server.ssl.clients.in_sections.or(*asked);
}

/// Whether clients' certificates count for users anywhere: then nobody may write what one counts for.
pub(crate) fn takes_certificates(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| {
        let takes = |word: &Word| word.text.trim_start_matches('+').eq_ignore_ascii_case("FakeBasicAuth");
        let own = directive.name.text.eq_ignore_ascii_case("SSLOptions") && directive.arguments.iter().any(takes);
        own || takes_certificates(directive.body.as_deref().unwrap_or_default())
    })
}

/// `SSLUserName variable`
pub(super) fn user_name(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let parts = variables::variable(lowering, &word.text).or_else(|| request::variable(lowering, &word.text));
    let Some(parts) = parts else {
        lowering.without_effect("SSLUserName", word.origin, "nothing of TLS or of requests has this name");
        return Ok(());
    };
    scope.overrides.moments.user = Some(Template { parts, origin: directive.origin() });
    Ok(())
}

/// `SSLOptions [+|-]option …`
pub(super) fn options(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let is_whole = directive.arguments.iter().any(|word| !word.text.starts_with(['+', '-']));
    if is_whole {
        scope.overrides.access.certificates = lowering.takes_certificates.then_some(false);
    }
    for word in &directive.arguments {
        let (on, name) = match word.text.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => (true, word.text.as_str()),
        };
        let option = Word { text: name.to_owned(), ..word.clone() };
        match name.to_ascii_lowercase().as_str() {
            "stdenvvars" => export(lowering, scope, on, false),
            "exportcertdata" => export(lowering, scope, on, true),
            "fakebasicauth" => scope.overrides.access.certificates = Some(on),
            "legacydnstringformat" | "exportbothcertdata" if on => {
                return Err(value::not_built(&format!("the option `{name}`")).at(word.origin));
            }
            "strictrequire" | "optrenegotiate" | "legacydnstringformat" | "exportbothcertdata" => {}
            _ => {
                return Err(value::invalid(
                    &option,
                    &["StdEnvVars", "ExportCertData", "FakeBasicAuth", "StrictRequire"],
                ));
            }
        }
    }
    Ok(())
}

/// Variables of the environment say what TLS settled: those that the configuration speaks of anywhere.
fn export(lowering: &mut Lowering<'_>, scope: &mut Scope, on: bool, certificates: bool) {
    let group = scope.group();
    for name in lowering.tls_names.clone() {
        if variables::is_certificate(&name) != certificates {
            continue;
        }
        let Some(parts) = variables::variable(lowering, &name) else { continue };
        let value = on.then(|| Template { parts, origin: Origin::default() });
        let variable = lower::environment(&name);
        lowering.shared.given.insert(variable.clone());
        scope.overrides.moments.defaults.push(DefaultValue { variable, value, group });
    }
}

/// `Require ssl` and `Require ssl-verify-client`; `None`: it is another provider.
pub(crate) fn requirement(provider: &str) -> Option<Requirement> {
    let condition = match provider {
        "ssl" => is_secure(),
        "ssl-verify-client" => compare("ssl_client_verify", Comparison::Equal, "SUCCESS"),
        _ => return None,
    };
    Some(Requirement::Condition(Box::new(condition)))
}
