//! `ProxyVia`: what `Via` says of this server (RFC 9110 §7.6.3).

use diagnostic::Origin;
use model::{Function, Part, SetField};

use super::settings::{appending, field};
use crate::directive::Directive;
use crate::lower::{Lowering, Scope, ServerSettings};
use crate::request::odd_port;
use crate::table::Outcome;
use crate::value;

/// What becomes of `Via`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Via {
    /// It is passed as it came.
    Off,
    /// This server is added.
    On,
    /// This server is added with what it is called.
    Full,
    /// Requests lose it.
    Block,
}

pub(super) fn via(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let choices = [("Off", Via::Off), ("On", Via::On), ("Full", Via::Full), ("Block", Via::Block)];
    scope.server.proxy.via = Some(value::choice(value::first(directive)?, &choices)?);
    Ok(())
}

/// What requests say.
pub(super) fn sent(lowering: &mut Lowering<'_>, server: &ServerSettings) -> Option<SetField> {
    let value = match server.proxy.via? {
        Via::Off => return None,
        Via::Block => Vec::new(),
        Via::On | Via::Full => {
            let (source, alone, both) = appending("via", &own(lowering, server));
            vec![Part::Variable(lowering.lookup(source, vec![("", alone)], both))]
        }
    };
    Some(field("Via", value, Origin::default()))
}

/// What answers say beside what they said.
pub(super) fn added(lowering: &mut Lowering<'_>, server: &ServerSettings) -> Vec<SetField> {
    match server.proxy.via {
        Some(Via::On | Via::Full) => vec![field("Via", own(lowering, server), Origin::default())],
        Some(Via::Off | Via::Block) | None => Vec::new(),
    }
}

/// The version that the client speaks, and the name and port that it knows.
fn own(lowering: &mut Lowering<'_>, server: &ServerSettings) -> Vec<Part> {
    let variable = |name: &str| Part::Variable(name.to_owned());
    let version = Part::Made { by: Function::Slice { from: 5, length: 3 }, of: vec![variable("server_protocol")] };
    let mut parts = vec![version, Part::Text(" ".to_owned())];
    if server.core.canonical_name == Some(true) {
        parts.push(variable("server_name"));
    } else {
        parts.extend([variable("host"), odd_port(lowering)]);
    }
    if server.proxy.via == Some(Via::Full) {
        parts.push(Part::Text(concat!(" (zaguan/", env!("CARGO_PKG_VERSION"), ")").to_owned()));
    }
    parts
}
