//! Where a request is forwarded to: the group of servers, and the path there.

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::sticky::Stickiness;
use crate::plan::{Proxy, Target, Template};
use crate::request::split_authority;
use crate::uri;
use crate::worker::Dynamic;
use model::{EscapedSlashes, PathEscaping, Scheme, ServerTarget};
use protocol::RequestHead;
use std::borrow::Cow;
use std::future::{Future as _, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use telemetry::Level;
use transport::{Address, clock};
use upstream::{Group, ResolverRule};

/// Where a request is forwarded to.
pub struct Aim<'p> {
    /// The servers.
    pub group: Rc<Group>,
    /// The value that chooses among them.
    pub key: Option<&'p Template>,
    /// How its clients come back to the server that they had.
    pub sticky: Option<&'p Stickiness>,
    /// Host and port as configured.
    pub authority: Cow<'p, [u8]>,
    /// Path and arguments to ask for; `None`: the client's own.
    made_target: Option<Vec<u8>>,
    /// The protocol that is spoken.
    pub scheme: Scheme,
    /// Idle connections are shared only within the place.
    pub per_location: bool,
}

/// Where a request is forwarded to, as far as that is known.
pub enum Aiming<'p> {
    /// Servers that are known.
    At(Aim<'p>),
    /// A host whose addresses must be found out.
    Name(Unresolved<'p>),
}

/// A host whose addresses must be found out.
pub struct Unresolved<'p> {
    /// The host.
    pub host: String,
    scheme: Scheme,
    port: u16,
    authority: String,
    target: Option<Vec<u8>>,
    rule: &'p Arc<ResolverRule>,
}

impl Unresolved<'_> {
    /// Protocol, host with port, and path with arguments.
    pub fn parts<'a>(&'a self, request: &'a RequestHead) -> (Scheme, &'a [u8], &'a [u8]) {
        let target = self.target.as_deref().unwrap_or(request.path_and_query());
        (self.scheme, self.authority.as_bytes(), target)
    }
}

impl Aim<'_> {
    /// The same made out to one server of the group.
    pub fn made_out_to(&self, server: &ServerTarget) -> Self {
        let made_target = self.made_target.as_ref().map(|target| [server.path.as_bytes(), target].concat());
        Self {
            group: Rc::clone(&self.group),
            key: self.key,
            sticky: self.sticky,
            authority: Cow::Owned(server.authority.as_bytes().to_vec()),
            made_target,
            scheme: self.scheme,
            per_location: self.per_location,
        }
    }

    /// Path and arguments to ask for.
    pub fn target<'a>(&'a self, request: &'a RequestHead) -> &'a [u8] {
        self.made_target.as_deref().unwrap_or(request.path_and_query())
    }

    /// A group that came out of variables.
    fn of(group: Rc<Group>, scheme: Scheme, authority: Vec<u8>, target: Option<Vec<u8>>) -> Self {
        Self {
            group,
            key: None,
            sticky: None,
            authority: Cow::Owned(authority),
            made_target: target,
            scheme,
            per_location: false,
        }
    }

    /// The URL for messages.
    pub fn url(&self, peer: &str, request: &RequestHead) -> Vec<u8> {
        let target = if self.scheme.has_targets() { self.target(request) } else { b"" };
        [self.scheme.name().as_bytes(), b"://", peer.as_bytes(), after_peer(peer), target].concat()
    }
}

impl<'p> Exchange<'p> {
    /// Finds out where the request goes.
    pub fn aim(&mut self, proxy: &'p Proxy) -> Result<Aiming<'p>, Failure> {
        match &proxy.target {
            Target::Fixed { group, authority, path } => {
                let mut target = self.upstream_path(path.as_deref());
                if self.place.section.style.escaping == PathEscaping::Strict {
                    target = target.map(whole_path).transpose()?;
                }
                let aim = self.aim_at_group(*group, proxy.scheme(), Cow::Borrowed(authority), target);
                aim.map(Aiming::At).ok_or(Failure::new(Cause::UnknownUpstream))
            }
            Target::Computed { group, authority, target } => {
                let target = Some(whole_path(self.text_of(target))?);
                let aim = self.aim_at_group(*group, proxy.scheme(), Cow::Borrowed(authority), target);
                aim.map(Aiming::At).ok_or(Failure::new(Cause::UnknownUpstream))
            }
            Target::Variable(url) => {
                let url = self.text_of(url);
                self.aim_at_url(&url, proxy)
            }
            Target::Server(server) => {
                let server = self.text_of(server);
                let (scheme, rest) = match proxy.scheme() {
                    Scheme::Http | Scheme::Https => split_scheme(&server, GRPC).unwrap_or((Scheme::Http, &server)),
                    Scheme::Uwsgi | Scheme::SecureUwsgi => {
                        split_scheme(&server, UWSGI).unwrap_or((Scheme::Uwsgi, &server))
                    }
                    other @ (Scheme::FastCgi | Scheme::Scgi) => (other, &*server),
                };
                let (authority, beyond) = split_url(rest);
                if !scheme.has_targets() && !beyond.is_empty() {
                    self.log_error(|| format!("invalid host in upstream \"{}\"", String::from_utf8_lossy(rest)));
                    return Err(Failure::new(Cause::BadValue));
                }
                self.aim_at_authority((scheme, authority), self.upstream_path(None), proxy)
            }
        }
    }

    fn aim_at_group(
        &self,
        index: usize,
        scheme: Scheme,
        authority: Cow<'p, [u8]>,
        made_target: Option<Vec<u8>>,
    ) -> Option<Aim<'p>> {
        let plan = self.plan.groups.get(index)?;
        let group = Rc::clone(self.worker.groups.get(index)?);
        let (key, sticky) = (plan.key.as_ref(), plan.sticky.as_ref());
        Some(Aim { group, key, sticky, authority, made_target, scheme, per_location: plan.per_location })
    }

    /// A URL that came out of variables: of a group, of an IP address, or of a Unix socket.
    fn aim_at_url(&self, url: &[u8], proxy: &'p Proxy) -> Result<Aiming<'p>, Failure> {
        let Some((scheme, rest)) = split_scheme(url, HTTP) else {
            self.log_error(|| format!("invalid URL prefix in \"{}\"", String::from_utf8_lossy(url)));
            return Err(Failure::new(Cause::BadValue));
        };
        let (authority, path) = split_url(rest);
        let target = if path.is_empty() { self.upstream_path(None) } else { Some(with_slash(path)) };
        self.aim_at_authority((scheme, authority), target, proxy)
    }

    /// A server that came out of variables.
    fn aim_at_authority(
        &self,
        (scheme, authority): (Scheme, &[u8]),
        target: Option<Vec<u8>>,
        proxy: &'p Proxy,
    ) -> Result<Aiming<'p>, Failure> {
        if let Some(index) = self.group_of(scheme, authority)
            && let Some(aim) = self.aim_at_group(index, scheme, Cow::Owned(authority.to_vec()), target.clone())
        {
            return Ok(Aiming::At(aim));
        }
        let name = String::from_utf8_lossy(authority);
        match parse_address(scheme, authority) {
            Some(address) => {
                let group = self.worker.dynamic_group(address, &name, clock::now());
                Ok(Aiming::At(Aim::of(group, scheme, authority.to_vec(), target)))
            }
            None => self.aim_at_name((scheme, &name), target, proxy),
        }
    }

    /// A host whose addresses are to be found out, unless they are known still.
    fn aim_at_name(
        &self,
        (scheme, authority): (Scheme, &str),
        target: Option<Vec<u8>>,
        proxy: &'p Proxy,
    ) -> Result<Aiming<'p>, Failure> {
        let (host, port) = split_authority(authority.as_bytes());
        let host = String::from_utf8_lossy(host).into_owned();
        if port.is_none() && scheme.default_port() == 0 {
            self.log_error(|| format!("no port in upstream \"{authority}\""));
            return Err(Failure::new(Cause::BadValue));
        }
        let Some(rule) = &proxy.resolver else {
            self.log(Level::Error, || format!("no resolver defined to resolve {host}"));
            return Err(Failure::from(upstream::FailureCause::NoLivePeer));
        };
        let port = port
            .map_or(Some(scheme.default_port()), |port| std::str::from_utf8(port).ok()?.parse().ok())
            .filter(|port| *port > 0);
        let Some(port) = port.filter(|_| !host.is_empty()) else {
            self.log_error(|| format!("invalid host or port in upstream \"{authority}\""));
            return Err(Failure::new(Cause::BadValue));
        };
        let key = Dynamic::Name(Arc::clone(rule), host.to_ascii_lowercase().into(), port);
        if let Some(group) = self.worker.named_group(&key, clock::now()) {
            return Ok(Aiming::At(Aim::of(group, scheme, authority.into(), target)));
        }
        Ok(Aiming::Name(Unresolved { host, scheme, port, authority: authority.to_owned(), target, rule }))
    }

    /// Asks for a host's addresses, while its client waits.
    pub async fn resolve(
        &self,
        name: Unresolved<'p>,
        proxy: &Proxy,
        client: &mut Client<'_>,
    ) -> Result<Aim<'p>, Failure> {
        let Unresolved { host, scheme, port, authority, target, rule } = name;
        let mut asking = pin!(self.plan.resolving.addresses(rule, &host));
        let outcome = poll_fn(|cx| {
            if let Poll::Ready(outcome) = asking.as_mut().poll(cx) {
                return Poll::Ready(Ok(outcome));
            }
            if !proxy.ignore_client_abort && client.poll_closed(cx).is_ready() {
                return Poll::Ready(Err(Failure::new(Cause::ClientLeft)));
            }
            Poll::Pending
        });
        match outcome.await? {
            Ok(answer) => {
                let key = Dynamic::Name(Arc::clone(rule), host.to_ascii_lowercase().into(), port);
                let addresses = answer.places.iter().map(|place| Address::Inet((place.ip, port).into())).collect();
                let now = clock::now();
                let group = self.worker.keep_group(key, &authority, addresses, (answer.expires, now));
                Ok(Aim::of(group, scheme, authority.into_bytes(), target))
            }
            Err(failure) => {
                self.log(Level::Error, || format!("{host} could not be resolved ({failure})"));
                Err(Failure::from(upstream::FailureCause::NoLivePeer))
            }
        }
    }

    /// The group that an authority names; without a port, the one that stands for the server at the scheme's own.
    fn group_of(&self, scheme: Scheme, authority: &[u8]) -> Option<usize> {
        let names = &self.plan.group_names;
        let mut name = authority.to_ascii_lowercase();
        if let Some(index) = names.get(name.as_slice()) {
            return Some(*index);
        }
        if split_authority(authority).1.is_some() {
            return None;
        }
        name.extend_from_slice(format!(":{}", scheme.default_port()).as_bytes());
        names.get(name.as_slice()).copied()
    }

    /// The path to ask for, as `proxy_pass` has it: with `replacement`, what the location matched is replaced by it;
    /// without, the client's own target is passed on (`None`), unless the path was rewritten.
    fn upstream_path(&self, replacement: Option<&[u8]>) -> Option<Vec<u8>> {
        let request = &self.request;
        if replacement.is_none() && request.target_valid {
            return None;
        }
        let prefix = self.location_prefix().map_or(0, <[u8]>::len);
        let replaced = if replacement.is_some() && request.location_valid { prefix.min(request.path.len()) } else { 0 };
        let mut out = Vec::with_capacity(request.path.len() + request.arguments.len() + 16);
        if request.location_valid {
            out.extend_from_slice(replacement.unwrap_or(&[]));
        }
        let rest = request.path.get(replaced..).unwrap_or(&[]);
        if self.place.section.style.escaping == PathEscaping::Strict {
            if self.place.site.escaped_slashes == EscapedSlashes::Kept {
                uri::escape_but_slashes(rest, &mut out);
            } else {
                uri::escape_strictly(rest, &mut out);
            }
            let asks = request.target_valid && request.head.path_and_query().contains(&b'?');
            if asks && request.arguments.is_empty() {
                out.push(b'?');
            }
        } else if request.quoted || request.internal {
            uri::escape_path(rest, &mut out);
        } else {
            out.extend_from_slice(rest);
        }
        if !request.arguments.is_empty() {
            out.push(b'?');
            out.extend_from_slice(&request.arguments);
        }
        Some(out)
    }
}

/// What ends a peer's name in a URL: the path of a socket has slashes of its own.
pub fn after_peer(peer: &str) -> &'static [u8] {
    if peer.starts_with("unix:") { b":" } else { b"" }
}

/// How URLs begin that are forwarded to.
const HTTP: Starts = [(Scheme::Http, b"http://"), (Scheme::Https, b"https://")];
/// How servers of gRPC may begin.
const GRPC: Starts = [(Scheme::Http, b"grpc://"), (Scheme::Https, b"grpcs://")];

/// How servers of uwsgi may begin.
const UWSGI: Starts = [(Scheme::Uwsgi, b"uwsgi://"), (Scheme::SecureUwsgi, b"suwsgi://")];

type Starts = [(Scheme, &'static [u8]); 2];

fn split_scheme(url: &[u8], starts: Starts) -> Option<(Scheme, &[u8])> {
    starts.into_iter().find_map(|(scheme, start)| {
        let (own, rest) = url.split_at_checked(start.len())?;
        own.eq_ignore_ascii_case(start).then_some((scheme, rest))
    })
}

/// Authority and path of a URL without its scheme; a Unix socket's path ends at a colon.
fn split_url(rest: &[u8]) -> (&[u8], &[u8]) {
    let end = if rest.starts_with(b"unix:") {
        let socket = rest.get(5..).unwrap_or(&[]);
        return match memchr::memchr(b':', socket) {
            Some(at) => (rest.get(..5 + at).unwrap_or(rest), rest.get(6 + at..).unwrap_or(&[])),
            None => (rest, &[]),
        };
    } else {
        memchr::memchr2(b'/', b'?', rest).unwrap_or(rest.len())
    };
    (rest.get(..end).unwrap_or(rest), rest.get(end..).unwrap_or(&[]))
}

/// A path to ask for. One that does not begin with a slash would go on where the server's name ends.
fn whole_path(path: Vec<u8>) -> Result<Vec<u8>, Failure> {
    match path.first() {
        Some(b'/') => Ok(path),
        None | Some(b'?') => Ok(with_slash(&path)),
        Some(_) => Err(Failure::new(Cause::BadTarget)),
    }
}

fn with_slash(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len() + 1);
    if path.first() != Some(&b'/') {
        out.push(b'/');
    }
    out.extend_from_slice(path);
    out
}

fn parse_address(scheme: Scheme, authority: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(authority).ok()?;
    if let Some(path) = text.strip_prefix("unix:") {
        return Some(Address::Unix(PathBuf::from(path)));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Address::Inet(address));
    }
    let ip: IpAddr = text.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    let port = scheme.default_port();
    (port > 0).then(|| Address::Inet(SocketAddr::new(ip, port)))
}
