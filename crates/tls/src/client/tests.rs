//! What is left to speak, and the name that a server is told.

use super::*;

fn spoken(v1_2: bool, v1_3: bool, suites: Option<Vec<u16>>) -> Result<ClientRules, NothingSpoken> {
    ClientRules::new(&Spoken { v1_2, v1_3, suites }, Belief::default(), true)
}

#[test]
fn something_must_be_left_to_speak() {
    let suite = u16::from(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256);
    assert!(spoken(true, true, None).is_ok());
    assert!(spoken(false, true, Some(Vec::new())).is_ok(), "the suites are those of TLS 1.2");
    assert_eq!(spoken(false, false, None).unwrap_err(), NothingSpoken);
    assert_eq!(spoken(true, false, Some(Vec::new())).unwrap_err(), NothingSpoken);
    let rules = spoken(true, false, Some(vec![suite])).unwrap();
    let left: Vec<_> = rules.provider.cipher_suites.iter().filter(|suite| suite.tls13().is_none()).collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn addresses_are_not_told() {
    let told = |name: &str, told| matches!(server_name(name, told), ServerName::DnsName(_));
    assert!(told("example.com", true) && told("under_score", true));
    assert!(!told("example.com", false) && !told("127.0.0.1", true) && !told("::1", true) && !told("a b", true));
}
