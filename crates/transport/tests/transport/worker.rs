//! The worker's turns, clock and deadlines.

use std::cell::Cell;
use std::future::poll_fn;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::task::{spawn_local, yield_now};
use transport::runtime::{self, Choice, Kind};
use transport::{Deadline, Listener, clock};

use crate::harness::*;

#[test]
fn auto_takes_the_ring_where_there_is_one() {
    let expected = if runtime::probe().is_ok() { Kind::Uring } else { Kind::Epoll };
    assert_eq!(runtime::run(Choice::Auto, |kind| async move { kind }).unwrap(), expected);
}

#[test]
fn turns_end_once_a_round_and_before_sending() {
    on_each_kind(|_| async {
        let (mut near, mut far) = pair().await;
        let turns = Rc::new(Cell::new(0_u32));
        let counted = Rc::clone(&turns);
        runtime::at_turn_end(Box::new(move || counted.set(counted.get() + 1)));
        let before = turns.get();
        for _ in 0..100 {
            send(&mut near, b"request").await;
            receive_exactly(&mut far, 7).await;
        }
        let ended = turns.get() - before;
        assert!((1..2000).contains(&ended), "{ended} turns ended");
    });
}

#[test]
fn turns_end_although_a_task_never_waits() {
    on_each_kind(|_| async {
        let (near, far) = pair().await;
        let turns = Rc::new(Cell::new(0_u32));
        let counted = Rc::clone(&turns);
        runtime::at_turn_end(Box::new(move || counted.set(counted.get() + 1)));
        let busy = spawn_local(async move {
            let (mut near, mut far) = (near, far);
            loop {
                near.queue(b"x");
                near.start_sending().unwrap();
                let mut nobody = Context::from_waker(Waker::noop());
                let _ = far.poll_receive(&mut nobody);
                yield_now().await;
            }
        });
        let before = turns.get();
        while turns.get() < before + 10 {
            yield_now().await;
        }
        busy.abort();
    });
}

#[test]
fn the_clock_moves_between_turns() {
    on_each_kind(|_| async {
        let (begin, unix) = (clock::now(), clock::unix_time());
        tokio::time::sleep(Duration::from_millis(20)).await;
        let passed = clock::now() - begin;
        assert!(passed >= Duration::from_millis(20), "{passed:?}");
        assert!(clock::unix_time().saturating_sub(unix) >= Duration::from_millis(19));
        let date = clock::http_date();
        assert!(date.ends_with(b" GMT") && date == clock::format_date(clock::unix_time()));
    });
}

#[test]
fn the_clock_moves_while_a_task_never_waits() {
    on_each_kind(|_| async {
        let (mut stream, _peer) = with_plain_peer().await;
        let begin = clock::now();
        // Polls of a stream are what a long turn is made of.
        while clock::now() - begin < Duration::from_millis(5) {
            let mut nobody = Context::from_waker(Waker::noop());
            assert!(stream.poll_receive(&mut nobody).is_pending());
        }
    });
}

#[test]
fn a_deadline_passes_when_the_last_limit_does() {
    on_each_kind(|_| async {
        let begin = clock::now();
        let after = |milliseconds| begin + Duration::from_millis(milliseconds);
        let mut deadline = Deadline::new();
        let mut nobody = Context::from_waker(Waker::noop());
        assert!(deadline.poll_expired(&mut nobody).is_pending());
        // Later, earlier and later again, with the timer armed in between.
        for limit in [after(50), after(10_000), after(30), after(60)] {
            deadline.set(limit);
            poll_fn(|cx| {
                assert!(deadline.poll_expired(cx).is_pending());
                Poll::Ready(())
            })
            .await;
        }
        deadline.expired().await;
        let passed = clock::now() - begin;
        assert!(passed >= Duration::from_millis(60) && passed < Duration::from_secs(5), "{passed:?}");
        deadline.clear();
        assert!(poll_fn(|cx| Poll::Ready(deadline.poll_expired(cx))).await.is_pending());
    });
}

#[test]
fn a_deadline_wakes_whoever_polled_it_last() {
    on_each_kind(|_| async {
        let mut deadline = Deadline::new();
        deadline.set(clock::now() + Duration::from_millis(30));
        poll_fn(|cx| {
            assert!(deadline.poll_expired(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        spawn_local(async move { deadline.expired().await }).await.unwrap();
    });
}

#[test]
fn a_listener_that_another_process_made_non_blocking_accepts() {
    on_each_kind(|_| async {
        for nonblocking in [true, false] {
            let socket = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap();
            let mut listener = Listener::new(socket.as_fd().try_clone_to_owned().unwrap()).unwrap();
            socket.set_nonblocking(nonblocking).unwrap();
            for _ in 0..3 {
                let client = spawn_local(async move { connect(address).await });
                let (mut accepted, _) = listener.accept().await.unwrap();
                let mut client = client.await.unwrap();
                send(&mut client, b"hello").await;
                assert_eq!(receive_exactly(&mut accepted, 5).await, b"hello");
                // While accepting is under way.
                socket.set_nonblocking(true).unwrap();
            }
        }
    });
}

#[test]
fn a_connection_is_accepted_though_one_that_is_stuck_was_woken_for_it() {
    on_each_kind(|kind| async move {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let choice = if kind == Kind::Epoll { Choice::Epoll } else { Choice::Uring };
        let other = socket.try_clone().unwrap();
        let (waits, waiting) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        // As a process is that was killed and whose ring is there still: it waits for connections, and takes none.
        let stuck = std::thread::spawn(move || {
            runtime::run(choice, |_| async move {
                let mut listener = Listener::new(other.into()).unwrap();
                let before = runtime::counters().ring_enters;
                let accepting = spawn_local(async move { listener.accept().await.map(drop) });
                while choice == Choice::Uring && runtime::counters().ring_enters == before {
                    yield_now().await;
                }
                waits.send(()).unwrap();
                assert!(ended.recv().is_err());
                accepting.abort();
            })
            .unwrap();
        });
        while waiting.try_recv().is_err() {
            yield_now().await;
        }
        let mut listener = Listener::new(socket.into()).unwrap();
        let client = spawn_local(async move {
            let mut client = connect(address).await;
            send(&mut client, b"hello").await;
        });
        let (mut accepted, _) = listener.accept().await.unwrap();
        assert_eq!(receive_exactly(&mut accepted, 5).await, b"hello");
        client.await.unwrap();
        drop(end);
        stuck.join().unwrap();
    });
}

#[test]
fn workers_share_a_listening_socket() {
    on_each_kind(|kind| async move {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let choice = if kind == Kind::Epoll { Choice::Epoll } else { Choice::Uring };
        let other = socket.try_clone().unwrap();
        let helper = std::thread::spawn(move || {
            runtime::run(choice, |_| async move {
                let mut listener = Listener::new(other.into()).unwrap();
                loop {
                    let (mut stream, _) = listener.accept().await.unwrap();
                    if *stream.receive().await.unwrap() == *b"stop" {
                        return;
                    }
                    send(&mut stream, b"theirs").await;
                }
            })
            .unwrap();
        });
        let mut listener = Listener::new(socket.into()).unwrap();
        let ours = spawn_local(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let received = stream.receive().await.unwrap();
                if *received == *b"stop" {
                    listener.close();
                    assert!(listener.accept().await.is_err(), "a closed listener accepts nothing");
                    return;
                }
                send(&mut stream, b"theirs").await;
            }
        });
        for _ in 0..50 {
            let mut client = connect(address).await;
            send(&mut client, b"hello").await;
            receive_exactly(&mut client, 6).await;
        }
        // Each stops when it gets a word, and accepts nothing more.
        while !(helper.is_finished() && ours.is_finished()) {
            if let Ok(mut client) = transport::connect(&address.into(), &transport::ConnectOptions::default()).await {
                client.queue(b"stop");
                let _ = client.flush().await;
                let _ = client.receive().await;
            }
        }
        helper.join().unwrap();
    });
}

#[test]
fn a_listener_that_stops_yields_what_came_before() {
    on_each_kind(|_| async {
        for armed in [true, false] {
            let (mut listener, address) = listen();
            if armed {
                let pending = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
                assert!(pending.is_err());
            }
            let clients: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
            listener.stop();
            for client in &clients {
                let (_, peer) = listener.accept().await.unwrap();
                assert_eq!(peer, client.local_addr().unwrap().into());
            }
            for _ in 0..2 {
                let error = listener.accept().await.map(drop).unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
            }
        }
    });
}
