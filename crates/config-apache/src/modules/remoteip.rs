//! The directives of `mod_remoteip`: clients whom proxies before this server speak for.

use model::{AddressSource, ClientAddress, Network, Trusted};

use super::authz_host::network;
use crate::directive::Directive;
use crate::lower::{Lowering, Scope, ServerSettings, settings};
use crate::table::{FLAG, Module, Outcome, Row, SERVER, at_least, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mod_remoteip", identifier: "remoteip_module", built: true, rows: ROWS };

const NAMES: &str = "addresses and networks, no names";

const ROWS: &[Row] = &[
    row("RemoteIPHeader", SERVER, take(1), |_, s, d| {
        s.server.remote_ip.header = Some(value::first(d)?.text.clone());
        Ok(())
    }),
    row("RemoteIPInternalProxy", SERVER, at_least(1), |_, s, d| add(&mut s.server.remote_ip.inner, d)).partial(NAMES),
    pending("RemoteIPInternalProxyList", SERVER),
    pending("RemoteIPProxiesHeader", SERVER),
    row("RemoteIPProxyProtocol", SERVER, FLAG, proxy_protocol),
    pending("RemoteIPProxyProtocolExceptions", SERVER),
    row("RemoteIPTrustedProxy", SERVER, at_least(1), |_, s, d| add(&mut s.server.remote_ip.outer, d)).partial(NAMES),
    pending("RemoteIPTrustedProxyList", SERVER),
];

settings! {
    /// Whom proxies speak for.
    struct RemoteIpSettings {
        header: Option<String>,
        /// Proxies that are believed whatever they say.
        inner: Option<Vec<Network>>,
        /// Proxies that are believed where they tell of public addresses.
        outer: Option<Vec<Network>>,
        proxy_protocol: Option<bool>,
    }
}

fn add(networks: &mut Option<Vec<Network>>, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        let found = network(&word.text).ok_or_else(|| {
            value::bad(word, format!("\"{}\" is no address and no network", word.text))
                .help("write `192.0.2.1`, `192.0.2.0/24` or `2001:db8::/32`")
        })?;
        networks.get_or_insert_default().push(found);
    }
    Ok(())
}

fn proxy_protocol(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    scope.server.remote_ip.proxy_protocol = Some(value::flag(directive)?);
    Ok(())
}

/// Where the address of a server's clients comes from; `None`: from the connection.
pub(crate) fn client_address(server: &ServerSettings) -> Option<Box<ClientAddress>> {
    let RemoteIpSettings { header, inner, outer, proxy_protocol } = &server.remote_ip;
    let everyone = || [[0; 4].into(), [0; 16].into()].into_iter().filter_map(|any| Network::new(any, 0)).collect();
    let (trusted, source, outer): (Vec<Network>, _, _) = match header {
        Some(header) => {
            let (inner, outer) = (inner.clone().unwrap_or_default(), outer.clone().unwrap_or_default());
            // httpd: where no proxy is named, whoever connects is one.
            let outer = if inner.is_empty() && outer.is_empty() { everyone() } else { outer };
            ([inner, outer.clone()].concat(), AddressSource::Field(header.clone()), outer)
        }
        None if *proxy_protocol == Some(true) => (everyone(), AddressSource::ProxyProtocol, Vec::new()),
        None => return None,
    };
    let trusted = trusted.into_iter().map(Trusted::Network).chain([Trusted::Unix]).collect();
    Some(Box::new(ClientAddress { trusted, source, recursive: true, consumes: header.is_some(), outer }))
}
