//! From a certificate to an authority that is trusted: who issued whom.

use x509_parser::certificate::X509Certificate;

use super::certificate::{canonical, check_time, is_meant, is_self_issued, is_signed_by};
use super::{Rejected, Trust};

/// Signatures that are looked at for one chain at most: what a peer sends must not cost without bound.
const MOST_SIGNATURES: u32 = 32;

/// The search for a path.
pub(super) struct Search<'a> {
    trust: &'a Trust,
    presented: &'a [X509Certificate<'a>],
    /// Certificates of a path, at most.
    longest: usize,
    now: i64,
    signatures: u32,
    path: Vec<X509Certificate<'a>>,
    /// How many of the path are trusted ones.
    trusted: usize,
    /// Why the first way led nowhere.
    obstacle: Option<Rejected>,
}

impl<'a> Search<'a> {
    pub(super) fn new(trust: &'a Trust, presented: &'a [X509Certificate<'a>], depth: u32, now: i64) -> Self {
        // The first and its authority do not count.
        let longest = usize::try_from(depth).unwrap_or(usize::MAX).saturating_add(2);
        Self { trust, presented, longest, now, signatures: 0, path: Vec::new(), trusted: 0, obstacle: None }
    }

    /// The path, from the first that was presented to an authority that is trusted and its own issuer.
    pub(super) fn run(&mut self) -> Result<Vec<X509Certificate<'a>>, Rejected> {
        let first = self.presented.first().ok_or(Rejected::Malformed)?;
        self.path.push(first.clone());
        if self.extend() {
            Ok(std::mem::take(&mut self.path))
        } else {
            Err(self.obstacle.unwrap_or(Rejected::NoIssuer))
        }
    }

    /// Goes on from the path's last certificate; true: it has arrived.
    fn extend(&mut self) -> bool {
        let Some(last) = self.path.last().cloned() else { return false };
        let own = is_self_issued(&last);
        if own && self.trust.contains(&last) {
            return true;
        }
        if own && self.verify(&last, &last) {
            return self.stop(if self.path.len() == 1 { Rejected::SelfSigned } else { Rejected::SelfSignedInChain });
        }
        if self.path.len() >= self.longest {
            return self.stop(Rejected::TooLong);
        }
        let issuer = canonical(last.issuer());
        let trust = self.trust;
        let mut known: Vec<_> = trust.named(&issuer).filter(|candidate| is_meant(&last, candidate)).collect();
        self.prefer_current(&mut known);
        // Above one that is trusted only others that are.
        let presented = if self.trusted == 0 { self.presented } else { &[] };
        let presented = presented.iter().filter(|candidate| {
            canonical(candidate.subject()) == issuer && is_meant(&last, candidate) && !self.holds(candidate)
        });
        let mut sent: Vec<_> = presented.cloned().collect();
        self.prefer_current(&mut sent);
        let met = !(known.is_empty() && sent.is_empty());
        self.try_each(&last, known, 1) || self.try_each(&last, sent, 0) || self.stop(self.dead_end(met))
    }

    fn try_each(&mut self, last: &X509Certificate<'a>, candidates: Vec<X509Certificate<'a>>, trusted: usize) -> bool {
        for candidate in candidates {
            if self.holds(&candidate) || !self.verify(last, &candidate) {
                continue;
            }
            self.path.push(candidate);
            self.trusted += trusted;
            if self.extend() {
                return true;
            }
            self.trusted -= trusted;
            self.path.pop();
        }
        false
    }

    fn dead_end(&self, met: bool) -> Rejected {
        match (met, self.trusted, self.path.len()) {
            (true, ..) => Rejected::BadSignature,
            (false, 1.., _) => Rejected::NoIssuerOfTrusted,
            (false, 0, 1) if self.presented.len() == 1 => Rejected::NoIssuerOfFirst,
            _ => Rejected::NoIssuer,
        }
    }

    fn stop(&mut self, obstacle: Rejected) -> bool {
        self.obstacle.get_or_insert(obstacle);
        false
    }

    fn holds(&self, candidate: &X509Certificate<'_>) -> bool {
        self.path.iter().any(|known| known.as_raw() == candidate.as_raw())
    }

    fn prefer_current(&self, candidates: &mut [X509Certificate<'_>]) {
        candidates.sort_by_key(|candidate| check_time(candidate, self.now).is_err());
    }

    /// Signatures that were looked at.
    #[cfg(test)]
    pub(super) fn signatures(&self) -> u32 {
        self.signatures
    }

    fn verify(&mut self, certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> bool {
        if self.signatures > MOST_SIGNATURES {
            return false;
        }
        self.signatures += 1;
        is_signed_by(certificate.as_raw(), issuer.public_key())
    }
}
