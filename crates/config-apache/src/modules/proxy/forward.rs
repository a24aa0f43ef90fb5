//! How requests are forwarded where nothing is said of it: what `mod_proxy_http` does.

use std::time::Duration;

use diagnostic::Origin;
use model::{
    Bind, Buffering, ByteSize, CookieRules, NextUpstream, PassedFields, Proxy, ProxyTimeouts, Scheme, Target, Template,
    Trouble,
};

use super::worker::WorkerSettings;
use super::{DirectoryDefaults, via};
use crate::lower::{Lowering, OLD_REQUESTS, ServerSettings};
use crate::modules::{cache, ssl};

/// `Timeout` where it is not said.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);

/// Fields of answers that ask something of another proxy: here they are fields as any other.
const IGNORED: [&str; 5] =
    ["x-accel-redirect", "x-accel-expires", "x-accel-limit-rate", "x-accel-buffering", "x-accel-charset"];

/// Fields that concern one connection only, as httpd has it.
const HIDDEN: [&str; 2] = ["proxy-authenticate", "trailer"];

/// How requests are forwarded to a target.
pub(super) fn proxy(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    target: Target,
    worker: &WorkerSettings,
    origin: Origin,
) -> Proxy {
    let timeout = worker.timeout.or(server.proxy.timeout).or(server.core.timeout).unwrap_or(TIMEOUT);
    Proxy {
        tls: ssl::upstream(lowering, server, scheme_of(&target), origin),
        target,
        resolver: None,
        version: if server.always_set.contains(&OLD_REQUESTS) { 10 } else { 11 },
        gateway: None,
        for_files: false,
        method: None,
        set_fields: DirectoryDefaults::set_fields(lowering, server, worker),
        pass_request_fields: true,
        pass_request_body: true,
        body: None,
        fields: PassedFields {
            hidden: HIDDEN.map(str::to_owned).to_vec(),
            ignored: IGNORED.map(str::to_owned).to_vec(),
            added: via::added(lowering, server),
        },
        redirects: Vec::new(),
        cookies: CookieRules { whole: true, ..CookieRules::default() },
        buffering: Buffering {
            // Answers and uploads flow as they come.
            response: false,
            request: false,
            head: ByteSize(32 * 1024),
            memory: ByteSize(64 * 1024),
            file: ByteSize(0),
            temp_directory: lowering.options.temp_directory.clone(),
        },
        limit_rate: None,
        intercept_errors: false,
        intercepted: Vec::new(),
        timeouts: ProxyTimeouts { connect: worker.connect_timeout.unwrap_or(timeout), send: timeout, read: timeout },
        ignore_client_abort: false,
        next: NextUpstream { when: vec![Trouble::Error], non_idempotent: false, timeout: Duration::ZERO, tries: 0 },
        bind: server
            .proxy
            .source_address
            .map(|address| Bind { address: Template::text(address.to_string(), origin), transparent: false }),
        socket_keep_alive: worker.socket_keep_alive.unwrap_or(false),
        force_ranges: true,
        pass_trailers: false,
        early_hints: None,
        cache: cache::caching(lowering, server),
        filed: None,
        origin,
    }
}

/// The protocol of a target.
fn scheme_of(target: &Target) -> Scheme {
    match target {
        Target::Fixed { scheme, .. } | Target::Computed { scheme, .. } => *scheme,
        Target::Variable(_) | Target::Server(_) => Scheme::Http,
    }
}
