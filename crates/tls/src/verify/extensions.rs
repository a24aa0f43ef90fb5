//! What certificates say of their use (RFC 5280 §4.2.1).

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Version;

use super::certificate::is_self_issued;
use super::{Purpose, Rejected};

/// Looks at a path from the peer's certificate to its authority.
pub(super) fn check(path: &[X509Certificate<'_>], purpose: Purpose) -> Result<(), Rejected> {
    // Authorities between an issuer and the first certificate; those that renew themselves do not count.
    let mut between = 0;
    for (index, certificate) in path.iter().enumerate() {
        check_critical(certificate)?;
        check_extended_usage(certificate, purpose)?;
        if index == 0 {
            check_usage(certificate, purpose)?;
            continue;
        }
        let constraints = certificate.basic_constraints().map_err(|_| Rejected::NotAuthority)?;
        if !is_authority(certificate, constraints.as_ref().map(|constraints| constraints.value.ca))? {
            return Err(Rejected::NotAuthority);
        }
        let limit = constraints.and_then(|constraints| constraints.value.path_len_constraint);
        if limit.is_some_and(|limit| between > limit) {
            return Err(Rejected::PathLength);
        }
        between += u32::from(!is_self_issued(certificate));
    }
    Ok(())
}

fn check_critical(certificate: &X509Certificate<'_>) -> Result<(), Rejected> {
    let unknown = certificate.iter_extensions().any(|extension| {
        let understood = matches!(
            extension.parsed_extension(),
            ParsedExtension::KeyUsage(_)
                | ParsedExtension::SubjectAlternativeName(_)
                | ParsedExtension::BasicConstraints(_)
                | ParsedExtension::CertificatePolicies(_)
                | ParsedExtension::PolicyMappings(_)
                | ParsedExtension::PolicyConstraints(_)
                | ParsedExtension::InhibitAnyPolicy(_)
                | ParsedExtension::CRLDistributionPoints(_)
                | ParsedExtension::ExtendedKeyUsage(_)
                | ParsedExtension::NameConstraints(_)
                | ParsedExtension::NSCertType(_)
        );
        let broken = matches!(extension.parsed_extension(), ParsedExtension::ParseError { .. });
        broken || (extension.critical && !understood)
    });
    if unknown { Err(Rejected::UnknownCritical) } else { Ok(()) }
}

/// What is said of extended use binds authorities too, as OpenSSL has it.
fn check_extended_usage(certificate: &X509Certificate<'_>, purpose: Purpose) -> Result<(), Rejected> {
    let usage = certificate.extended_key_usage().map_err(|_| Rejected::WrongPurpose)?;
    let fits = usage.is_none_or(|usage| match purpose {
        Purpose::Server => usage.value.server_auth,
        Purpose::Client => usage.value.client_auth,
    });
    if fits { Ok(()) } else { Err(Rejected::WrongPurpose) }
}

fn check_usage(certificate: &X509Certificate<'_>, purpose: Purpose) -> Result<(), Rejected> {
    let usage = certificate.key_usage().map_err(|_| Rejected::WrongPurpose)?;
    let fits = usage.is_none_or(|usage| {
        let signs = usage.value.digital_signature() || usage.value.key_agreement();
        signs || (purpose == Purpose::Server && usage.value.key_encipherment())
    });
    if fits { Ok(()) } else { Err(Rejected::WrongPurpose) }
}

/// A version 1 certificate can say nothing of it: it is one if it is its own issuer.
fn is_authority(certificate: &X509Certificate<'_>, says: Option<bool>) -> Result<bool, Rejected> {
    let usage = certificate.key_usage().map_err(|_| Rejected::NotAuthority)?;
    let signs = usage.map(|usage| usage.value.key_cert_sign());
    Ok(match (says, signs) {
        (_, Some(false)) | (Some(false), _) => false,
        (Some(true), _) | (None, Some(true)) => true,
        (None, None) => certificate.version() == X509Version::V1 && is_self_issued(certificate),
    })
}
