//! Keys, requests for certificates (RFC 2986), and certificates that only show a name (RFC 8737 §3).

use aws_lc_rs::digest::{SHA256, digest};
use model::{Identifier, KeyKind};
use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512, PKCS_RSA_SHA256, RsaKeySize, SanType,
};
use tls::Identity;

use crate::failure::Failure;

/// A new key.
pub(crate) fn new_key(kind: KeyKind) -> Result<KeyPair, Failure> {
    let made = match kind {
        KeyKind::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
        KeyKind::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
        KeyKind::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
        KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048),
        KeyKind::Rsa3072 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_3072),
        KeyKind::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
    };
    made.map_err(own)
}

/// A request for a certificate, as DER; `common_name`: the first name is its subject, too.
pub(crate) fn request(identifiers: &[Identifier], common_name: bool, key: &KeyPair) -> Result<Vec<u8>, Failure> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    for identifier in identifiers {
        params.subject_alt_names.push(subject(identifier)?);
    }
    let names = || identifiers.iter().filter(|identifier| matches!(identifier, Identifier::Name(_)));
    if let (true, Some(first)) = (common_name, names().next().or(identifiers.first())) {
        params.distinguished_name.push(DnType::CommonName, first.to_string());
    }
    Ok(params.serialize_request(key).map_err(own)?.der().to_vec())
}

/// The certificate that shows that a name is ours.
pub(crate) fn proof(identifier: &Identifier, authorization: &str) -> Result<Identity, Failure> {
    let key = new_key(KeyKind::P256)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.subject_alt_names.push(subject(identifier)?);
    let digest = digest(&SHA256, authorization.as_bytes());
    params.custom_extensions.push(CustomExtension::new_acme_identifier(digest.as_ref()));
    let certificate = params.self_signed(&key).map_err(own)?;
    let identity = Identity::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes(), &[]);
    identity.map_err(|error| Failure::Own(error.to_string()))
}

fn subject(identifier: &Identifier) -> Result<SanType, Failure> {
    Ok(match identifier {
        Identifier::Name(name) => SanType::DnsName(name.as_str().try_into().map_err(own)?),
        Identifier::Address(address) => SanType::IpAddress(*address),
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the form of what maps errors")]
fn own(error: rcgen::Error) -> Failure {
    Failure::Own(format!("a key or request cannot be made: {error}"))
}
