//! What authorities took back: lists of revoked certificates (RFC 5280 §5).

use std::collections::HashSet;
use std::sync::OnceLock;

use rustls::pki_types::CertificateRevocationListDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::Rejected;
use super::certificate::{canonical, is_signed_by};

/// A list, made ready.
#[derive(Debug)]
pub(super) struct RevocationList {
    issuer: Vec<u8>,
    list: CertificateRevocationListDer<'static>,
    serials: HashSet<Vec<u8>>,
    from: i64,
    until: Option<i64>,
    understood: bool,
    /// The key that made its signature, once one was found.
    signer: OnceLock<Vec<u8>>,
}

impl RevocationList {
    /// Reads a list.
    pub(super) fn new(list: &CertificateRevocationListDer<'static>) -> Option<Self> {
        let (_, parsed) = CertificateRevocationList::from_der(list).ok()?;
        let extensions = parsed.extensions().iter();
        Some(Self {
            issuer: canonical(parsed.issuer()),
            serials: parsed.iter_revoked_certificates().map(|revoked| revoked.raw_serial().to_vec()).collect(),
            from: parsed.last_update().timestamp(),
            until: parsed.next_update().map(|time| time.timestamp()),
            // A part of a list, or one of others' certificates, says so in a critical extension.
            understood: extensions.clone().all(|extension| {
                !extension.critical || matches!(extension.parsed_extension(), ParsedExtension::CRLNumber(_))
            }),
            list: list.clone(),
            signer: OnceLock::new(),
        })
    }

    fn is_signed_by(&self, issuer: &X509Certificate<'_>) -> bool {
        let key = issuer.public_key();
        if self.signer.get().is_some_and(|signer| signer == key.raw) {
            return true;
        }
        let signed = is_signed_by(&self.list, key);
        if signed {
            // Another key may have been found meanwhile: then this one is looked at again the next time.
            let _ = self.signer.set(key.raw.to_vec());
        }
        signed
    }

    fn check(&self, certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>, now: i64) -> Result<(), Rejected> {
        let usage = issuer.key_usage().map_err(|_| Rejected::NoListSigning)?;
        if usage.is_some_and(|usage| !usage.value.crl_sign()) {
            return Err(Rejected::NoListSigning);
        }
        if !self.is_signed_by(issuer) {
            return Err(Rejected::BadListSignature);
        }
        if !self.understood {
            return Err(Rejected::UnknownCriticalInList);
        }
        if now < self.from {
            return Err(Rejected::ListNotYetValid);
        }
        if self.serials.contains(certificate.raw_serial()) {
            return Err(Rejected::Revoked);
        }
        if self.until.is_some_and(|until| now > until) { Err(Rejected::ListExpired) } else { Ok(()) }
    }
}

/// Asks of every certificate of a path, the authority's own too, whether its issuer took it back. Of several answers the last is
/// told, as nginx does it.
pub(super) fn check(path: &[X509Certificate<'_>], lists: &[RevocationList], now: i64) -> Result<(), Rejected> {
    let mut last = Ok(());
    for (index, certificate) in path.iter().enumerate() {
        // The last is its own issuer.
        let issuer = path.get(index + 1).unwrap_or(certificate);
        let name = canonical(certificate.issuer());
        let mut outcome = Err(Rejected::NoList);
        for list in lists.iter().filter(|list| list.issuer == name) {
            match list.check(certificate, issuer, now) {
                Err(Rejected::Revoked) => {
                    outcome = Err(Rejected::Revoked);
                    break;
                }
                Ok(()) => outcome = Ok(()),
                // Another list may be newer, or of another key.
                Err(why) => outcome = outcome.or(Err(why)),
            }
        }
        last = outcome.and(last);
    }
    last
}
