//! Whether a chain of certificates can be believed, by OpenSSL's rules and in its words, as operators know them from nginx.
//!
//! Beyond what the public web needs it takes what private networks have: a certificate that is its own authority, X.509
//! version 1, names in the subject only, a depth.

mod certificate;
mod constraints;
mod extensions;
mod names;
mod path;
mod rejected;
mod revocation;

use std::collections::HashMap;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use x509_parser::certificate::X509Certificate;

pub(crate) use certificate::{canonical, is_in_time, is_issued_by, is_signed_by, parse, public_key};
pub use names::matches_name;
use path::Search;
pub use rejected::Rejected;
use revocation::RevocationList;

/// What a certificate must be good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To prove a server.
    Server,
    /// To prove a client.
    Client,
}

/// Whose certificates are trusted, and which are revoked.
#[derive(Default, Debug)]
pub struct Trust {
    /// By the subject's canonical name.
    anchors: HashMap<Vec<u8>, Vec<CertificateDer<'static>>>,
    /// `None`: nobody asks what is revoked.
    revoked: Option<Vec<RevocationList>>,
}

/// Why trust could not be made ready.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustFailure {
    /// A certificate cannot be read.
    #[error("certificate {0} in it cannot be read")]
    Certificate(usize),
    /// A list cannot be read.
    #[error("revocation list {0} in it cannot be read")]
    List(usize),
}

impl Trust {
    /// Trusts these authorities.
    ///
    /// # Errors
    /// When one cannot be read; counted from 1.
    pub fn new(anchors: Vec<CertificateDer<'static>>) -> Result<Self, TrustFailure> {
        let mut trust = Self::default();
        for (index, anchor) in anchors.into_iter().enumerate() {
            let subject = parse(&anchor).map(|parsed| canonical(parsed.subject()));
            let subject = subject.ok_or(TrustFailure::Certificate(index + 1))?;
            trust.anchors.entry(subject).or_default().push(anchor);
        }
        Ok(trust)
    }

    /// Asks of every certificate whether it was revoked: its issuer must have a list among these.
    ///
    /// # Errors
    /// When a list cannot be read; counted from 1.
    pub fn with_revoked(mut self, lists: &[CertificateRevocationListDer<'static>]) -> Result<Self, TrustFailure> {
        let list = |(index, list)| RevocationList::new(list).ok_or(TrustFailure::List(index + 1));
        self.revoked = Some(lists.iter().enumerate().map(list).collect::<Result<_, _>>()?);
        Ok(self)
    }

    /// The subjects of the trusted authorities, as DER: what a server tells its clients.
    pub fn subjects(&self) -> Vec<Vec<u8>> {
        let anchors = self.anchors.values().flatten().filter_map(parse);
        anchors.map(|anchor| anchor.subject().as_raw().to_vec()).collect()
    }

    /// Whether the first of `presented` can be believed now. Between it and its authority may stand `depth` others.
    ///
    /// # Errors
    /// Why not.
    pub fn verify(
        &self,
        presented: &[CertificateDer<'_>],
        depth: u32,
        purpose: Purpose,
        now: UnixTime,
    ) -> Result<(), Rejected> {
        self.verify_path(presented, depth, purpose, now, |_| ())
    }

    /// The same, and what is made of the path from the first to its authority.
    ///
    /// # Errors
    /// Why it cannot be believed.
    pub(crate) fn verify_path<T>(
        &self,
        presented: &[CertificateDer<'_>],
        depth: u32,
        purpose: Purpose,
        now: UnixTime,
        made: impl FnOnce(&[X509Certificate<'_>]) -> T,
    ) -> Result<T, Rejected> {
        let parsed: Option<Vec<_>> = presented.iter().map(parse).collect();
        let parsed = parsed.filter(|parsed| !parsed.is_empty()).ok_or(Rejected::Malformed)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let path = Search::new(self, &parsed, depth, now).run()?;
        extensions::check(&path, purpose)?;
        constraints::check(&path)?;
        if let Some(lists) = &self.revoked {
            revocation::check(&path, lists, now)?;
        }
        // As OpenSSL reports them: the authority's first.
        path.iter().rev().try_for_each(|certificate| certificate::check_time(certificate, now))?;
        Ok(made(&path))
    }

    /// The authorities of this name.
    fn named(&self, name: &[u8]) -> impl Iterator<Item = X509Certificate<'_>> {
        self.anchors.get(name).into_iter().flatten().filter_map(parse)
    }

    fn contains(&self, certificate: &X509Certificate<'_>) -> bool {
        let known = self.anchors.get(&canonical(certificate.subject()));
        known.is_some_and(|known| known.iter().any(|anchor| anchor.as_ref() == certificate.as_raw()))
    }
}

/// Whether a certificate's time has come and is not over.
///
/// # Errors
/// Why not.
pub(crate) fn check_time(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Rejected> {
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    parse(certificate).ok_or(Rejected::Malformed).and_then(|parsed| certificate::check_time(&parsed, now))
}

#[cfg(test)]
mod tests;
