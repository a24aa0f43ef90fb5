//! Private keys that a password protects.

use aes::cipher::{BlockModeDecrypt, KeyIvInit, block_padding::Pkcs7};
use md5::{Digest, Md5};
use pem::Pem;
use pkcs8::EncryptedPrivateKeyInfoRef;

use super::PemError;

/// Opens a key with a password and an initialisation vector.
type Open = fn(&[u8], &[u8], &[u8]) -> Option<Vec<u8>>;

/// Opens a PKCS #8 key (RFC 5958 §3).
pub(super) fn pkcs8(contents: &[u8], passwords: &[Vec<u8>]) -> Result<Vec<u8>, PemError> {
    let key = EncryptedPrivateKeyInfoRef::try_from(contents)
        .map_err(|error| PemError::UnknownEncryption(error.to_string()))?;
    first_fitting(passwords, |password| key.decrypt(password).ok().map(|opened| opened.as_bytes().to_vec()))
}

/// Opens a key in the form that OpenSSL calls traditional (RFC 1421 §4.6.1.1, `DEK-Info: AES-256-CBC,…`).
pub(super) fn traditional(block: &Pem, passwords: &[Vec<u8>]) -> Result<Vec<u8>, PemError> {
    let unknown = || PemError::UnknownEncryption(block.headers().get("DEK-Info").unwrap_or_default().to_owned());
    let (cipher, vector) = block.headers().get("DEK-Info").and_then(|text| text.split_once(',')).ok_or_else(unknown)?;
    let vector = hexadecimal(vector.trim()).ok_or_else(unknown)?;
    let open: Open = match cipher.trim() {
        "AES-128-CBC" => decrypt::<aes::Aes128>,
        "AES-192-CBC" => decrypt::<aes::Aes192>,
        "AES-256-CBC" => decrypt::<aes::Aes256>,
        "DES-EDE3-CBC" => decrypt::<des::TdesEde3>,
        _ => return Err(unknown()),
    };
    first_fitting(passwords, |password| open(password, &vector, block.contents()))
}

fn first_fitting(passwords: &[Vec<u8>], open: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Result<Vec<u8>, PemError> {
    if passwords.is_empty() {
        return Err(PemError::PasswordMissing);
    }
    // With a wrong password one time in 256 the padding looks right: a key begins as a sequence, too.
    let is_key = |opened: &Vec<u8>| opened.first() == Some(&0x30);
    passwords.iter().find_map(|password| open(password).filter(is_key)).ok_or(PemError::PasswordWrong)
}

fn decrypt<C>(password: &[u8], vector: &[u8], contents: &[u8]) -> Option<Vec<u8>>
where
    C: aes::cipher::BlockCipherDecrypt + aes::cipher::KeyInit,
{
    let key = derived_key(password, vector.get(..8)?, C::key_size());
    let decryptor = cbc::Decryptor::<C>::new_from_slices(&key, vector).ok()?;
    let mut opened = contents.to_vec();
    let length = decryptor.decrypt_padded::<Pkcs7>(&mut opened).ok()?.len();
    opened.truncate(length);
    Some(opened)
}

/// The key that OpenSSL makes of a password: digests of digests until there is enough.
fn derived_key(password: &[u8], salt: &[u8], length: usize) -> Vec<u8> {
    let mut key: Vec<u8> = Vec::new();
    let mut last: Vec<u8> = Vec::new();
    while key.len() < length {
        let mut digest = Md5::new();
        digest.update(&last);
        digest.update(password);
        digest.update(salt);
        last = digest.finalize().to_vec();
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}
