//! Asking authorities whether certificates still stand (RFC 6960).

use crate::Resolver;
use serde::{Deserialize, Serialize};
use std::net::Ipv6Addr;
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
    /// About which certificates.
    pub reach: Reach,
    /// Who is asked; `None`: as each certificate says.
    pub responder: Option<Responder>,
    /// What is known is kept; `None`: it is asked for each handshake.
    pub kept: Option<KeptAnswers>,
    /// Who knows the responder's address.
    pub names: ResponderNames,
}

/// About which certificates of a client authorities are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Reach {
    /// The client's own.
    Leaf,
    /// All up to the authority's own.
    Chain,
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

/// Whether somebody can be asked at a URL about certificates, in the clear, with a path behind it (RFC 6960 appendix A.1).
///
/// # Errors
/// What is wrong with the URL.
pub fn check_responder(url: &str) -> Result<(), &'static str> {
    let (scheme, rest) = url.split_once("://").ok_or("invalid URL prefix")?;
    if !scheme.eq_ignore_ascii_case("http") || rest.is_empty() {
        return Err("invalid URL prefix");
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (host, port) = match authority.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    if host.is_empty() {
        return Err("no host");
    }
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_name = || host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    if !bracketed.map_or_else(is_name, |host| host.parse::<Ipv6Addr>().is_ok()) {
        return Err("invalid host");
    }
    if port.is_some_and(|port| !port.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(port.parse(), Ok(1u16..))) {
        return Err("invalid port");
    }
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    if path.bytes().all(is_part) { Ok(()) } else { Err("invalid path") }
}

impl ResponderNames {
    /// Who knows them without name servers, where clients' certificates are asked about: the system knows what the operator
    /// wrote, and nobody what certificates say.
    pub fn for_clients(responder: Option<&Responder>) -> Self {
        if responder.is_some_and(|responder| responder.always) { Self::System } else { Self::Nobody }
    }

    /// These name servers, or else this.
    pub fn of(resolver: Option<Resolver>, otherwise: Self) -> Self {
        // Where it was written makes no difference.
        let plain = resolver.map(|resolver| Resolver { origin: diagnostic::Origin::default(), ..resolver });
        plain.map_or(otherwise, Self::Servers)
    }
}

#[cfg(test)]
mod tests {
    use super::check_responder;

    #[test]
    fn responders_are_asked_in_the_clear_and_in_a_path() {
        for url in ["http://a.example", "http://[::1]:80/x", "HTTP://a_b/", "http://127.0.0.1:65535/a%20b/~c"] {
            assert_eq!(check_responder(url), Ok(()), "{url}");
        }
        for (url, why) in [
            ("https://a.example/", "invalid URL prefix"),
            ("a.example", "invalid URL prefix"),
            ("http://", "invalid URL prefix"),
            ("http:///x", "no host"),
            ("http://:80/", "no host"),
            ("http://a b/", "invalid host"),
            ("http://user@a/", "invalid host"),
            ("http://[::1/", "invalid host"),
            ("http://[a]/", "invalid host"),
            ("http://a:/", "invalid port"),
            ("http://a:0/", "invalid port"),
            ("http://a:+1/", "invalid port"),
            ("http://a:99999/", "invalid port"),
            ("http://a/b c", "invalid path"),
            ("http://a?b", "invalid path"),
            ("http://a/#b", "invalid path"),
        ] {
            assert_eq!(check_responder(url), Err(why), "{url}");
        }
    }
}
