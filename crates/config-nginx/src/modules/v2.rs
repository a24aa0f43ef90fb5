//! The directives of `ngx_http_v2_module`.

use model::{ByteSize, Http2};

use super::verify;
use crate::lower::slot::{Slot, settings};
use crate::table::{HTTP, LEVELS, Module, Outcome, Row, SITES, no_effect, row, take};
use crate::tree::Directive;
use crate::value;

pub(crate) static MODULE: Module = Module { name: "ngx_http_v2_module", rows: ROWS };

const HEADS: &str = "obsolete since nginx 1.19.7; `large_client_header_buffers` bounds heads of every version";
const IDLE: &str =
    "obsolete since nginx 1.19.7; `keepalive_timeout` and `client_header_timeout` hold for every version";
const PUSH: &str = "nothing is pushed: clients no longer take it (obsolete since nginx 1.25.1)";

const ROWS: &[Row] = &[
    row("http2", SITES, take(1), |_, v, d| v.http2.offered.flag(d)),
    row("http2_body_preread_size", SITES, take(1), |_, v, d| v.http2.window.size(d)),
    row("http2_chunk_size", LEVELS, take(1), |_, v, d| frame_content(&mut v.http2.frame_content, d)),
    no_effect("http2_idle_timeout", SITES, take(1), verify::TIME, IDLE),
    no_effect("http2_max_concurrent_pushes", SITES, take(1), verify::ANY, PUSH),
    row("http2_max_concurrent_streams", SITES, take(1), |_, v, d| v.http2.streams.small_number(d)),
    no_effect("http2_max_field_size", SITES, take(1), verify::SIZE, HEADS),
    no_effect("http2_max_header_size", SITES, take(1), verify::SIZE, HEADS),
    no_effect(
        "http2_max_requests",
        SITES,
        take(1),
        verify::ANY,
        "obsolete since nginx 1.19.7; `keepalive_requests` holds for every version",
    ),
    no_effect("http2_pool_size", SITES, take(1), verify::SIZE, "memory is not taken from pools of a fixed size"),
    no_effect("http2_push", LEVELS, take(1), verify::ANY, PUSH),
    no_effect("http2_push_preload", LEVELS, take(1), verify::FLAG, PUSH),
    no_effect("http2_recv_buffer_size", HTTP, take(1), verify::SIZE, "what comes is read into the worker's buffers"),
    no_effect("http2_recv_timeout", SITES, take(1), verify::TIME, IDLE),
    no_effect(
        "http2_streams_index_size",
        SITES,
        take(1),
        verify::ANY,
        "streams are found without an index of fixed size",
    ),
];

settings! {
    /// HTTP/2 with clients.
    struct Http2Settings {
        offered: Slot<bool>,
        streams: Slot<u32>,
        window: Slot<ByteSize>,
        frame_content: Slot<ByteSize>,
    }
}

/// Bytes that no frame can hold (RFC 9113 §4.2).
const NO_FRAME: u64 = 1 << 24;

impl Http2Settings {
    /// Bytes of content in one frame, where frames are not as large as the client takes them.
    pub(crate) fn frame_content(&self) -> Option<ByteSize> {
        self.frame_content.get().copied().filter(|size| size.0 < NO_FRAME)
    }

    pub(crate) fn finish(&self) -> Http2 {
        let usual = Http2::default();
        Http2 {
            offered: self.offered.or(usual.offered),
            streams: self.streams.or(usual.streams),
            window: self.window.or(usual.window),
        }
    }
}

/// `http2_chunk_size SIZE`
fn frame_content(slot: &mut Slot<ByteSize>, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    match value::size(directive, word)? {
        ByteSize(0) => Err(value::invalid(directive, word).help("a frame holds at least one byte")),
        size => slot.put(directive, size),
    }
}
