//! Passwords against their hashes, in the forms that files of users hold.

mod des_crypt;
mod md5_crypt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha_crypt::PasswordVerifier as _;
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;

/// Bytes of a SHA-1 digest.
const SHA1_LENGTH: usize = 20;

/// How a hash is made, as its beginning tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scheme {
    /// `{PLAIN}`: no hash at all.
    Plain,
    /// `{SHA}`: SHA-1 of the password.
    Sha1,
    /// `{SSHA}`: SHA-1 of the password and a salt (RFC 2307).
    SaltedSha1,
    /// `$apr1$` and `$1$`: a thousand rounds of MD5.
    Md5,
    /// `$2a$`, `$2b$`, `$2y$`: bcrypt.
    Bcrypt,
    /// `$5$` and `$6$`: SHA-256 and SHA-512, thousands of rounds.
    Sha2,
    /// Thirteen letters: DES, as the first Unix systems did it.
    Des,
    /// Something else: nothing verifies.
    Unknown,
}

impl Scheme {
    /// The scheme of a hash.
    pub fn of(hash: &[u8]) -> Self {
        const BEGINNINGS: [(&[u8], Scheme); 11] = [
            (b"{PLAIN}", Scheme::Plain),
            (b"{SHA}", Scheme::Sha1),
            (b"{SSHA}", Scheme::SaltedSha1),
            (b"$apr1$", Scheme::Md5),
            (b"$1$", Scheme::Md5),
            (b"$2a$", Scheme::Bcrypt),
            (b"$2b$", Scheme::Bcrypt),
            (b"$2y$", Scheme::Bcrypt),
            (b"$5$", Scheme::Sha2),
            (b"$6$", Scheme::Sha2),
            (b"$", Scheme::Unknown),
        ];
        let known = BEGINNINGS.iter().find(|(beginning, _)| hash.starts_with(beginning));
        known.map_or(Self::Des, |(_, scheme)| *scheme)
    }

    /// Whether verifying takes so little that it may be done in passing.
    pub fn is_quick(self) -> bool {
        matches!(self, Self::Plain | Self::Sha1 | Self::SaltedSha1 | Self::Unknown)
    }
}

/// Whether a password is the one that a hash was made of. Takes as long as the hash is strong.
pub fn verify(password: &[u8], hash: &[u8]) -> bool {
    match Scheme::of(hash) {
        Scheme::Plain => equal(password, after(hash, b"{PLAIN}")),
        Scheme::Sha1 => {
            STANDARD.decode(after(hash, b"{SHA}")).is_ok_and(|digest| equal(&digest, &Sha1::digest(password)))
        }
        Scheme::SaltedSha1 => STANDARD.decode(after(hash, b"{SSHA}")).is_ok_and(|digest| {
            let Some((digest, salt)) = digest.split_at_checked(SHA1_LENGTH) else { return false };
            equal(digest, &Sha1::new().chain_update(password).chain_update(salt).finalize())
        }),
        Scheme::Md5 => md5_crypt::hash(password, hash).is_some_and(|own| equal(&own, hash)),
        Scheme::Bcrypt => std::str::from_utf8(hash).is_ok_and(|hash| bcrypt::verify(password, hash).unwrap_or(false)),
        Scheme::Sha2 => std::str::from_utf8(hash)
            .is_ok_and(|hash| sha_crypt::ShaCrypt::default().verify_password(password, hash).is_ok()),
        Scheme::Des => des_crypt::hash(password, hash).is_some_and(|own| equal(&own, hash)),
        Scheme::Unknown => false,
    }
}

fn after<'h>(hash: &'h [u8], beginning: &[u8]) -> &'h [u8] {
    hash.strip_prefix(beginning).unwrap_or_default()
}

/// Equality that takes the same time wherever the first difference is.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_verifies_its_password_and_no_other() {
        for hash in [
            "{PLAIN}password",
            "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
            "{SSHA}yI6cZwQadOA1e+/f+T+H3eCQQhRzYWx0",
            "$apr1$salt$Xxd1irWT9ycqoYxGFn4cb.",
            "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
            "sa3tHJ3/KuYvI",
            "$2y$04$AQEBAQEBAQEBAQEBAQEBAO5E/vPRaOUGHimTwD2kkFEMaOiWd9Tni",
            "$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1",
            "$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.",
        ] {
            assert!(verify(b"password", hash.as_bytes()), "{hash}");
            assert!(!verify(b"123", hash.as_bytes()), "{hash}");
        }
    }

    #[test]
    fn what_is_no_hash_verifies_nothing() {
        for hash in [
            "",
            "$",
            "$1$",
            "$apr1$",
            "$2y$",
            "$5$",
            "$6$salt",
            "{SHA}_____",
            "{SHA}Zm9vCg==",
            "{SSHA}Zm9vCg==",
            "s",
            "ab",
            "$9$x$y",
        ] {
            assert!(!verify(b"1", hash.as_bytes()) && !verify(b"", hash.as_bytes()), "{hash}");
        }
    }
}
