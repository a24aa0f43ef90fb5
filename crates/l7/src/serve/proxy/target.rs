//! Where a request is forwarded to: the group of servers, and the path there.

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::sticky::Stickiness;
use crate::plan::{Proxy, Target, Template};
use crate::request::split_authority;
use crate::uri;
use protocol::RequestHead;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;
use telemetry::Level;
use transport::{Address, clock};
use upstream::Group;

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
    /// Idle connections are shared only within the place.
    pub per_location: bool,
}

impl Aim<'_> {
    /// Path and arguments to ask for.
    pub fn target<'a>(&'a self, request: &'a RequestHead) -> &'a [u8] {
        self.made_target.as_deref().unwrap_or(request.path_and_query())
    }

    /// The URL for messages.
    pub fn url(&self, peer: &str, request: &RequestHead) -> Vec<u8> {
        [b"http://", peer.as_bytes(), self.target(request)].concat()
    }
}

impl<'p> Exchange<'p> {
    /// Finds out where the request goes.
    pub fn aim(&mut self, proxy: &'p Proxy) -> Result<Aim<'p>, Failure> {
        match &proxy.target {
            Target::Fixed { group, authority, path } => {
                let target = self.upstream_path(path.as_deref());
                self.aim_at_group(*group, Cow::Borrowed(authority), target).ok_or(Failure::new(Cause::UnknownUpstream))
            }
            Target::Variable(url) => {
                let url = self.text_of(url);
                self.aim_at_url(&url)
            }
        }
    }

    fn aim_at_group(&self, index: usize, authority: Cow<'p, [u8]>, made_target: Option<Vec<u8>>) -> Option<Aim<'p>> {
        let plan = self.plan.groups.get(index)?;
        let group = Rc::clone(self.worker.groups.get(index)?);
        let (key, sticky) = (plan.key.as_ref(), plan.sticky.as_ref());
        Some(Aim { group, key, sticky, authority, made_target, per_location: plan.per_location })
    }

    /// A URL that came out of variables: of a group, of an IP address, or of a Unix socket.
    fn aim_at_url(&self, url: &[u8]) -> Result<Aim<'p>, Failure> {
        let Some(rest) = strip_scheme(url) else {
            self.log_error(|| format!("invalid URL prefix in \"{}\"", String::from_utf8_lossy(url)));
            return Err(Failure::new(Cause::BadValue));
        };
        let (authority, path) = split_url(rest);
        let target = if path.is_empty() { self.upstream_path(None) } else { Some(with_slash(path)) };
        if let Some(index) = self.group_of(authority)
            && let Some(aim) = self.aim_at_group(index, Cow::Owned(authority.to_vec()), target.clone())
        {
            return Ok(aim);
        }
        let Some(address) = parse_address(authority) else {
            let host = String::from_utf8_lossy(split_authority(authority).0).into_owned();
            self.log(Level::Error, || format!("no resolver defined to resolve {host}"));
            return Err(Failure::from(upstream::FailureCause::NoLivePeer));
        };
        let group = self.worker.dynamic_group(address, &String::from_utf8_lossy(authority), clock::now());
        let authority = Cow::Owned(authority.to_vec());
        Ok(Aim { group, key: None, sticky: None, authority, made_target: target, per_location: false })
    }

    /// The group that an authority names; without a port, the one that stands for the server at the scheme's own.
    fn group_of(&self, authority: &[u8]) -> Option<usize> {
        let names = &self.plan.group_names;
        let mut name = authority.to_ascii_lowercase();
        if let Some(index) = names.get(name.as_slice()) {
            return Some(*index);
        }
        if split_authority(authority).1.is_some() {
            return None;
        }
        name.extend_from_slice(b":80");
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
        if request.quoted || request.internal {
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

fn strip_scheme(url: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = url.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"http://").then_some(rest)
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

fn with_slash(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len() + 1);
    if path.first() == Some(&b'?') {
        out.push(b'/');
    }
    out.extend_from_slice(path);
    out
}

fn parse_address(authority: &[u8]) -> Option<Address> {
    let text = std::str::from_utf8(authority).ok()?;
    if let Some(path) = text.strip_prefix("unix:") {
        return Some(Address::Unix(PathBuf::from(path)));
    }
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Address::Inet(address));
    }
    let ip: IpAddr = text.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    Some(Address::Inet(SocketAddr::new(ip, 80)))
}
