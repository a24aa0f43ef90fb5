//! What a client offers.

use rustls::server::ClientHello;
use rustls::{CipherSuite, NamedGroup, SupportedCipherSuite};

use crate::facts::{cipher_name, group_name};
use crate::provider::provider;

/// What a client offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offered {
    ciphers: Box<[CipherSuite]>,
    groups: Box<[NamedGroup]>,
}

impl Offered {
    pub(super) fn of(words: &ClientHello<'_>) -> Self {
        Self { ciphers: words.cipher_suites().into(), groups: words.named_groups().unwrap_or_default().into() }
    }

    /// OpenSSL's names of the cipher suites, `:` between them; those that are not spoken by their numbers.
    pub fn cipher_names(&self) -> String {
        let spoken = provider().cipher_suites.clone();
        let name = |suite: &CipherSuite| {
            let known: Option<&SupportedCipherSuite> = spoken.iter().find(|known| known.suite() == *suite);
            known.map_or_else(|| format!("0x{:04x}", u16::from(*suite)), |known| cipher_name(*known).to_owned())
        };
        // Neither the sign that nothing was renegotiated nor numbers that mean nothing (RFC 8701) are suites.
        let suites = self.ciphers.iter().filter(|suite| {
            **suite != CipherSuite::TLS_EMPTY_RENEGOTIATION_INFO_SCSV && !is_grease(u16::from(**suite))
        });
        suites.map(name).collect::<Vec<_>>().join(":")
    }

    /// OpenSSL's names of the groups, `:` between them; those that are not known by their numbers.
    pub fn group_names(&self) -> String {
        let name = |group: &NamedGroup| match group_name(*group) {
            "" => format!("0x{:04x}", u16::from(*group)),
            name => name.to_owned(),
        };
        let groups = self.groups.iter().filter(|group| !is_grease(u16::from(**group)));
        groups.map(name).collect::<Vec<_>>().join(":")
    }
}

/// 0x0a0a, 0x1a1a, …
fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}
