//! The directives of `mod_authz_core`: who may come in.

use diagnostic::{Diagnostic, Origin};
use model::{AccessOverrides, Condition, Joined, Requirement, Satisfy, Verdict, Who};

use super::{access_compat, authz_host, ssl};
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope};
use crate::table::{LIMIT, Module, Outcome, REQUIRE, Row, SECTION, SERVER, at_least, no_effect, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_authz_core", identifier: "authz_core_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    pending("<AuthzProviderAlias>", SERVER),
    row("<RequireAll>", SECTION.or(LIMIT).or(REQUIRE), at_least(0), |l, s, d| group(l, s, d, Kind::All)),
    row("<RequireAny>", SECTION.or(LIMIT).or(REQUIRE), at_least(0), |l, s, d| group(l, s, d, Kind::Any)),
    row("<RequireNone>", SECTION.or(LIMIT).or(REQUIRE), at_least(0), |l, s, d| group(l, s, d, Kind::None)),
    row("AuthMerging", SECTION, take(1), merging),
    no_effect("AuthzSendForbiddenOnFailure", SECTION, at_least(1), "a user that is not let in may be another"),
    row("Require", SECTION.or(LIMIT).or(REQUIRE), at_least(1), require)
        .partial("`all`, `ip`, `local`, `host localhost`, `method`, `user`, `valid-user`, `env`, `expr`, `ssl`, `ssl-verify-client`"),
];

/// Who may come in, as it is gathered while a section is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    requirements: Vec<Requirement>,
    joined: Option<Joined>,
    /// As httpd 2.2 wrote it.
    pub(crate) first: access_compat::Asked,
}

/// How the requirements of a group count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    All,
    Any,
    None,
}

/// Methods that a part of a section is for.
#[derive(Clone, Debug)]
pub(crate) struct Methods {
    pub(crate) names: Vec<String>,
    /// It is for the others.
    pub(crate) others: bool,
}

impl Asked {
    /// Says what was gathered, once the section is through.
    pub(crate) fn finish(self, access: &mut AccessOverrides) {
        if !self.requirements.is_empty() {
            access.requirement = Some(any_of(self.requirements));
        }
        access.joined = self.joined.unwrap_or_default();
        access.first = self.first.requirement();
    }

    /// Takes over what is asked of some methods only.
    pub(crate) fn take_limited(&mut self, inner: Self, methods: &Methods) {
        let limited = inner.requirements.into_iter().map(|requirement| methods.limit(requirement, Verdict::Neutral));
        self.requirements.extend(limited);
        self.first.take_limited(inner.first, methods);
    }
}

impl Methods {
    /// A requirement that is made for these methods only.
    pub(crate) fn limit(&self, requirement: Requirement, otherwise: Verdict) -> Requirement {
        let (methods, others) = (self.names.clone(), self.others);
        Requirement::ForMethods { methods, others, requirement: Box::new(requirement), otherwise }
    }
}

/// One must hold; of methods that none of them is about, nothing is asked.
fn any_of(requirements: Vec<Requirement>) -> Requirement {
    let all_limited = requirements.iter().all(|part| matches!(part, Requirement::ForMethods { .. }));
    let mut parts = requirements;
    if all_limited {
        let nothing = Requirement::Always(Verdict::Granted);
        let asked_of_none = parts.iter().fold(nothing, |inner, part| match part {
            Requirement::ForMethods { methods, others, .. } => Requirement::ForMethods {
                methods: methods.clone(),
                others: !others,
                requirement: Box::new(inner),
                otherwise: Verdict::Neutral,
            },
            _ => inner,
        });
        parts.push(asked_of_none);
    }
    match parts.len() {
        1 => parts.pop().unwrap_or(Requirement::Always(Verdict::Denied)),
        _ => Requirement::AnyOf(parts),
    }
}

fn group(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, kind: Kind) -> Outcome {
    let mut inner = Scope::new(REQUIRE, directive.origin());
    lowering.body(&mut inner, directive);
    take_users(scope, &mut inner);
    let parts = inner.access.requirements;
    if parts.is_empty() {
        let section = &directive.name.text;
        let message = format!("{section} directive contains no authorization directives");
        return Err(Diagnostic::error("empty-section", message).at(directive.origin()).help("leave the section out"));
    }
    let negative = |part: &Requirement| matches!(part, Requirement::NoneOf(_));
    if kind == Kind::All && parts.iter().all(negative) {
        return Err(only_negative(directive.origin(), "<RequireAll>"));
    }
    let forbidden = parts.iter().any(negative) && kind != Kind::All;
    if forbidden {
        return Err(no_effect_here(directive.origin(), &directive.name.text));
    }
    add(
        scope,
        match kind {
            Kind::All => Requirement::AllOf(parts),
            Kind::Any => Requirement::AnyOf(parts),
            Kind::None => Requirement::NoneOf(parts),
        },
    );
    Ok(())
}

/// Takes over how users prove themselves from a section that is only about who comes in: it holds around it, too.
pub(crate) fn take_users(scope: &mut Scope, inner: &mut Scope) {
    let (own, inner) = (&mut scope.overrides.access, std::mem::take(&mut inner.overrides.access));
    own.passwords = inner.passwords.or(own.passwords);
    own.realm = inner.realm.or_else(|| own.realm.take());
    own.users = inner.users.or_else(|| own.users.take());
}

fn only_negative(origin: Origin, section: &str) -> Diagnostic {
    let message = format!("{section} directive contains only negative authorization directives");
    Diagnostic::error("only-negative", message).at(origin).help("add `Require all granted`")
}

fn no_effect_here(origin: Origin, section: &str) -> Diagnostic {
    let message = format!("negative Require directive has no effect in {section} directive");
    Diagnostic::error("only-negative", message).at(origin).help("put it into `<RequireAll>` with `Require all granted`")
}

fn add(scope: &mut Scope, requirement: Requirement) {
    scope.access.requirements.push(requirement);
}

fn merging(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const WAYS: [(&str, Joined); 3] = [("Off", Joined::Replaced), ("And", Joined::All), ("Or", Joined::Any)];
    scope.access.joined = Some(value::choice(value::first(directive)?, &WAYS)?);
    Ok(())
}

fn require(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let mut words = directive.arguments.as_slice();
    let not = value::first(directive)?.text.eq_ignore_ascii_case("not");
    if not {
        words = words.get(1..).unwrap_or_default();
        if !scope.contexts.intersects(REQUIRE) {
            return Err(no_effect_here(directive.origin(), "<RequireAny>"));
        }
    }
    let Some((provider, values)) = words.split_first() else { return Err(crate::check::missing_argument(directive)) };
    let requirement = requirement(lowering, provider, values)?;
    add(scope, if not { Requirement::NoneOf(vec![requirement]) } else { requirement });
    Ok(())
}

const PROVIDERS: [&str; 16] = [
    "env",
    "expr",
    "all",
    "method",
    "ip",
    "host",
    "forward-dns",
    "local",
    "user",
    "valid-user",
    "group",
    "file-owner",
    "file-group",
    "dbm-group",
    "ssl",
    "ssl-verify-client",
];

fn requirement(lowering: &mut Lowering<'_>, provider: &Word, values: &[Word]) -> Result<Requirement, Diagnostic> {
    let names = || values.iter().map(|word| word.text.clone()).collect();
    let needs = || value::bad(provider, format!("\"Require {}\" needs a value", provider.text));
    let first = values.first();
    Ok(match provider.text.to_ascii_lowercase().as_str() {
        "ssl" | "ssl-verify-client" => ssl::requirement(&provider.text.to_ascii_lowercase()).ok_or_else(needs)?,
        "all" => {
            let granted = value::choice(first.ok_or_else(needs)?, &[("granted", true), ("denied", false)])?;
            Requirement::Always(if granted { Verdict::Granted } else { Verdict::Denied })
        }
        "ip" => {
            first.ok_or_else(needs)?;
            Requirement::Client(values.iter().map(client).collect::<Result<_, _>>()?)
        }
        "local" => Requirement::Client(authz_host::local()),
        "host" | "forward-dns" if !values.is_empty() && values.iter().all(authz_host::is_this_machine) => {
            Requirement::Client(authz_host::loopback().collect())
        }
        "method" => Requirement::Method(methods(values)),
        "user" => {
            first.ok_or_else(needs)?;
            Requirement::User(names())
        }
        "valid-user" => Requirement::User(Vec::new()),
        "env" => environment(values),
        "expr" => lowering.expression(values)?,
        known if PROVIDERS.contains(&known) => {
            return Err(value::not_built(&format!("`Require {known}`")).at(provider.origin));
        }
        _ => {
            let message = format!("Unknown Authz provider: {}", provider.text);
            let problem = value::bad(provider, message);
            return Err(match config_source::closest(&provider.text, PROVIDERS) {
                Some(close) => problem.help(format!("did you mean `Require {close}`?")),
                None => problem,
            });
        }
    })
}

/// Methods as the model has them.
pub(crate) fn methods(words: &[Word]) -> Vec<String> {
    words.iter().map(|word| word.text.to_ascii_uppercase()).collect()
}

/// A client by its address.
pub(crate) fn client(word: &Word) -> Result<Who, Diagnostic> {
    let network = authz_host::network(&word.text);
    network.map(Who::Network).ok_or_else(|| {
        value::bad(word, format!("\"{}\" is no address of a network", word.text))
            .help("write `192.0.2.7`, `192.0.2`, `192.0.2.0/24` or `2001:db8::/32`")
    })
}

/// A requirement that one of several variables is set.
fn environment(names: &[Word]) -> Requirement {
    let defined = |word: &Word| Condition::Defined(crate::lower::environment(&word.text));
    Requirement::Condition(Box::new(Condition::Any(names.iter().map(defined).collect())))
}

impl Lowering<'_> {
    fn expression(&mut self, words: &[Word]) -> Result<Requirement, Diagnostic> {
        let first =
            words.first().ok_or_else(|| Diagnostic::error("wrong-arity", "`Require expr` needs an expression"))?;
        let text = match words {
            [only] => only.text.clone(),
            several => several.iter().map(written).collect::<Vec<_>>().join(" "),
        };
        let condition = crate::expression::condition(self, &Word { text, ..first.clone() })?;
        Ok(Requirement::Condition(Box::new(condition)))
    }
}

/// A word with its quotes.
fn written(word: &Word) -> String {
    if word.quoted { format!("'{}'", word.text) } else { word.text.clone() }
}

/// How the checks of both modules count together.
pub(crate) type First = Option<(Requirement, Satisfy)>;
