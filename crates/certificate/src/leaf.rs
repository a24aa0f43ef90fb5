//! What a certificate says that was issued: how long it lives, for whom it is, and what its issuer knows it by.

use std::net::IpAddr;

use model::Identifier;
use tls::pem;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::account_key::encode;

/// A certificate that was issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Leaf {
    /// From when on it is valid, in seconds since the Unix epoch.
    pub(crate) begins: u64,
    /// Until when.
    pub(crate) ends: u64,
    /// What its issuer knows it by (RFC 9773 §4.1); `None`: it has no name of its key's.
    pub(crate) id: Option<String>,
    names: Vec<Identifier>,
}

impl Leaf {
    /// The first certificate of a chain in PEM.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn of(chain: &[u8]) -> Result<Self, String> {
        let chain = pem::certificates(chain).map_err(|error| error.to_string())?;
        Self::of_der(chain.first().ok_or("it is empty")?)
    }

    /// A certificate as DER.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(crate) fn of_der(certificate: &[u8]) -> Result<Self, String> {
        let (_, certificate) = X509Certificate::from_der(certificate).map_err(|error| error.to_string())?;
        let time = |time: i64| u64::try_from(time).unwrap_or(0);
        let mut leaf = Self {
            begins: time(certificate.validity().not_before.timestamp()),
            ends: time(certificate.validity().not_after.timestamp()),
            id: None,
            names: Vec::new(),
        };
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(authority) => {
                    let key = authority.key_identifier.as_ref();
                    leaf.id = key.map(|key| format!("{}.{}", encode(key.0), encode(certificate.raw_serial())));
                }
                ParsedExtension::SubjectAlternativeName(names) => {
                    leaf.names = names.general_names.iter().filter_map(identifier).collect();
                }
                _ => {}
            }
        }
        Ok(leaf)
    }

    /// Whether it is for all of these.
    pub(crate) fn is_for(&self, identifiers: &[Identifier]) -> bool {
        identifiers.iter().all(|identifier| self.names.contains(identifier))
    }
}

fn identifier(name: &GeneralName<'_>) -> Option<Identifier> {
    match name {
        GeneralName::DNSName(name) => Some(Identifier::Name(name.to_ascii_lowercase())),
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
            address.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from)).ok().map(Identifier::Address)
        }
        _ => None,
    }
}

/// Whether the topmost certificate of a chain was issued by the authority of this common name.
pub(crate) fn leads_to(chain: &[u8], authority: &str) -> bool {
    let Ok(chain) = pem::certificates(chain) else { return false };
    let Some((_, top)) = chain.last().and_then(|top| X509Certificate::from_der(top).ok()) else { return false };
    top.issuer().iter_common_name().any(|name| name.as_str() == Ok(authority))
}

#[cfg(test)]
impl Leaf {
    pub(crate) fn lasting(begins: u64, ends: u64) -> Self {
        Self { begins, ends, id: None, names: Vec::new() }
    }
}
