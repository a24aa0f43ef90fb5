//! The directives of `ngx_http_access_module`, and what all that asks who may come in has in common.

use std::time::Duration;

use diagnostic::Diagnostic;
use model::{
    Access, AccessRule, AuthRequest, BasicUsers, CertificateUsers, Check, Requirement, Satisfy, Template, Verdict, Who,
};

use super::address;
use super::auth_jwt::TokenSettings;
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::{LEVELS, LIMIT_EXCEPT, Module, Outcome, Row, row, take};
use crate::tree::{Directive, Word};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_access_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("allow", LEVELS.or(LIMIT_EXCEPT), take(1), |l, v, d| rule(l, v, d, true)),
    row("deny", LEVELS.or(LIMIT_EXCEPT), take(1), |l, v, d| rule(l, v, d, false)),
];

settings! {
    /// Who may come in.
    struct AccessSettings {
        rules: List<AccessRule>,
        realm: Slot<Template>,
        users: Slot<Template>,
        request: Slot<Option<Template>>,
        request_set: List<(String, Template)>,
        satisfy: Slot<Satisfy>,
        delay: Slot<Duration>,
        tokens: TokenSettings,
    }
}

/// Values of `satisfy`.
pub(crate) const SATISFY: [(&str, Satisfy); 2] = [("all", Satisfy::All), ("any", Satisfy::Any)];

impl AccessSettings {
    /// The questions in nginx's order: `None` where nothing is asked.
    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Option<Box<Access>> {
        let checks: Vec<Check> = [self.addresses(), self.basic(lowering), self.tokens.finish(lowering), self.request()]
            .into_iter()
            .flatten()
            .collect();
        let access = || {
            Box::new(Access { checks, satisfy: self.satisfy.or(Satisfy::All), delay: self.delay.or(Duration::ZERO) })
        };
        (self.rules.is_set() || self.realm.is_set() || self.request.is_set() || self.tokens.is_set())
            .then(access)
            .filter(|access| !access.checks.is_empty())
    }

    fn addresses(&self) -> Option<Check> {
        let rules = self.rules.get()?.to_vec();
        let requirement = Requirement::FirstMatch { rules, otherwise: Verdict::Neutral };
        Some(Check::Require { requirement, user: None })
    }

    fn basic(&self, lowering: &mut Lowering<'_>) -> Option<Check> {
        let realm = self.realm.get().filter(|realm| realm.as_text() != Some("off"))?;
        let origin = self.realm.origin().unwrap_or_default();
        let Some(file) = self.users.get() else {
            let problem = Diagnostic::warning("no-users", "nobody is asked for a password: there is no file of users");
            lowering.report_once(problem.at(origin).help("write `auth_basic_user_file FILE;` beside it"));
            return None;
        };
        let directory = lowering.options.directory.clone();
        Some(Check::Basic(BasicUsers {
            realm: realm.clone(),
            file: file.clone(),
            directory,
            certificates: CertificateUsers::Unknown,
            origin,
        }))
    }

    fn request(&self) -> Option<Check> {
        let path = self.request.get()?.clone()?;
        let origin = self.request.origin().unwrap_or_default();
        Some(Check::Request(AuthRequest { path, set: self.request_set.to_vec(), origin }))
    }
}

fn rule(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive, grant: bool) -> Outcome {
    let word = value::first(directive)?;
    let who = who(lowering, word)?;
    level.access.rules.push(AccessRule { who, grant, origin: directive.origin() });
    Ok(())
}

/// `all`, `unix:`, an address or a network.
pub(crate) fn who(lowering: &mut Lowering<'_>, word: &Word) -> Result<Who, Diagnostic> {
    match word.text.as_str() {
        "all" => Ok(Who::Everyone),
        "unix:" => Ok(Who::Unix),
        _ => address::network(lowering, word).map(Who::Network).ok_or_else(|| {
            value::invalid_parameter(word, &[]).help("it is an address, a network as in 192.0.2.0/24, `unix:` or `all`")
        }),
    }
}
