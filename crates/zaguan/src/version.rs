//! What `-v` and `-V` show.

use crate::console::Console;
use crate::persona::Persona;
use std::process::ExitCode;

/// Parts that nginx has by default, each with a directive by which it is known whether it is here too.
const DEFAULT_PARTS: [(&str, &str); 29] = [
    ("http_access_module", "allow"),
    ("http_auth_basic_module", "auth_basic"),
    ("http_autoindex_module", "autoindex"),
    ("http-cache", "proxy_cache"),
    ("http_browser_module", "ancient_browser"),
    ("http_charset_module", "charset"),
    ("http_empty_gif_module", "empty_gif"),
    ("http_fastcgi_module", "fastcgi_pass"),
    ("http_geo_module", "geo"),
    ("http_grpc_module", "grpc_pass"),
    ("http_gzip_module", "gzip"),
    ("http_limit_conn_module", "limit_conn"),
    ("http_limit_req_module", "limit_req"),
    ("http_map_module", "map"),
    ("http_memcached_module", "memcached_pass"),
    ("http_mirror_module", "mirror"),
    ("http_proxy_module", "proxy_pass"),
    ("http_referer_module", "valid_referers"),
    ("http_rewrite_module", "rewrite"),
    ("http_scgi_module", "scgi_pass"),
    ("http_split_clients_module", "split_clients"),
    ("http_ssi_module", "ssi"),
    ("http_upstream_hash_module", "hash"),
    ("http_upstream_ip_hash_module", "ip_hash"),
    ("http_upstream_keepalive_module", "keepalive"),
    ("http_upstream_least_conn_module", "least_conn"),
    ("http_upstream_random_module", "random"),
    ("http_userid_module", "userid"),
    ("http_uwsgi_module", "uwsgi_pass"),
];

/// Writes the version to standard error, as nginx does; with `configure`, how it was built too.
pub(crate) fn show(console: Console, configure: bool) -> ExitCode {
    let persona = console.persona;
    let also = match persona {
        Persona::Nginx => format!(" ({})", Persona::Zaguan.version()),
        Persona::Zaguan => String::new(),
    };
    eprintln!("{} version: {}{also}", persona.name(), persona.version());
    if configure {
        eprintln!("built by {}", env!("ZAGUAN_COMPILER"));
        eprintln!("configure arguments: {}", configure_arguments(persona));
    }
    ExitCode::SUCCESS
}

/// What nginx was told when it was built: places, and which parts are there. Nothing is named that is not.
fn configure_arguments(persona: Persona) -> String {
    let mut arguments = vec![
        format!("--prefix={}", persona.prefix().display()),
        format!("--conf-path={}", persona.config().display()),
        format!("--error-log-path={}", persona.error_log()),
        format!("--http-log-path={}", persona.access_log()),
        format!("--pid-path={}", persona.pid_file().display()),
    ];
    let missing = DEFAULT_PARTS.iter().filter(|(_, directive)| !config::runs(directive));
    arguments.extend(missing.map(|(part, _)| format!("--without-{part}")));
    arguments.join(" ")
}
