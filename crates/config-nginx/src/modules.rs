//! The directive tables, one file for each of nginx's modules.

pub(crate) mod access;
pub(crate) mod acme;
pub(crate) mod addition;
pub(crate) mod address;
mod api;
mod auth_basic;
mod auth_jwt;
mod auth_request;
pub(crate) mod autoindex;
mod balance;
pub(crate) mod brotli_filter;
mod brotli_static;
mod browser;
pub(crate) mod charset;
mod commercial;
pub(crate) mod core;
mod dav;
mod degradation;
mod empty_gif;
mod events;
pub(crate) mod fastcgi;
mod flv;
pub(crate) mod gateway;
mod geo;
mod geoip;
mod google_perftools;
pub(crate) mod grpc;
mod gunzip;
pub(crate) mod gzip;
mod gzip_static;
pub(crate) mod headers;
pub(crate) mod http_core;
mod image;
mod index;
mod limit_conn;
mod limit_req;
pub(crate) mod limits;
pub(crate) mod log;
mod mail;
mod mail_auth_http;
mod mail_core;
mod mail_imap;
mod mail_pop3;
mod mail_proxy;
mod mail_realip;
mod mail_smtp;
mod mail_ssl;
mod map;
mod memcached;
pub(crate) mod mirror;
mod mp4;
mod njs;
mod openssl;
mod openssl_cache;
mod otel;
mod perl;
pub(crate) mod proxy;
mod quic_bpf;
mod random_index;
pub(crate) mod realip;
mod referer;
pub(crate) mod rewrite;
pub(crate) mod scgi;
pub(crate) mod secure_link;
mod slice;
mod split_clients;
pub(crate) mod ssi;
pub(crate) mod ssl;
mod stream;
mod stream_access;
mod stream_core;
mod stream_geo;
mod stream_geoip;
mod stream_limit_conn;
mod stream_log;
mod stream_map;
mod stream_pass;
mod stream_proxy;
mod stream_realip;
mod stream_return;
mod stream_set;
mod stream_split_clients;
mod stream_ssl;
mod stream_ssl_preread;
mod stream_upstream;
mod stream_upstream_hash;
mod stream_upstream_least_conn;
mod stream_upstream_least_time;
mod stream_upstream_random;
mod stream_upstream_zone;
mod stub_status;
pub(crate) mod sub;
mod try_files;
mod tunnel;
mod upstream;
mod upstream_care;
mod upstream_hash;
pub(crate) mod upstream_hc;
mod upstream_ip_hash;
mod upstream_keepalive;
mod upstream_least_conn;
mod upstream_least_time;
mod upstream_random;
pub(crate) mod upstream_ssl;
mod upstream_sticky;
mod upstream_zone;
pub(crate) mod userid;
pub(crate) mod uwsgi;
pub(crate) mod v2;
mod v3;
pub(crate) mod verify;
mod xslt;
pub(crate) mod zstd_filter;
mod zstd_static;

use crate::table::{Contexts, Module, Row};

/// Every table.
pub(crate) static MODULES: &[&Module] = &[
    &access::MODULE,
    &acme::MODULE,
    &addition::MODULE,
    &api::MODULE,
    &auth_basic::MODULE,
    &auth_jwt::MODULE,
    &auth_request::MODULE,
    &autoindex::MODULE,
    &brotli_filter::MODULE,
    &brotli_static::MODULE,
    &browser::MODULE,
    &charset::MODULE,
    &commercial::MODULE,
    &core::MODULE,
    &dav::MODULE,
    &degradation::MODULE,
    &empty_gif::MODULE,
    &events::MODULE,
    &fastcgi::MODULE,
    &flv::MODULE,
    &geo::MODULE,
    &geoip::MODULE,
    &google_perftools::MODULE,
    &grpc::MODULE,
    &gunzip::MODULE,
    &gzip::MODULE,
    &gzip_static::MODULE,
    &headers::MODULE,
    &http_core::MODULE,
    &image::MODULE,
    &index::MODULE,
    &limit_conn::MODULE,
    &limit_req::MODULE,
    &log::MODULE,
    &mail::MODULE,
    &mail_auth_http::MODULE,
    &mail_core::MODULE,
    &mail_imap::MODULE,
    &mail_pop3::MODULE,
    &mail_proxy::MODULE,
    &mail_realip::MODULE,
    &mail_smtp::MODULE,
    &mail_ssl::MODULE,
    &map::MODULE,
    &memcached::MODULE,
    &mirror::MODULE,
    &mp4::MODULE,
    &njs::MODULE,
    &openssl::MODULE,
    &openssl_cache::MODULE,
    &otel::MODULE,
    &perl::MODULE,
    &proxy::MODULE,
    &quic_bpf::MODULE,
    &random_index::MODULE,
    &realip::MODULE,
    &referer::MODULE,
    &rewrite::MODULE,
    &scgi::MODULE,
    &secure_link::MODULE,
    &slice::MODULE,
    &split_clients::MODULE,
    &ssi::MODULE,
    &ssl::MODULE,
    &stream::MODULE,
    &stream_access::MODULE,
    &stream_core::MODULE,
    &stream_geo::MODULE,
    &stream_geoip::MODULE,
    &stream_limit_conn::MODULE,
    &stream_log::MODULE,
    &stream_map::MODULE,
    &stream_pass::MODULE,
    &stream_proxy::MODULE,
    &stream_realip::MODULE,
    &stream_return::MODULE,
    &stream_set::MODULE,
    &stream_split_clients::MODULE,
    &stream_ssl::MODULE,
    &stream_ssl_preread::MODULE,
    &stream_upstream::MODULE,
    &stream_upstream_hash::MODULE,
    &stream_upstream_least_conn::MODULE,
    &stream_upstream_least_time::MODULE,
    &stream_upstream_random::MODULE,
    &stream_upstream_zone::MODULE,
    &stub_status::MODULE,
    &sub::MODULE,
    &try_files::MODULE,
    &tunnel::MODULE,
    &upstream::MODULE,
    &upstream_care::MODULE,
    &upstream_hash::MODULE,
    &upstream_hc::MODULE,
    &upstream_ip_hash::MODULE,
    &upstream_keepalive::MODULE,
    &upstream_least_conn::MODULE,
    &upstream_least_time::MODULE,
    &upstream_random::MODULE,
    &upstream_sticky::MODULE,
    &upstream_zone::MODULE,
    &userid::MODULE,
    &uwsgi::MODULE,
    &v2::MODULE,
    &v3::MODULE,
    &xslt::MODULE,
    &zstd_filter::MODULE,
    &zstd_static::MODULE,
];

/// The rows of a name; several if it means different things in different places.
pub(crate) fn rows(name: &str) -> impl Iterator<Item = &'static Row> {
    MODULES.iter().filter_map(move |module| {
        let index = module.rows.binary_search_by(|row| row.name.cmp(name)).ok()?;
        module.rows.get(index)
    })
}

/// Whether a directive has this name, in these letters.
pub fn is_directive(name: &str) -> bool {
    rows(name).next().is_some()
}

/// The names of the directives that may stand in a place.
pub(crate) fn names_in(contexts: Contexts) -> impl Iterator<Item = &'static str> {
    let rows = MODULES.iter().flat_map(|module| module.rows);
    rows.filter(move |row| row.contexts.intersects(contexts)).map(|row| row.name)
}
