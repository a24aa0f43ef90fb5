//! What `-v` and `-V` show.

use crate::console::Console;
use crate::persona::Persona;
use std::process::ExitCode;

/// Parts that nginx has unless its builder said `--without-…`.
const DEFAULT_PARTS: [&str; 31] = [
    "http_access",
    "http_auth_basic",
    "http_autoindex",
    "http_browser",
    "http_charset",
    "http_empty_gif",
    "http_fastcgi",
    "http_geo",
    "http_grpc",
    "http_gzip",
    "http_limit_conn",
    "http_limit_req",
    "http_map",
    "http_memcached",
    "http_mirror",
    "http_proxy",
    "http_referer",
    "http_rewrite",
    "http_scgi",
    "http_split_clients",
    "http_ssi",
    "http_upstream_hash",
    "http_upstream_ip_hash",
    "http_upstream_keepalive",
    "http_upstream_least_conn",
    "http_upstream_least_time",
    "http_upstream_random",
    "http_upstream_sticky",
    "http_upstream_zone",
    "http_userid",
    "http_uwsgi",
];

/// Parts that nginx has only if its builder said `--with-…`.
const OPTIONAL_PARTS: [&str; 12] = [
    "http_addition",
    "http_auth_request",
    "http_gunzip",
    "http_gzip_static",
    "http_random_index",
    "http_realip",
    "http_secure_link",
    "http_slice",
    "http_ssl",
    "http_stub_status",
    "http_sub",
    "http_v2",
];

/// What speaks TLS.
const TLS_LIBRARY: &str = "rustls; the names of ciphers and groups are OpenSSL's";

/// The same where scripts read what nginx would say, in the form in which it names such a library.
const TLS_LIBRARY_OF_NGINX: &str = "OpenSSL 3.5.1 (compatible; rustls)";

/// Writes the version to standard error, as nginx does; with `configure`, how it was built too.
pub(crate) fn show(console: Console, configure: bool) -> ExitCode {
    let persona = console.persona;
    let also = match persona {
        Persona::Nginx | Persona::Httpd | Persona::Apache2 => format!(" ({})", Persona::Zaguan.version()),
        Persona::Zaguan => String::new(),
    };
    eprintln!("{} version: {}{also}", persona.name(), persona.version());
    if configure {
        eprintln!("built by {}", env!("ZAGUAN_COMPILER"));
        eprintln!("built with {}", if persona == Persona::Nginx { TLS_LIBRARY_OF_NGINX } else { TLS_LIBRARY });
        eprintln!("TLS SNI support enabled");
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
        format!("--http-log-path={}", persona.access_log().display()),
        format!("--pid-path={}", persona.pid_file().display()),
    ];
    let rows: Vec<_> = config::compatibility().collect();
    let missing = DEFAULT_PARTS.iter().filter(|part| !is_there(part, &rows));
    arguments.extend(missing.map(|part| format!("--without-{part}_module")));
    let optional = OPTIONAL_PARTS.iter().filter(|part| is_there(part, &rows));
    arguments.extend(optional.map(|part| format!("--with-{part}_module")));
    arguments.join(" ")
}

/// Whether a part does something here: one of its directives works as in nginx, or most of them are at least accepted.
fn is_there(part: &str, rows: &[config::Known]) -> bool {
    let names = [format!("ngx_{part}_module"), format!("ngx_{part}_filter_module")];
    let own = rows.iter().filter(|row| names.iter().any(|name| name == row.module));
    let (mut works, mut accepted, mut refused) = (false, 0, 0);
    for row in own {
        match row.support {
            config::Support::Full => works = true,
            config::Support::Partial(_) | config::Support::NoEffect(_) => accepted += 1,
            config::Support::Pending | config::Support::Refused(_) => refused += 1,
        }
    }
    works || accepted > refused
}
