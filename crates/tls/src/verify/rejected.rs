//! Why a chain is not believed, with OpenSSL's numbers and words.

/// Why a chain of certificates is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejected {
    /// A certificate cannot be read.
    #[error("unspecified certificate verification error")]
    Malformed,
    /// A trusted authority's own issuer is not known.
    #[error("unable to get issuer certificate")]
    NoIssuerOfTrusted,
    /// An authority has no list of what it revoked.
    #[error("unable to get certificate CRL")]
    NoList,
    /// A signature is wrong, or of a kind that is not taken.
    #[error("certificate signature failure")]
    BadSignature,
    /// A list's signature is wrong.
    #[error("CRL signature failure")]
    BadListSignature,
    /// Its time has not come.
    #[error("certificate is not yet valid")]
    NotYetValid,
    /// Its time is over.
    #[error("certificate has expired")]
    Expired,
    /// A list's time has not come.
    #[error("CRL is not yet valid")]
    ListNotYetValid,
    /// A list's time is over.
    #[error("CRL has expired")]
    ListExpired,
    /// It is its own authority, and not trusted.
    #[error("self-signed certificate")]
    SelfSigned,
    /// Its authority was sent with it, and is not trusted.
    #[error("self-signed certificate in certificate chain")]
    SelfSignedInChain,
    /// The chain leads to nobody who is known.
    #[error("unable to get local issuer certificate")]
    NoIssuer,
    /// The one certificate's issuer is not known.
    #[error("unable to verify the first certificate")]
    NoIssuerOfFirst,
    /// More stand between it and its authority than the depth allows.
    #[error("certificate chain too long")]
    TooLong,
    /// It was revoked.
    #[error("certificate revoked")]
    Revoked,
    /// An issuer is no authority.
    #[error("invalid CA certificate")]
    NotAuthority,
    /// An authority stands higher than it may.
    #[error("path length constraint exceeded")]
    PathLength,
    /// It is not for this side of a connection.
    #[error("unsuitable certificate purpose")]
    WrongPurpose,
    /// It demands that something is understood that is not.
    #[error("unhandled critical extension")]
    UnknownCritical,
    /// An issuer may not sign lists.
    #[error("key usage does not include CRL signing")]
    NoListSigning,
    /// A list demands that something is understood that is not.
    #[error("unhandled critical CRL extension")]
    UnknownCriticalInList,
    /// A name is none that its authority may vouch for.
    #[error("permitted subtree violation")]
    NotPermitted,
    /// A name is one that its authority may not vouch for.
    #[error("excluded subtree violation")]
    Excluded,
    /// An authority is bound by names of a kind that is not understood.
    #[error("unsupported name constraint type")]
    UnknownConstraint,
    /// Its issuer does not say that it still stands.
    #[error("certificate status request failed")]
    NoStanding,
}

impl Rejected {
    /// OpenSSL's number (`X509_V_ERR_…`).
    pub fn code(self) -> u32 {
        match self {
            Self::Malformed => 1,
            Self::NoIssuerOfTrusted => 2,
            Self::NoList => 3,
            Self::BadSignature => 7,
            Self::BadListSignature => 8,
            Self::NotYetValid => 9,
            Self::Expired => 10,
            Self::ListNotYetValid => 11,
            Self::ListExpired => 12,
            Self::SelfSigned => 18,
            Self::SelfSignedInChain => 19,
            Self::NoIssuer => 20,
            Self::NoIssuerOfFirst => 21,
            Self::TooLong => 22,
            Self::Revoked => 23,
            Self::NotAuthority => 24,
            Self::PathLength => 25,
            Self::WrongPurpose => 26,
            Self::UnknownCritical => 34,
            Self::NoListSigning => 35,
            Self::UnknownCriticalInList => 36,
            Self::NotPermitted => 47,
            Self::Excluded => 48,
            Self::UnknownConstraint => 51,
            Self::NoStanding => 74,
        }
    }

    /// Whether only an authority is missing that would be believed: what `optional_no_ca` lets pass.
    pub fn is_unknown_authority(self) -> bool {
        matches!(
            self,
            Self::NoIssuerOfTrusted
                | Self::SelfSigned
                | Self::SelfSignedInChain
                | Self::NoIssuer
                | Self::NoIssuerOfFirst
        )
    }
}
