//! Certificates, keys and revocation lists from the files that name them.

mod encrypted;

use pem::Pem;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Why a text does not hold what it should.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PemError {
    /// The text is not PEM.
    #[error("it is not in PEM format: {0}")]
    Malformed(String),
    /// There is nothing of the kind in it.
    #[error("it holds no {0}")]
    Missing(&'static str),
    /// It needs a password.
    #[error("the key is encrypted, and no password is given")]
    PasswordMissing,
    /// None of the passwords fits.
    #[error("none of the passwords opens the key")]
    PasswordWrong,
    /// The way it was encrypted is not known.
    #[error("the key is encrypted in a way that is not known: {0}")]
    UnknownEncryption(String),
    /// The key's kind is not known.
    #[error("a key in the form \"{0}\" is not known")]
    UnknownKey(String),
}

/// The certificates of `text`, in their order.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let found: Vec<_> = blocks(text, |tag| matches!(tag, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"))?
        .into_iter()
        .map(|block| CertificateDer::from(bare(block.into_contents())))
        .collect();
    if found.is_empty() { Err(PemError::Missing("certificate")) } else { Ok(found) }
}

/// A certificate alone: what OpenSSL writes behind one that it trusts is cut off.
fn bare(mut contents: Vec<u8>) -> Vec<u8> {
    if let Ok((rest, _)) = X509Certificate::from_der(&contents) {
        let length = contents.len() - rest.len();
        contents.truncate(length);
    }
    contents
}

/// The revocation lists of `text`.
pub fn revocation_lists(text: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, PemError> {
    let found: Vec<_> = blocks(text, |tag| tag == "X509 CRL")?
        .into_iter()
        .map(|block| CertificateRevocationListDer::from(block.into_contents()))
        .collect();
    if found.is_empty() { Err(PemError::Missing("revocation list")) } else { Ok(found) }
}

/// The first private key of `text`; one that is encrypted is opened with the first of `passwords` that fits.
pub fn private_key(text: &[u8], passwords: &[Vec<u8>]) -> Result<PrivateKeyDer<'static>, PemError> {
    let mut keys = blocks(text, |tag| tag.ends_with("PRIVATE KEY"))?.into_iter();
    let block = keys.next().ok_or(PemError::Missing("private key"))?;
    let is_traditional = block.headers().get("Proc-Type").is_some_and(|kind| kind.contains("ENCRYPTED"));
    let (tag, contents) = if is_traditional {
        (block.tag().to_owned(), encrypted::traditional(&block, passwords)?)
    } else if block.tag() == "ENCRYPTED PRIVATE KEY" {
        ("PRIVATE KEY".to_owned(), encrypted::pkcs8(block.contents(), passwords)?)
    } else {
        (block.tag().to_owned(), block.into_contents())
    };
    match tag.as_str() {
        "PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs8(contents.into())),
        "RSA PRIVATE KEY" => Ok(PrivateKeyDer::Pkcs1(contents.into())),
        "EC PRIVATE KEY" => Ok(PrivateKeyDer::Sec1(contents.into())),
        _ => Err(PemError::UnknownKey(tag)),
    }
}

/// The blocks of `text` whose tag is wanted. What stands between blocks, and what is wrong in others, does not matter.
fn blocks(text: &[u8], wanted: impl Fn(&str) -> bool) -> Result<Vec<Pem>, PemError> {
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    for (tag, block) in sections(&text) {
        if wanted(tag) {
            found.push(pem::parse(block).map_err(|error| PemError::Malformed(error.to_string()))?);
        }
    }
    Ok(found)
}

/// Each block of `text` with its tag, from its first line to its last.
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    const BEGIN: &str = "-----BEGIN ";
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(BEGIN)?;
        let block = rest.get(start..)?;
        let (tag, _) = block.get(BEGIN.len()..)?.split_once("-----")?;
        let last = format!("-----END {tag}-----");
        let end = block.find(&last).map_or(block.len(), |at| at + last.len());
        let (found, after) = block.split_at_checked(end)?;
        rest = after;
        Some((tag, found))
    })
}
