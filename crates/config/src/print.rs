//! A proxy that is one line on the command line, written out as nginx's configuration.

use std::fmt::Write;
use std::path::Path;

/// Why addresses cannot be written as a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrintError {
    /// There is no upstream URL.
    NoUrl,
    /// It is no `http://host[:port][/path]`, nor one of https.
    NotAUrl(String),
    /// Servers that share the requests must be asked for the same path.
    DifferentPaths(String, String),
    /// Over TLS they must be of one host.
    DifferentHosts(String, String),
    /// It cannot stand in a configuration.
    NotAnAddress(String),
    /// No certificate can be for it.
    NotAName(String),
}

impl std::fmt::Display for PrintError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoUrl => write!(formatter, "no URL to forward to"),
            Self::NotAUrl(url) => write!(formatter, "`{url}` is not a URL like http://127.0.0.1:5000"),
            Self::DifferentPaths(first, other) => {
                write!(formatter, "all URLs must have the same path: `{first}` and `{other}` differ")
            }
            Self::DifferentHosts(first, other) => {
                write!(formatter, "all URLs must be of http, or of https and one host: `{first}` and `{other}` differ")
            }
            Self::NotAName(text) => write!(formatter, "`{text}` is not a name for a certificate"),
            Self::NotAnAddress(text) => write!(formatter, "`{text}` is not an address to listen on"),
        }
    }
}

impl std::error::Error for PrintError {}

/// Where clients come in.
#[derive(Clone, Copy, Debug)]
pub enum Entrance<'a> {
    /// In the clear, at this address.
    Plain(&'a str),
    /// Over TLS, with a certificate that the program orders.
    Certified {
        /// The address for TLS; whoever comes to port 80 is sent there.
        listen: &'a str,
        /// Names of the certificate.
        names: &'a [String],
        /// Where it is kept.
        state: &'a Path,
    },
}

impl<'a> From<&'a str> for Entrance<'a> {
    fn from(listen: &'a str) -> Self {
        Self::Plain(listen)
    }
}

impl Entrance<'_> {
    /// What stands before the server, and what the server says of it.
    fn text(self) -> (String, String) {
        let (listen, names, state) = match self {
            Self::Plain(listen) => return (String::new(), format!("listen {listen};")),
            Self::Certified { listen, names, state } => (listen, names, state),
        };
        let (names, state) = (names.join(" "), state.display());
        let around = format!(
            "
    # Whoever uses it agrees to the terms of service of Let's Encrypt.
    acme_issuer automatic {{
        uri https://acme-v02.api.letsencrypt.org/directory;
        state_path \"{state}\";
        accept_terms_of_service;
    }}

    server {{
        listen 80;
        server_name {names};
        return 301 https://$host$request_uri;
    }}
"
        );
        let inside = format!(
            "listen {listen} ssl;
        http2 on;
        server_name {names};
        acme_certificate automatic;
        ssl_certificate $acme_certificate;
        ssl_certificate_key $acme_certificate_key;"
        );
        (around, inside)
    }
}

/// The configuration of a proxy that lets clients in by `front` and shares requests among the URLs in turn. Servers of https must
/// prove themselves to the authorities of the file, where there is one.
pub fn proxy_as_nginx<'a>(
    front: impl Into<Entrance<'a>>,
    urls: &[impl AsRef<str>],
    authorities: Option<&Path>,
) -> Result<String, PrintError> {
    let plain = |text: &str| {
        !text.is_empty()
            && !text.contains(|character: char| character.is_whitespace() || ";{}\"'\\$#".contains(character))
    };
    let front = front.into();
    let (Entrance::Plain(listen) | Entrance::Certified { listen, .. }) = front;
    if !plain(listen) {
        return Err(PrintError::NotAnAddress(listen.to_owned()));
    }
    if let Entrance::Certified { names, .. } = front
        && let Some(name) = names.iter().find(|name| !plain(name))
    {
        return Err(PrintError::NotAName(name.clone()));
    }
    let mut servers = Vec::new();
    let mut path: Option<&str> = None;
    let mut secured: Option<Option<&str>> = None;
    for url in urls {
        let url = url.as_ref();
        let (secure, server, of_url) =
            split(url).filter(|_| plain(url)).ok_or_else(|| PrintError::NotAUrl(url.to_owned()))?;
        if let Some(first) = path.filter(|first| *first != of_url) {
            return Err(PrintError::DifferentPaths(first.to_owned(), of_url.to_owned()));
        }
        path = Some(of_url);
        let host = secure.then(|| without_port(server));
        if let Some(first) = secured.filter(|first| *first != host) {
            let told = |host: Option<&str>| host.map_or("http".to_owned(), |host| format!("https://{host}"));
            return Err(PrintError::DifferentHosts(told(first), told(host)));
        }
        secured = Some(host);
        let port = if secure && without_port(server) == server { ":443" } else { "" };
        servers.push(format!("{server}{port}"));
    }
    let path = path.ok_or(PrintError::NoUrl)?;
    Ok(text(front, &servers, path, secured.flatten().map(|host| secure(host, authorities))))
}

/// A host without its port.
fn without_port(server: &str) -> &str {
    let end = server.rfind(']').map_or(0, |end| end + 1);
    server.get(end..).and_then(|rest| rest.find(':')).and_then(|at| server.get(..end + at)).unwrap_or(server)
}

/// What is said of servers over TLS.
fn secure(host: &str, authorities: Option<&Path>) -> String {
    let mut text = format!(
        "
            # The server is told its own name, and which one the client asked for.
            proxy_set_header Host {host};
            proxy_ssl_name {host};
            proxy_ssl_server_name on;"
    );
    if let Some(authorities) = authorities {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "
            proxy_ssl_verify on;
            proxy_ssl_verify_depth 5;
            proxy_ssl_trusted_certificate {};",
            authorities.display()
        );
    }
    text
}

/// Whether it is of https, host with port, and path; a URL may be written without its scheme.
fn split(url: &str) -> Option<(bool, &str, &str)> {
    let (secure, rest) = match url.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, url),
    };
    let (server, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (!server.is_empty()).then_some((secure, server, path))
}

fn text(front: Entrance<'_>, servers: &[String], path: &str, secure: Option<String>) -> String {
    let mut upstream = String::new();
    let (around, inside) = front.text();
    let scheme = if secure.is_some() { "https" } else { "http" };
    let told = secure.unwrap_or_else(|| "\n            proxy_set_header Host $http_host;".to_owned());
    for server in servers {
        // Writing to a string cannot fail.
        let _ = writeln!(upstream, "        server {server};");
    }
    format!(
        "events {{}}

http {{
    # A connection is upgraded (WebSocket) if the client asks for it, and kept open else.
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        ''      '';
    }}

    upstream origin {{
{upstream}        keepalive 32;
    }}
{around}
    server {{
        {inside}
        # The servers decide how much they take.
        client_max_body_size 0;

        location / {{
            proxy_pass {scheme}://origin{path};
            proxy_http_version 1.1;
            # Uploads and event streams flow as they come; a WebSocket may be silent for an hour.
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;{told}
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Port $server_port;
        }}
    }}
}}
"
    )
}
