//! Cipher suites in OpenSSL's notation: which of those that are spoken with TLS 1.2 a text means, and in which order.

use rustls::{CipherSuite, SupportedCipherSuite};

use crate::facts::cipher_name;
use crate::provider::provider;

/// The suites of TLS 1.2 that `text` means, by their numbers, the preferred first. What is not spoken here is left out.
pub fn suites(text: &str) -> Vec<u16> {
    let known: Vec<_> = provider().cipher_suites.iter().copied().filter(|suite| suite.tls13().is_none()).collect();
    let mut chosen: Vec<CipherSuite> = Vec::new();
    let mut banned: Vec<CipherSuite> = Vec::new();
    for word in text.split([':', ',', ' ', ';']).filter(|word| !word.is_empty()) {
        let (sign, word) = match word.split_at_checked(1) {
            Some((sign @ ("!" | "-" | "+"), rest)) => (sign, rest),
            _ => ("", word),
        };
        let meant: Vec<_> =
            known.iter().filter(|suite| is_meant(**suite, word)).map(SupportedCipherSuite::suite).collect();
        match sign {
            "!" => banned.extend(&meant),
            "+" => {
                // Moved to the end, if they are there.
                let (moved, kept): (Vec<_>, Vec<_>) = chosen.iter().partition(|suite| meant.contains(suite));
                chosen = kept;
                chosen.extend(moved);
                continue;
            }
            "-" => {}
            _ => {
                let new = meant.iter().filter(|suite| !chosen.contains(suite) && !banned.contains(suite));
                let new: Vec<_> = new.copied().collect();
                chosen.extend(new);
                continue;
            }
        }
        chosen.retain(|suite| !meant.contains(suite));
    }
    chosen.into_iter().map(u16::from).collect()
}

/// Whether a word means a suite: its name, or properties of it joined by `+`.
fn is_meant(suite: SupportedCipherSuite, word: &str) -> bool {
    cipher_name(suite) == word || word.split('+').all(|property| has(cipher_name(suite), property))
}

/// What is said of suites in general; properties that none of ours has mean none.
fn has(name: &str, property: &str) -> bool {
    match property {
        "ALL" | "DEFAULT" | "HIGH" | "TLSv1.2" | "ECDHE" | "EECDH" | "kECDHE" | "kEECDH" | "ECDH" | "FIPS" => true,
        "ECDSA" | "aECDSA" => name.contains("-ECDSA-"),
        "aRSA" => name.contains("-RSA-"),
        "AES" => name.contains("AES"),
        "AESGCM" => name.contains("-GCM-"),
        "AES128" => name.contains("AES128"),
        "AES256" => name.contains("AES256"),
        "CHACHA20" => name.contains("CHACHA20"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let short = |number: &u16| {
            let all = provider();
            let found = all.cipher_suites.iter().find(|suite| u16::from(suite.suite()) == *number);
            cipher_name(*found.unwrap()).replace("ECDHE-", "")
        };
        suites(text).iter().map(short).collect()
    }

    #[test]
    fn a_text_chooses_and_orders() {
        assert_eq!(names("DEFAULT").len(), 6);
        assert_eq!(names("HIGH:!aNULL:!MD5").len(), 6);
        assert_eq!(
            names("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"),
            ["RSA-AES128-GCM-SHA256", "RSA-AES256-GCM-SHA384"]
        );
        assert_eq!(names("EECDH+AESGCM+aRSA:!AES128"), ["RSA-AES256-GCM-SHA384"]);
        assert_eq!(names("ALL:!ECDSA:!CHACHA20:+AES256").last().unwrap(), "RSA-AES256-GCM-SHA384");
        assert_eq!(names("ALL:!AES:AES128:-CHACHA20"), Vec::<String>::new(), "what is banned does not come back");
        assert_eq!(names("AES128-SHA:DES-CBC3-SHA:kRSA:DHE-RSA-AES256-SHA"), Vec::<String>::new());
        assert_eq!(names("foo"), Vec::<String>::new());
    }
}
