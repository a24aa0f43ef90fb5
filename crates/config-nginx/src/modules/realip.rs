//! The directives of `ngx_http_realip_module`: whom proxies before this one speak for.

use model::{AddressSource, ClientAddress, Trusted};

use super::address;
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::{LEVELS, Module, Outcome, Row, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_realip_module", rows: ROWS };

const ROWS: &[Row] = &[
    row("real_ip_header", LEVELS, take(1), source),
    row("real_ip_recursive", LEVELS, take(1), |_, v, d| v.client_address.recursive.flag(d)),
    row("set_real_ip_from", LEVELS, take(1), from),
];

settings! {
    /// Whom proxies before this one speak for.
    struct ClientAddressSettings {
        trusted: List<Trusted>,
        source: Slot<AddressSource>,
        recursive: Slot<bool>,
    }
}

impl ClientAddressSettings {
    pub(crate) fn finish(&self) -> Option<Box<ClientAddress>> {
        let trusted = self.trusted.get()?.to_vec();
        let source = self.source.or(AddressSource::Field("X-Real-IP".to_owned()));
        let recursive = self.recursive.or(false);
        Some(Box::new(ClientAddress { trusted, source, recursive, consumes: false, outer: Vec::new() }))
    }
}

fn source(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    // nginx knows these two as they are written, any other name in any case of letters.
    let source = match word.text.as_str() {
        "X-Forwarded-For" => AddressSource::ForwardedFor,
        "proxy_protocol" => AddressSource::ProxyProtocol,
        name => AddressSource::Field(name.to_owned()),
    };
    level.client_address.source.put(directive, source)
}

fn from(lowering: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let trusted = if word.text == "unix:" {
        Trusted::Unix
    } else if let Some(network) = address::network(lowering, word) {
        Trusted::Network(network)
    } else if word.text.is_empty() || word.text.contains(['/', ':']) {
        return Err(value::invalid(directive, word).help("it is an address, a network, a host's name or `unix:`"));
    } else {
        Trusted::Host { name: word.text.clone(), origin: word.origin }
    };
    level.client_address.trusted.push(trusted);
    Ok(())
}
