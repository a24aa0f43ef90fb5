//! URLs to forward to.

use std::path::PathBuf;

use diagnostic::{Diagnostic, Origin};
use model::{Scheme, ServerAddress};

use crate::line::Word;
use crate::value;

/// A URL in its parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Url {
    /// Scheme, host and port as written, without the path: what names a worker.
    pub(crate) server: String,
    /// The protocol that is spoken; that of a group is its members'.
    pub(crate) scheme: Scheme,
    pub(crate) target: UrlTarget,
    /// From its `/` on; empty if there is none.
    pub(crate) path: String,
    pub(crate) origin: Origin,
}

/// Who a URL names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum UrlTarget {
    /// One server, with what `Host` says of it.
    Server { address: ServerAddress, authority: String },
    /// A group by its name, in lower case.
    Balancer(String),
}

/// Schemes that httpd knows, with the module that speaks them.
const OTHERS: [(&str, &str); 7] = [
    ("ajp", "mod_proxy_ajp"),
    ("h2", "mod_proxy_http2"),
    ("h2c", "mod_proxy_http2"),
    ("ftp", "mod_proxy_ftp"),
    ("fd", "mod_proxy_fdpass"),
    ("connect", "mod_proxy_connect"),
    ("express", "mod_proxy_express"),
];

impl Url {
    pub(crate) fn parse(word: &Word) -> Result<Self, Diagnostic> {
        let text = word.text.as_str();
        if let Some((socket, rest)) = text.strip_prefix("unix:").and_then(|rest| rest.split_once('|')) {
            return Self::unix(word, socket, rest);
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(value::bad(word, format!("\"{text}\" is not an absolute URL"))
                .help(format!("write `http://{}`", text.trim_start_matches('/'))));
        };
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let server = format!("{}://{}", scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let (path, origin) = (path.to_owned(), word.origin);
        match scheme.to_ascii_lowercase().as_str() {
            name if let Some(scheme) = spoken(name) => {
                let (address, authority) = authority(scheme, host).ok_or_else(|| {
                    value::bad(word, format!("\"{host}\" is no host with a port"))
                        .help(format!("write `{name}://HOST:PORT/`"))
                })?;
                Ok(Self { server, scheme, target: UrlTarget::Server { address, authority }, path, origin })
            }
            "balancer" if !host.is_empty() => {
                let target = UrlTarget::Balancer(host.to_ascii_lowercase());
                Ok(Self { server, scheme: Scheme::Http, target, path, origin })
            }
            scheme => Err(other_scheme(word, scheme)),
        }
    }

    /// A URL whose path may name groups of an expression, and may begin with one.
    pub(crate) fn parse_pattern(word: &Word) -> Result<Self, Diagnostic> {
        let after_scheme = word.text.find("://").map_or(0, |at| at + 3);
        let rest = word.text.get(after_scheme..).unwrap_or_default();
        let end = rest.find('/').unwrap_or(rest.len());
        let Some(group) = rest.get(..end).and_then(|host| host.find('$')) else { return Self::parse(word) };
        if group == 0 || end > group + 2 {
            let problem = value::not_built("forwarding to a server that a request names").at(word.origin);
            return Err(problem.help("write the server out, and a line for each"));
        }
        let (server, path) = word.text.split_at(after_scheme + group);
        let url = Self::parse(&Word { text: server.to_owned(), ..word.clone() })?;
        Ok(Self { path: path.to_owned(), ..url })
    }

    /// Whether its path names groups of an expression.
    pub(crate) fn has_groups(&self) -> bool {
        self.path.as_bytes().windows(2).any(|pair| matches!(pair, [b'$', digit] if digit.is_ascii_digit()))
    }

    /// The beginning that the URLs of all requests have.
    pub(crate) fn known(&self) -> String {
        let path = self.path.split('$').next().unwrap_or_default();
        format!("{}{path}", self.server)
    }

    fn unix(word: &Word, socket: &str, rest: &str) -> Result<Self, Diagnostic> {
        let known = rest.split_once("://");
        let known =
            known.and_then(|(name, after)| Some((name, spoken(name).filter(|_| !name.starts_with('w'))?, after)));
        let Some((name, scheme, after)) = known else {
            let scheme = rest.split(':').next().unwrap_or_default();
            return Err(other_scheme(word, scheme));
        };
        let (host, path) = after.split_at(after.find('/').unwrap_or(after.len()));
        let address = ServerAddress::Unix(PathBuf::from(socket));
        let host = if host.is_empty() { "localhost" } else { host };
        let target = UrlTarget::Server { address, authority: host.to_ascii_lowercase() };
        let server = format!("unix:{socket}|{name}://{host}");
        Ok(Self { server, scheme, target, path: path.to_owned(), origin: word.origin })
    }

    /// The whole URL, as sections of forwarding compare it.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.server, self.path)
    }
}

/// What is spoken to servers of such URLs.
fn spoken(name: &str) -> Option<Scheme> {
    Some(match name {
        "http" | "ws" => Scheme::Http,
        "https" | "wss" => Scheme::Https,
        "fcgi" => Scheme::FastCgi,
        "scgi" => Scheme::Scgi,
        "uwsgi" => Scheme::Uwsgi,
        _ => return None,
    })
}

/// The port of a server that names none.
fn default_port(scheme: Scheme) -> u16 {
    match scheme {
        Scheme::FastCgi => 8000,
        Scheme::Scgi => 4000,
        Scheme::Uwsgi | Scheme::SecureUwsgi => 3031,
        Scheme::Http | Scheme::Https => scheme.default_port(),
    }
}

fn other_scheme(word: &Word, scheme: &str) -> Diagnostic {
    if let Some((_, what)) = OTHERS.iter().find(|(known, _)| *known == scheme) {
        let problem = value::not_built(&format!("forwarding to {scheme}:// ({what})")).at(word.origin);
        return match scheme {
            "ajp" => problem.help("let Tomcat listen for HTTP, and forward to `http://…`"),
            _ => problem,
        };
    }
    value::bad(word, format!("nothing speaks \"{scheme}\""))
        .help("a URL begins with `http://`, `https://`, `fcgi://` or `balancer://`")
}

/// The address, and what `Host` says of it: the port of the scheme is left out.
fn authority(scheme: Scheme, text: &str) -> Option<(ServerAddress, String)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let port = match port {
        Some(port) => port.parse().ok().filter(|&port| port > 0)?,
        None => default_port(scheme),
    };
    let host = host.to_ascii_lowercase();
    let plain = |letter: char| !letter.is_whitespace() && !letter.is_control() && !"/?#@\\".contains(letter);
    if host.is_empty() || !host.chars().all(plain) {
        return None;
    }
    let authority = if port == default_port(scheme) { host.clone() } else { format!("{host}:{port}") };
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((ServerAddress::Host { host: bare, port }, authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Url, Diagnostic> {
        Url::parse(&Word { text: text.to_owned(), quoted: false, origin: Origin::default() })
    }

    #[test]
    fn urls_are_taken_apart() {
        let check = |text: &str, server: &str, authority: &str, path: &str| {
            let url = parse(text).unwrap();
            assert_eq!((url.server.as_str(), url.path.as_str()), (server, path), "{text}");
            match url.target {
                UrlTarget::Server { authority: found, .. } => assert_eq!(found, authority, "{text}"),
                UrlTarget::Balancer(name) => assert_eq!(name, authority, "{text}"),
            }
        };
        check("http://10.0.0.1/", "http://10.0.0.1", "10.0.0.1", "/");
        check("HTTP://Host:80/A?b", "http://host:80", "host", "/A?b");
        check("http://host:8080", "http://host:8080", "host:8080", "");
        check("http://[::1]:8080/a", "http://[::1]:8080", "[::1]:8080", "/a");
        check("https://Host:443/A", "https://host:443", "host", "/A");
        check("wss://host:80", "wss://host:80", "host:80", "");
        check("balancer://MyCluster/x", "balancer://mycluster", "mycluster", "/x");
        check("unix:/run/a.sock|http://app/x", "unix:/run/a.sock|http://app", "app", "/x");
        check("fcgi://127.0.0.1:9000/srv/$1", "fcgi://127.0.0.1:9000", "127.0.0.1:9000", "/srv/$1");
        check("fcgi://localhost:8000", "fcgi://localhost:8000", "localhost", "");
        check("uwsgi://h", "uwsgi://h", "h", "");
        check("unix:/run/php.sock|fcgi://localhost", "unix:/run/php.sock|fcgi://localhost", "localhost", "");
    }

    #[test]
    fn groups_of_an_expression_may_begin_a_path() {
        let pattern =
            |text: &str| Url::parse_pattern(&Word { text: text.to_owned(), quoted: false, origin: Origin::default() });
        let url = pattern("http://host:8080$1").unwrap();
        assert_eq!((url.server.as_str(), url.path.as_str()), ("http://host:8080", "$1"));
        assert_eq!(pattern("http://host/a/$1?x").unwrap().path, "/a/$1?x");
        for text in ["http://$1/", "http://app-$1.test/", "http://app$1$2"] {
            assert_eq!(pattern(text).unwrap_err().code, "not-built", "{text}");
        }
    }

    #[test]
    fn what_cannot_be_forwarded_to_is_refused() {
        for (text, code) in [
            ("ajp://127.0.0.1:9000/", "not-built"),
            ("unix:/run/php.sock|h2c://localhost/", "not-built"),
            ("unix:/run/php.sock|uwsgi", "invalid-value"),
            ("gopher://a/", "invalid-value"),
            ("/a", "invalid-value"),
            ("http:///a", "invalid-value"),
            ("http://a:0/", "invalid-value"),
            ("balancer://", "invalid-value"),
        ] {
            assert_eq!(parse(text).unwrap_err().code, code, "{text}");
        }
    }
}
