//! Showing an issuer that a name is ours.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use model::{Challenge, DnsChanger, Identifier};
use serde::Deserialize;
use tls::Proofs;
use tokio::time::sleep;

use crate::account_key::{AccountKey, encode};
use crate::dns::{self, Record};
use crate::failure::{Failure, Problem};
use crate::prepared::IssuerWork;
use crate::request;

/// A way that an issuer offers (RFC 8555 §8).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Offer {
    #[serde(rename = "type")]
    kind: String,
    url: String,
    #[serde(default)]
    token: String,
    /// What was wrong with it.
    pub(crate) error: Option<Problem>,
}

/// What can be shown.
pub(crate) struct Showing<'a> {
    pub(crate) work: &'a IssuerWork,
    pub(crate) proofs: &'a Proofs,
}

/// Something that is shown until it is withdrawn.
pub(crate) struct Shown<'a> {
    /// Where the issuer is told to look.
    pub(crate) url: String,
    proofs: &'a Proofs,
    what: What,
    /// The record of DNS, and what changes it.
    record: Option<(Record, &'a IssuerWork)>,
}

enum What {
    Text(String),
    Certificate(String),
    Record,
}

impl<'a> Showing<'a> {
    /// Shows that a name is ours, in the first way that both sides know.
    pub(crate) async fn show(&self, name: &str, offers: &[Offer], key: &AccountKey) -> Result<Shown<'a>, Failure> {
        let known = |way: &Challenge| offers.iter().find(|offer| offer.kind == kind(*way)).map(|offer| (*way, offer));
        let Some((way, offer)) = self.work.issuer.challenges.iter().find_map(known) else {
            let offered: Vec<&str> = offers.iter().map(|offer| offer.kind.as_str()).collect();
            let ways: Vec<&str> = self.work.issuer.challenges.iter().map(|way| kind(*way)).collect();
            let (ways, offered) = (ways.join(", "), offered.join(", "));
            return Err(Failure::Own(format!("the issuer does not take {ways} for \"{name}\" but {offered}")));
        };
        if !is_token(&offer.token) {
            return Err(Failure::Strange("a token with other characters than those of base64url".into()));
        }
        let authorization = key.authorization(&offer.token);
        let mut record = None;
        let (done, what) = match way {
            Challenge::Http => (self.proofs.show_text(&offer.token, &authorization), What::Text(offer.token.clone())),
            Challenge::TlsAlpn => {
                let identifier = name.parse().map_err(|_| Failure::Strange(format!("the name \"{name}\"")))?;
                let asked = asked_name(&identifier);
                let identity = request::proof(&identifier, &authorization)?;
                (self.proofs.show_certificate(&asked, &identity), What::Certificate(asked))
            }
            Challenge::Dns => {
                let value = encode(digest(&SHA256, authorization.as_bytes()).as_ref());
                let set = Record { name: name.to_owned(), value };
                self.set(&set).await?;
                record = Some((set, self.work));
                (true, What::Record)
            }
        };
        if !done {
            return Err(Failure::Own("too many names are being shown to be ours already".into()));
        }
        Ok(Shown { url: offer.url.clone(), proofs: self.proofs, what, record })
    }

    async fn set(&self, record: &Record) -> Result<(), Failure> {
        let Some(changes) = &self.work.issuer.dns else {
            return Err(Failure::Own("nothing is said of how records of DNS are changed".into()));
        };
        change(self.work, &changes.by, record, true).await?;
        sleep(changes.delay).await;
        Ok(())
    }
}

impl Shown<'_> {
    /// Shows it no longer.
    pub(crate) async fn withdraw(mut self) {
        if let Some((record, work)) = self.record.take()
            && let Some(changes) = &work.issuer.dns
            && let Err(failure) = change(work, &changes.by, &record, false).await
        {
            let text = format_args!("acme: {failure}, issuer \"{}\"", work.issuer.name);
            telemetry::error_log::process().log(telemetry::Level::Warning, text);
        }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        match &self.what {
            What::Text(token) => self.proofs.withdraw_text(token),
            What::Certificate(name) => self.proofs.withdraw_certificate(name),
            What::Record => {}
        }
    }
}

async fn change(work: &IssuerWork, by: &DnsChanger, record: &Record, set: bool) -> Result<(), Failure> {
    let outcome = match by {
        DnsChanger::Update(update) => dns::update(update, work.dns_key.as_ref(), record, set).await,
        DnsChanger::Command(words) => dns::hook(words, record, set).await,
    };
    outcome.map_err(|why| Failure::Dns { name: record.full_name(), why })
}

fn kind(way: Challenge) -> &'static str {
    match way {
        Challenge::Http => "http-01",
        Challenge::TlsAlpn => "tls-alpn-01",
        Challenge::Dns => "dns-01",
    }
}

/// RFC 8555 §8.1: nothing else may get into a path.
fn is_token(token: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=512).contains(&token.len()) && token.bytes().all(is_part)
}

/// What an issuer asks for in its handshake: a name, or that of an address (RFC 8738 §6).
fn asked_name(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Name(name) => name.clone(),
        Identifier::Address(IpAddr::V4(address)) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        Identifier::Address(IpAddr::V6(address)) => {
            let nibbles = address.octets().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
            let labels: Vec<String> = nibbles.rev().map(|nibble| format!("{nibble:x}")).collect();
            format!("{}.ip6.arpa", labels.join("."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_by_their_names() {
        let check = |text: &str, expected: &str| assert_eq!(asked_name(&text.parse().unwrap()), expected);
        check("example.org", "example.org");
        check("192.0.2.1", "1.2.0.192.in-addr.arpa");
        check("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    #[test]
    fn tokens_have_no_path_in_them() {
        assert!(is_token("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
        for token in ["", "../x", "a/b", "a b", "%2e"] {
            assert!(!is_token(token), "{token}");
        }
    }
}
