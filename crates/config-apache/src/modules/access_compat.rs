//! The directives of `mod_access_compat`: who may come in, as httpd 2.2 wrote it.

use diagnostic::Diagnostic;
use model::{AccessRule, Requirement, Satisfy, Verdict, Who};

use super::authz_core::{self, First, Methods};
use super::authz_host;
use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope, is_set};
use crate::table::{LIMIT, Module, Outcome, Row, SECTION, at_least, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_access_compat", identifier: "access_compat_module", built: true, rows: ROWS };

const ROWS: &[Row] = &[
    row("Satisfy", SECTION.or(LIMIT), take(1), satisfy),
    row("allow", SECTION.or(LIMIT), at_least(2), |l, s, d| rules(l, s, d, true))
        .partial("no names of hosts but `localhost`"),
    row("deny", SECTION.or(LIMIT), at_least(2), |l, s, d| rules(l, s, d, false))
        .partial("no names of hosts but `localhost`"),
    row("order", SECTION.or(LIMIT), take(1), order),
];

/// What a section says, as it is gathered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    order: Option<Order>,
    rules: Vec<AccessRule>,
    satisfy: Option<Satisfy>,
    /// What is asked of some methods only.
    limited: Vec<Requirement>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Order {
    /// Who is denied is not let in, nor is anyone who is not allowed.
    AllowThenDeny,
    /// Who is allowed is let in, and anyone who is not denied.
    DenyThenAllow,
}

impl Asked {
    fn is_said(&self) -> bool {
        self.order.is_some() || !self.rules.is_empty()
    }

    /// What a section asks; a section that says anything of this says all of it.
    pub(crate) fn requirement(self) -> First {
        if !self.is_said() && self.satisfy.is_none() && self.limited.is_empty() {
            return None;
        }
        let satisfy = self.satisfy.unwrap_or_default();
        let mut parts = self.limited.clone();
        parts.push(self.rules());
        let requirement = if parts.len() == 1 { parts.pop() } else { Some(Requirement::AllOf(parts)) };
        requirement.map(|requirement| (requirement, satisfy))
    }

    fn rules(self) -> Requirement {
        let order = self.order.unwrap_or(Order::DenyThenAllow);
        // The kind that is looked at last decides, so that it is the first of the model's.
        let decides = order == Order::DenyThenAllow;
        let (first, last): (Vec<_>, Vec<_>) = self.rules.into_iter().partition(|rule| rule.grant == decides);
        let otherwise = if decides { Verdict::Granted } else { Verdict::Denied };
        Requirement::FirstMatch { rules: first.into_iter().chain(last).collect(), otherwise }
    }

    /// Takes over what is asked of some methods only.
    pub(crate) fn take_limited(&mut self, inner: Self, methods: &Methods) {
        self.satisfy = inner.satisfy.or(self.satisfy);
        if inner.is_said() {
            self.limited.push(methods.limit(inner.rules(), Verdict::Granted));
        }
    }
}

fn order(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const ORDERS: [(&str, Order); 3] = [
        ("allow,deny", Order::AllowThenDeny),
        ("deny,allow", Order::DenyThenAllow),
        // Both come to the same: who is allowed and not denied.
        ("mutual-failure", Order::AllowThenDeny),
    ];
    let order = value::choice(value::first(directive)?, &ORDERS)
        .map_err(|problem| problem.help("no blank stands beside the comma"))?;
    scope.access.first.order = Some(order);
    Ok(())
}

fn satisfy(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let satisfy = value::choice(value::first(directive)?, &[("All", Satisfy::All), ("Any", Satisfy::Any)])?;
    scope.access.first.satisfy = Some(satisfy);
    Ok(())
}

fn rules(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive, grant: bool) -> Outcome {
    let from = value::first(directive)?;
    if !from.text.eq_ignore_ascii_case("from") {
        return Err(value::bad(from, "allow and deny must be followed by 'from'"));
    }
    for word in directive.arguments.iter().skip(1) {
        for who in who(word)? {
            scope.access.first.rules.push(AccessRule { who, grant, origin: word.origin });
        }
    }
    Ok(())
}

fn who(word: &Word) -> Result<Vec<Who>, Diagnostic> {
    let text = word.text.to_ascii_lowercase();
    if text == "all" {
        return Ok(vec![Who::Everyone]);
    }
    if text.starts_with("env=") {
        let name = word.text.get("env=".len()..).unwrap_or_default();
        return Ok(vec![Who::Condition(Box::new(is_set(name)))]);
    }
    let digits = text.starts_with(|first: char| first.is_ascii_digit()) || text.contains(':');
    if digits {
        return authz_core::client(word).map(|who| vec![who]);
    }
    if authz_host::is_this_machine(word) {
        return Ok(authz_host::loopback().collect());
    }
    let help = "write the addresses, which need not be looked up for each request";
    Err(value::not_built("looking up the names of clients").at(word.origin).help(help))
}
