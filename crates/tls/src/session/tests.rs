//! Both ends of a connection on one worker.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, Connection, DigitallySignedStruct, ServerConfig, SignatureScheme};
use transport::runtime::{self, Choice};
use transport::{Address, Chunk, ConnectOptions, HIGH_WATER, Listener, Stream};

use super::{Secured, Session};
use crate::HandshakeError;
use crate::provider::provider;
use crate::server::Hello;

/// Longer than anything here takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}

fn server() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    Arc::new(config)
}

async fn accept(stream: Stream) -> Result<Secured, HandshakeError> {
    Hello::receive(stream).await?.finish(server()).await
}

fn client() -> Connection {
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap().into()
}

fn on_each_kind<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for choice in [Choice::Epoll, Choice::Uring] {
        if choice == Choice::Uring && runtime::probe().is_err() {
            eprintln!("the kernel refuses io_uring: run on epoll only");
            continue;
        }
        let run = runtime::run(choice, |_| {
            let running = test();
            async move { tokio::time::timeout(LIMIT, running).await.expect("it ends") }
        });
        run.unwrap();
    }
}

async fn sockets() -> (Stream, Stream) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = Address::Inet(listener.local_addr().unwrap());
    let mut listener = Listener::new(listener.into()).unwrap();
    let connecting =
        tokio::task::spawn_local(
            async move { transport::connect(&address, &ConnectOptions::default()).await.unwrap() },
        );
    let (accepted, _) = listener.accept().await.unwrap();
    (connecting.await.unwrap(), accepted)
}

/// A client's end and a server's, after the handshake.
async fn secured() -> (Stream, Stream) {
    let (near, far) = sockets().await;
    let accepting = tokio::task::spawn_local(accept(far));
    let near = Session::new(near, client()).secure().await.unwrap();
    let far = accepting.await.unwrap().unwrap();
    assert_eq!((near.facts.protocol, near.facts.cipher), ("TLSv1.3", far.facts.cipher));
    assert_eq!((far.facts.group, far.facts.server_name.as_str()), ("X25519MLKEM768", "localhost"));
    (near.stream, far.stream)
}

async fn receive_exactly(stream: &mut Stream, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let chunk = stream.receive().await.unwrap();
        assert!(!chunk.is_empty(), "it ended after {} of {length} bytes", bytes.len());
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

#[test]
fn bytes_pass_both_ways_and_the_end_is_told() {
    on_each_kind(|| async {
        let (mut near, mut far) = secured().await;
        near.queue(b"one ");
        near.queue_with(|bytes| bytes.extend_from_slice(b"record"));
        near.flush().await.unwrap();
        assert_eq!(&*far.receive().await.unwrap(), b"one record");
        far.queue(b"head ");
        far.queue_chunk(Chunk::from(vec![7; 9000]));
        far.shutdown_write();
        far.flush().await.unwrap();
        let answer = receive_exactly(&mut near, 9005).await;
        assert!(answer.starts_with(b"head \x07") && answer.len() == 9005);
        assert!(near.receive().await.unwrap().is_empty() && near.is_closed());
    });
}

#[test]
fn what_is_queued_together_is_one_record() {
    on_each_kind(|| async {
        let (mut near, mut far) = secured().await;
        let before = far.bytes_sent();
        far.queue(b"HTTP/1.1 200 OK\r\n\r\n");
        far.queue_chunk(Chunk::from(vec![b'x'; 5000]));
        far.flush().await.unwrap();
        // Five bytes of header, one of type, sixteen of tag.
        assert_eq!(far.bytes_sent() - before, 5019 + 22);
        receive_exactly(&mut near, 5019).await;
    });
}

#[test]
fn a_reader_that_stalls_stops_the_writer() {
    on_each_kind(|| async {
        const LENGTH: usize = 8 << 20;
        let (mut near, mut far) = secured().await;
        let writing = tokio::task::spawn_local(async move {
            let mut most = 0;
            for _ in 0..LENGTH / 32768 {
                far.queue_chunk(Chunk::from(vec![1; 32768]));
                far.ready().await.unwrap();
                most = most.max(far.queued());
            }
            far.flush().await.unwrap();
            most
        });
        assert_eq!(receive_exactly(&mut near, LENGTH).await.len(), LENGTH);
        assert!(writing.await.unwrap() <= HIGH_WATER + 32768 + 1024);
    });
}

#[test]
fn what_is_no_handshake_is_answered_with_an_alert() {
    on_each_kind(|| async {
        let (mut near, far) = sockets().await;
        let accepting = tokio::task::spawn_local(accept(far));
        // A ClientHello of no length at all.
        near.queue(b"\x16\x03\x01\x00\x04\x01\x00\x00\x00");
        near.flush().await.unwrap();
        let alert = near.receive().await.unwrap();
        assert_eq!(alert.first(), Some(&21));
        assert!(matches!(accepting.await.unwrap(), Err(HandshakeError::Protocol(_))));
        let (near, far) = sockets().await;
        let accepting = tokio::task::spawn_local(accept(far));
        drop(near);
        assert!(matches!(accepting.await.unwrap(), Err(HandshakeError::Closed)));
    });
}

#[test]
fn a_peer_that_leaves_without_a_word_has_left() {
    on_each_kind(|| async {
        let (mut near, mut far) = secured().await;
        far.queue(b"and with it what a resumption needs");
        far.flush().await.unwrap();
        assert_eq!(near.receive().await.unwrap().len(), 35);
        drop(near);
        assert!(far.receive().await.unwrap().is_empty());
        assert!(far.receive().await.unwrap().is_empty() && far.has_input());
    });
}
