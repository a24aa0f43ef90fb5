//! Reads what a site's TLS is made of, and tells what is wrong with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostic::{Diagnostic, Origin};
use model::{ClientCertificates, Documents, OrderId, RevocationCheck, SiteIdentity, Template, Termination};

use super::inquiries::Inquiries;
use super::issued::Issued;
use super::stores::Stores;
use crate::identity::{Identity, IdentityError};
use crate::pem;
use crate::verify::Trust;

/// What building needs, and what it finds wrong.
pub struct Preparing<'a> {
    /// Files that were read with the configuration.
    pub documents: &'a Documents,
    /// What outlives it.
    pub stores: &'a mut Stores,
    /// Certificates that are issued while the program runs, by their orders.
    pub issued: &'a [Issued],
    /// What is wrong.
    pub problems: Vec<Diagnostic>,
}

/// Whom of its clients a site believes.
#[derive(Debug)]
pub(super) struct Believing {
    pub(super) trust: Trust,
    pub(super) depth: u32,
    /// The names of authorities that clients are told, as DER.
    pub(super) subjects: Vec<Vec<u8>>,
    /// How it is asked whether certificates still stand, and where; `None`: it is not.
    pub(super) check: Option<(Arc<RevocationCheck>, Inquiries)>,
}

impl<'a> Preparing<'a> {
    pub(super) fn report(&mut self, origin: Origin, message: String) {
        self.problems.push(Diagnostic::error("tls", message).at(origin));
    }

    /// What is in a file.
    pub(super) fn read(&mut self, path: &Path, origin: Origin, what: &str) -> Option<&'a [u8]> {
        match self.documents.read(path) {
            Ok(content) => Some(content),
            Err(reason) => {
                let message = format!("cannot load {what} \"{}\": {reason}", path.display());
                self.report(origin, message);
                None
            }
        }
    }

    /// The certificates of a site that are issued while the program runs.
    pub(super) fn issued(&self, site: &Termination) -> Vec<Issued> {
        let of = |order: &OrderId| self.issued.get(usize::try_from(order.0).ok()?).cloned();
        site.orders.iter().filter_map(of).collect()
    }

    /// The passwords of a site's keys, one a line.
    pub(super) fn passwords(&mut self, site: &Termination) -> Vec<Vec<u8>> {
        let text = site.passwords.as_ref().and_then(|path| self.read(path, site.origin, "passwords"));
        let lines = text.unwrap_or_default().split(|byte| *byte == b'\n');
        let lines = lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
    }

    /// A certificate and key whose names have no variables.
    pub(super) fn identity(&mut self, files: &SiteIdentity, passwords: &[Vec<u8>]) -> Option<Identity> {
        let mut chain = self.content(&files.certificate, "certificate")?;
        if let Some(path) = &files.chain {
            chain.push(b'\n');
            chain.extend_from_slice(self.read(path, files.certificate.origin, "certificate chain")?);
        }
        let key = self.content(&files.key, "certificate key")?;
        let error = match Identity::from_pem(&chain, &key, passwords) {
            Ok(identity) => return Some(identity),
            Err(error) => error,
        };
        let (what, template) = match error {
            IdentityError::Certificate(_) | IdentityError::Malformed(_) => ("certificate", &files.certificate),
            IdentityError::Key(_) | IdentityError::UnusableKey(_) | IdentityError::Mismatch => {
                ("certificate key", &files.key)
            }
        };
        self.report(template.origin, format!("cannot load {what} \"{}\": {error}", template.as_file_name()));
        None
    }

    /// The content of the file that a text names, or the text itself.
    fn content(&mut self, template: &Template, what: &str) -> Option<Vec<u8>> {
        let text = template.as_text()?;
        match text.strip_prefix("data:") {
            Some(data) => Some(data.as_bytes().to_vec()),
            None => self.read(Path::new(text), template.origin, what).map(<[u8]>::to_vec),
        }
    }

    pub(super) fn clients(&mut self, rule: &ClientCertificates, origin: Origin) -> Option<Believing> {
        let announced = rule.announced.iter().map(AsRef::as_ref);
        let mut subjects = self.trust(announced, &[], origin)?.subjects();
        subjects.sort();
        subjects.dedup();
        let files = rule.authorities.iter().map(AsRef::as_ref);
        let trust = self.trust(files, &rule.revoked, origin)?;
        let check = rule.check.clone().map(|check| (Arc::new(check), self.stores.inquiries.clone()));
        Some(Believing { trust, depth: rule.depth, subjects, check })
    }

    /// The authorities of these files, and what they revoked.
    fn trust<'p>(
        &mut self,
        files: impl IntoIterator<Item = &'p Path>,
        revoked: &[PathBuf],
        origin: Origin,
    ) -> Option<Trust> {
        let mut anchors = Vec::new();
        for path in files {
            let text = self.read(path, origin, "certificate")?;
            match pem::certificates(text) {
                Ok(found) => anchors.extend(found),
                Err(error) => self.report(origin, format!("cannot load certificate \"{}\": {error}", path.display())),
            }
        }
        let mut trust = Trust::new(anchors);
        let mut lists = Vec::new();
        for path in revoked {
            let text = self.read(path, origin, "CRL")?;
            match pem::revocation_lists(text) {
                Ok(found) => lists.extend(found),
                Err(error) => self.report(origin, format!("cannot load CRL \"{}\": {error}", path.display())),
            }
        }
        if !lists.is_empty() {
            trust = trust.and_then(|trust| trust.with_revoked(&lists));
        }
        trust.map_err(|failure| self.report(origin, format!("clients' authorities cannot be used: {failure}"))).ok()
    }
}
