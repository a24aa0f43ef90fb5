//! One server of a group as programs write and read it.

use super::Refused;
use model::{Origin, Server, ServerAddress};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::Duration;
use upstream::{Listed, Patch};

/// Longest route.
const LONGEST_ROUTE: usize = 32;
/// Longest time, in milliseconds: a hundred years.
const LONGEST_TIME: u64 = 36_500 * 24 * 3600 * 1000;

/// What a program wants a server to be.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    patch: Patch,
    backup: Option<bool>,
    service: Option<String>,
}

/// Reads a body.
pub(super) fn wanted(body: &[u8]) -> Result<Wanted, Refused> {
    let broken = |text: String| Refused::new(415, "JsonError", text);
    let object: Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| broken(format!("json error: {error}")))?;
    let mut wanted = Wanted::default();
    for (name, value) in object {
        if value.is_object() || value.is_array() {
            return Err(format_error("nested object or list".to_owned()));
        }
        take(&mut wanted, &name, &value)?;
    }
    Ok(wanted)
}

/// A server to add.
pub(super) fn added(wanted: Wanted) -> Result<Server, Refused> {
    let Wanted { patch, backup, service } = wanted;
    let address = patch.address.ok_or_else(|| format_error("missing \"server\" argument".to_owned()))?;
    let default = Server::new(address, Origin::default());
    let server = Server {
        weight: patch.weight.unwrap_or(default.weight),
        max_connections: patch.max_connections.unwrap_or_default(),
        max_fails: patch.max_fails.unwrap_or(default.max_fails),
        fail_timeout: patch.fail_timeout.unwrap_or(default.fail_timeout),
        slow_start: patch.slow_start.unwrap_or_default(),
        route: patch.route.filter(|route| !route.is_empty()),
        down: patch.down.unwrap_or_default(),
        drain: patch.drain.unwrap_or_default(),
        backup: backup.unwrap_or_default(),
        service,
        ..default
    };
    match (&server.service, &server.address) {
        (Some(_), ServerAddress::Host { host, .. }) if host.parse::<std::net::IpAddr>().is_ok() => {
            Err(bad_address(format!("service upstream \"{host}\" requires domain name")))
        }
        (Some(_), ServerAddress::Unix(_)) => Err(bad_address("service upstream requires domain name".to_owned())),
        _ => Ok(server),
    }
}

/// What is to be changed of a server.
pub(super) fn patch(wanted: Wanted) -> Result<Patch, Refused> {
    let immutable = |name: &str| format_error(format!("unknown parameter \"{name}\""));
    match wanted {
        Wanted { backup: Some(_), .. } => Err(immutable("backup")),
        Wanted { service: Some(_), .. } => Err(immutable("service")),
        Wanted { patch, .. } => Ok(patch),
    }
}

/// A server of a group.
pub(super) fn document(listed: &Listed<'_>) -> Value {
    let server = listed.server;
    let mut document = json!({
        "id": listed.id,
        "server": listed.address,
        "weight": server.weight,
        "max_conns": server.max_connections,
        "max_fails": server.max_fails,
        "fail_timeout": time(server.fail_timeout),
        "slow_start": time(server.slow_start),
        "route": server.route.as_deref().unwrap_or_default(),
        "backup": server.backup,
        "down": server.down,
    });
    let Some(fields) = document.as_object_mut() else { return document };
    if server.drain {
        fields.insert("drain".to_owned(), true.into());
    }
    if let Some(service) = server.service.as_ref().filter(|_| listed.parent.is_none()) {
        fields.insert("service".to_owned(), service.as_str().into());
    }
    if let (Some(parent), ServerAddress::Host { host, .. }) = (listed.parent, &server.address) {
        fields.insert("parent".to_owned(), parent.into());
        fields.insert("host".to_owned(), host.as_str().into());
    }
    document
}

fn take(wanted: &mut Wanted, name: &str, value: &Value) -> Result<(), Refused> {
    let patch = &mut wanted.patch;
    let refuse = |code| Refused::new(400, code, format!("invalid \"{name}\""));
    match name {
        "server" => patch.address = Some(address(text(name, value)?)?),
        "service" if value.as_str() == Some("") => {
            return Err(Refused::new(400, "UpstreamBadService", "\"service\" is empty"));
        }
        "service" => wanted.service = Some(text(name, value)?.to_owned()),
        "weight" => {
            let weight = number(value).filter(|weight| *weight > 0);
            patch.weight = Some(weight.ok_or_else(|| refuse("UpstreamBadWeight"))?);
        }
        "max_conns" => patch.max_connections = Some(number(value).ok_or_else(|| refuse("UpstreamBadMaxConns"))?),
        "max_fails" => patch.max_fails = Some(number(value).ok_or_else(|| refuse("UpstreamBadMaxFails"))?),
        "fail_timeout" => patch.fail_timeout = Some(span(value).ok_or_else(|| refuse("UpstreamBadFailTimeout"))?),
        "slow_start" => patch.slow_start = Some(span(value).ok_or_else(|| refuse("UpstreamBadSlowStart"))?),
        "route" => {
            let route = text(name, value)?;
            if route.len() > LONGEST_ROUTE {
                return Err(Refused::new(400, "UpstreamBadRoute", "route is too long"));
            }
            patch.route = Some(route.to_owned());
        }
        "backup" => wanted.backup = Some(flag(name, value)?),
        "down" => patch.down = Some(flag(name, value)?),
        "drain" => patch.drain = Some(flag(name, value)?),
        _ => return Err(format_error(format!("unknown parameter \"{name}\""))),
    }
    Ok(())
}

fn format_error(text: String) -> Refused {
    Refused::new(400, "UpstreamConfFormatError", text)
}

fn bad_address(text: String) -> Refused {
    Refused::new(400, "UpstreamBadAddress", text)
}

fn text<'v>(name: &str, value: &'v Value) -> Result<&'v str, Refused> {
    value.as_str().ok_or_else(|| format_error(format!("invalid \"{name}\" value")))
}

fn flag(name: &str, value: &Value) -> Result<bool, Refused> {
    value.as_bool().ok_or_else(|| format_error(format!("invalid \"{name}\" value")))
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok()).and_then(|number| u32::try_from(number).ok())
}

/// A time: seconds, or a text with units.
fn span(value: &Value) -> Option<Duration> {
    if let Some(seconds) = value.as_u64() {
        let milliseconds = seconds.checked_mul(1000).filter(|time| *time <= LONGEST_TIME)?;
        return Some(Duration::from_millis(milliseconds));
    }
    let mut rest = value.as_str().filter(|text| !text.is_empty())?;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let letters = after.find(|character: char| character.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(letters)?;
        let scale = match unit.trim() {
            "ms" => 1,
            "" | "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = number.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(total)?;
        rest = after;
    }
    (total <= LONGEST_TIME).then(|| Duration::from_millis(total))
}

fn time(span: Duration) -> String {
    if span.subsec_millis() == 0 { format!("{}s", span.as_secs()) } else { format!("{}ms", span.as_millis()) }
}

/// `host`, `host:port`, `[v6]:port`, `unix:path`.
fn address(text: &str) -> Result<ServerAddress, Refused> {
    let wrong = |why: &str| bad_address(format!("{why} while parsing \"{text}\""));
    if let Some(path) = text.strip_prefix("unix:") {
        let fits = (1..108).contains(&path.len());
        return fits.then(|| ServerAddress::Unix(PathBuf::from(path))).ok_or_else(|| wrong("invalid path"));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or_else(|| wrong("invalid host"))?;
            host.parse::<std::net::Ipv6Addr>().map_err(|_| wrong("invalid IPv6 address"))?;
            (host, rest)
        }
        None => text.split_at_checked(text.find(':').unwrap_or(text.len())).unwrap_or((text, "")),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || byte == b':';
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(wrong("invalid host"));
    }
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => 80,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0).ok_or_else(|| wrong("invalid port"))?
        }
        _ => return Err(wrong("invalid port")),
    };
    Ok(ServerAddress::Host { host: host.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_texts_with_units() {
        for (value, expected) in [
            (json!(10), Some(10_000)),
            (json!("10"), Some(10_000)),
            (json!("1m30s"), Some(90_000)),
            (json!("500ms"), Some(500)),
            (json!("1x"), None),
            (json!(""), None),
            (json!(true), None),
            (json!(u64::MAX), None),
            (json!("99999999999999999999s"), None),
        ] {
            assert_eq!(span(&value), expected.map(Duration::from_millis), "{value}");
        }
    }

    #[test]
    fn addresses_have_a_host_and_perhaps_a_port() {
        let host = |host: &str, port| Some(ServerAddress::Host { host: host.into(), port });
        for (text, expected) in [
            ("10.0.0.1:8089", host("10.0.0.1", 8089)),
            ("10.0.0.1", host("10.0.0.1", 80)),
            ("[::1]:81", host("::1", 81)),
            ("a.example.com", host("a.example.com", 80)),
            ("unix:/run/a.sock", Some(ServerAddress::Unix("/run/a.sock".into()))),
            ("10.0.0.1:0", None),
            ("10.0.0.1:99999", None),
            ("10.0.0.1:+1", None),
            ("::1", None),
            ("", None),
            ("a b", None),
            ("unix:", None),
        ] {
            assert_eq!(address(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_by_its_code() {
        for (body, code) in [
            ("[1]", "JsonError"),
            ("{", "JsonError"),
            ("{\"server\":{}}", "UpstreamConfFormatError"),
            ("{\"colour\":1}", "UpstreamConfFormatError"),
            ("{\"server\":1}", "UpstreamConfFormatError"),
            ("{\"server\":\"a:b\"}", "UpstreamBadAddress"),
            ("{\"weight\":0}", "UpstreamBadWeight"),
            ("{\"max_conns\":-1}", "UpstreamBadMaxConns"),
            ("{\"max_fails\":\"x\"}", "UpstreamBadMaxFails"),
            ("{\"fail_timeout\":\"x\"}", "UpstreamBadFailTimeout"),
            ("{\"slow_start\":\"x\"}", "UpstreamBadSlowStart"),
            ("{\"route\":\"123456789012345678901234567890123\"}", "UpstreamBadRoute"),
            ("{\"service\":\"\"}", "UpstreamBadService"),
        ] {
            assert_eq!(wanted(body.as_bytes()).unwrap_err().code, code, "{body}");
        }
        assert_eq!(added(Wanted::default()).unwrap_err().text, "missing \"server\" argument");
    }
}
