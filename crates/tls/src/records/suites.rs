//! The suites of TLS 1.3 for the library, whose keys are shared with what seals and opens without it.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305};
use rustls::crypto::aws_lc_rs::DEFAULT_CIPHER_SUITES;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, MessageDecrypter, MessageEncrypter, OutboundOpaqueMessage,
    OutboundPlainMessage, PrefixedPayload, Tls13AeadAlgorithm, UnsupportedOperationError, make_tls13_aad,
};
use rustls::{
    CipherSuite, CipherSuiteCommon, ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion,
    SupportedCipherSuite, Tls13CipherSuite,
};

use super::{Key, TAG};

/// The suites that the library has, those of TLS 1.3 with keys that are shared.
static SUITES: LazyLock<Vec<SupportedCipherSuite>> = LazyLock::new(|| {
    let shared = |suite: &SupportedCipherSuite| suite.tls13().and_then(sharing).unwrap_or(*suite);
    DEFAULT_CIPHER_SUITES.iter().map(shared).collect()
});

thread_local! {
    /// What the library is making: it does not say for which connection, but it makes it at once.
    static MADE: RefCell<Made> = RefCell::default();
}

/// Keys of a connection, as they were last made.
#[derive(Default)]
pub(crate) struct Made {
    /// Seals what is sent.
    pub(crate) sealing: Option<Arc<Key>>,
    /// Opens what is received.
    pub(crate) opening: Option<Arc<Key>>,
}

/// The suites that are spoken.
pub(crate) fn suites() -> &'static [SupportedCipherSuite] {
    &SUITES
}

/// Has the library do something for one connection; with what comes of it, the keys that it made meanwhile.
pub(crate) fn making<T>(call: impl FnOnce() -> T) -> (T, Made) {
    MADE.take();
    let outcome = call();
    (outcome, MADE.take())
}

/// The same suite with keys that are shared. Made once in the life of the program.
fn sharing(suite: &'static Tls13CipherSuite) -> Option<SupportedCipherSuite> {
    let algorithm = match suite.common.suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256 => &AES_128_GCM,
        CipherSuite::TLS13_AES_256_GCM_SHA384 => &AES_256_GCM,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => &CHACHA20_POLY1305,
        _ => return None,
    };
    let limit = suite.common.confidentiality_limit;
    Some(SupportedCipherSuite::Tls13(Box::leak(Box::new(Tls13CipherSuite {
        common: CipherSuiteCommon { ..suite.common },
        hkdf_provider: suite.hkdf_provider,
        aead_alg: Box::leak(Box::new(Sharing { algorithm, limit })),
        quic: suite.quic,
    }))))
}

/// Makes keys, each for the library and for [`making`].
struct Sharing {
    algorithm: &'static Algorithm,
    limit: u64,
}

impl Sharing {
    /// `None`: the library has a key of another size, which does not happen.
    fn key(&self, key: &AeadKey, iv: &Iv) -> Option<Arc<Key>> {
        Key::new(self.algorithm, key.as_ref(), iv.as_ref(), self.limit).ok().map(Arc::new)
    }
}

impl Tls13AeadAlgorithm for Sharing {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        let key = self.key(&key, &iv);
        MADE.with_borrow_mut(|made| made.sealing.clone_from(&key));
        Box::new(Shared(key))
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        let key = self.key(&key, &iv);
        MADE.with_borrow_mut(|made| made.opening.clone_from(&key));
        Box::new(Shared(key))
    }

    fn key_len(&self) -> usize {
        self.algorithm.key_len()
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

/// The library's share of a key. The numbers of records are the key's: the library does not see them all.
struct Shared(Option<Arc<Key>>);

impl MessageEncrypter for Shared {
    fn encrypt(&mut self, message: OutboundPlainMessage<'_>, _: u64) -> Result<OutboundOpaqueMessage, Error> {
        let key = self.0.as_ref().ok_or(Error::EncryptError)?;
        let length = self.encrypted_payload_len(message.payload.len());
        let mut payload = PrefixedPayload::with_capacity(length);
        payload.extend_from_chunks(&message.payload);
        payload.extend_from_slice(&[message.typ.into()]);
        let aad = Aad::from(make_tls13_aad(length));
        key.cipher.seal_in_place_append_tag(key.take_nonce(), aad, &mut payload).map_err(|_| Error::EncryptError)?;
        Ok(OutboundOpaqueMessage::new(ContentType::ApplicationData, ProtocolVersion::TLSv1_2, payload))
    }

    fn encrypted_payload_len(&self, length: usize) -> usize {
        length + 1 + TAG
    }
}

impl MessageDecrypter for Shared {
    fn decrypt<'a>(&mut self, mut message: InboundOpaqueMessage<'a>, _: u64) -> Result<InboundPlainMessage<'a>, Error> {
        let key = self.0.as_ref().ok_or(Error::DecryptError)?;
        let payload = &mut message.payload;
        let aad = Aad::from(make_tls13_aad(payload.len()));
        let opened = key.cipher.open_in_place(key.nonce(), aad, payload).map_err(|_| Error::DecryptError)?;
        let length = opened.len();
        payload.truncate(length);
        key.count();
        message.into_tls13_unpadded_message()
    }
}
