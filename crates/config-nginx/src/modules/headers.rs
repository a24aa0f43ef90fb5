//! The directives of `ngx_http_headers_module`: fields that responses get.

mod expires;

use model::{AddField, ExpiresRule, ResponseFields};

use crate::lower::slot::{List, Slot};
use crate::table::{LEVELS_IF, Module, Outcome, Row, between, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_headers_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("add_header", LEVELS_IF, between(2, 3), |_, v, d| add(&mut v.headers.add, d)),
    row("add_header_inherit", LEVELS_IF, take(1), |_, v, d| v.headers.inherit_add.choice(d, &INHERIT)),
    row("add_trailer", LEVELS_IF, between(2, 3), |_, v, d| add(&mut v.headers.trailers, d)),
    row("add_trailer_inherit", LEVELS_IF, take(1), |_, v, d| v.headers.inherit_trailers.choice(d, &INHERIT)),
    row("expires", LEVELS_IF, between(1, 2), expires::expires),
];

const INHERIT: [(&str, Inherit); 3] = [("on", Inherit::On), ("off", Inherit::Off), ("merge", Inherit::Merge)];

/// How the fields of the level around are inherited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inherit {
    /// If the level has none of its own.
    On,
    /// Not at all.
    Off,
    /// Besides its own.
    Merge,
}

/// What a level says about response fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeaderSettings {
    add: List<AddField>,
    inherit_add: Slot<Inherit>,
    trailers: List<AddField>,
    inherit_trailers: Slot<Inherit>,
    expires: Slot<(ExpiresRule, bool)>,
}

impl HeaderSettings {
    pub(crate) fn inherit(&mut self, parent: &Self) {
        self.expires.inherit(&parent.expires);
        self.inherit_add.inherit(&parent.inherit_add);
        self.inherit_trailers.inherit(&parent.inherit_trailers);
        merge(&mut self.add, &parent.add, self.inherit_add.or(Inherit::On));
        merge(&mut self.trailers, &parent.trailers, self.inherit_trailers.or(Inherit::On));
    }

    pub(crate) fn finish(&self) -> ResponseFields {
        ResponseFields {
            add: self.add.to_vec(),
            edits: Vec::new(),
            trailers: self.trailers.to_vec(),
            expires: self.expires.get().map(|(rule, _)| rule.clone()),
            expires_from_modified: self.expires.get().is_some_and(|(_, modified)| *modified),
        }
    }
}

fn merge(own: &mut List<AddField>, parent: &List<AddField>, inherit: Inherit) {
    match (inherit, parent.get()) {
        (Inherit::Off, _) | (_, None) => {}
        (Inherit::Merge, Some(fields)) if own.is_set() => own.extend(fields),
        (Inherit::On | Inherit::Merge, _) => own.inherit(parent),
    }
}

fn add(fields: &mut List<AddField>, directive: &Directive) -> Outcome {
    let name = value::first(directive)?.text.clone();
    let value = value::template(value::argument(directive, 1)?)?;
    let always = match directive.argument(2) {
        Some(word) if word.text != "always" => return Err(value::invalid_parameter(word, &["always"])),
        word => word.is_some(),
    };
    fields.push(AddField { name, value, always, origin: directive.origin() });
    Ok(())
}
