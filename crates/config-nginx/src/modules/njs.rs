//! The directives of njs, nginx's scripting modules.

use crate::table::{
    HTTP, IF_LOCATION, LIMIT_EXCEPT, LOCATION, MAIN, Module, Row, SERVER, STREAM, STREAM_SERVER, at_least, refused,
};

pub(crate) static MODULE: Module = Module { name: "njs", rows: ROWS };

const WHY: &str = "scripts are not run inside the proxy";

const ROWS: &[Row] = &[
    refused("js_access", LOCATION.or(IF_LOCATION).or(LIMIT_EXCEPT).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_body_filter", LOCATION.or(IF_LOCATION).or(LIMIT_EXCEPT), at_least(0), WHY),
    refused("js_content", LOCATION.or(IF_LOCATION).or(LIMIT_EXCEPT), at_least(0), WHY),
    refused("js_context_reuse", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_engine", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_buffer_size", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_ciphers", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_keepalive", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_keepalive_requests", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_keepalive_time", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_keepalive_timeout", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused(
        "js_fetch_max_response_buffer_size",
        HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER),
        at_least(0),
        WHY,
    ),
    refused("js_fetch_protocols", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_proxy", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_timeout", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused(
        "js_fetch_trusted_certificate",
        HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER),
        at_least(0),
        WHY,
    ),
    refused("js_fetch_verify", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_fetch_verify_depth", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_filter", STREAM.or(STREAM_SERVER), at_least(0), WHY),
    refused("js_header_filter", LOCATION.or(IF_LOCATION).or(LIMIT_EXCEPT), at_least(0), WHY),
    refused("js_import", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_include", HTTP.or(STREAM), at_least(0), WHY),
    refused("js_load_http_native_module", MAIN, at_least(0), WHY),
    refused("js_load_stream_native_module", MAIN, at_least(0), WHY),
    refused("js_path", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_periodic", LOCATION.or(STREAM_SERVER), at_least(0), WHY),
    refused("js_preload_object", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_preread", STREAM.or(STREAM_SERVER), at_least(0), WHY),
    refused("js_set", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
    refused("js_shared_dict_zone", HTTP.or(STREAM), at_least(0), WHY),
    refused("js_var", HTTP.or(SERVER).or(LOCATION).or(STREAM).or(STREAM_SERVER), at_least(0), WHY),
];
