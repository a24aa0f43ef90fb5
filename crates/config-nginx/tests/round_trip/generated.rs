//! Configurations made of known lines in every nesting.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::{lost, read};

/// Lines for `http`, servers and locations.
const ANYWHERE: &[&str] = &[
    "absolute_redirect off;",
    "access_log /logs/a.log;",
    "access_log /logs/b.log short buffer=8k flush=5s if=$loud;",
    "access_log off;",
    "access_log syslog:server=127.0.0.1,tag=web,nohostname short;",
    "access_log /logs/$host.log; open_log_file_cache max=5 min_uses=2;",
    "access_log /logs/c.gz short gzip=9;",
    "error_log syslog:server=unix:/dev/log,facility=mail; error_log memory:64k debug;",
    "add_header X-A $host;",
    "add_header X-B \"b c\" always;",
    "add_header_inherit merge;",
    "add_header_inherit off;",
    "add_trailer X-T $status;",
    "auth_basic \"a b\";",
    "auth_basic off;",
    "auth_basic_user_file users;",
    "auth_delay 1s;",
    "auth_request /auth$x;",
    "auth_request off;",
    "auth_request_set $when $upstream_status;",
    "proxy_cache a; proxy_cache_key $host$uri; proxy_cache_lock on;",
    "proxy_cache b; proxy_cache_rules rfc9111; proxy_cache_background_update on;",
    "proxy_cache off;",
    "proxy_cache $x;",
    "proxy_cache_bypass $arg_a 1; proxy_no_cache $arg_b; proxy_cache_purge $arg_c;",
    "proxy_cache_valid 200 1m; proxy_cache_valid any 5s;",
    "proxy_cache_use_stale error updating; proxy_cache_min_uses 3; proxy_cache_methods POST;",
    "proxy_cache_max_range_offset 10m; proxy_cache_convert_head off; proxy_cache_revalidate on;",
    "auth_jwt site token=$cookie_token; auth_jwt_key_file keys.json;",
    "auth_jwt off;",
    "auth_jwt_key_request /keys; auth_jwt_key_cache 1h;",
    "auth_jwt_leeway 5s; auth_jwt_require $jwt_claim_sub error=403;",
    "open_file_cache max=100 inactive=5s; open_file_cache_errors on;",
    "open_file_cache max=9; open_file_cache_valid 2s; open_file_cache_min_uses 3;",
    "open_file_cache off;",
    "mirror /m;",
    "mirror off;",
    "post_action /after;",
    "post_action off;",
    "mirror_request_body off;",
    "allow 10.0.0.0/8;",
    "add_after_body /a;",
    "add_before_body /b;",
    "add_before_body '';",
    "autoindex on;",
    "autoindex off;",
    "autoindex_exact_size off;",
    "autoindex_format jsonp;",
    "brotli on;",
    "brotli_types text/css;",
    "brotli_window 1m;",
    "charset $arg_set;",
    "charset utf-8;",
    "charset off;",
    "charset_types text/css *;",
    "chunked_transfer_encoding off;",
    "client_body_buffer_size 1k;",
    "client_body_in_file_only clean;",
    "client_body_temp_path /tmp/bodies;",
    "client_body_timeout 90s;",
    "client_max_body_size 0;",
    "client_max_body_size 5m;",
    "default_type text/html;",
    "deny all;",
    "disable_symlinks if_not_owner;",
    "disable_symlinks off;",
    "disable_symlinks on from=$document_root;",
    "early_hints $http_early;",
    "error_log /logs/e.log warn;",
    "error_page 404 /404.html;",
    "error_page 500 502 =200 @named;",
    "error_page 494 497 /bad.html;",
    "etag off;",
    "expires 1h;",
    "expires modified $when;",
    "expires off;",
    "expires -1;",
    "gunzip on;",
    "gzip off;",
    "gzip on;",
    "gzip_comp_level 5;",
    "gzip_disable msie6 \"a b\";",
    "gzip_min_length 1k;",
    "gzip_proxied expired auth;",
    "gzip_static always;",
    "gzip_types text/css text/xml;",
    "gzip_vary on;",
    "if_modified_since before;",
    "index a.html b$host.html;",
    "keepalive_requests 5;",
    "keepalive_timeout 10s 20s;",
    "keepalive_timeout 5s;",
    "limit_rate $rate;",
    "limit_rate 10k;",
    "limit_rate_after 1m;",
    "lingering_close always;",
    "lingering_time 7s;",
    "log_not_found off;",
    "max_ranges 0;",
    "msie_padding off;",
    "msie_refresh on;",
    "keepalive_disable none;",
    "keepalive_disable safari;",
    "port_in_redirect off;",
    "proxy_bind 127.0.0.2;",
    "proxy_bind off;",
    "proxy_buffer_size 16k;",
    "proxy_buffering off;",
    "proxy_buffers 4 32k;",
    "proxy_buffers 64 512;",
    "proxy_busy_buffers_size 64k;",
    "proxy_connect_timeout 2s;",
    "proxy_cookie_domain ~^a(.+)$ $1;",
    "proxy_cookie_domain off;",
    "proxy_cookie_flags one secure httponly;",
    "proxy_cookie_path / /x/;",
    "proxy_cookie_path off;",
    "proxy_force_ranges on;",
    "proxy_hide_header X-Secret;",
    "proxy_http_version 1.0;",
    "proxy_ignore_headers Expires Vary;",
    "proxy_intercept_errors on;",
    "proxy_limit_rate 5k;",
    "proxy_max_temp_file_size 0;",
    "proxy_method PUT;",
    "proxy_next_upstream http_503 error non_idempotent;",
    "proxy_next_upstream off;",
    "proxy_pass_header Server;",
    "proxy_ssl_certificate $host.crt; proxy_ssl_certificate_key data:$host;",
    "proxy_ssl_certificate_cache max=8 valid=1h;",
    "proxy_ssl_ciphers HIGH:!AES128;",
    "proxy_ssl_name $host;",
    "proxy_ssl_protocols TLSv1.2;",
    "proxy_ssl_server_name on;",
    "proxy_ssl_session_reuse off;",
    "proxy_ssl_verify on; proxy_ssl_trusted_certificate /ca.pem; proxy_ssl_verify_depth 3;",
    "proxy_pass_request_body off;",
    "proxy_read_timeout 1s500ms;",
    "proxy_redirect http://a/ /b/;",
    "proxy_redirect off;",
    "proxy_redirect ~*^http://x/(.*)$ /$1;",
    "proxy_request_buffering off;",
    "proxy_set_body a$arg_b;",
    "proxy_set_header Connection \"\";",
    "proxy_set_header Host $host;",
    "proxy_set_header Upgrade $http_upgrade;",
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_temp_path /tmp/answers;",
    "recursive_error_pages on;",
    "reset_timedout_connection on;",
    "rewrite_log on;",
    "root /srv/$host/;",
    "root /srv;",
    "satisfy any;",
    "send_timeout 3s;",
    "server_name_in_redirect on;",
    "server_tokens off;",
    "source_charset koi8-r;",
    "ssi on;",
    "ssi off;",
    "ssi_types text/css;",
    "ssi_value_length 1k;",
    "sub_filter a $host;",
    "sub_filter_once off;",
    "sub_filter_types *;",
    "types { text/x x y; text/z z; text/x w; }",
    "types {}",
    "userid on;",
    "userid off;",
    "userid log;",
    "userid_expires 30d;",
    "userid_flags secure samesite=lax;",
    "userid_mark t;",
    "userid_p3p 'a b';",
    "userid_service 7;",
    "uninitialized_variable_warn off;",
];

/// Lines for `http` and servers.
const SITES: &[&str] = &[
    "client_header_buffer_size 2k;",
    "client_header_timeout 5s;",
    "ignore_invalid_headers off;",
    "large_client_header_buffers 8 16k;",
    "max_headers 10;",
    "merge_slashes off;",
    "underscores_in_headers on;",
];

/// Steps for servers, locations and conditions.
const STEPS: &[&str] = &[
    "break;",
    "return 200 \"a b; {\";",
    "return 302 https://$host/;",
    "return 404;",
    "rewrite ^/a/(\\d{2})$ /b/$1? last;",
    "rewrite ^/c http://x/ ;",
    "rewrite ^/d${scheme} ${scheme}x break;",
    "rewrite ^/e /f permanent;",
    "set $loud \"a\\\\b $host\";",
    "set $rate ${host}x;",
];

/// Lines for locations only.
const LOCATIONS: &[&str] = &[
    "alias /srv/alias;",
    "internal;",
    "limit_except GET { deny all; }",
    "limit_except POST { proxy_pass http://127.0.0.1:7; }",
    "proxy_pass http://127.0.0.1/base/;",
    "proxy_pass http://127.0.0.1:80;",
    "proxy_pass http://$host/x;",
    "proxy_pass https://127.0.0.1/x;",
    "proxy_pass https://127.0.0.1:80;",
    "proxy_pass https://group;",
    "proxy_pass http://group/;",
    "proxy_pass http://group;",
    "proxy_pass http://unix:/run/x.sock:/y;",
    "try_files $uri $uri/ =404;",
    "try_files $uri @named;",
];

/// Lines for conditions in locations.
const CONDITIONS: &[&str] = &[
    "add_header X-If 1;",
    "error_page 403 /if.html;",
    "expires epoch;",
    "limit_rate 1k;",
    "proxy_pass http://127.0.0.1:9;",
    "root /if;",
];

const PATHS: &[&str] = &["/", "/a/", "/a", "= /b/", "^~ /c/", "~ \\.php$", "~* ^/(d|e){2}", "/a/d/"];

const IFS: &[&str] = &[
    "($host)",
    "($host = \"a b\")",
    "($http_x != \"\")",
    "($uri ~* ^/(x|y)$)",
    "($uri !~ \"a;b\")",
    "(-f $request_filename)",
    "(!-e /x/$uri)",
];

/// Lines that may stand more than once in a block.
const REPEATED: &[&str] = &[
    "add_header",
    "add_trailer",
    "allow",
    "deny",
    "sub_filter",
    "proxy_set_header",
    "rewrite",
    "set",
    "return",
    "break",
];

fn lines(pool: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<&'static str>> {
    subsequence(pool, 0..=most.min(pool.len())).prop_shuffle()
}

fn block(parts: Vec<Vec<&str>>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    let mut text = String::new();
    for line in parts.into_iter().flatten() {
        let name = line.split([' ', ';']).next().unwrap();
        // A place has one root or one alias, and goes to one server.
        let name = if name == "alias" { "root" } else { name };
        if REPEATED.contains(&name) || !seen.contains(&name) {
            seen.push(name);
            text += line;
            text += "\n";
        }
    }
    text
}

fn condition(inside: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(IFS), lines(inside, 2), lines(STEPS, 2))
        .prop_map(|(condition, lines, steps)| format!("if {condition} {{\n{}}}\n", block(vec![lines, steps])))
}

fn location() -> impl Strategy<Value = String> {
    let ifs = prop::collection::vec(condition(CONDITIONS), 0..2);
    (lines(ANYWHERE, 8), lines(LOCATIONS, 3), lines(STEPS, 2), ifs)
        .prop_map(|(anywhere, own, steps, ifs)| block(vec![own, anywhere, steps]) + &ifs.concat())
}

fn locations() -> impl Strategy<Value = String> {
    let nested = prop::option::weighted(0.3, location());
    prop::collection::vec((any::<Index>(), location(), nested), 0..5).prop_map(|found| {
        let mut taken = Vec::new();
        let mut text = String::new();
        for (path, inside, nested) in found {
            let path = PATHS[path.index(PATHS.len())];
            if taken.contains(&path) {
                continue;
            }
            taken.push(path);
            let nested =
                nested.filter(|_| !path.starts_with('=')).map(|nested| format!("location ~ n$ {{\n{nested}}}\n"));
            let nested = nested.unwrap_or_default();
            text = format!("{text}location {path} {{\n{inside}{nested}}}\n");
        }
        text
    })
}

fn server() -> impl Strategy<Value = String> {
    const HEADS: &[&str] = &[
        "listen 80; server_name a.example *.b.example ~^C(.)$;",
        "listen 80 default_server; listen [::]:81 ipv6only=off; server_name .c.example \"\";",
        "listen 127.0.0.1:8080 backlog=5 reuseport so_keepalive=30s::4;",
        "listen unix:/run/z.sock proxy_protocol; server_name d.*;",
        "",
    ];
    let condition = prop::option::weighted(0.2, condition(&[]));
    (select(HEADS), lines(ANYWHERE, 8), lines(SITES, 3), lines(STEPS, 2), condition, locations()).prop_map(
        |(head, anywhere, sites, steps, condition, locations)| {
            let own = block(vec![anywhere, sites, steps]);
            let condition = condition.unwrap_or_default();
            format!("server {{\n{head}\n{own}{condition}location @named {{ return 204; }}\n{locations}}}\n")
        },
    )
}

fn configuration() -> impl Strategy<Value = String> {
    const MAIN: &[&str] = &[
        "daemon off;",
        "env A=b;",
        "error_log stderr notice;",
        "master_process off;",
        "pid /run/x.pid;",
        "user one two;",
        "worker_processes auto;",
        "worker_rlimit_nofile 99;",
        "worker_shutdown_timeout 2m;",
    ];
    const GROUPS: &[&str] = &[
        "server 127.0.0.1;",
        "zone z 1m; server a.example:81 weight=2 max_fails=0 fail_timeout=1h backup; server unix:/x down;",
        "hash $uri$is_args consistent; server [::1]:9 max_conns=4; keepalive 4 local; keepalive_timeout 5s;",
        "sticky cookie c expires=1h domain=$host path=/ httponly samesite=lax; server 127.0.0.1 route=a; server [::1] drain;",
        "sticky learn create=$upstream_cookie_a lookup=$cookie_a zone=z:1m timeout=5m header; least_time last_byte; server a.b slow_start=3s;",
        "sticky route $arg_a $cookie_b; random two least_time=header; server 127.0.0.1;",
        "least_conn; server 127.0.0.1; keepalive 0;",
    ];
    const CHARSETS: &str = "charset_map koi8-r utf-8 { C0 D18E; }";
    const HEAD: &str = "proxy_cache_path /c/a keys_zone=a:1m; proxy_cache_path /c/b levels=1:2 keys_zone=b:1m max_size=1g; log_format short '$1 \"$uri\" x'; map $host$uri $when { default \\\\a; hostnames; *.x.y 1; ~^(?<q>z) $q; }";
    let servers = prop::collection::vec(server(), 0..4);
    (lines(MAIN, 5), select(GROUPS), lines(ANYWHERE, 8), lines(SITES, 3), servers).prop_map(
        |(main, group, anywhere, sites, servers)| {
            let (main, own) = (block(vec![main]), block(vec![anywhere, sites]));
            let servers = servers.concat();
            format!("{main}events {{}}\nhttp {{\n{HEAD}\n{CHARSETS}\nupstream group {{ {group} }}\n{own}{servers}}}\n")
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, max_global_rejects: 40_000, ..ProptestConfig::default() })]

    #[test]
    fn generated_configurations(text in configuration()) {
        // Inside `limit_except` nothing says again that fields are not inherited.
        prop_assume!(!(text.contains("limit_except") && text.contains("_inherit off")));
        let model = read(&text);
        prop_assume!(model.is_ok());
        let (printed, lost) = lost(&model.unwrap());
        prop_assert!(printed.unsaid.is_empty(), "{}\n---\n{}", text, printed.text);
        prop_assert!(lost.is_empty(), "{}\n{}\n---\n{}", lost.join("\n"), text, printed.text);
    }
}
