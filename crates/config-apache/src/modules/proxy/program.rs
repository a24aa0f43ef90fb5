//! How programs are asked: what `mod_proxy_fcgi`, `mod_proxy_scgi` and `mod_proxy_uwsgi` tell them.

use std::collections::BTreeSet;

use diagnostic::Origin;
use model::{Function, Gateway, GatewayFields, GatewayParam, GatewayProtocol, Part, Scheme, Template};

use super::url::{Url, UrlTarget};
use super::worker::WorkerSettings;
use crate::directive::Directive;
use crate::lower::{Lowering, ServerSettings, environment, text, variable};
use crate::request;

/// Who answers in the place of files.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Handler {
    /// Nobody.
    Files,
    /// A program, or a group of them.
    Program(Box<Url>),
}

/// What a request is for.
pub(super) enum File {
    /// What a URL names: the program itself tells where the file ends.
    Named {
        /// The URL's path.
        path: Vec<Part>,
        /// The part of the client's path that stands for the program, where that is known.
        program: Option<String>,
    },
    /// A file of this server.
    Own,
}

/// Where a program looks for programs where nothing is said.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Whether a configuration asks programs anywhere.
pub(crate) fn asks_programs(directives: &[Directive]) -> bool {
    directives.iter().any(|directive| directive.speaks_of(&["fcgi://", "scgi://", "uwsgi://"]))
}

/// Variables of the environment, which programs are told: names, and the variables whose values they have.
pub(crate) fn exported(environment: &BTreeSet<String>, given: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let redirected = given.iter().filter_map(|name| Some(redirected(name.strip_prefix("env_")?)));
    let redirected = redirected.filter(|name| environment.contains(name));
    for variable in given.iter().cloned().chain(redirected) {
        let Some(name) = variable.strip_prefix("env_") else { continue };
        if !found.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            found.push((name.to_owned(), variable.clone()));
        }
    }
    found
}

/// What a variable becomes where a request begins anew.
pub(crate) fn redirected(name: &str) -> String {
    environment(&format!("REDIRECT_{name}"))
}

/// How the programs of a URL are asked; `None`: they are servers of HTTP.
pub(super) fn gateway(
    lowering: &mut Lowering<'_>,
    server: &ServerSettings,
    (scheme, url): (Scheme, &Url),
    worker: &WorkerSettings,
    file: File,
) -> Option<Gateway> {
    let protocol = match scheme {
        Scheme::FastCgi => GatewayProtocol::FastCgi { keeps: worker.no_reuse == Some(false) },
        Scheme::Scgi => GatewayProtocol::Scgi,
        Scheme::Uwsgi | Scheme::SecureUwsgi => GatewayProtocol::Uwsgi { modifiers: [0, 0] },
        Scheme::Http | Scheme::Https => return None,
    };
    let mut told = Told { params: Vec::new(), origin: url.origin };
    told.server(lowering, server);
    told.request(lowering, protocol);
    told.file(lowering, server, &url_of(server, url), file, protocol);
    // httpd: only those of uwsgi are told all by itself.
    let fields = GatewayFields::Named { credentials: matches!(protocol, GatewayProtocol::Uwsgi { .. }) };
    let (params, origin) = (told.params, told.origin);
    Some(Gateway { protocol, params, fields, exports: true, edits: Vec::new(), fatal: Vec::new(), origin })
}

/// Names another file by its path behind the server, escaped.
pub(super) fn rename(gateway: &mut Gateway, path: &Template) {
    let uwsgi = matches!(gateway.protocol, GatewayProtocol::Uwsgi { .. });
    let decoded = vec![Part::Made { by: Function::Unescape, of: path.parts.clone() }];
    for param in &mut gateway.params {
        match param.name.as_str() {
            "SCRIPT_NAME" if uwsgi => param.value.parts.clear(),
            "PATH_INFO" | "SCRIPT_FILENAME" if uwsgi => param.value.parts.clone_from(&decoded),
            "SCRIPT_FILENAME" => param.value.parts.clone_from(&path.parts),
            _ => {}
        }
    }
}

/// What names of files begin with, as parts of URLs: of a group, its first member's.
fn url_of(server: &ServerSettings, url: &Url) -> String {
    let named = |url: &Url| {
        let scheme = url.server.rsplit('|').next().and_then(|server| server.split_once("://"));
        let host = match &url.target {
            UrlTarget::Server { authority, .. } => authority,
            UrlTarget::Balancer(name) => name,
        };
        format!("proxy:{}://{host}", scheme.map_or("balancer", |(scheme, _)| scheme))
    };
    match &url.target {
        UrlTarget::Balancer(name) => match server.proxy.first_member(name) {
            Some(member) => format!("{}{}", named(member), member.path.trim_end_matches('/')),
            None => named(url),
        },
        UrlTarget::Server { .. } => named(url),
    }
}

/// What a program is told.
struct Told {
    params: Vec<GatewayParam>,
    origin: Origin,
}

impl Told {
    fn put(&mut self, name: &str, value: Template, unless_empty: bool) {
        let origin = self.origin;
        let value = Template { origin, ..value };
        self.params.push(GatewayParam { name: name.to_owned(), value, unless_empty, url: String::new(), origin });
    }

    fn variables(&mut self, variables: &[(&str, &str)], unless_empty: bool) {
        for (name, value) in variables {
            self.put(name, variable(*value), unless_empty);
        }
    }

    /// What it is asked by.
    fn server(&mut self, lowering: &mut Lowering<'_>, server: &ServerSettings) {
        let path = lowering.options.environment.get("PATH").map_or(PATH, String::as_str).to_owned();
        self.put("PATH", text(&path), false);
        self.put("SERVER_SIGNATURE", Template::default(), false);
        self.put("SERVER_SOFTWARE", text(concat!("zaguan/", env!("CARGO_PKG_VERSION"))), false);
        let canonical = server.core.canonical_name == Some(true);
        self.put("SERVER_NAME", variable(if canonical { "server_name" } else { "host" }), false);
        self.put("SERVER_ADDR", variable("server_addr"), false);
        let port = request::variable(lowering, "SERVER_PORT").unwrap_or_default();
        self.put("SERVER_PORT", Template { parts: port, origin: self.origin }, false);
        self.variables(&[("REMOTE_ADDR", "remote_addr"), ("REMOTE_PORT", "remote_port")], false);
        self.put("DOCUMENT_ROOT", text(&root(lowering, server)), false);
        self.variables(
            &[
                ("REQUEST_SCHEME", "scheme"),
                ("CONTEXT_PREFIX", "alias_prefix"),
                ("CONTEXT_DOCUMENT_ROOT", "document_root"),
            ],
            false,
        );
        let admin = server.core.admin.clone().unwrap_or_else(|| "[no address given]".to_owned());
        self.put("SERVER_ADMIN", text(&admin), false);
    }

    /// What the client asks.
    fn request(&mut self, lowering: &mut Lowering<'_>, protocol: GatewayProtocol) {
        self.variables(
            &[
                ("SERVER_PROTOCOL", "server_protocol"),
                ("REQUEST_METHOD", "request_method"),
                ("QUERY_STRING", "args"),
                ("REQUEST_URI", "request_uri"),
            ],
            false,
        );
        if protocol == GatewayProtocol::Scgi {
            self.put("SCGI", text("1"), false);
        } else {
            self.put("GATEWAY_INTERFACE", text("CGI/1.1"), false);
            self.put("CONTENT_LENGTH", variable("content_length"), true);
        }
        let user = vec![("", Template::default())];
        let proved = lowering.lookup(variable("proved_user"), user, text("Basic"));
        self.put("AUTH_TYPE", variable(proved), true);
        self.variables(
            &[
                ("CONTENT_TYPE", "content_type"),
                ("REMOTE_USER", "proved_user"),
                ("REDIRECT_URL", "redirect_uri"),
                ("REDIRECT_QUERY_STRING", "redirect_args"),
                ("REDIRECT_STATUS", "redirect_status"),
            ],
            true,
        );
    }

    /// What it is asked for.
    fn file(
        &mut self,
        lowering: &mut Lowering<'_>,
        server: &ServerSettings,
        url: &str,
        file: File,
        protocol: GatewayProtocol,
    ) {
        match file {
            File::Named { path, program } => {
                let mut file = Template { parts: path, origin: self.origin };
                if matches!(protocol, GatewayProtocol::Uwsgi { .. }) {
                    // These are told where their part of the path begins, and nothing escaped.
                    file.parts = vec![Part::Made { by: Function::Unescape, of: file.parts }];
                    self.put("SCRIPT_NAME", program.map_or_else(|| variable("uri"), |program| text(&program)), false);
                    self.put("PATH_INFO", file.clone(), false);
                } else {
                    self.put("SCRIPT_NAME", variable("uri"), false);
                }
                self.put("SCRIPT_FILENAME", file, false);
            }
            File::Own => {
                self.put("SCRIPT_NAME", variable("fastcgi_script_name"), false);
                self.put("PATH_INFO", variable("fastcgi_path_info"), true);
                let behind = variable("fastcgi_path_info");
                let mut translated = text(&root(lowering, server));
                translated.parts.extend(behind.parts.clone());
                let translated = lowering.lookup(behind, vec![("", Template::default())], translated);
                self.put("PATH_TRANSLATED", variable(translated), true);
                self.put("SCRIPT_FILENAME", variable("request_filename"), false);
            }
        }
        if let Some(file) = self.params.last_mut() {
            url.clone_into(&mut file.url);
        }
    }
}

fn root(lowering: &Lowering<'_>, server: &ServerSettings) -> String {
    let root = server.core.document_root.clone().unwrap_or_else(|| lowering.path("htdocs"));
    root.display().to_string()
}
