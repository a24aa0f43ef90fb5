//! The request as the corridor sees it: its head, its path as it now is, its body.

use crate::body::RequestBody;
use crate::plan::Site;
use crate::uri::{self, BadPath, Reading};
use crate::worker::Shared;
use protocol::{Method, Name, RequestHead};

/// A request on its way through the corridor.
pub struct Request {
    /// As it came.
    pub head: Box<RequestHead>,
    /// The method as it now is (a re-route may make it GET).
    pub method: Method,
    /// Host name, lower case, without port; empty if none was sent.
    pub host: Vec<u8>,
    /// Port that the client named beside the host.
    pub port: Option<u16>,
    /// Decoded, normalised path as it now is.
    pub path: Vec<u8>,
    /// Arguments as they now are, without `?`.
    pub arguments: Vec<u8>,
    /// The client's own target still stands for path and arguments.
    pub target_valid: bool,
    /// The location's prefix still stands for the beginning of the path.
    pub location_valid: bool,
    /// The file that the path begins with, where one was looked for.
    pub found_file: Option<FoundFile>,
    /// Whence it was sent on inside the proxy, the last time.
    pub redirected: Option<Box<Redirected>>,
    /// An alias is followed by the whole path: `try_files` found it there.
    pub alias_adds_path: bool,
    /// The path came escaped, or with `+`.
    pub quoted: bool,
    /// The request was re-routed inside the proxy.
    pub internal: bool,
    /// The path is that of a directory's index, which was looked for.
    pub is_index: bool,
    /// The running script replaced the path.
    pub path_changed: bool,
    /// Its body.
    pub body: RequestBody,
    /// Bytes of it in all, once it is through.
    pub bytes: u64,
}

/// What was found of the file that a path begins with.
#[derive(Clone, Copy)]
pub struct FoundFile {
    /// Bytes at the end of the path that follow its name.
    pub behind: usize,
    /// All of the path names a folder.
    pub is_folder: bool,
}

/// What a request was before it was sent on inside the proxy.
pub struct Redirected {
    /// Its path.
    pub path: Vec<u8>,
    /// Its arguments.
    pub arguments: Vec<u8>,
    /// The status that it would have been answered with.
    pub status: u16,
}

impl Request {
    /// A request whose head was read.
    pub fn new(head: Box<RequestHead>, shared: &Shared) -> Self {
        let [host, path, arguments] = shared.request_texts();
        Self {
            head,
            method: Method::Get,
            host,
            port: None,
            path,
            arguments,
            target_valid: false,
            location_valid: false,
            found_file: None,
            redirected: None,
            alias_adds_path: false,
            quoted: false,
            internal: false,
            is_index: false,
            path_changed: false,
            body: RequestBody::Unread,
            bytes: 0,
        }
    }

    /// Reads host, path and arguments out of the head.
    pub fn read_target(&mut self, site: &Site) -> Result<(), BadPath> {
        let reading = Reading { merge_slashes: site.merge_slashes, escaped_slashes: site.escaped_slashes };
        let target = self.head.path_and_query();
        self.quoted =
            uri::normalise(target, reading, &mut self.path, &mut self.arguments).inspect_err(|_| self.path.clear())?;
        self.target_valid = true;
        self.location_valid = true;
        self.internal = false;
        self.is_index = false;
        self.found_file = None;
        self.alias_adds_path = false;
        self.path_changed = false;
        self.method.clone_from(&self.head.method);
        Ok(())
    }

    /// Reads the host out of the head: from an absolute-form target or `Host` (RFC 9112 §3.2.2).
    pub fn read_host(&mut self) {
        self.host.clear();
        let authority = self.head.host();
        self.host.extend_from_slice(authority.map_or(b"", |authority| authority.host));
        self.host.make_ascii_lowercase();
        self.port = authority.and_then(|authority| authority.port);
    }

    /// Whether host and target are what most clients send: no fragment, and a host that is a name of letters, digits, `-`, `_`
    /// and `.`, or an address.
    pub fn is_usual(&self) -> bool {
        let (host, port) = split_authority(self.head.fields.get_known(Name::Host).unwrap_or_default());
        let usual = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let address = || {
            let inside = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
            inside.is_some_and(|host| host.iter().all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte)))
        };
        let port = port.is_none_or(|port| port.iter().any(|digit| *digit != b'0'));
        port && (host.iter().all(usual) || address()) && !self.head.request_uri().contains(&b'#')
    }

    /// Whether it expects something of which nothing is known (RFC 9110 §10.1.1).
    pub fn expects_what_is_not_known(&self) -> bool {
        let expected = self.head.fields.get_known(Name::Expect);
        expected.is_some_and(|expected| !expected.eq_ignore_ascii_case(b"100-continue"))
    }

    /// Replaces the path (a rewrite).
    pub fn rewrite_path(&mut self, path: Vec<u8>, arguments: Vec<u8>) {
        self.found_file = None;
        self.path = path;
        self.arguments = arguments;
        self.target_valid = false;
        self.internal = true;
        self.path_changed = true;
    }

    /// Replaces path and arguments (an internal redirect).
    pub fn redirect(&mut self, path: Vec<u8>, arguments: Vec<u8>) {
        self.found_file = None;
        self.path = path;
        self.arguments = arguments;
        self.target_valid = false;
        self.location_valid = true;
        self.alias_adds_path = false;
        self.internal = true;
    }

    /// The path as far as it names the file that was looked for; all of it where none was.
    pub fn path_of_file(&self) -> &[u8] {
        let end = self.path.len().saturating_sub(self.found_file.map_or(0, |found| found.behind));
        self.path.get(..end).unwrap_or_default()
    }

    /// What follows the file's name in the path.
    pub fn behind_file(&self) -> &[u8] {
        self.path.get(self.path_of_file().len()..).unwrap_or_default()
    }

    /// Whence it was sent on.
    pub fn redirected(&self) -> Option<&Redirected> {
        self.redirected.as_deref()
    }

    /// Replaces the arguments alone.
    pub fn set_arguments(&mut self, arguments: &[u8]) {
        self.arguments.clear();
        self.arguments.extend_from_slice(arguments);
        self.target_valid = false;
    }

    /// The value of an argument, as it was sent.
    pub fn argument(&self, name: &[u8]) -> Option<&[u8]> {
        self.arguments.split(|byte| *byte == b'&').find_map(|pair| {
            let (key, value) = pair.split_at_checked(name.len())?;
            (key.eq_ignore_ascii_case(name) && value.first() == Some(&b'=')).then(|| value.get(1..)).flatten()
        })
    }
}

/// Host and port of an authority; brackets of an IPv6 address stay with the host.
pub fn split_authority(authority: &[u8]) -> (&[u8], Option<&[u8]>) {
    let from = memchr::memrchr(b']', authority).unwrap_or(0);
    match authority.get(from..).and_then(|rest| memchr::memchr(b':', rest)) {
        Some(at) => (authority.get(..from + at).unwrap_or(authority), authority.get(from + at + 1..)),
        None => (authority, None),
    }
}
