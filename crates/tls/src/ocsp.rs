//! Whether a certificate still stands, as its issuer says (RFC 6960): the question, and what an answer is worth.

mod answer;
mod reading;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP;

use crate::verify::{is_issued_by, parse};

pub use answer::{Answer, Standing, Unusable, Voucher};

/// Bytes of a SHA-1, by which certificates are named (RFC 5019 §2.1.1).
const DIGEST: usize = 20;
/// `SEQUENCE { OBJECT IDENTIFIER sha1, NULL }`
const SHA1: [u8; 11] = [0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];

const INTEGER: u8 = 2;
const OCTETS: u8 = 4;
const SEQUENCE: u8 = 0x30;

/// What a certificate is called in questions and answers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CertificateId {
    /// The digest of its issuer's name.
    issuer: [u8; DIGEST],
    /// The digest of its issuer's key.
    key: [u8; DIGEST],
    serial: Box<[u8]>,
}

/// A certificate that is asked about.
#[derive(Clone, Debug)]
pub struct Inquiry {
    id: CertificateId,
    issuer: CertificateDer<'static>,
    responder: Option<String>,
}

impl Inquiry {
    /// About a certificate whose issuer is the first of these that signed it.
    ///
    /// # Errors
    /// When the certificate cannot be read, or none of them signed it.
    pub fn new(certificate: &CertificateDer<'_>, issuers: &[CertificateDer<'_>]) -> Result<Self, NoInquiry> {
        let parsed = parse(certificate).ok_or(NoInquiry::Malformed)?;
        let mut issuers = issuers.iter().filter_map(parse);
        let issuer = issuers.find(|issuer| is_issued_by(&parsed, issuer)).ok_or(NoInquiry::NoIssuer)?;
        Ok(Self::of(&parsed, &issuer))
    }

    /// About a certificate that this one issued.
    pub(crate) fn of(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Self {
        let id = CertificateId {
            issuer: sha1(certificate.issuer().as_raw()),
            key: sha1(&issuer.public_key().subject_public_key.data),
            serial: certificate.raw_serial().into(),
        };
        let issuer = CertificateDer::from(issuer.as_raw().to_vec());
        Self { id, issuer, responder: responder(certificate) }
    }

    /// What the certificate is called.
    pub fn id(&self) -> &CertificateId {
        &self.id
    }

    /// The URL of who is to be asked, if the certificate names one (RFC 5280 §4.2.2.1).
    pub fn responder(&self) -> Option<&str> {
        self.responder.as_deref()
    }

    /// The question, as DER: without a nonce, so that answers can be made beforehand (RFC 5019 §4).
    pub fn request(&self) -> Vec<u8> {
        let CertificateId { issuer, key, serial } = &self.id;
        let id = element(
            SEQUENCE,
            &[&SHA1, &element(OCTETS, &[issuer]), &element(OCTETS, &[key]), &element(INTEGER, &[serial])],
        );
        // A request in a list of requests in what could be signed in what is sent.
        (0..4).fold(id, |inner, _| element(SEQUENCE, &[&inner]))
    }
}

/// Why nobody can be asked about a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoInquiry {
    /// It cannot be read.
    #[error("the certificate cannot be read")]
    Malformed,
    /// Its issuer is not known.
    #[error("the certificate of its issuer is not known")]
    NoIssuer,
}

fn responder(certificate: &X509Certificate<'_>) -> Option<String> {
    certificate.iter_extensions().find_map(|extension| {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { return None };
        access.iter().find_map(|access| match &access.access_location {
            GeneralName::URI(url) if access.access_method == OID_PKIX_ACCESS_DESCRIPTOR_OCSP => Some((*url).to_owned()),
            _ => None,
        })
    })
}

fn sha1(bytes: &[u8]) -> [u8; DIGEST] {
    let mut found = [0; DIGEST];
    found.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    found
}

/// A tag, a length, and these one after the other (X.690 §8.1).
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let bytes = length.to_be_bytes();
    let digits = bytes.iter().position(|byte| *byte != 0).and_then(|first| bytes.get(first..)).unwrap_or(&[0]);
    let mut out = vec![tag];
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0));
    }
    out.extend_from_slice(digits);
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

#[cfg(test)]
mod tests;
