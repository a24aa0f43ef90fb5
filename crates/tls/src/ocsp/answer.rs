//! What an answer says of a certificate, and whether it may be believed (RFC 6960 §3.2).

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use super::reading::{Basic, Responder, response};
use super::{Inquiry, sha1};
use crate::verify::{canonical, is_in_time, is_issued_by, is_signed_by, parse};

/// Clocks may differ by so many seconds.
const SKEW: i64 = 300;
/// Certificates that come with an answer and are looked at.
const MOST_SIGNERS: usize = 8;

/// What is known of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was not revoked.
    Good,
    /// It was revoked.
    Revoked,
    /// Its issuer does not know it.
    Unknown,
}

/// Who may have signed an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Voucher {
    /// The certificate's issuer, or whom it authorised to.
    Issuer,
    /// Anybody whose certificate is with it: whoever gets the answer looks at it again.
    Anybody,
}

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answer {
    /// What is known of the certificate.
    pub standing: Standing,
    /// Until when that is so, in seconds since the Unix epoch; `None`: there may be news at any time.
    pub until: Option<u64>,
}

/// Why an answer is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unusable {
    /// It is not made as it should be.
    #[error("its answer cannot be read")]
    Malformed,
    /// The responder has none.
    #[error("it has no answer ({0})")]
    None(&'static str),
    /// It is about other certificates.
    #[error("its answer is about other certificates")]
    AboutOthers,
    /// Nobody who may say so has signed it.
    #[error("its answer is not signed by the certificate's issuer or for it")]
    Unsigned,
    /// Its time has not come.
    #[error("its answer is not yet valid")]
    NotYetValid,
    /// Its time is over.
    #[error("its answer has expired")]
    Expired,
}

impl Inquiry {
    /// Reads an answer; `now`: in seconds since the Unix epoch.
    ///
    /// # Errors
    /// Why it says nothing of the certificate.
    pub fn read(&self, der: &[u8], voucher: Voucher, now: u64) -> Result<Answer, Unusable> {
        let response = response(der).ok_or(Unusable::Malformed)?;
        if response.status != 0 {
            return Err(Unusable::None(reason(response.status)));
        }
        let basic = response.basic.ok_or(Unusable::Malformed)?;
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        if !self.is_vouched_for(&basic, voucher, now) {
            return Err(Unusable::Unsigned);
        }
        let single = basic.singles.iter().find(|single| single.is_about(&self.id)).ok_or(Unusable::AboutOthers)?;
        if single.from > now.saturating_add(SKEW) {
            return Err(Unusable::NotYetValid);
        }
        if single.until.is_some_and(|until| until < now.saturating_sub(SKEW).max(single.from)) {
            return Err(Unusable::Expired);
        }
        let standing = match single.status {
            0 => Standing::Good,
            1 => Standing::Revoked,
            _ => Standing::Unknown,
        };
        Ok(Answer { standing, until: single.until.map(|until| u64::try_from(until).unwrap_or(0)) })
    }

    fn is_vouched_for(&self, basic: &Basic<'_>, voucher: Voucher, now: i64) -> bool {
        let Some(issuer) = parse(&self.issuer) else { return false };
        if basic.responder.is(&issuer) && is_signed_by(basic.whole, issuer.public_key()) {
            return true;
        }
        basic.certificates.iter().take(MOST_SIGNERS).filter_map(read).any(|signer| {
            let may = voucher == Voucher::Anybody || is_authorised(&signer, &issuer, now);
            may && basic.responder.is(&signer) && is_signed_by(basic.whole, signer.public_key())
        })
    }
}

fn read<'a>(certificate: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    parse(certificate)
}

impl Responder<'_> {
    fn is(&self, certificate: &X509Certificate<'_>) -> bool {
        match self {
            Self::Name(name) => {
                X509Name::from_der(name).is_ok_and(|(_, name)| canonical(&name) == canonical(certificate.subject()))
            }
            Self::Key(key) => sha1(&certificate.public_key().subject_public_key.data) == **key,
        }
    }
}

/// Whether an issuer let this one answer in its place (RFC 6960 §4.2.2.2).
fn is_authorised(signer: &X509Certificate<'_>, issuer: &X509Certificate<'_>, now: i64) -> bool {
    let usage = signer.extended_key_usage().ok().flatten();
    usage.is_some_and(|usage| usage.value.ocsp_signing) && is_in_time(signer, now) && is_issued_by(signer, issuer)
}

/// RFC 6960 §4.2.1.
fn reason(status: u8) -> &'static str {
    match status {
        1 => "malformedRequest",
        2 => "internalError",
        3 => "tryLater",
        5 => "sigRequired",
        6 => "unauthorized",
        _ => "for no reason that is known",
    }
}
