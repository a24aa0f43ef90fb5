//! What holds for forwarded requests of a scope: the host that is named, fields that tell of the client, error answers.

use diagnostic::{Diagnostic, Origin};
use model::{MapKey, Part, SetField, Template};

use super::via;
use super::worker::WorkerSettings;
use crate::directive::Directive;
use crate::lower::{Lowering, NO_UPSTREAM_KEEP_ALIVE, OLD_REQUESTS, Scope, ServerSettings, variable};
use crate::table::Outcome;
use crate::value;

/// The fields that tell the server behind who asked.
struct ForwardedFields;

/// What is set where nothing is said.
pub(crate) struct DirectoryDefaults;

pub(super) fn preserve_host(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let variable = if value::flag(directive)? { "http_host" } else { "proxy_host" };
    set(scope, field("Host", vec![Part::Variable(variable.to_owned())], directive.origin()));
    Ok(())
}

pub(super) fn add_headers(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let fields = if value::flag(directive)? {
        ForwardedFields::fields(lowering, directive.origin())
    } else {
        ForwardedFields::passed(directive.origin())
    };
    for field in fields {
        set(scope, field);
    }
    Ok(())
}

/// `Proxy100Continue`: whether the server behind is asked before the client sends its body.
pub(super) fn pass_expectation(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let variable = Part::Variable("http_expect".to_owned());
    let value = if value::flag(directive)? { vec![variable] } else { Vec::new() };
    set(scope, field("Expect", value, directive.origin()));
    Ok(())
}

pub(super) fn bad_header(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if value::choice(word, &[("IsError", true), ("Ignore", false), ("StartBody", false)])? {
        return Ok(());
    }
    Err(value::not_built("passing on an answer whose head is malformed").at(word.origin))
}

pub(super) fn interpolation(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? { Err(value::not_built("`ProxyPassInterpolateEnv On`")) } else { Ok(()) }
}

pub(super) fn error_override(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let on = value::flag(directive)?;
    let mut statuses = Vec::new();
    for word in directive.arguments.iter().skip(1) {
        let status = word.text.parse().ok().filter(|status| on && (400..600).contains(status));
        statuses.push(status.ok_or_else(|| {
            value::bad(word, "this is no status of an error").help("write `On` and statuses from 400 to 599")
        })?);
    }
    scope.overrides.proxy.intercept_errors = Some(on);
    scope.overrides.proxy.intercepted = Some(statuses);
    Ok(())
}

/// The last one that is written holds.
fn set(scope: &mut Scope, field: SetField) {
    let fields = &mut scope.overrides.proxy.set_fields;
    fields.retain(|known| !known.name.eq_ignore_ascii_case(&field.name));
    fields.push(field);
}

pub(super) fn field(name: &str, parts: Vec<Part>, origin: Origin) -> SetField {
    SetField { name: name.to_owned(), value: Template { parts, origin }, origin }
}

impl ForwardedFields {
    /// Each adds to what the client itself sent.
    fn fields(lowering: &mut Lowering<'_>, origin: Origin) -> Vec<SetField> {
        let host = lowering.appended("x_forwarded_host", "http_host");
        let server = lowering.appended("x_forwarded_server", "server_name");
        vec![
            field("X-Forwarded-For", vec![Part::Variable("proxy_add_x_forwarded_for".to_owned())], origin),
            field("X-Forwarded-Host", vec![host], origin),
            field("X-Forwarded-Server", vec![server], origin),
        ]
    }

    /// What the client sent, unchanged.
    fn passed(origin: Origin) -> Vec<SetField> {
        let names = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Server"];
        let variable = |name: &str| format!("http_{}", name.to_ascii_lowercase().replace('-', "_"));
        names.map(|name| field(name, vec![Part::Variable(variable(name))], origin)).to_vec()
    }
}

impl DirectoryDefaults {
    /// The fields that every forwarded request gets where nothing is said.
    pub(crate) fn set_fields(
        lowering: &mut Lowering<'_>,
        server: &ServerSettings,
        worker: &WorkerSettings,
    ) -> Vec<SetField> {
        let origin = Origin::default();
        let own = |variable: &str| vec![Part::Variable(variable.to_owned())];
        let mut fields = vec![field("Host", own("proxy_host"), origin), field("Expect", own("http_expect"), origin)];
        if let Some(most) = server.proxy.most_forwards {
            let most = Template::text(most.saturating_sub(1).to_string(), origin);
            let own = variable("http_max_forwards");
            let left = lowering.lookup(own.clone(), vec![("", most)], own);
            fields.push(field("Max-Forwards", vec![Part::Variable(left)], origin));
        }
        fields.extend(via::sent(lowering, server));
        fields.extend(ForwardedFields::fields(lowering, origin));
        let once = worker.no_reuse == Some(true) || server.always_set.contains(&NO_UPSTREAM_KEEP_ALIVE);
        let persistence = match (server.always_set.contains(&OLD_REQUESTS), once) {
            (true, _) => "",
            (false, true) => "close",
            (false, false) => "Keep-Alive",
        };
        match &worker.upgrade {
            None => fields.push(field("Connection", vec![Part::Text(persistence.to_owned())], origin)),
            Some(protocol) => fields.extend(upgrading(lowering, protocol, persistence)),
        }
        fields
    }
}

/// A client that asks to switch to a protocol is let do so.
fn upgrading(lowering: &mut Lowering<'_>, protocol: &str, persistence: &str) -> [SetField; 2] {
    let origin = Origin::default();
    let any = protocol.eq_ignore_ascii_case("any");
    let suffix = format!("{protocol}_{persistence}").to_ascii_lowercase();
    let suffix = suffix.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    let asked = Part::Variable("http_upgrade".to_owned());
    let mut variable = |name: &str, value: Part, otherwise: &str| {
        let variable = format!("{name}_{suffix}");
        let template = |parts| Template { parts, origin };
        let text = |text: &str| Part::Text(text.to_owned());
        let entries = if any {
            vec![(MapKey::Text(String::new()), template(vec![text(otherwise)]))]
        } else {
            vec![(MapKey::Text(protocol.to_owned()), template(vec![value.clone()]))]
        };
        let default = template(vec![if any { value } else { text(otherwise) }]);
        lowering.define(model::Map {
            variable: variable.clone(),
            source: template(vec![asked.clone()]),
            entries,
            default,
            volatile: false,
            origin,
        });
        Part::Variable(variable)
    };
    let connection = variable("connection_to", Part::Text("Upgrade".to_owned()), persistence);
    let upgrade = variable("upgrade_to", asked.clone(), "");
    [field("Connection", vec![connection], origin), field("Upgrade", vec![upgrade], origin)]
}

impl Lowering<'_> {
    /// Defines a variable, unless it is.
    fn define(&mut self, map: model::Map) {
        if !self.shared.maps.iter().any(|known| known.variable == map.variable) {
            self.shared.maps.push(map);
        }
    }

    /// The variable whose value is a field of the client with another value behind it, or that value alone.
    fn appended(&mut self, name: &str, added: &str) -> Part {
        let variable = format!("appended_{name}");
        let (source, alone, both) = appending(name, &[Part::Variable(added.to_owned())]);
        self.define(model::Map {
            variable: variable.clone(),
            source,
            entries: vec![(MapKey::Text(String::new()), alone)],
            default: both,
            volatile: false,
            origin: Origin::default(),
        });
        Part::Variable(variable)
    }
}

/// A field of the client, what stands for it where there is none, and what is made of one with a value behind it.
pub(super) fn appending(name: &str, added: &[Part]) -> (Template, Template, Template) {
    let template = |parts| Template { parts, origin: Origin::default() };
    let own = Part::Variable(format!("http_{name}"));
    let both = [vec![own.clone(), Part::Text(", ".to_owned())], added.to_vec()].concat();
    (template(vec![own]), template(added.to_vec()), template(both))
}

/// `interpolate`, the optional last word of several directives.
pub(super) fn no_interpolation(directive: &Directive) -> Result<(), Diagnostic> {
    let last = directive.arguments.last().filter(|word| word.text.eq_ignore_ascii_case("interpolate"));
    last.map_or(Ok(()), |word| Err(value::not_built("`interpolate`").at(word.origin)))
}
