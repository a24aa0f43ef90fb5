//! Sessions that clients keep themselves, sealed with keys of ours (RFC 5077, RFC 8446 §4.6.1).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use rustls::server::ProducesTickets;

use super::Binding;
use crate::clock::unix_seconds;

/// Bytes of a key's name, which tickets begin with.
const NAME: usize = 16;
/// Made-up keys in use at once: one seals, those before it still open.
const KEPT: usize = 3;

/// Keys of tickets. Made-up ones are changed by and by, and live on when the configuration is read again.
pub struct TicketKeys {
    keys: ArcSwap<Vec<Key>>,
    /// A made-up key seals for so long; `None`: the keys are the operator's.
    turn: Option<Duration>,
}

#[derive(Clone)]
struct Key {
    name: [u8; NAME],
    seal: Arc<LessSafeKey>,
    made: u64,
}

/// The file of a key has 48 or 80 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a file with a key of session tickets has 48 or 80 bytes")]
pub struct WrongSize;

impl Key {
    fn new(name: [u8; NAME], secret: &[u8], made: u64) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM, digest(&SHA256, secret).as_ref()).ok()?;
        Some(Self { name, seal: Arc::new(LessSafeKey::new(key)), made })
    }

    fn made_up() -> Option<Self> {
        let (mut name, mut secret) = ([0; NAME], [0; 32]);
        rand::fill(&mut name).ok()?;
        rand::fill(&mut secret).ok()?;
        Self::new(name, &secret, unix_seconds())
    }
}

impl TicketKeys {
    /// Made-up keys, each of which seals for `turn`.
    pub fn made_up(turn: Duration) -> Arc<Self> {
        let keys = ArcSwap::from_pointee(Key::made_up().into_iter().collect());
        Arc::new(Self { keys, turn: Some(turn.max(Duration::from_secs(1))) })
    }

    /// The operator's keys, each as its file holds it: a name of 16 bytes, then the secret. The first seals, all open.
    pub fn given(files: &[&[u8]]) -> Result<Arc<Self>, WrongSize> {
        let key = |file: &&[u8]| {
            let (name, secret) = file.split_first_chunk::<NAME>().filter(|_| matches!(file.len(), 48 | 80))?;
            Key::new(*name, secret, 0)
        };
        let keys: Option<Vec<Key>> = files.iter().map(key).collect();
        let keys = ArcSwap::from_pointee(keys.ok_or(WrongSize)?);
        Ok(Arc::new(Self { keys, turn: None }))
    }

    /// The key that seals, a new one if its time has come.
    fn sealing(&self) -> Option<Key> {
        let keys = self.keys.load();
        let first = keys.first()?;
        let Some(turn) = self.turn.filter(|turn| unix_seconds().saturating_sub(first.made) >= turn.as_secs()) else {
            return Some(first.clone());
        };
        let fresh = Key::made_up()?;
        // Of several workers that see this at once one wins.
        self.keys.rcu(|keys| {
            let due = keys.first().is_none_or(|first| fresh.made.saturating_sub(first.made) >= turn.as_secs());
            let fresh = due.then(|| fresh.clone());
            fresh.into_iter().chain(keys.iter().cloned()).take(KEPT).collect::<Vec<_>>()
        });
        self.keys.load().first().cloned()
    }
}

impl fmt::Debug for TicketKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TicketKeys").field("turn", &self.turn).finish_non_exhaustive()
    }
}

/// Tickets of one site: none is good for another that asks other things of its clients.
#[derive(Debug)]
pub(super) struct Tickets {
    pub(super) keys: Arc<TicketKeys>,
    pub(super) binding: Binding,
    pub(super) lifetime: Duration,
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(self.lifetime.as_secs()).unwrap_or(u32::MAX)
    }

    /// The key's name, a nonce, and sealed: when the session began, and the session.
    fn encrypt(&self, session: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.sealing()?;
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).ok()?;
        let mut sealed = unix_seconds().to_be_bytes().to_vec();
        sealed.extend_from_slice(session);
        key.seal.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), self.aad(), &mut sealed).ok()?;
        Some([&key.name, &nonce[..], &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let keys = self.keys.keys.load();
        let key = keys.iter().find(|key| key.name == *name)?;
        let mut opened = sealed.to_vec();
        let opened = key.seal.open_in_place(Nonce::assume_unique_for_key(*nonce), self.aad(), &mut opened).ok()?;
        let (began, session) = opened.split_first_chunk::<8>()?;
        let age = unix_seconds().saturating_sub(u64::from_be_bytes(*began));
        (age <= self.lifetime.as_secs()).then(|| session.to_vec())
    }
}

impl Tickets {
    fn aad(&self) -> Aad<[u8; 32]> {
        Aad::from(self.binding.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickets(keys: &Arc<TicketKeys>, binding: u8) -> Tickets {
        Tickets { keys: Arc::clone(keys), binding: Binding([binding; 32]), lifetime: Duration::from_mins(5) }
    }

    #[test]
    fn a_ticket_opens_where_it_was_sealed() {
        let keys = TicketKeys::made_up(Duration::from_hours(1));
        let ticket = tickets(&keys, 1).encrypt(b"session").unwrap();
        assert_eq!(tickets(&keys, 1).decrypt(&ticket).unwrap(), b"session");
        assert_eq!(tickets(&keys, 2).decrypt(&ticket), None, "another site asks other things");
        assert_eq!(tickets(&TicketKeys::made_up(Duration::from_hours(1)), 1).decrypt(&ticket), None);
        let mut other = ticket;
        if let Some(last) = other.last_mut() {
            *last ^= 1;
        }
        assert_eq!(tickets(&keys, 1).decrypt(&other), None);
    }

    #[test]
    fn the_operators_keys_turn() {
        let (old, new) = ([1; 48], [2; 80]);
        let before = TicketKeys::given(&[&old]).unwrap();
        let after = TicketKeys::given(&[&new, &old]).unwrap();
        let ticket = tickets(&before, 0).encrypt(b"session").unwrap();
        assert_eq!(tickets(&after, 0).decrypt(&ticket).unwrap(), b"session");
        let ticket = tickets(&after, 0).encrypt(b"session").unwrap();
        assert_eq!(tickets(&before, 0).decrypt(&ticket), None);
        assert!(TicketKeys::given(&[&[0; 47]]).is_err());
    }
}
