//! The algorithms of signatures (RFC 7518 §3, RFC 8037).

use aws_lc_rs::{hmac, signature};

/// How a token is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    Hmac(Hash),
    /// RSASSA-PKCS1-v1_5.
    Rsa(Hash),
    /// RSASSA-PSS.
    RsaPss(Hash),
    /// ECDSA on the curve that belongs to the hash.
    Ecdsa(Hash),
    /// Ed25519.
    Edwards,
}

/// A function of the SHA-2 family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// What `alg` means; `None`: nothing that is taken, as `none` is not.
    pub(super) fn named(name: &str) -> Option<Self> {
        if name == "EdDSA" || name == "Ed25519" {
            return Some(Self::Edwards);
        }
        let (family, bits) = name.split_at_checked(2)?;
        let hash = match bits {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        Some(match family {
            "HS" => Self::Hmac(hash),
            "RS" => Self::Rsa(hash),
            "PS" => Self::RsaPss(hash),
            "ES" => Self::Ecdsa(hash),
            _ => return None,
        })
    }
}

impl Hash {
    pub(super) fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    pub(super) fn rsa(self) -> &'static signature::RsaParameters {
        match self {
            Self::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    }

    pub(super) fn rsa_pss(self) -> &'static signature::RsaParameters {
        match self {
            Self::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        }
    }

    pub(super) fn ecdsa(self) -> &'static signature::EcdsaVerificationAlgorithm {
        match self {
            Self::Sha256 => &signature::ECDSA_P256_SHA256_FIXED,
            Self::Sha384 => &signature::ECDSA_P384_SHA384_FIXED,
            Self::Sha512 => &signature::ECDSA_P521_SHA512_FIXED,
        }
    }
}
