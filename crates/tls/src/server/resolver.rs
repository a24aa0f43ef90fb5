//! Which of a site's certificates suits a client.

use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::issued::Issued;
use super::stapled::Known;
use crate::identity::Identity;

/// A site's certificates, each of another kind of key.
#[derive(Debug)]
pub(super) struct Identities {
    /// Those that are known.
    pub(super) known: Vec<Known>,
    /// Those that are issued while the program runs.
    pub(super) issued: Vec<Issued>,
}

impl ResolvesServerCert for Identities {
    /// The one that can sign as the client likes best; of two with the same kind of key the later. Where none can, any: the
    /// handshake then ends with the alert that says so (RFC 8446 §4.4.2.2), and not with one of access.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let signs = |identity: &Identity, scheme| identity.0.key.choose_scheme(&[scheme]).is_some();
        let newest: Vec<_> = self.issued.iter().filter_map(Issued::newest).collect();
        let known = self.known.iter().map(|known| (&known.identity, Some(known)));
        let all = || known.clone().chain(newest.iter().map(|newest| (newest.as_ref(), None))).rev();
        let suits = |scheme| all().find(|(identity, _)| signs(identity, scheme));
        let found = hello.signature_schemes().iter().find_map(|scheme| suits(*scheme));
        let (identity, known) = found.or_else(|| all().next())?;
        Some(known.map_or_else(|| Arc::clone(&identity.0), Known::shown))
    }
}
