//! What an authority says of certificates when it is asked (RFC 6960), made by hand.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use jiff::Timestamp;
use rcgen::{PublicKeyData as _, SigningKey as _};

use crate::secured::Authority;

/// How a certificate stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It was not revoked.
    Good,
    /// It was revoked.
    Revoked,
    /// Nobody knows it.
    Unknown,
}

impl Authority {
    /// An answer about the certificate of this serial number, good from an hour ago for so many seconds from now.
    pub fn answers(&self, serial: u8, standing: Standing, seconds: i64) -> Vec<u8> {
        let now = Timestamp::now().as_second();
        let key = self.issuer.key().der_bytes();
        let sha1 = |bytes: &[u8]| element(4, &[digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()]);
        let algorithm = [0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
        let id = element(0x30, &[&algorithm, &sha1(&self.subject()), &sha1(key), &element(2, &[&[serial]])]);
        let status = match standing {
            Standing::Good => element(0x80, &[]),
            Standing::Revoked => element(0xa1, &[&time(now - 7200)]),
            Standing::Unknown => element(0x82, &[]),
        };
        let until = element(0xa0, &[&time(now + seconds)]);
        let single = element(0x30, &[&id, &status, &time(now - 3600), &until]);
        let by = element(0xa2, &[&sha1(key)]);
        let said = element(0x30, &[&by, &time(now - 3600), &element(0x30, &[&single])]);
        let signature = self.issuer.key().sign(&said).unwrap();
        let ecdsa_with_sha256 = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        let basic = element(0x30, &[&said, &ecdsa_with_sha256, &element(3, &[&[0], &signature])]);
        let kind = element(6, &[&[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]]);
        let bytes = element(0x30, &[&kind, &element(4, &[&basic])]);
        element(0x30, &[&[0x0a, 1, 0], &element(0xa0, &[&bytes])])
    }

    /// Its name, as DER.
    fn subject(&self) -> Vec<u8> {
        let name = element(0x30, &[&[6, 3, 0x55, 4, 3], &element(0x0c, &[self.name.as_bytes()])]);
        element(0x30, &[&element(0x31, &[&name])])
    }
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match content.len() {
        short @ ..0x80 => vec![u8::try_from(short).unwrap()],
        long => [&[0x82], &u16::try_from(long).unwrap().to_be_bytes()[..]].concat(),
    };
    [&[tag], &length[..], &content].concat()
}

/// A time, given in seconds since the Unix epoch (X.690 §11.7).
fn time(seconds: i64) -> Vec<u8> {
    let text = Timestamp::from_second(seconds).unwrap().strftime("%Y%m%d%H%M%SZ").to_string();
    element(0x18, &[text.as_bytes()])
}
