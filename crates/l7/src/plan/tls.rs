//! TLS of a site's clients, made ready.

use super::Template;
use model::{ClientCertificates, KeptIdentities};
use std::path::PathBuf;
use std::sync::Arc;
use tls::Terminator;

/// How TLS connections to a site are answered.
pub struct SiteTls {
    /// What does it.
    pub terminator: Terminator,
    /// Certificates and keys whose names have variables: they are loaded for each connection.
    pub named: Vec<(Template, Template)>,
    /// Relative names of such start here.
    pub directory: PathBuf,
    /// How long those are kept; `None`: they are not.
    pub kept: Option<KeptIdentities>,
    /// Nobody is let in.
    pub rejects: bool,
    /// What is asked of clients' certificates; `None`: nobody asks.
    pub clients: Option<Arc<ClientCertificates>>,
}

impl SiteTls {
    /// Whether it can answer a client itself; otherwise the listener's default site does.
    pub fn answers(&self) -> bool {
        self.rejects || !self.named.is_empty() || self.terminator.has_identity()
    }
}
