//! What stalls, floods or leaves takes nothing from the others, and gives back what it held.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tokio::task::{spawn_local, yield_now};
use transport::runtime::{self, Kind};
use transport::{Chunk, Stream};

use crate::harness::*;

/// Waits for `condition` while the worker runs.
async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A stream of this worker whose peer has sent as much as the kernel takes.
async fn flooded() -> (Stream, TcpStream, Vec<u8>) {
    let (stream, mut peer) = with_plain_peer().await;
    peer.set_nonblocking(true).unwrap();
    let content = pattern(1 << 20);
    let mut sent = Vec::new();
    loop {
        match peer.write(&content) {
            Ok(length) => sent.extend_from_slice(&content[..length]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return (stream, peer, sent),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The longest of many rounds of an echo between two streams of this worker.
async fn slowest_echo(near: &mut Stream, far: &mut Stream) -> Duration {
    let mut slowest = Duration::ZERO;
    for round in 0..200_u8 {
        #[expect(clippy::disallowed_methods, reason = "measures across turns of the worker's loop")]
        let begin = Instant::now();
        send(near, &[round; 100]).await;
        assert_eq!(receive_exactly(far, 100).await, [round; 100]);
        send(far, &[round; 2000]).await;
        assert_eq!(receive_exactly(near, 2000).await, [round; 2000]);
        slowest = slowest.max(begin.elapsed());
    }
    slowest
}

#[test]
fn stalled_readers_do_not_starve_the_others() {
    on_each_kind(|_| async {
        let all = runtime::counters().free_buffers;
        let mut stalled = Vec::new();
        for _ in 0..64 {
            let (mut stream, peer, sent) = flooded().await;
            // The reader looks once, and then cares for its peer's leaving only.
            let first = stream.receive().await.unwrap();
            stalled.push((stream, peer, first, sent));
        }
        let watching = spawn_local(async move {
            std::future::poll_fn(|cx| {
                for (stream, ..) in &mut stalled {
                    assert!(stream.poll_peer_closed(cx).is_pending());
                }
                std::task::Poll::<()>::Pending
            })
            .await;
        });
        let (mut near, mut far) = pair().await;
        let slowest = slowest_echo(&mut near, &mut far).await;
        assert!(slowest < Duration::from_secs(2), "an echo took {slowest:?} beside stalled readers");
        assert!(runtime::counters().free_buffers > all / 8, "{:?}", runtime::counters());
        watching.abort();
        assert!(watching.await.unwrap_err().is_cancelled());
        until(|| runtime::counters().free_buffers == all).await;
    });
}

#[test]
fn a_reader_that_stalled_gets_everything_later() {
    on_each_kind(|_| async {
        let mut streams = Vec::new();
        for _ in 0..8 {
            streams.push(flooded().await);
        }
        let (mut near, mut far) = pair().await;
        slowest_echo(&mut near, &mut far).await;
        for (mut stream, peer, sent) in streams {
            assert!(stream.unread_length() <= 256 * 1024, "{} bytes are held", stream.unread_length());
            peer.shutdown(std::net::Shutdown::Write).unwrap();
            assert!(receive_all(&mut stream).await.unwrap() == sent, "what arrived differs");
        }
    });
}

#[test]
fn readers_that_hold_every_buffer_are_copied_for() {
    on_each_kind(|_| async {
        let all = runtime::counters();
        let (mut stream, mut peer) = with_plain_peer().await;
        let writer = std::thread::spawn(move || {
            // One small message after the other, so that each takes a buffer.
            for number in 0..3000_u32 {
                peer.write_all(&number.to_be_bytes()).unwrap();
                let mut acknowledged = [0];
                peer.read_exact(&mut acknowledged).unwrap();
            }
        });
        let mut held = Vec::new();
        for number in 0..3000_u32 {
            let chunk = stream.receive().await.unwrap();
            assert_eq!(*chunk, number.to_be_bytes());
            held.push(chunk);
            send(&mut stream, b"+").await;
        }
        writer.join().unwrap();
        let leases = held.iter().filter(|chunk| chunk.is_lease()).count();
        assert!(leases > 100 && leases < all.buffers, "{leases} chunks are leases");
        assert!(runtime::counters().free_buffers > all.buffers / 8);
        for (number, chunk) in (0_u32..).zip(&held) {
            assert_eq!(**chunk, number.to_be_bytes());
        }
        drop(held);
        assert_eq!(runtime::counters().free_buffers, all.free_buffers);
    });
}

#[test]
fn owned_chunks_give_their_buffer_back() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        let all = runtime::counters().free_buffers;
        send(&mut near, b"some bytes").await;
        let mut chunk = far.receive().await.unwrap();
        assert!(chunk.is_lease());
        let first = chunk.split_to(5);
        assert_eq!((&*first, &*chunk), (&b"some "[..], &b"bytes"[..]));
        assert_eq!(runtime::counters().free_buffers, all - 1);
        let (first, chunk) = (first.into_owned(), chunk.into_owned());
        assert_eq!(runtime::counters().free_buffers, all);
        assert_eq!((&*first, &*chunk), (&b"some "[..], &b"bytes"[..]));
    });
}

#[test]
fn a_slow_receiver_pauses_the_sender() {
    on_each_kind(|_| async {
        let (mut stream, mut peer) = with_plain_peer().await;
        let content = pattern(8 << 20);
        let mut queued = 0;
        let stuck = tokio::time::timeout(Duration::from_millis(300), async {
            for part in content.chunks(50_000) {
                stream.ready().await.unwrap();
                stream.queue_chunk(Chunk::copy_from_slice(part));
                queued += part.len();
            }
        });
        // The limit is the event that is waited for: nothing else tells that a sender waits.
        assert!(stuck.await.is_err(), "{queued} bytes were queued");
        assert!(stream.queued() < 64 * 1024 + 50_000, "{} bytes are queued", stream.queued());
        let reader = std::thread::spawn(move || {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).unwrap();
            received
        });
        for part in content[queued..].chunks(50_000) {
            stream.ready().await.unwrap();
            stream.queue_chunk(Chunk::copy_from_slice(part));
        }
        stream.flush().await.unwrap();
        drop(stream);
        while !reader.is_finished() {
            yield_now().await;
        }
        assert!(reader.join().unwrap() == content, "what arrived differs");
    });
}

#[test]
fn dropped_streams_leave_nothing_behind() {
    on_each_kind(|kind| async move {
        let before = runtime::counters();
        for round in 0..20 {
            let (mut near, mut far) = pair().await;
            match round % 5 {
                // Receiving, with a waker that is gone by then.
                0 => drop(tokio::time::timeout(Duration::from_millis(1), far.receive()).await),
                // Sending more than the kernel takes.
                1 => {
                    far.queue_chunk(Chunk::from(pattern(16 << 20)));
                    let flushed = tokio::time::timeout(Duration::from_millis(5), far.flush()).await;
                    assert!(flushed.is_err(), "16 MiB went into the kernel at once");
                }
                // Received and never read.
                2 => {
                    send(&mut near, &pattern(40_000)).await;
                    drop(far.receive().await.unwrap());
                }
                // Queued and never sent.
                3 => near.queue(b"unsent"),
                // Started in the same turn.
                _ => {
                    near.queue(b"started");
                    near.start_sending().unwrap();
                }
            }
        }
        until(|| runtime::counters().free_buffers == before.free_buffers).await;
        if kind == Kind::Uring {
            until(|| runtime::counters().ring_entries == before.ring_entries).await;
        }
    });
}

#[test]
fn what_was_started_before_a_drop_arrives() {
    on_each_kind(|_| async {
        let (mut stream, mut peer) = with_plain_peer().await;
        stream.queue(b"farewell");
        stream.start_sending().unwrap();
        drop(stream);
        let reader = std::thread::spawn(move || {
            let mut received = Vec::new();
            peer.read_to_end(&mut received).unwrap();
            received
        });
        while !reader.is_finished() {
            yield_now().await;
        }
        assert_eq!(reader.join().unwrap(), b"farewell");
    });
}

#[test]
fn a_connect_that_is_given_up_leaves_nothing_behind() {
    on_each_kind(|kind| async move {
        let before = runtime::counters();
        // A listener whose queue is full answers no further connection.
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let mut given_up = 0;
        let mut connected = Vec::new();
        while given_up < 3 {
            match tokio::time::timeout(Duration::from_millis(50), connect(address)).await {
                Ok(stream) => connected.push(stream),
                Err(_) => given_up += 1,
            }
        }
        drop(connected);
        if kind == Kind::Uring {
            until(|| runtime::counters().ring_entries == before.ring_entries).await;
        }
    });
}

#[test]
fn a_task_that_never_waits_does_not_keep_streams_from_moving() {
    on_each_kind(|_| async {
        let busy = spawn_local(async {
            loop {
                yield_now().await;
            }
        });
        let (mut near, mut far) = pair().await;
        slowest_echo(&mut near, &mut far).await;
        busy.abort();
    });
}

#[test]
fn a_busy_ring_makes_few_system_calls() {
    on_each_kind(|kind| async move {
        if kind == Kind::Epoll {
            return;
        }
        let mut pairs = Vec::new();
        for _ in 0..50 {
            pairs.push(pair().await);
        }
        let before = runtime::counters().ring_enters;
        let echoes: Vec<_> = pairs
            .into_iter()
            .map(|(mut near, mut far)| {
                spawn_local(async move {
                    for _ in 0..50 {
                        send(&mut near, b"request").await;
                        let request = receive_exactly(&mut far, 7).await;
                        send(&mut far, &request).await;
                        receive_exactly(&mut near, 7).await;
                    }
                })
            })
            .collect();
        for echo in echoes {
            echo.await.unwrap();
        }
        let enters = runtime::counters().ring_enters - before;
        assert!(enters < 50 * 50 / 5, "{enters} system calls for 2500 requests and responses");
    });
}
