//! What a test stands in front of: a config with placeholders, filled with the addresses of a server and its peers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use crate::address::{Loopback, PORT};
use crate::cases::Transport;
use crate::client::Client;
use crate::message::Response;
use crate::peer::Peer;
use crate::prefix::Prefix;
use crate::secured::{Secured, Securing};
use crate::server::{APACHE, Server, is_nginx};

/// A config text and the files around it.
///
/// In the text, `{front}`, `{front1}`… are addresses to listen on, `{peer0}`, `{peer1}`… those of peers that the test scripts,
/// `{tls0}`… the same over TLS, `{unix0}`… peers on Unix sockets, `{nobody}` an address that refuses, and `{prefix}` the server's directory.
/// `{front.host}` and the like are an address without its port, `{port}` is the port of all of them.
pub struct Setup {
    config: String,
    /// Whether the config is in httpd's language.
    apache: bool,
    files: Vec<(String, Vec<u8>)>,
    open_directories: Vec<String>,
    secured: Vec<(usize, Securing)>,
}

impl Setup {
    /// A whole config but for what every test needs: foreground, pid file, error log, transport.
    pub fn main(config: &str) -> Self {
        Self {
            config: config.to_owned(),
            apache: false,
            files: Vec::new(),
            open_directories: Vec::new(),
            secured: Vec::new(),
        }
    }

    /// A whole config in httpd's language but for what every test needs: pid file and error log. It is served in the
    /// foreground, over the transport that the kernel allows.
    pub fn apache(config: &str) -> Self {
        Self { apache: true, ..Self::main(config) }
    }

    /// A config that has an `http` block with this inside, one worker, no access log.
    pub fn http(inside: &str) -> Self {
        Self::main(&format!("worker_processes 1;\nhttp {{\n{HTTP}\n{inside}\n}}\n"))
    }

    /// A config of one site with this inside.
    pub fn server(inside: &str) -> Self {
        Self::http(&format!("    server {{\n        listen {{front}};\n{inside}\n    }}"))
    }

    /// Adds a file to the prefix.
    #[must_use]
    pub fn file(mut self, name: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// Adds a directory to the prefix in which workers without privileges may write.
    #[must_use]
    pub fn open_directory(mut self, name: &str) -> Self {
        self.open_directories.push(name.to_owned());
        self
    }

    /// How `{tlsN}` before `{peerN}` speaks TLS.
    #[must_use]
    pub fn secured(mut self, number: usize, securing: impl Into<Securing>) -> Self {
        self.secured.push((number, securing.into()));
        self
    }

    /// Starts peers and server.
    pub fn start(&self, built: &str, transport: Transport) -> Site {
        let prefix = Prefix::new();
        for (name, content) in &self.files {
            prefix.write(name, content);
        }
        for name in &self.open_directories {
            prefix.open_directory(name);
        }
        let mut places = Places::default();
        for (number, securing) in &self.secured {
            places.secure(*number, securing);
        }
        let body = places.fill(&self.config, &prefix);
        if self.apache {
            prefix.write(APACHE, format!("PidFile nginx.pid\nErrorLog error.log\nLogLevel info\n{body}"));
        } else {
            prefix.write("nginx.conf", preamble(&self.config, transport) + &body);
        }
        let server =
            if is_daemon(&self.config) { Server::start_daemon(built, prefix) } else { Server::start(built, prefix) };
        Site { server, places, transport }
    }
}

/// What an `http` block needs to leave nothing outside its prefix.
const HTTP: &str = "    access_log off;\n    client_body_temp_path body_temp;\n    proxy_temp_path proxy_temp;";

/// What the harness itself needs from a config; the blocks of DESIGN that a test wrote itself stay its own.
fn preamble(config: &str, transport: Transport) -> String {
    let mut text = String::from("pid nginx.pid;\n");
    if !is_daemon(config) {
        text.push_str("daemon off;\n");
    }
    if !config.contains("error_log ") {
        text.push_str("error_log error.log info;\n");
    }
    if !config.contains("events {") {
        text.push_str("events { }\n");
    }
    if !is_nginx() {
        text.extend(["transport ", transport.name(), ";\n"]);
    }
    text
}

fn is_daemon(config: &str) -> bool {
    config.contains("daemon on;")
}

/// The addresses behind a config's placeholders.
#[derive(Default)]
struct Places {
    fronts: BTreeMap<String, Loopback>,
    peers: BTreeMap<String, Peer>,
    secured: BTreeMap<String, Secured>,
}

impl Places {
    fn secure(&mut self, number: usize, securing: &Securing) {
        let name = format!("peer{number}");
        let peer = self.peers.entry(name.clone()).or_insert_with(|| Peer::start(&name));
        let address = peer.address().parse().unwrap();
        self.secured.insert(format!("tls{number}"), Secured::start(securing, address));
    }

    fn fill(&mut self, config: &str, prefix: &Prefix) -> String {
        let mut text = String::new();
        let mut rest = config;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let named = after.split_once('}').and_then(|(name, after)| Some((self.place(name, prefix)?, after)));
            rest = if let Some((place, after)) = named {
                text.push_str(&place);
                after
            } else {
                text.push('{');
                after
            };
        }
        text + rest
    }

    fn place(&mut self, name: &str, prefix: &Prefix) -> Option<String> {
        let (name, host_only) = name.strip_suffix(".host").map_or((name, false), |name| (name, true));
        let address = match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            "prefix" => return Some(prefix.path().display().to_string()),
            "port" => return Some(PORT.to_string()),
            "front" | "nobody" => self.fronts.entry(name.to_owned()).or_insert_with(Loopback::next).to_string(),
            "tls" => self.secured.get(name)?.address(),
            "peer" => self.peers.entry(name.to_owned()).or_insert_with(|| Peer::start(name)).address(),
            "unix" => {
                let path = prefix.path().join(format!("{name}.sock"));
                self.peers.entry(name.to_owned()).or_insert_with(|| Peer::start_unix(name, &path)).address()
            }
            _ => return None,
        };
        let host = address.split_once(':').map_or("", |(host, _)| host).to_owned();
        Some(if host_only { host } else { address })
    }
}

/// A server that runs, with its peers.
pub struct Site {
    server: Server,
    places: Places,
    transport: Transport,
}

impl Site {
    /// The server.
    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }

    /// The server's directory.
    pub fn prefix(&self) -> &Prefix {
        self.server.prefix()
    }

    /// The error log so far.
    pub fn error_log(&self) -> String {
        self.server.error_log()
    }

    /// The peer `{peerN}`.
    pub fn peer(&self, number: usize) -> &Peer {
        &self.places.peers[&format!("peer{number}")]
    }

    /// What stands before the peer `{peerN}` as `{tlsN}`.
    pub fn secured(&self, number: usize) -> &Secured {
        &self.places.secured[&format!("tls{number}")]
    }

    /// The peer `{unixN}`.
    pub fn unix_peer(&self, number: usize) -> &Peer {
        &self.places.peers[&format!("unix{number}")]
    }

    /// The address `{front}`.
    pub fn front(&self) -> Loopback {
        self.place("front")
    }

    /// The address of that name, such as `front1`.
    pub fn place(&self, name: &str) -> Loopback {
        *self.places.fronts.get(name).unwrap_or_else(|| panic!("the config has no {{{name}}}"))
    }

    /// The address `{front}` for a socket.
    pub fn socket(&self) -> SocketAddr {
        self.front().socket()
    }

    /// A new connection to `{front}`.
    pub fn client(&self) -> Client {
        Client::connect(self.socket())
    }

    /// A new connection to the address of that name.
    pub fn client_at(&self, name: &str) -> Client {
        Client::connect(self.place(name).socket())
    }

    /// Asks for a path on a connection of its own.
    pub fn get(&self, path: &str) -> Response {
        self.get_with(path, "")
    }

    /// Asks for a path with more fields (each line ends with CRLF).
    pub fn get_with(&self, path: &str, fields: &str) -> Response {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n");
        self.client().ask(&request)
    }

    /// Asks for a path of a host.
    pub fn get_host(&self, host: &str, path: &str) -> Response {
        self.client().ask(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"))
    }

    /// Sends a request on a connection of its own and reads one response.
    pub fn ask(&self, request: &str) -> Response {
        self.client().ask(request)
    }

    /// Posts a body with its length on a connection of its own.
    pub fn post(&self, path: &str, body: &str) -> Response {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        self.ask(&format!("{head}Content-Length: {length}\r\n\r\n{body}"))
    }

    /// Sends raw bytes on a connection of its own and reads all that comes until the server closes.
    pub fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut client = self.client();
        client.send(bytes);
        String::from_utf8_lossy(&client.read_to_end_or_reset()).into_owned()
    }

    /// Fills the placeholders of another config with this site's addresses and makes it the one that a reload reads.
    pub fn rewrite_config(&mut self, setup: &Setup) {
        let body = self.places.fill(&setup.config, self.server.prefix());
        let config = preamble(&setup.config, self.transport) + &body;
        self.server.prefix().write("nginx.conf", config);
    }

    /// Peers forget scripts and recordings.
    pub(crate) fn reset_peers(&self) {
        self.places.peers.values().for_each(Peer::reset);
        self.places.secured.values().for_each(Secured::reset);
    }

    /// Stops the server and looks for alarms in its log.
    pub fn stop(self) {
        self.server.stop();
    }

    pub(crate) fn story(&self) -> String {
        self.server.story()
    }
}
