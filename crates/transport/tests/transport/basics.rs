//! Bytes there and back, ends, and errors.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use transport::{Address, Chunk, ConnectOptions, Keepalive, Listener};

use crate::harness::*;

#[test]
fn bytes_come_back() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        for round in 0..100_u8 {
            send(&mut near, &[round; 10]).await;
            assert_eq!(receive_exactly(&mut far, 10).await, [round; 10]);
            send(&mut far, &[round; 3]).await;
            assert_eq!(receive_exactly(&mut near, 3).await, [round; 3]);
        }
        assert_eq!((near.bytes_sent(), near.bytes_received()), (1000, 300));
        assert_eq!((far.bytes_sent(), far.bytes_received()), (300, 1000));
    });
}

#[test]
fn much_goes_both_ways_at_once() {
    on_each_kind(|_| async {
        let (near, far) = pair().await;
        let content = pattern(3_000_000);
        let expected = content.clone();
        let echo = spawn_local(async move {
            let mut far = far;
            loop {
                let chunk = far.receive().await.unwrap();
                if chunk.is_empty() {
                    break;
                }
                far.queue_chunk(chunk);
                far.ready().await.unwrap();
            }
            far.flush().await.unwrap();
            far.shutdown_write();
            far.receive().await.unwrap();
        });
        let (mut read, mut write) = tokio::io::split(near);
        let writer = spawn_local(async move {
            write.write_all(&content).await.unwrap();
            write.shutdown().await.unwrap();
        });
        let mut received = Vec::new();
        read.read_to_end(&mut received).await.unwrap();
        assert!(received == expected, "what came back differs");
        writer.await.unwrap();
        drop(read);
        echo.await.unwrap();
    });
}

#[test]
fn the_end_is_told_again_and_the_other_half_lives() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        near.queue(b"last words");
        near.shutdown_write();
        near.flush().await.unwrap();
        assert_eq!(receive_all(&mut far).await.unwrap(), b"last words");
        assert!(far.receive().await.unwrap().is_empty());
        assert!(far.is_closed() && far.has_input());
        send(&mut far, b"still here").await;
        assert_eq!(receive_exactly(&mut near, 10).await, b"still here");
    });
}

#[test]
fn a_reset_is_an_error_for_reader_and_writer() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        near.reset_on_drop();
        drop(near);
        assert_eq!(far.receive().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        far.queue(b"too late");
        assert!(far.flush().await.is_err());
        far.queue(b"much too late");
        assert!(far.flush().await.is_err(), "an error that ended sending lasts");
    });
}

#[test]
fn a_peer_that_leaves_is_seen_and_its_input_stays() {
    on_each_kind(|_| async {
        let (mut stream, mut peer) = with_plain_peer().await;
        peer.write_all(b"pipelined").unwrap();
        let leaving = spawn_local(async move {
            std::future::poll_fn(|cx| stream.poll_peer_closed(cx)).await;
            stream
        });
        // Give the input a chance to be taken for the end.
        tokio::task::yield_now().await;
        assert!(!leaving.is_finished());
        drop(peer);
        let mut stream = leaving.await.unwrap();
        assert!(stream.is_closed());
        assert_eq!(receive_all(&mut stream).await.unwrap(), b"pipelined");
    });
}

#[test]
fn an_idle_stream_says_what_arrived() {
    on_each_kind(|_| async {
        let (mut stream, mut peer) = with_plain_peer().await;
        assert!(!stream.has_input() && !stream.is_closed());
        // The first poll arms whatever watches the socket.
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(stream.poll_peer_closed(&mut nobody).is_pending());
        peer.write_all(b"stray").unwrap();
        while !stream.has_input() {
            tokio::task::yield_now().await;
        }
        assert!(!stream.is_closed());
        drop(peer);
        while !stream.is_closed() {
            tokio::task::yield_now().await;
        }
        assert_eq!(receive_all(&mut stream).await.unwrap(), b"stray");
    });
}

#[test]
fn head_and_body_keep_their_order() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        let body = pattern(300_000);
        let mut expected = Vec::new();
        for part in body.chunks(30_001) {
            near.queue(b"head");
            near.queue_chunk(Chunk::copy_from_slice(part));
            near.queue_chunk(Chunk::from_static(b"tail"));
            near.start_sending().unwrap();
            expected.extend_from_slice(&[b"head", part, b"tail"].concat());
        }
        let reader = spawn_local(async move { receive_all(&mut far).await.unwrap() });
        near.flush().await.unwrap();
        assert_eq!(near.queued(), 0);
        drop(near);
        assert!(reader.await.unwrap() == expected, "what arrived differs");
    });
}

#[test]
fn unix_sockets_work_the_same() {
    on_each_kind(|kind| async move {
        let path = std::env::temp_dir().join(format!("transport-{}-{}", kind.name(), std::process::id()));
        let mut listener = Listener::new(UnixListener::bind(&path).unwrap().into()).unwrap();
        assert_eq!(listener.address(), &Address::Unix(path.clone()));
        let target = Address::Unix(path.clone());
        let client = spawn_local(async move { transport::connect(&target, &ConnectOptions::default()).await.unwrap() });
        let (mut accepted, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, Address::unnamed());
        let mut client = client.await.unwrap();
        let content = pattern(200_000);
        let expected = content.clone();
        let sender = spawn_local(async move {
            client.write_all(&content).await.unwrap();
            client.shutdown().await.unwrap();
            client
        });
        assert!(receive_all(&mut accepted).await.unwrap() == expected);
        assert_eq!(sender.await.unwrap().peer_address(), &Address::Unix(path.clone()));
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn both_ends_send_without_delay() {
    on_each_kind(|_| async {
        let (near, far) = pair().await;
        assert!(near.nodelay().unwrap() && far.nodelay().unwrap());
        far.set_nodelay(false).unwrap();
        far.set_keepalive(&Keepalive { count: Some(3), ..Keepalive::default() }).unwrap();
        assert!(!far.nodelay().unwrap());
    });
}

#[test]
fn a_stream_outlives_its_runtime() {
    let stream = transport::runtime::run(transport::runtime::Choice::Auto, |_| async {
        let (near, far) = pair().await;
        drop(far);
        near
    })
    .unwrap();
    drop(stream);
}

#[test]
fn nobody_listens() {
    on_each_kind(|_| async {
        // Nobody else gets the port.
        let silent = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        silent.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = silent.local_addr().unwrap().as_socket().unwrap();
        let refused = transport::connect(&Address::Inet(address), &ConnectOptions::default()).await;
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::ConnectionRefused);
        let missing = Address::Unix("/nonexistent/socket".into());
        let refused = transport::connect(&missing, &ConnectOptions::default()).await;
        assert_eq!(refused.err().unwrap().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_connection_comes_from_the_address_it_is_bound_to() {
    on_each_kind(|_| async {
        let (mut listener, address) = listen();
        let options = ConnectOptions { bind: Some("127.0.0.7:0".parse().unwrap()), ..ConnectOptions::default() };
        let client = spawn_local(async move { transport::connect(&Address::Inet(address), &options).await.unwrap() });
        let (accepted, peer) = listener.accept().await.unwrap();
        let client = client.await.unwrap();
        assert_eq!(peer.inet().unwrap().ip().to_string(), "127.0.0.7");
        assert_eq!(client.local_address(), &peer);
        assert_eq!(accepted.local_address(), client.peer_address());
    });
}

#[test]
fn many_connections_at_once() {
    on_each_kind(|_| async {
        let (mut listener, address) = listen();
        let server = spawn_local(async move {
            for _ in 0..300 {
                let (mut stream, _) = listener.accept().await.unwrap();
                spawn_local(async move {
                    while let Ok(chunk) = stream.receive().await
                        && !chunk.is_empty()
                    {
                        stream.queue_chunk(chunk);
                        stream.flush().await.unwrap();
                    }
                });
            }
        });
        let clients: Vec<_> = (0..300_u32)
            .map(|number| {
                spawn_local(async move {
                    let mut stream = connect(address).await;
                    for round in 0..5 {
                        let message = [number, round].map(u32::to_be_bytes).concat();
                        send(&mut stream, &message).await;
                        assert_eq!(receive_exactly(&mut stream, message.len()).await, message);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        server.await.unwrap();
    });
}

#[test]
fn what_is_written_in_place_goes_out_in_order() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        near.queue(b"one ");
        assert_eq!(near.queue_with(|out| out.extend_from_slice(b"two ")), 4);
        assert_eq!(near.queue_with(|_| {}), 0);
        near.queue_chunk(vec![b'3'; 5000].into());
        near.queue_with(|out| out.extend_from_slice(b" four"));
        assert_eq!(near.queued(), 5013);
        near.flush().await.unwrap();
        let received = receive_exactly(&mut far, 5013).await;
        assert!(received.starts_with(b"one two 333") && received.ends_with(b"333 four"));
    });
}

#[test]
fn an_end_right_behind_data_is_told() {
    on_each_kind(|_| async {
        for _ in 0..20 {
            let (mut stream, mut peer) = with_plain_peer().await;
            // Both come while the stream is waited for, before the worker looks.
            let nothing = tokio::time::timeout(Duration::from_millis(1), stream.receive()).await;
            assert!(nothing.is_err());
            peer.write_all(b"data").unwrap();
            peer.shutdown(Shutdown::Write).unwrap();
            assert_eq!(receive_exactly(&mut stream, 4).await, b"data");
            assert!(stream.receive().await.unwrap().is_empty());
        }
    });
}
