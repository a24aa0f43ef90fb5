//! The directives of `mod_http2`: how HTTP/2 is spoken where `Protocols` offers it.

use model::{ByteSize, Http2};

use crate::lower::{ServerSettings, settings};
use crate::modules::ssl;
use crate::table::{ANYWHERE, FLAG, MAIN, Module, Row, SERVER, at_least, no_effect, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_http2", identifier: "http2_module", built: true, rows: ROWS };

const NO_PUSH: &str = "nothing is pushed: browsers do not take it any more";
const NO_WORKERS: &str = "streams are served by the worker of their connection";
const NO_UPGRADE: &str = "HTTP/2 begins with TLS or with its preface: nothing is upgraded (RFC 9113 dropped that)";
const RECORDS: &str = "records have the size that a connection's output gives them";
const MEMORY: &str = "what a stream may hold is bounded by its window and by the buffers of its body";
const STRICT: &str = "only what HTTP/2 allows is spoken anyway";

const ROWS: &[Row] = &[
    no_effect("H2CopyFiles", ANYWHERE, FLAG, MEMORY),
    no_effect("H2Direct", SERVER, FLAG, "a preface is taken wherever `Protocols` has `h2c`"),
    no_effect("H2EarlyHint", ANYWHERE, at_least(2), NO_PUSH),
    no_effect("H2EarlyHints", ANYWHERE, FLAG, "interim responses of servers are handed on"),
    no_effect("H2MaxDataFrameLen", SERVER, take(1), RECORDS),
    no_effect(
        "H2MaxHeaderBlockLen",
        SERVER,
        take(1),
        "a head is as long as `LimitRequestFieldSize` and its like allow",
    ),
    row("H2MaxSessionStreams", SERVER, take(1), |_, s, d| {
        s.server.http2.streams = Some(value::small_number(value::first(d)?)?);
        Ok(())
    }),
    no_effect("H2MaxStreamErrors", SERVER, take(1), "clients that break off too much are let go"),
    no_effect("H2MaxWorkerIdleSeconds", MAIN, take(1), NO_WORKERS),
    no_effect("H2MaxWorkers", MAIN, take(1), NO_WORKERS),
    no_effect("H2MinWorkers", MAIN, take(1), NO_WORKERS),
    no_effect("H2ModernTLSOnly", SERVER, FLAG, STRICT),
    no_effect("H2OutputBuffering", SERVER, FLAG, RECORDS),
    no_effect("H2Padding", SERVER, take(1), RECORDS),
    no_effect("H2ProxyRequests", MAIN, FLAG, STRICT),
    no_effect("H2Push", ANYWHERE, FLAG, NO_PUSH),
    no_effect("H2PushDiarySize", SERVER, take(1), NO_PUSH),
    no_effect("H2PushPriority", SERVER, at_least(1), NO_PUSH),
    no_effect("H2PushResource", ANYWHERE, at_least(1), NO_PUSH),
    no_effect("H2SerializeHeaders", SERVER, FLAG, STRICT),
    no_effect("H2SessionExtraFiles", SERVER, take(1), MEMORY),
    no_effect("H2StreamMaxMemSize", SERVER, take(1), MEMORY),
    no_effect("H2StreamTimeout", ANYWHERE, take(1), "`Timeout` counts"),
    no_effect("H2TLSCoolDownSecs", SERVER, take(1), RECORDS),
    no_effect("H2TLSWarmUpSize", SERVER, take(1), RECORDS),
    no_effect("H2Upgrade", ANYWHERE, FLAG, NO_UPGRADE),
    no_effect("H2WebSockets", SERVER, FLAG, "whether a tunnel may be made says `ProxyPass … upgrade=websocket`"),
    row("H2WindowSize", SERVER, take(1), |_, s, d| {
        s.server.http2.window = Some(value::number(value::first(d)?)?);
        Ok(())
    }),
];

settings! {
    /// What a server says of HTTP/2.
    struct Http2Settings {
        streams: Option<u32>,
        window: Option<u64>,
    }
}

/// How HTTP/2 is spoken with a server's clients.
pub(crate) fn http2(server: &ServerSettings) -> Http2 {
    let (secure, clear) = server.core.http2.unwrap_or_default();
    let offered = if ssl::is_on(server) { secure } else { clear };
    if !offered {
        return Http2::default();
    }
    Http2 {
        offered,
        streams: server.http2.streams.unwrap_or(100),
        window: ByteSize(server.http2.window.unwrap_or(65535)),
    }
}
