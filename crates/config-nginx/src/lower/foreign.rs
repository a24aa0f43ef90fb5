//! Names that stand in many configurations and that nginx itself does not have, or no longer.

/// Directives that nginx had, and what to write now.
const REMOVED: [(&str, &str); 4] = [
    ("ssl", "nginx 1.25.1 removed it; write `ssl` in `listen`: `listen 443 ssl;`"),
    ("spdy_headers_comp", "nginx 1.9.5 removed SPDY; `http2 on` is what came after it"),
    ("spdy_chunk_size", "nginx 1.9.5 removed SPDY; `http2 on` is what came after it"),
    ("limit_zone", "nginx 1.7.6 removed it; write `limit_conn_zone`"),
];

/// How directives of modules begin that are built into nginx from elsewhere, the module, and what does the same here.
const MODULES: [(&str, &str, &str); 26] = [
    (
        "more_",
        "headers-more",
        "; `add_header … always`, `proxy_hide_header` and `proxy_set_header` do most of what it does",
    ),
    ("lua_", "lua", ""),
    ("js_", "njs", ""),
    ("zstd", "zstd", "; `gzip` compresses for every client"),
    ("vhost_traffic_status", "vts", "; `api` tells what is served"),
    ("geoip2", "geoip2", "; `geo` maps addresses to values"),
    ("fancyindex", "fancyindex", "; `autoindex` lists directories"),
    ("modsecurity", "ModSecurity", ""),
    ("SecRules", "naxsi", ""),
    ("rtmp", "rtmp", ""),
    ("passenger", "Passenger", "; run the application by itself, and forward to it"),
    ("pagespeed", "PageSpeed", ""),
    ("vod", "vod", ""),
    ("echo", "echo", "; `return 200 \"text\"` answers with a text"),
    ("subs_filter", "subs_filter", "; `sub_filter` replaces text"),
    ("upload_", "upload", ""),
    ("track_uploads", "upload-progress", ""),
    ("report_uploads", "upload-progress", ""),
    ("auth_pam", "auth-pam", ""),
    ("auth_ldap", "auth-ldap", "; `auth_request` asks a service that knows LDAP"),
    ("shib_request", "shibboleth", "; `auth_request` asks a service that knows it"),
    ("ajp_", "ajp", ""),
    ("redis", "redis", ""),
    ("srcache", "srcache", "; `proxy_cache` keeps answers"),
    ("opentracing", "opentracing", ""),
    ("dav_ext", "dav-ext", ""),
];

/// How names of directives end whose value is a program in Lua.
const LUA: [&str; 3] = ["_by_lua", "_by_lua_block", "_by_lua_file"];

/// What to tell whoever uses a name that is known from elsewhere.
pub(super) fn advice(name: &str) -> Option<String> {
    if let Some((_, advice)) = REMOVED.iter().find(|(removed, _)| *removed == name) {
        return Some((*advice).to_owned());
    }
    let of = |module: &str, instead: &str| {
        format!("it is of the module {module}, which nginx does not have by itself{instead}")
    };
    if LUA.iter().any(|end| name.ends_with(end)) {
        return Some(of("lua", ""));
    }
    let (_, module, instead) = MODULES.iter().find(|(begin, ..)| name.starts_with(begin))?;
    Some(of(module, instead))
}
