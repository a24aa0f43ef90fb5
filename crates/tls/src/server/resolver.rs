//! Which of a site's certificates suits a client.

use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::identity::Identity;

/// A site's certificates, each of another kind of key.
#[derive(Debug)]
pub(super) struct Identities(pub(super) Vec<Identity>);

impl ResolvesServerCert for Identities {
    /// The one that can sign as the client likes best; of two with the same kind of key the later.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let signs = |scheme| self.0.iter().rev().find(|identity| identity.0.key.choose_scheme(&[scheme]).is_some());
        let found = hello.signature_schemes().iter().find_map(|scheme| signs(*scheme));
        found.map(|identity| Arc::clone(&identity.0))
    }
}
