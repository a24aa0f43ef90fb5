//! Certificates and keys that requests name, loaded when they are needed and kept for a while.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Display;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model::KeptIdentities;
use tls::{Identity, IdentityError};
use transport::file;

use super::Telling;

/// Bytes of a certificate or key at most.
const LARGEST: u64 = 256 << 10;
/// Identities whose texts are remembered, so that the same text is the same identity.
const MOST_SEEN: usize = 64;

/// Where a certificate or a key comes from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// It is told itself (`data:`).
    Text(Vec<u8>),
    /// A file.
    File(PathBuf),
}

impl Source {
    /// What a configured value stands for; a name that is not whole lies in `directory`.
    pub(super) fn of(value: &[u8], directory: &Path) -> Self {
        match value.strip_prefix(b"data:") {
            Some(text) => Self::Text(text.to_vec()),
            None => Self::File(directory.join(OsStr::from_bytes(value))),
        }
    }

    /// As it is shown: a key is never.
    fn name(&self) -> String {
        match self {
            Self::Text(_) => "data:".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }

    async fn load(&self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::File(path) => Ok(file::read(path, LARGEST).await?.1),
        }
    }
}

/// Why there is no identity.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct IdentityFailure(String);

impl IdentityFailure {
    pub(super) fn unreadable(what: &str, source: &Source, why: impl Display) -> Self {
        Self(format!("cannot load {what} \"{}\": {why}", source.name()))
    }

    pub(super) fn unusable(certificate: &Source, key: &Source, why: &IdentityError) -> Self {
        match why {
            IdentityError::Certificate(_) | IdentityError::Malformed(_) => {
                Self(format!("cannot load certificate \"{}\": {why}", certificate.name()))
            }
            IdentityError::Key(_) | IdentityError::UnusableKey(_) | IdentityError::Mismatch => {
                Self(format!("cannot load certificate key \"{}\": {why}", key.name()))
            }
        }
    }
}

/// What a worker keeps of identities.
#[derive(Default)]
pub struct Identities {
    kept: RefCell<HashMap<Names, Kept>>,
    seen: RefCell<HashMap<Texts, Identity>>,
}

/// Of a certificate and of its key.
type Names = (Source, Source);
/// A certificate and its key.
type Texts = (Vec<u8>, Vec<u8>);

struct Kept {
    identity: Identity,
    loaded: Instant,
    used: Instant,
    /// Whose size bounds how many there are like it.
    rule: KeptIdentities,
}

impl Identities {
    /// The identity of these names. `None`: they are empty, nobody is told who we are.
    ///
    /// # Errors
    /// What cannot be read or used.
    pub async fn find(
        &self,
        telling: &Telling,
        (certificate, key): (&[u8], &[u8]),
        now: Instant,
    ) -> Result<Option<Identity>, IdentityFailure> {
        if certificate.is_empty() {
            return Ok(None);
        }
        let names = (Source::of(certificate, &telling.directory), Source::of(key, &telling.directory));
        if let Some(rule) = telling.kept
            && let Some(identity) = self.kept(&names, rule, now)
        {
            return Ok(Some(identity));
        }
        let chain = names.0.load().await.map_err(|why| IdentityFailure::unreadable("certificate", &names.0, why))?;
        let secret =
            names.1.load().await.map_err(|why| IdentityFailure::unreadable("certificate key", &names.1, why))?;
        // A key that needs a password is asked for it each time.
        let open = !is_encrypted(&secret);
        let identity = self.made(chain, secret, telling, &names)?;
        if let Some(rule) = telling.kept.filter(|_| open) {
            self.keep(names, identity.clone(), rule, now);
        }
        Ok(Some(identity))
    }

    fn kept(&self, names: &Names, rule: KeptIdentities, now: Instant) -> Option<Identity> {
        let mut kept = self.kept.borrow_mut();
        kept.retain(|_, kept| now.saturating_duration_since(kept.used) < kept.rule.inactive);
        let found = kept.get_mut(names).filter(|kept| kept.rule == rule)?;
        if now.saturating_duration_since(found.loaded) >= rule.valid {
            return None;
        }
        found.used = now;
        Some(found.identity.clone())
    }

    fn keep(&self, names: Names, identity: Identity, rule: KeptIdentities, now: Instant) {
        let mut kept = self.kept.borrow_mut();
        // nginx counts certificates and keys each for itself.
        let room = usize::try_from(rule.size / 2).unwrap_or(usize::MAX).max(1);
        while !kept.contains_key(&names) && kept.values().filter(|kept| kept.rule == rule).count() >= room {
            let like = kept.iter().filter(|(_, kept)| kept.rule == rule);
            let Some(oldest) = like.min_by_key(|(_, kept)| kept.used).map(|(names, _)| names.clone()) else { break };
            kept.remove(&oldest);
        }
        kept.insert(names, Kept { identity, loaded: now, used: now, rule });
    }

    /// The same texts make the same identity, whose connections are each other's.
    fn made(
        &self,
        chain: Vec<u8>,
        secret: Vec<u8>,
        telling: &Telling,
        names: &Names,
    ) -> Result<Identity, IdentityFailure> {
        let texts = (chain, secret);
        let encrypted = is_encrypted(&texts.1);
        if !encrypted && let Some(identity) = self.seen.borrow().get(&texts) {
            return Ok(identity.clone());
        }
        let identity = Identity::from_pem(&texts.0, &texts.1, &telling.passwords)
            .map_err(|why| IdentityFailure::unusable(&names.0, &names.1, &why))?;
        let mut seen = self.seen.borrow_mut();
        if seen.len() >= MOST_SEEN {
            seen.clear();
        }
        if !encrypted {
            seen.insert(texts, identity.clone());
        }
        Ok(identity)
    }
}

/// Whether a key needs a password.
fn is_encrypted(key: &[u8]) -> bool {
    key.windows(9).any(|window| window == b"ENCRYPTED")
}
