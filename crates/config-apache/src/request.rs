//! What httpd calls the parts of a request, as the model's variables.

use model::{Function, Map, MapKey, Part, Template};

use crate::lower::{self, Lowering};
use crate::modules::ssl;

/// Bytes beside letters and digits that httpd leaves in a path when it escapes one.
pub(crate) const IN_PATHS: &str = "$-_.+!*'(),:;@&=/~";

/// The parts of a variable `%{NAME}`; `None`: there is none of that name.
pub(crate) fn variable(lowering: &mut Lowering<'_>, name: &str) -> Option<Vec<Part>> {
    if let Some((kind, rest)) = name.split_once(':') {
        return match kind {
            "ENV" => Some(vec![environment(lowering, rest)]),
            "HTTP" => Some(field(rest)),
            "SSL" => Some(ssl::variable(lowering, rest).unwrap_or_default()),
            _ => None,
        };
    }
    let one = |name: &str| Some(vec![Part::Variable(name.to_owned())]);
    let text = |text: &str| Some(vec![Part::Text(text.to_owned())]);
    match name {
        "HTTP_ACCEPT"
        | "HTTP_COOKIE"
        | "HTTP_FORWARDED"
        | "HTTP_HOST"
        | "HTTP_PROXY_CONNECTION"
        | "HTTP_REFERER"
        | "HTTP_USER_AGENT" => one(&name.to_ascii_lowercase()),
        "REQUEST_METHOD" => one("request_method"),
        "REQUEST_URI" => one("uri"),
        "REQUEST_FILENAME" | "SCRIPT_FILENAME" => one("request_filename"),
        "REQUEST_SCHEME" => one("scheme"),
        "QUERY_STRING" => one("args"),
        "THE_REQUEST" => one("request"),
        "SERVER_NAME" => one("host"),
        "SERVER_PORT" => Some(vec![port(lowering)]),
        "SERVER_ADDR" => one("server_addr"),
        "SERVER_PROTOCOL" => one("server_protocol"),
        "SERVER_ADMIN" => one(lowering.server_admin()),
        "DOCUMENT_ROOT" | "CONTEXT_DOCUMENT_ROOT" => one("document_root"),
        "REMOTE_ADDR" | "REMOTE_HOST" => one("remote_addr"),
        "CONN_REMOTE_ADDR" => one("realip_remote_addr"),
        "REMOTE_PORT" => one("remote_port"),
        "HTTPS" => Some(vec![secure(lowering)]),
        // Only an index is looked for by a request inside the request.
        "IS_SUBREQ" => {
            let own = vec![("1", lower::text("true"))];
            Some(vec![Part::Variable(lowering.lookup(lower::variable("is_index"), own, lower::text("false")))])
        }
        "IPV6" => text("off"),
        // Of httpd 2.4's modules.
        "API_VERSION" => text("20120211"),
        "REMOTE_USER" => one("proved_user"),
        "AUTH_TYPE" | "PATH_INFO" | "REMOTE_IDENT" | "CONTEXT_PREFIX" => Some(Vec::new()),
        _ => name.strip_prefix("TIME").and_then(time),
    }
}

/// A variable of the environment.
pub(crate) fn environment(lowering: &mut Lowering<'_>, name: &str) -> Part {
    let variable = lower::environment(name);
    lowering.shared.environment.insert(variable.clone());
    Part::Variable(variable)
}

/// What one module leaves for another.
pub(crate) fn note(lowering: &mut Lowering<'_>, name: &str) -> Part {
    let variable = lower::note(name);
    lowering.shared.environment.insert(variable.clone());
    Part::Variable(variable)
}

/// Who answers: the proxy, or for files their media type.
pub(crate) fn handler(lowering: &mut Lowering<'_>) -> Part {
    let of_file = lowering.lookup(
        lower::variable("status"),
        vec![("404", lower::text(""))],
        lower::variable("sent_http_content_type"),
    );
    let of_file = lower::variable(of_file);
    let handler = lowering.lookup(lower::variable("proxy_host"), vec![("", of_file)], lower::text("proxy-server"));
    Part::Variable(handler)
}

/// A field of the request.
pub(crate) fn field(name: &str) -> Vec<Part> {
    if name.is_empty() {
        return Vec::new();
    }
    vec![Part::Variable(field_name(name))]
}

/// The field of the request that a variable `%{NAME}` is, if it is one that caches may be told of.
pub(crate) fn named_field(variable: &str) -> Option<&str> {
    Some(match variable {
        "HTTP_ACCEPT" => "Accept",
        "HTTP_COOKIE" => "Cookie",
        "HTTP_FORWARDED" => "Forwarded",
        "HTTP_PROXY_CONNECTION" => "Proxy-Connection",
        "HTTP_REFERER" => "Referer",
        "HTTP_USER_AGENT" => "User-Agent",
        _ => variable.strip_prefix("HTTP:")?,
    })
}

/// Whether caches are told that a response depends on a field.
pub(crate) fn is_told(field: &str) -> bool {
    !field.is_empty() && !field.eq_ignore_ascii_case("Host")
}

/// The variable that is a field of the request.
pub(crate) fn field_name(name: &str) -> String {
    format!("http_{}", name.to_ascii_lowercase().replace('-', "_"))
}

/// `%{TIME}` and its parts, out of the local time in ISO 8601.
fn time(which: &str) -> Option<Vec<Part>> {
    let slice = |(from, length): &(usize, usize)| Part::Made {
        by: Function::Slice { from: *from, length: *length },
        of: vec![Part::Variable("time_iso8601".to_owned())],
    };
    let slices: &[(usize, usize)] = match which {
        "" => &[(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)],
        "_YEAR" => &[(0, 4)],
        "_MON" => &[(5, 2)],
        "_DAY" => &[(8, 2)],
        "_HOUR" => &[(11, 2)],
        "_MIN" => &[(14, 2)],
        "_SEC" => &[(17, 2)],
        "_WDAY" => return Some(vec![Part::Variable("time_text_%w".to_owned())]),
        _ => return None,
    };
    Some(slices.iter().map(slice).collect())
}

/// The port that the client named, or the scheme's own.
fn port(lowering: &mut Lowering<'_>) -> Part {
    let usual = usual_port(lowering);
    chosen(lowering, "named_port", "request_port", &[("", vec![usual])], None)
}

/// The port of the scheme that the client speaks.
pub(crate) fn usual_port(lowering: &mut Lowering<'_>) -> Part {
    let ports = [("on", vec![Part::Text("443".to_owned())])];
    chosen(lowering, "usual_port", "https", &ports, Some(vec![Part::Text("80".to_owned())]))
}

/// The port that the client named, behind a colon, where it is not the scheme's own.
pub(crate) fn odd_port(lowering: &mut Lowering<'_>) -> Part {
    let behind = vec![Part::Text(":".to_owned()), Part::Variable("request_port".to_owned())];
    chosen(lowering, "odd_port", "request_port", &[("", Vec::new()), ("80", Vec::new())], Some(behind))
}

fn secure(lowering: &mut Lowering<'_>) -> Part {
    chosen(lowering, "https_or_off", "https", &[("", vec![Part::Text("off".to_owned())])], None)
}

/// A variable whose value is chosen by another; without another default it is that one's own value.
fn chosen(
    lowering: &mut Lowering<'_>,
    name: &str,
    by: &str,
    entries: &[(&str, Vec<Part>)],
    default: Option<Vec<Part>>,
) -> Part {
    let maps = &mut lowering.shared.maps;
    if !maps.iter().any(|map| map.variable == name) {
        let template = |parts: Vec<Part>| Template { parts, ..Template::default() };
        let source = vec![Part::Variable(by.to_owned())];
        let entry = |(key, value): &(&str, Vec<Part>)| (MapKey::Text((*key).to_owned()), template(value.clone()));
        maps.push(Map {
            variable: name.to_owned(),
            entries: entries.iter().map(entry).collect(),
            default: template(default.unwrap_or_else(|| source.clone())),
            source: template(source),
            volatile: false,
            origin: diagnostic::Origin::default(),
        });
    }
    Part::Variable(name.to_owned())
}
