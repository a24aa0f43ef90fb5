//! A proxy that is one line on the command line, written out as nginx's configuration.

use std::fmt::Write;

/// Why addresses cannot be written as a configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrintError {
    /// There is no upstream URL.
    NoUrl,
    /// It is no `http://host[:port][/path]`.
    NotAUrl(String),
    /// Servers that share the requests must be asked for the same path.
    DifferentPaths(String, String),
    /// It cannot stand in a configuration.
    NotAnAddress(String),
}

impl std::fmt::Display for PrintError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoUrl => write!(formatter, "no URL to forward to"),
            Self::NotAUrl(url) => write!(formatter, "`{url}` is not a URL like http://127.0.0.1:5000"),
            Self::DifferentPaths(first, other) => {
                write!(formatter, "all URLs must have the same path: `{first}` and `{other}` differ")
            }
            Self::NotAnAddress(text) => write!(formatter, "`{text}` is not an address to listen on"),
        }
    }
}

impl std::error::Error for PrintError {}

/// The configuration of a proxy that listens on `listen` and shares requests among the URLs in turn.
pub fn proxy_as_nginx(listen: &str, urls: &[impl AsRef<str>]) -> Result<String, PrintError> {
    let plain = |text: &str| {
        !text.is_empty()
            && !text.contains(|character: char| character.is_whitespace() || ";{}\"'\\$#".contains(character))
    };
    if !plain(listen) {
        return Err(PrintError::NotAnAddress(listen.to_owned()));
    }
    let mut servers = Vec::new();
    let mut path: Option<&str> = None;
    for url in urls {
        let url = url.as_ref();
        let (server, of_url) = split(url).filter(|_| plain(url)).ok_or_else(|| PrintError::NotAUrl(url.to_owned()))?;
        if let Some(first) = path.filter(|first| *first != of_url) {
            return Err(PrintError::DifferentPaths(first.to_owned(), of_url.to_owned()));
        }
        path = Some(of_url);
        servers.push(server);
    }
    let path = path.ok_or(PrintError::NoUrl)?;
    Ok(text(listen, &servers, path))
}

/// Host with port, and path; a URL may be written without its scheme.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = match url.split_once("://") {
        Some(("http", rest)) => rest,
        Some(_) => return None,
        None => url,
    };
    let (server, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (!server.is_empty()).then_some((server, path))
}

fn text(listen: &str, servers: &[&str], path: &str) -> String {
    let mut upstream = String::new();
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

    server {{
        listen {listen};
        # The servers decide how much they take.
        client_max_body_size 0;

        location / {{
            proxy_pass http://origin{path};
            proxy_http_version 1.1;
            # Uploads and event streams flow as they come; a WebSocket may be silent for an hour.
            proxy_request_buffering off;
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
            proxy_set_header Host $http_host;
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
