//! Both ends of a connection on one worker.

use std::future::poll_fn;
use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, ServerConfig, SignatureScheme,
    SupportedProtocolVersion,
};
use transport::runtime::{self, Choice};
use transport::{Address, Chunk, ConnectOptions, HIGH_WATER, Listener, Stream};

use super::{Gathering, Layer, Secured, Session, making};
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
    client_of(&[&TLS13, &TLS12])
}

fn client_of(versions: &[&'static SupportedProtocolVersion]) -> Connection {
    let config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions)
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
fn what_tls_1_2_seals_passes_too() {
    on_each_kind(|| async {
        let (near, far) = sockets().await;
        let accepting = tokio::task::spawn_local(accept(far));
        let near = Session::new(near, client_of(&[&TLS12])).secure().await.unwrap();
        let (mut near, mut far) = (near.stream, accepting.await.unwrap().unwrap().stream);
        near.queue_chunk(Chunk::from(vec![1; 100_000]));
        near.flush().await.unwrap();
        assert_eq!(receive_exactly(&mut far, 100_000).await, vec![1; 100_000]);
        far.queue(b"answer");
        far.shutdown_write();
        far.flush().await.unwrap();
        assert_eq!(receive_exactly(&mut near, 6).await, b"answer");
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

/// The same, not yet behind the face of a stream.
async fn sessions() -> (Box<Session>, Box<Session>) {
    let (near, far) = sockets().await;
    let accepting = tokio::task::spawn_local(async move {
        let Hello { stream, accepted, rest } = Hello::receive(far).await.unwrap();
        let (connection, keys) = making(|| accepted.into_connection(server()));
        let mut far = Session::new(stream, connection.map_err(|(error, _)| error).unwrap().into()).before(rest, keys);
        poll_fn(|cx| far.poll_handshake(cx)).await.unwrap();
        far
    });
    let mut near = Session::new(near, client());
    poll_fn(|cx| near.poll_handshake(cx)).await.unwrap();
    near.stream.flush().await.unwrap();
    (near, accepting.await.unwrap())
}

/// What one says comes to the other.
async fn passes(from: &mut Session, to: &mut Session, text: &[u8]) {
    from.seal(&[IoSlice::new(text)]).unwrap();
    from.stream.flush().await.unwrap();
    let mut received = Vec::new();
    while received.len() < text.len() {
        let chunk = poll_fn(|cx| to.poll_receive(cx)).await.unwrap();
        assert!(!chunk.is_empty(), "it ended");
        received.extend_from_slice(&chunk);
    }
    assert_eq!(received, text);
}

#[test]
fn keys_are_changed_when_a_peer_asks_for_it() {
    on_each_kind(|| async {
        let (mut near, mut far) = sessions().await;
        passes(&mut near, &mut far, b"first").await;
        passes(&mut far, &mut near, b"answer").await;
        assert!(near.direct && far.direct);
        // More often than the library bears with nothing between; all but the first ask before one was answered.
        for _ in 0..40 {
            let (outcome, made) = making(|| near.connection.refresh_traffic_keys());
            outcome.unwrap();
            near.keys.sealing = made.sealing;
            near.pass_on().unwrap();
            passes(&mut near, &mut far, b"with another key").await;
            assert!(far.owes);
        }
        passes(&mut far, &mut near, b"so have I").await;
        assert!(!far.owes && !near.owes);
        passes(&mut near, &mut far, &vec![7; 40_000]).await;
        passes(&mut far, &mut near, &vec![8; 40_000]).await;
    });
}

#[test]
fn a_key_seals_so_many_records_and_no_more() {
    on_each_kind(|| async {
        let (mut near, mut far) = sessions().await;
        passes(&mut near, &mut far, b"first").await;
        let (sealing, opening) = (near.keys.sealing.clone().unwrap(), far.keys.opening.clone().unwrap());
        let limit = (1 << 24) - 2;
        sealing.skip_to(limit);
        opening.skip_to(limit);
        passes(&mut near, &mut far, b"the last but one").await;
        assert!(Arc::ptr_eq(&sealing, near.keys.sealing.as_ref().unwrap()) && sealing.is_spent());
        passes(&mut near, &mut far, b"with another key").await;
        assert!(!Arc::ptr_eq(&sealing, near.keys.sealing.as_ref().unwrap()));
        assert!(!Arc::ptr_eq(&opening, far.keys.opening.as_ref().unwrap()));
        passes(&mut far, &mut near, b"which was answered").await;
        passes(&mut near, &mut far, b"and goes on").await;
    });
}

#[test]
fn a_record_that_was_changed_ends_the_connection_with_an_alert() {
    on_each_kind(|| async {
        let (mut near, mut far) = sessions().await;
        passes(&mut near, &mut far, b"first").await;
        near.stream.queue(b"\x17\x03\x03\x00\x1asixteen bytes and ten more");
        near.stream.flush().await.unwrap();
        let error = poll_fn(|cx| far.poll_receive(cx)).await.unwrap_err();
        assert!(error.to_string().contains("decrypt"), "{error}");
        assert!(poll_fn(|cx| far.poll_receive(cx)).await.unwrap().is_empty());
        far.stream.flush().await.unwrap();
        let error = poll_fn(|cx| near.poll_receive(cx)).await.unwrap_err();
        assert!(error.to_string().contains("BadRecordMac"), "{error}");
    });
}

#[test]
fn records_come_in_pieces_and_together() {
    let records: [&[u8]; 3] = [b"\x17\x03\x03\x00\x03one", b"\x16\x03\x01\x00\x00", b"\x17\x03\x03\x00\x05three"];
    let all = records.concat();
    for cut in 1..all.len() {
        let (mut gathering, mut found) = (Gathering::default(), Vec::new());
        for piece in all.chunks(cut) {
            let mut piece = Chunk::copy_from_slice(piece);
            while let Some(record) = gathering.next(&mut piece) {
                found.push(record.to_vec());
            }
            assert!(piece.is_empty() && gathering.held() < 10);
        }
        assert_eq!(found, records, "in pieces of {cut}");
    }
    for other in [&b"GET / HTTP/1.1\r\n"[..], b"\x17\x03\x03\xff\xffmuch too long", b"\x17\x02\x03\x00\x00"] {
        let mut received = Chunk::copy_from_slice(other);
        assert_eq!(Gathering::default().next(&mut received).as_deref(), Some(other));
    }
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
