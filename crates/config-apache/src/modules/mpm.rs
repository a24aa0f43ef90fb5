//! The directives of the processing modules (`event`, `worker`, `prefork`): addresses, and processes of which there are none.

use crate::directive::Directive;
use crate::lower::{Listen, Lowering, Scope};
use crate::table::{Contexts, HOST, MAIN, Module, Outcome, Row, between, no_effect, row, take};
use crate::value;

pub(crate) static MODULE: Module =
    Module { name: "mpm_event", identifier: "mpm_event_module", built: true, rows: ROWS };

const WHERE: Contexts = MAIN.or(HOST);
const PROCESSES: &str = "requests are served by one thread a core, however many there are; connections are not counted";

const ROWS: &[Row] = &[
    no_effect("AsyncRequestWorkerFactor", WHERE, take(1), PROCESSES),
    row("GracefulShutdownTimeout", WHERE, take(1), shutdown_timeout),
    row("Listen", MAIN, between(1, 2), listen).partial("whether TLS is spoken says `SSLEngine`, as in httpd"),
    row("ListenBacklog", MAIN, take(1), backlog),
    no_effect("ListenCoresBucketsRatio", WHERE, take(1), PROCESSES),
    no_effect("ListenTCPDeferAccept", WHERE, take(1), "connections are accepted at once"),
    no_effect("MaxClients", WHERE, take(1), PROCESSES),
    no_effect("MaxRequestWorkers", WHERE, take(1), PROCESSES),
    no_effect("MaxSpareServers", WHERE, take(1), PROCESSES),
    no_effect("MaxSpareThreads", WHERE, take(1), PROCESSES),
    no_effect("MinSpareServers", WHERE, take(1), PROCESSES),
    no_effect("MinSpareThreads", WHERE, take(1), PROCESSES),
    row("ReceiveBufferSize", MAIN, take(1), |l, _, d| {
        l.sockets.receive_buffer = size(d)?;
        Ok(())
    }),
    row("SendBufferSize", MAIN, take(1), |l, _, d| {
        l.sockets.send_buffer = size(d)?;
        Ok(())
    }),
    no_effect("ServerLimit", WHERE, take(1), PROCESSES),
    no_effect("StartServers", WHERE, take(1), PROCESSES),
    no_effect("ThreadLimit", WHERE, take(1), PROCESSES),
    no_effect("ThreadsPerChild", WHERE, take(1), PROCESSES),
];

fn listen(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    if let Some(protocol) = directive.argument(1).filter(|protocol| !is_http(&protocol.text)) {
        return Err(value::not_built(&format!("protocol \"{}\" of Listen", protocol.text)).at(protocol.origin));
    }
    let listen = Listen::parse(&word.text).ok_or_else(|| {
        value::bad(word, format!("\"{}\" is no address to listen on", word.text))
            .help("write `Listen [IP-address:]port`")
    })?;
    lowering.listens.push(Listen { origin: directive.origin(), ..listen });
    Ok(())
}

/// Protocols that sockets are for here; whether TLS is spoken says `SSLEngine`.
fn is_http(protocol: &str) -> bool {
    protocol.eq_ignore_ascii_case("http") || protocol.eq_ignore_ascii_case("https")
}

fn backlog(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    lowering.sockets.backlog = Some(value::small_number(value::first(directive)?)?);
    Ok(())
}

/// Zero: the system's own size.
fn size(directive: &Directive) -> Result<Option<model::ByteSize>, diagnostic::Diagnostic> {
    let bytes = value::number(value::first(directive)?)?;
    Ok((bytes > 0).then_some(model::ByteSize(bytes)))
}

fn shutdown_timeout(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    let time = value::seconds(value::first(directive)?)?;
    lowering.process.shutdown_timeout = (!time.is_zero()).then_some(time);
    Ok(())
}
