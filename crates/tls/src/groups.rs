//! Groups for the exchange of keys, in OpenSSL's notation.

use rustls::NamedGroup;
use rustls::crypto::{SupportedKxGroup, aws_lc_rs};

/// Names that OpenSSL gives groups; those without a number are not spoken here.
const NAMES: [(&str, Option<NamedGroup>); 18] = [
    ("P-256", Some(NamedGroup::secp256r1)),
    ("P-384", Some(NamedGroup::secp384r1)),
    ("P-521", None),
    ("SecP256r1MLKEM768", Some(NamedGroup::secp256r1MLKEM768)),
    ("SecP384r1MLKEM1024", None),
    ("X25519", Some(NamedGroup::X25519)),
    ("X25519MLKEM768", Some(NamedGroup::X25519MLKEM768)),
    ("X448", None),
    ("brainpoolP256r1", None),
    ("brainpoolP384r1", None),
    ("brainpoolP512r1", None),
    ("ffdhe2048", None),
    ("ffdhe3072", None),
    ("ffdhe4096", None),
    ("prime256v1", Some(NamedGroup::secp256r1)),
    ("secp256r1", Some(NamedGroup::secp256r1)),
    ("secp384r1", Some(NamedGroup::secp384r1)),
    ("secp521r1", None),
];

/// The groups that `text` names, the preferred first; what is not spoken here is left out.
///
/// # Errors
/// A name that is none.
pub(crate) fn groups(text: &str) -> Result<Vec<&'static dyn SupportedKxGroup>, String> {
    let mut chosen: Vec<&'static dyn SupportedKxGroup> = Vec::new();
    for word in text.split([':', '/']).filter(|word| !word.is_empty()) {
        // A group whose key is sent at once, and one that need not be known.
        let name = word.trim_start_matches(['*', '?']);
        let known = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let Some((_, group)) = known else {
            if word.starts_with('?') || word == "DEFAULT" {
                continue;
            }
            return Err(name.to_owned());
        };
        let found = group.and_then(|group| aws_lc_rs::ALL_KX_GROUPS.iter().find(|known| known.name() == group));
        if let Some(found) = found.filter(|found| !chosen.iter().any(|known| known.name() == found.name())) {
            chosen.push(*found);
        }
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<NamedGroup>, String> {
        Ok(groups(text)?.iter().map(|group| group.name()).collect())
    }

    #[test]
    fn names_of_openssl_are_known() {
        assert_eq!(names("X25519:prime256v1:P-256"), Ok(vec![NamedGroup::X25519, NamedGroup::secp256r1]));
        assert_eq!(names("*X25519MLKEM768 / ?unknown".replace(' ', "").as_str()), Ok(vec![NamedGroup::X25519MLKEM768]));
        assert_eq!(names("secp521r1"), Ok(Vec::new()));
        assert_eq!(names("prime"), Err("prime".to_owned()));
    }
}
