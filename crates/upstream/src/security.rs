//! TLS to servers: whom to believe, who we are, and which connections may stand in for each other.

mod identities;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use diagnostic::{Diagnostic, Origin};
use foldhash::fast::RandomState;
use model::{Documents, KeptIdentities, ServerTrust, UpstreamIdentity, UpstreamTls};
use tls::{Belief, ClientRules, Identity, Spoken, Trust, pem};
use transport::Address;

pub use identities::{Identities, IdentityFailure, Source};

/// Servers and names for which a worker keeps what it needs to connect to them.
const MOST_CONNECTORS: usize = 1024;

/// How servers are spoken to over TLS, made ready.
#[derive(Debug)]
pub struct Security {
    rules: ClientRules,
    sends_name: bool,
    identity: Option<Known>,
}

/// Who we are, as far as it is known before a request.
#[derive(Debug)]
enum Known {
    Fixed(Identity),
    /// Requests tell.
    Told(Telling),
}

/// How an identity is loaded that requests tell.
#[derive(Debug)]
pub struct Telling {
    passwords: Vec<Vec<u8>>,
    kept: Option<KeptIdentities>,
    /// Where names lie that are not whole.
    directory: PathBuf,
}

impl Security {
    /// Made ready from the model.
    ///
    /// # Errors
    /// What cannot be read or used of what it names.
    pub fn new(tls: &UpstreamTls, files: &Documents) -> Result<Arc<Self>, Diagnostic> {
        let origin = tls.origin;
        let trust = tls.trust.as_ref().map(|trust| self::trust(trust, files, origin)).transpose()?;
        let belief = Belief {
            depth: tls.trust.as_ref().map_or(0, |trust| trust.depth),
            takes_unknown: tls.trust.as_ref().is_some_and(|trust| trust.takes_unknown),
            trust,
            checks_name: tls.checks_name,
            checks_time: tls.checks_time,
        };
        let suites = tls.ciphers.as_deref().map(tls::ciphers::suites);
        let spoken = Spoken { v1_2: tls.versions.v1_2, v1_3: tls.versions.v1_3, suites };
        let rules = ClientRules::new(&spoken, belief, tls.resumes).map_err(|nothing| {
            Diagnostic::error("no-cipher", nothing.to_string())
                .at(origin)
                .help("name suites such as ECDHE-RSA-AES128-GCM-SHA256, or allow TLS 1.3, or leave the ciphers out")
        })?;
        let identity = tls.identity.as_ref().map(|identity| known(identity, files)).transpose()?;
        Ok(Arc::new(Self { rules, sends_name: tls.sends_name, identity }))
    }

    /// Connects to servers of this name apart from requests: as whom only these would tell, it does not.
    pub(crate) fn plain_connector(&self, name: &str, http2: bool) -> Result<tls::Connector, tls::Unready> {
        self.rules.connector(name, self.sends_name, self.fixed(), http2)
    }

    /// How the identity is loaded, where requests tell which.
    pub fn telling(&self) -> Option<&Telling> {
        match &self.identity {
            Some(Known::Told(telling)) => Some(telling),
            Some(Known::Fixed(_)) | None => None,
        }
    }

    fn fixed(&self) -> Option<&Identity> {
        match &self.identity {
            Some(Known::Fixed(identity)) => Some(identity),
            Some(Known::Told(_)) | None => None,
        }
    }
}

fn trust(trust: &ServerTrust, files: &Documents, origin: Origin) -> Result<Arc<Trust>, Diagnostic> {
    let problem = |path: &Path, what: &str, why: &dyn std::fmt::Display| {
        Diagnostic::error("unusable-certificate", format!("cannot load {what} \"{}\": {why}", path.display()))
            .at(origin)
    };
    let mut anchors = Vec::new();
    for path in &trust.authorities {
        let text = files.read(path).map_err(|why| problem(path, "certificate", &why))?;
        anchors.extend(pem::certificates(text).map_err(|why| problem(path, "certificate", &why))?);
    }
    let first = trust.authorities.first().map_or(Path::new(""), PathBuf::as_path);
    let made = Trust::new(anchors).map_err(|why| problem(first, "certificate", &why))?;
    let Some(path) = &trust.revoked else { return Ok(Arc::new(made)) };
    let text = files.read(path).map_err(|why| problem(path, "CRL", &why))?;
    let lists = pem::revocation_lists(text).map_err(|why| problem(path, "CRL", &why))?;
    Ok(Arc::new(made.with_revoked(&lists).map_err(|why| problem(path, "CRL", &why))?))
}

fn known(identity: &UpstreamIdentity, files: &Documents) -> Result<Known, Diagnostic> {
    let UpstreamIdentity { certificate, key, chain: more, directory, passwords, kept } = identity;
    let origin = certificate.origin;
    let passwords = match passwords {
        None => Vec::new(),
        Some(path) => {
            let problem =
                |why| Diagnostic::error("unreadable-file", format!("cannot read \"{}\": {why}", path.display()));
            let text = files.read(path).map_err(|why| problem(why).at(origin))?;
            text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
        }
    };
    let (Some(certificate), Some(key)) = (certificate.as_text(), key.as_text()) else {
        return Ok(Known::Told(Telling { passwords, kept: *kept, directory: directory.clone() }));
    };
    let load = |source: &Source| match source {
        Source::Text(text) => Ok(text.clone()),
        Source::File(path) => files.read(path).map(<[u8]>::to_vec),
    };
    let (certificate, key) = (Source::of(certificate.as_bytes(), directory), Source::of(key.as_bytes(), directory));
    let problem = |failure: &IdentityFailure| {
        Diagnostic::error("unusable-certificate", failure.to_string())
            .at(origin)
            .help("the certificate and its key are files in PEM format that belong together")
    };
    let mut chain =
        load(&certificate).map_err(|why| problem(&IdentityFailure::unreadable("certificate", &certificate, why)))?;
    if let Some(path) = more {
        let more = files.read(path).map_err(|why| {
            problem(&IdentityFailure::unreadable("certificate chain", &Source::File(path.clone()), why))
        })?;
        chain.push(b'\n');
        chain.extend_from_slice(more);
    }
    let secret = load(&key).map_err(|why| problem(&IdentityFailure::unreadable("certificate key", &key, why)))?;
    let identity = Identity::from_pem(&chain, &secret, &passwords)
        .map_err(|why| problem(&IdentityFailure::unusable(&certificate, &key, &why)))?;
    Ok(Known::Fixed(identity))
}

/// What one worker needs to connect to servers over TLS.
#[derive(Default)]
pub struct Connectors {
    /// By what their keys hash to, so that a request finds its own without making a key.
    known: RefCell<HashMap<u64, (Key, Rc<Connector>), RandomState>>,
    numbers: Cell<u64>,
    /// Identities that requests told.
    pub identities: Identities,
}

/// Connects to one server, under one name, as one identity.
#[derive(Debug)]
pub struct Connector {
    pub(crate) inner: tls::Connector,
    /// Idle connections of another number are none of its own; no two connectors of a worker have the same.
    pub number: u64,
}

/// What a connection was verified for: nothing that differs in any of it may be used in its stead.
struct Key {
    http2: bool,
    security: Arc<Security>,
    identity: Option<Identity>,
    name: Box<str>,
    server: Address,
}

impl Key {
    fn is(
        &self,
        security: &Arc<Security>,
        (identity, http2): (Option<&Identity>, bool),
        name: &str,
        server: &Address,
    ) -> bool {
        self.http2 == http2
            && Arc::ptr_eq(&self.security, security)
            && self.identity.as_ref() == identity
            && &*self.name == name
            && self.server == *server
    }
}

impl Connectors {
    /// What connects to a server of this name; `identity` where requests tell who we are, `http2` where that is offered, and
    /// nothing else.
    ///
    /// # Errors
    /// When it cannot be made ready.
    pub fn connector(
        &self,
        security: &Arc<Security>,
        name: &str,
        (identity, http2): (Option<&Identity>, bool),
        server: &Address,
    ) -> Result<Rc<Connector>, tls::Unready> {
        let identity = identity.or(security.fixed());
        let mut known = self.known.borrow_mut();
        let hash = known.hasher().hash_one((Arc::as_ptr(security), identity, http2, name, server));
        if let Some((_, connector)) =
            known.get(&hash).filter(|(key, _)| key.is(security, (identity, http2), name, server))
        {
            return Ok(Rc::clone(connector));
        }
        if known.len() >= MOST_CONNECTORS {
            known.clear();
        }
        self.numbers.set(self.numbers.get() + 1);
        let inner = security.rules.connector(name, security.sends_name, identity, http2)?;
        let connector = Rc::new(Connector { inner, number: self.numbers.get() });
        let (security, identity) = (Arc::clone(security), identity.cloned());
        let key = Key { http2, security, identity, name: name.into(), server: server.clone() };
        // Of two keys with the same hash the later is kept: the other makes its connector anew.
        known.insert(hash, (key, Rc::clone(&connector)));
        Ok(connector)
    }
}

/// A server's name as certificates have it: what is before a port.
pub fn host_of(name: &str) -> &str {
    match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => name.split(':').next().unwrap_or(name),
    }
}
