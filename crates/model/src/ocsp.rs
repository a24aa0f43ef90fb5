//! Asking authorities whether certificates still stand (RFC 6960).

use crate::Resolver;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Who knows the addresses of those who are asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum ResponderNames {
    /// The system.
    System,
    /// Nobody: only those are asked whose address is their name.
    Nobody,
    /// Name servers.
    Servers(Resolver),
}

/// How an answer about a site's own certificate is had.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FetchedStaple {
    /// The URL of who is asked; `None`: as the certificate says.
    pub responder: Option<String>,
    /// Only an answer is taken that the certificate's issuer signed, or whom that authorised.
    pub verified: bool,
    /// Files with certificates, in PEM, among which the issuer is looked for that the chain does not have.
    pub trusted: Vec<PathBuf>,
    /// Who knows the responder's address.
    pub names: ResponderNames,
}

/// How authorities are asked about clients' certificates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RevocationCheck {
    /// About all certificates up to the authority's own, not the client's only.
    pub whole_chain: bool,
    /// Who is asked; `None`: as each certificate says.
    pub responder: Option<Responder>,
    /// What is known is kept; `None`: it is asked for each handshake.
    pub kept: Option<KeptAnswers>,
    /// Who knows the responder's address.
    pub names: ResponderNames,
}

/// Who is asked about certificates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Responder {
    /// Its URL.
    pub url: String,
    /// It is asked about certificates, too, that name another.
    pub always: bool,
}

/// A store of answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptAnswers {
    /// Sites that name the same one share it.
    pub name: String,
    /// Most answers in it.
    pub size: u32,
}

impl ResponderNames {
    /// These name servers, or else this.
    pub fn of(resolver: Option<Resolver>, otherwise: Self) -> Self {
        // Where it was written makes no difference.
        let plain = resolver.map(|resolver| Resolver { origin: diagnostic::Origin::default(), ..resolver });
        plain.map_or(otherwise, Self::Servers)
    }
}
