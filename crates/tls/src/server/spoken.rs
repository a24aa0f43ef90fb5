//! Which suites and groups a site speaks.

use diagnostic::Diagnostic;
use model::Termination;
use rustls::crypto::CryptoProvider;
use rustls::{CipherSuite, SupportedCipherSuite};

use super::preparing::Preparing;
use crate::facts::cipher_name;
use crate::provider::provider;
use crate::{ciphers, groups};

impl Preparing<'_> {
    /// The cryptography that a site allows; `None`: nothing is left, for which there is a problem.
    pub(super) fn provider(&mut self, site: &Termination) -> Option<CryptoProvider> {
        let mut provider = CryptoProvider::clone(&provider());
        provider.cipher_suites = suites(site, &provider.cipher_suites);
        if provider.cipher_suites.is_empty() {
            let text = site.ciphers.as_deref().unwrap_or_default();
            let problem = Diagnostic::error("no-cipher", format!("none of the ciphers \"{text}\" is spoken"));
            let help = "allow TLS 1.3 too, or ciphers such as ECDHE-RSA-AES128-GCM-SHA256: `HIGH:!aNULL` has all that are spoken";
            self.problems.push(problem.at(site.origin).help(help));
            return None;
        }
        if let Some(text) = &site.groups {
            match groups::groups(text) {
                Ok(groups) if !groups.is_empty() => provider.kx_groups = groups,
                Ok(_) => {
                    let problem = Diagnostic::error("no-group", format!("none of the groups \"{text}\" is spoken"));
                    let help = "`X25519MLKEM768:X25519:prime256v1:secp384r1` has all that are spoken";
                    self.problems.push(problem.at(site.origin).help(help));
                }
                Err(name) => self.report(site.origin, format!("the group \"{name}\" is not known")),
            }
        }
        Some(provider)
    }
}

/// Those of TLS 1.3 first.
fn suites(site: &Termination, all: &[SupportedCipherSuite]) -> Vec<SupportedCipherSuite> {
    let is_modern = |suite: &SupportedCipherSuite| suite.tls13().is_some();
    let mut chosen: Vec<SupportedCipherSuite> = match &site.suites {
        Some(text) => {
            let named = |name: &str| all.iter().copied().find(|suite| cipher_name(*suite) == name);
            text.split(':').filter_map(named).filter(is_modern).collect()
        }
        None => all.iter().copied().filter(is_modern).collect(),
    };
    chosen.retain(|_| site.versions.v1_3);
    if site.versions.v1_2 {
        match &site.ciphers {
            Some(text) => {
                let numbered = |number| all.iter().copied().find(|suite| suite.suite() == CipherSuite::from(number));
                chosen.extend(ciphers::suites(text).into_iter().filter_map(numbered));
            }
            None => chosen.extend(all.iter().copied().filter(|suite| !is_modern(suite))),
        }
    }
    chosen
}
