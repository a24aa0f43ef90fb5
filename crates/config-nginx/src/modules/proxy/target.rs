//! `proxy_pass`: where requests go.

use diagnostic::{Diagnostic, Origin};
use model::{Destination, GroupId, Redirect, Scheme, ServerAddress, Target, Template};

use crate::lower::{Level, LocationKind, Lowering};
use crate::modules::address;
use crate::modules::http_core::listen::strip_prefix_ignoring_case;
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

/// Where requests go, as far as it is known before all groups are.
#[derive(Clone, Debug)]
pub(crate) enum TargetSetting {
    /// A URL that is known.
    Fixed(Url),
    /// A URL with variables.
    Variable(Template),
    /// A server with variables.
    Server(Template),
}

/// A URL in its parts.
#[derive(Clone, Debug)]
pub(crate) struct Url {
    /// As written.
    text: String,
    scheme: Scheme,
    /// What names a group: the host without port and with brackets, or the path of a socket.
    host: String,
    address: ServerAddress,
    port: Option<String>,
    path: Option<String>,
    /// A port must stand in it, unless it is a group.
    needs_port: bool,
    origin: Origin,
}

pub(super) fn proxy_pass(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let kind = &level.location.kind;
    if !matches!(kind, LocationKind::Regex(_)) && level.location.name.ends_with('/') {
        level.location.redirect_bare = true;
    }
    let target = if value::has_variables(&word.text) {
        TargetSetting::Variable(value::template(word)?)
    } else {
        let url = url(word)?;
        if url.path.is_some() && matches!(kind, LocationKind::Regex(_) | LocationKind::Named | LocationKind::If) {
            return Err(no_path(word));
        }
        TargetSetting::Fixed(url)
    };
    level.proxy.target.put(directive, target)
}

fn no_path(word: &Word) -> Diagnostic {
    let message = "\"proxy_pass\" cannot have URI part in location given by regular expression, or inside named location, \
                   or inside \"if\" statement, or inside \"limit_except\" block";
    Diagnostic::error("invalid-value", message)
        .at(word.origin)
        .help("leave out what follows the host and port, even a `/`")
}

fn url(word: &Word) -> Result<Url, Diagnostic> {
    let of = |scheme: Scheme, start: &str| Some((scheme, strip_prefix_ignoring_case(&word.text, start)?));
    let known = of(Scheme::Http, "http://").or_else(|| of(Scheme::Https, "https://"));
    let (scheme, rest) = known.ok_or_else(|| {
        Diagnostic::error("invalid-value", "invalid URL prefix")
            .at(word.origin)
            .help(format!("write `http://{}`", word.text.trim_start_matches("//")))
    })?;
    parts(word, scheme, rest).map_err(|problem| {
        Diagnostic::error("invalid-address", format!("{problem} in upstream \"{rest}\"")).at(word.origin)
    })
}

fn parts(word: &Word, scheme: Scheme, rest: &str) -> Result<Url, &'static str> {
    let path = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (text, origin) = (word.text.clone(), word.origin);
    if let Some(socket) = strip_prefix_ignoring_case(rest, "unix:") {
        let (socket, uri) = socket.split_once(':').unwrap_or((socket, ""));
        let address = address::unix(socket)?;
        return Ok(Url {
            text,
            scheme,
            host: socket.to_owned(),
            address,
            port: None,
            path: path(uri),
            needs_port: false,
            origin,
        });
    }
    let (server, uri) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (host, port) = address::split(server)?;
    let number = port.map(address::parse_port).transpose()?;
    let name = if server.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let address = ServerAddress::Host { host: host.to_owned(), port: number.unwrap_or(scheme.default_port()) };
    Ok(Url {
        text,
        scheme,
        host: name,
        address,
        port: port.map(str::to_owned),
        path: path(uri),
        needs_port: false,
        origin,
    })
}

impl TargetSetting {
    /// What replaces `Location` where nothing is written; `location` is the path that was replaced by the URL's.
    pub(super) fn default_redirect(&self, location: &str) -> Option<Redirect> {
        let Self::Fixed(url) = self else { return None };
        let text = |text: &str| Template::text(text, url.origin);
        Some(match url.path {
            Some(_) => Redirect::Prefix { from: text(&url.text), to: text(location) },
            None => Redirect::Prefix { from: text(&format!("{}/", url.text)), to: text("/") },
        })
    }

    /// Whether requests may go there over TLS.
    pub(super) fn may_be_secure(&self) -> bool {
        match self {
            Self::Fixed(url) => url.scheme.is_secure(),
            Self::Variable(_) | Self::Server(_) => true,
        }
    }

    pub(super) fn resolve(&self, lowering: &mut Lowering<'_>) -> Option<Target> {
        match self {
            Self::Variable(template) => Some(Target::Variable(template.clone())),
            Self::Server(template) => Some(Target::Server(template.clone())),
            Self::Fixed(url) => {
                let destination = url.destination(lowering)?;
                let path = url.path.clone();
                Some(Target::Fixed { scheme: url.scheme, authority: url.authority(), destination, path })
            }
        }
    }
}

impl Url {
    /// A server without more, which has a port unless it is a socket or the name of a group.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn server(word: &Word, scheme: Scheme, server: &str) -> Result<Self, &'static str> {
        let is_socket = strip_prefix_ignoring_case(server, "unix:").is_some();
        if server.contains(['/', '?']) && !is_socket {
            return Err("invalid host");
        }
        Ok(Self { path: None, needs_port: true, ..parts(word, scheme, server)? })
    }

    /// What nginx sends as `Host`.
    fn authority(&self) -> String {
        match (&self.address, &self.port) {
            (ServerAddress::Unix(_), _) => "localhost".to_owned(),
            (ServerAddress::Host { port, .. }, Some(text)) if *port != self.scheme.default_port() => {
                format!("{}:{text}", self.host)
            }
            (ServerAddress::Host { .. }, _) => self.host.clone(),
        }
    }

    fn destination(&self, lowering: &mut Lowering<'_>) -> Option<Destination> {
        let groups = &lowering.shared.groups;
        let Some(index) = groups.iter().position(|group| group.name.eq_ignore_ascii_case(&self.host)) else {
            if self.needs_port && self.port.is_none() && matches!(self.address, ServerAddress::Host { .. }) {
                let message = format!("no port in upstream \"{}\"", self.host);
                let problem = Diagnostic::error("invalid-address", message).at(self.origin);
                lowering.report_once(problem.help(format!("write `{}:PORT`", self.host)));
                return None;
            }
            return Some(Destination::Server(self.address.clone()));
        };
        if let Some(port) = &self.port {
            let message = format!("upstream \"{}\" may not have port {port}", self.host);
            let scheme = if self.needs_port { String::new() } else { format!("{}://", self.scheme.name()) };
            lowering.report_once(
                Diagnostic::error("invalid-address", message)
                    .at(self.origin)
                    .help(format!("write `{scheme}{}`: the ports stand at the servers of the upstream", self.host)),
            );
            return None;
        }
        Some(Destination::Group(GroupId(u32::try_from(index).ok()?)))
    }
}
