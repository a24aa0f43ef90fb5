//! Keys in every form that tools write; the password of those that have one is `secret`.

use super::{Identity, IdentityError};
use crate::pem::PemError;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/keys/", $name))
    };
}

/// Of version 1, as `openssl x509 -req` makes them.
const RSA: &[u8] = file!("rsa.crt");
const EC: &[u8] = file!("ec.crt");

fn load(chain: &[u8], key: &[u8], passwords: &[&str]) -> Result<(), IdentityError> {
    let passwords: Vec<Vec<u8>> = passwords.iter().map(|password| password.as_bytes().to_vec()).collect();
    Identity::from_pem(chain, key, &passwords).map(drop)
}

#[test]
fn keys_load_in_every_form() {
    assert_eq!(load(RSA, file!("rsa-pkcs8.key"), &[]), Ok(()));
    assert_eq!(load(RSA, file!("rsa-pkcs1.key"), &[]), Ok(()));
    assert_eq!(load(EC, file!("ec.key"), &[]), Ok(()));
}

#[test]
fn encrypted_keys_open_with_one_of_the_passwords() {
    let keys: [&[u8]; 5] = [
        file!("rsa-pkcs1-aes256.key"),
        file!("rsa-pkcs1-des3.key"),
        file!("rsa-pkcs8-aes256.key"),
        file!("rsa-pkcs8-des3.key"),
        file!("rsa-pkcs8-scrypt.key"),
    ];
    for key in keys {
        assert_eq!(load(RSA, key, &["other", "secret"]), Ok(()));
        assert_eq!(load(RSA, key, &["other"]), Err(IdentityError::Key(PemError::PasswordWrong)));
        assert_eq!(load(RSA, key, &[]), Err(IdentityError::Key(PemError::PasswordMissing)));
    }
}

#[test]
fn what_does_not_belong_together_is_refused() {
    assert_eq!(load(EC, file!("rsa-pkcs8.key"), &[]), Err(IdentityError::Mismatch));
    assert_eq!(
        load(file!("rsa-pkcs8.key"), EC, &[]),
        Err(IdentityError::Certificate(PemError::Missing("certificate")))
    );
    assert_eq!(load(RSA, RSA, &[]), Err(IdentityError::Key(PemError::Missing("private key"))));
}
