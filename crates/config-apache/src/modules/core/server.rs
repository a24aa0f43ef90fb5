//! `<VirtualHost>` and what a server says of itself.

use std::net::{IpAddr, ToSocketAddrs};

use diagnostic::{Diagnostic, Origin};
use model::ServerTokens;

use super::put;
use super::sections::without_last_slash;
use crate::directive::Directive;
use crate::lower::{Host, HostAddress, Lowering, Scope};
use crate::table::{HOST, Outcome};
use crate::value;

/// What a server is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ServerName {
    /// `http` where it is not said.
    pub(crate) scheme: Option<String>,
    /// In lower case.
    pub(crate) host: String,
    /// As it was written.
    pub(crate) written: String,
    pub(crate) port: Option<u16>,
    pub(crate) origin: Origin,
}

pub(super) fn virtual_host(lowering: &mut Lowering<'_>, main: &mut Scope, directive: &Directive) -> Outcome {
    let default_port = main.server.core.names.name.as_ref().and_then(|name| name.port);
    let mut addresses = Vec::new();
    for word in &directive.arguments {
        let found = HostAddress::parse(&word.text, default_port, look_up).ok_or_else(|| {
            value::bad(word, format!("\"{}\" is no address of a virtual host", word.text))
                .help("write an address or `*`, with a port behind a colon: `*:80`")
        })?;
        if found.is_empty() {
            let problem = Diagnostic::warning("cannot-resolve", format!("Could not resolve host name {}", word.text));
            lowering.report(problem.at(word.origin).help("it stands for no address: write the address, or `*`"));
        }
        addresses.extend(found.into_iter().map(|address| HostAddress { origin: word.origin, ..address }));
    }
    let mut scope = Scope::new(HOST, directive.origin());
    scope.server.own_port = addresses.first().and_then(|address| address.port);
    lowering.body(&mut scope, directive);
    lowering.hosts.push(Host { addresses, scope });
    Ok(())
}

fn look_up(host: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in (host, 0).to_socket_addrs().into_iter().flatten() {
        if !found.contains(&address.ip()) {
            found.push(address.ip());
        }
    }
    found
}

pub(super) fn server_name(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let (scheme, rest) = match word.text.split_once("://") {
        Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
        None => (None, word.text.as_str()),
    };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port: u16 = port
                .parse()
                .ok()
                .filter(|&port| port > 0)
                .ok_or_else(|| value::bad(word, "the port number is outside the appropriate range (1..65535)"))?;
            (host, Some(port))
        }
        _ => (rest, None),
    };
    if host.is_empty() || host.contains('/') {
        return Err(
            value::bad(word, format!("Invalid ServerName \"{}\"", word.text)).help("write `[scheme://]name[:port]`")
        );
    }
    let written = host.to_owned();
    let name = ServerName { scheme, host: host.to_ascii_lowercase(), written, port, origin: word.origin };
    put(&mut scope.server.core.names.name, name)
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
pub(super) fn server_alias(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let names = directive.arguments.iter().map(|word| (word.text.to_ascii_lowercase(), word.origin));
    scope.server.core.names.aliases.extend(names);
    Ok(())
}

pub(super) fn document_root(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let path = lowering.path(&without_last_slash(&value::first(directive)?.text));
    put(&mut scope.server.core.document_root, path)
}

pub(super) fn server_tokens(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const TOKENS: [(&str, bool); 8] = [
        ("Full", true),
        ("OS", true),
        ("Min", true),
        ("Minimal", true),
        ("Minor", false),
        ("Major", false),
        ("Prod", false),
        ("ProductOnly", false),
    ];
    let full = value::choice(value::first(directive)?, &TOKENS)?;
    put(&mut scope.server.core.server_tokens, if full { ServerTokens::Full } else { ServerTokens::Name })
}

pub(super) fn canonical_name(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if word.text.eq_ignore_ascii_case("dns") {
        return Err(value::not_built("UseCanonicalName DNS").at(word.origin));
    }
    let on = value::flag(directive)?;
    scope.server.core.canonical_name = Some(on);
    put(&mut scope.overrides.site_name_in_redirect, on)
}

pub(super) fn physical_port(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    if value::flag(directive)? {
        return Err(value::not_built("UseCanonicalPhysicalPort On"));
    }
    Ok(())
}

pub(super) fn hostname_lookups(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if value::choice(word, &[("Off", false), ("On", true), ("Double", true)])? {
        return Err(value::not_built("looking up the names of clients").at(word.origin));
    }
    Ok(())
}

pub(super) fn protocol_options(_: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    const KNOWN: [(&str, bool); 6] = [
        ("Strict", true),
        ("Unsafe", false),
        ("RegisteredMethods", false),
        ("LenientMethods", true),
        ("Allow0.9", false),
        ("Require1.0", true),
    ];
    for word in &directive.arguments {
        if !value::choice(word, &KNOWN)? {
            let problem = Diagnostic::error("refused", format!("\"{}\" is not supported", word.text)).at(word.origin);
            return Err(problem.help("what could be read in two ways is refused here, never guessed at"));
        }
    }
    Ok(())
}

pub(super) fn protocols(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (mut secure, mut clear) = (false, false);
    for word in &directive.arguments {
        match value::choice(word, &[("http/1.1", 1), ("h2", 2), ("h2c", 3), ("acme-tls/1", 0)])? {
            0 => lowering.without_effect(
                "Protocols",
                word.origin,
                "challenges are answered whether it stands here or not",
            ),
            2 => secure = true,
            3 => clear = true,
            _ => {}
        }
    }
    put(&mut scope.server.core.http2, (secure, clear))
}

pub(super) fn trace(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if value::choice(word, &[("Off", false), ("On", true), ("extended", true)])? {
        lowering.without_effect("TraceEnable", directive.origin(), "TRACE is answered with 405 whatever it says");
    }
    Ok(())
}

pub(super) fn encoded_slashes(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    use model::EscapedSlashes::{Kept, Refused, Slashes};
    let word = value::first(directive)?;
    let choice = value::choice(word, &[("Off", Refused), ("On", Slashes), ("NoDecode", Kept)])?;
    scope.server.core.escaped_slashes = Some(choice);
    Ok(())
}
