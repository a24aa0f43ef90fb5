//! TLS of sites' clients, made ready.

use std::sync::Arc;

use crate::plan::Build;
use crate::plan::tls::SiteTls;
use tls::{Issued, Preparing};

impl Build<'_> {
    /// Where the certificates are that are ordered, by their orders: those of an earlier plan live on.
    pub(super) fn issued_certificates(&mut self) -> Vec<Issued> {
        let http = &self.model.http;
        let titles: Vec<String> = http.orders.iter().map(|order| order.title(&http.issuers)).collect();
        self.tls_stores.keep_issued(|known| titles.iter().any(|title| title == known));
        titles.iter().map(|title| self.tls_stores.issued(title)).collect()
    }

    /// What a site's TLS is answered by, with HTTP/2 or without; `None`: nothing is said of it, or it cannot be made ready.
    pub(super) fn site_tls(&mut self, site: &model::Site, http2: bool) -> Option<SiteTls> {
        let termination = site.tls.as_deref()?;
        let documents = &self.model.documents;
        let (stores, issued) = (&mut self.tls_stores, &self.issued);
        let mut preparing = Preparing { documents, stores, issued, problems: Vec::new() };
        let terminator = preparing.terminator(termination, http2);
        self.diagnostics.append(&mut preparing.problems);
        let named = termination
            .identities
            .iter()
            .filter(|identity| identity.certificate.as_text().is_none() || identity.key.as_text().is_none());
        let named: Vec<_> = named.collect();
        let named = named.iter().map(|names| (self.template(&names.certificate), self.template(&names.key))).collect();
        Some(SiteTls {
            terminator: terminator?,
            named,
            directory: termination.directory.clone(),
            kept: termination.kept,
            rejects: termination.rejects,
            clients: termination.clients.clone().map(Arc::new),
        })
    }
}
