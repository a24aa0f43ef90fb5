//! Connections over real sockets, on each kind of transport: connecting, reuse, and what must not be reused.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at what it did not expect")]

use std::future::{Future, poll_fn};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use model::{Group as GroupModel, IdlePool, Server, ServerAddress};
use protocol::h1::{Kind, RequestFraming};
use protocol::{Carrier, Fields, Method, ResponseHead, Version};
use transport::runtime::{self, Choice};
use transport::{Address, ConnectOptions, clock};
use upstream::{Affinity, Class, FailureCause, Group, Permit, Roster, Speech, Sweeper, connect};

const BOUND: Duration = Duration::from_secs(10);

/// Runs a scenario on epoll, and on what the machine offers best.
fn on_each_transport<F: Future<Output = ()>>(scenario: impl Fn() -> F) {
    for choice in [Choice::Epoll, Choice::Auto] {
        runtime::run(choice, |_| async { tokio::time::timeout(BOUND, scenario()).await.expect("in time") })
            .expect("a runtime");
    }
}

/// What an origin does once the test says so.
enum Command {
    Close,
    Stray,
}

/// An origin for one connection: answers each request, and obeys commands between them.
fn origin() -> (SocketAddr, mpsc::Sender<Command>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (commands, inbox) = mpsc::channel();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let answers = stream.try_clone().unwrap();
        thread::spawn(move || obey(stream, &inbox));
        answer(answers);
    });
    (address, commands)
}

fn answer(stream: TcpStream) {
    let mut requests = BufReader::new(stream.try_clone().unwrap());
    let mut replies = stream;
    let mut line = String::new();
    while requests.read_line(&mut line).is_ok_and(|length| length > 0) {
        if line == "\r\n" {
            replies.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        }
        line.clear();
    }
}

fn obey(mut stream: TcpStream, inbox: &mpsc::Receiver<Command>) {
    while let Ok(command) = inbox.recv() {
        match command {
            Command::Close => stream.shutdown(std::net::Shutdown::Both).unwrap(),
            Command::Stray => stream.write_all(b"HTTP/1.1 408 Gone\r\n\r\n").unwrap(),
        }
    }
}

fn group(address: SocketAddr, sweeper: &Rc<Sweeper>) -> Group {
    let at = ServerAddress::Host { host: address.ip().to_string(), port: address.port() };
    let model = GroupModel {
        servers: vec![Server::new(at, diagnostic::Origin::default())],
        idle: Some(IdlePool {
            size: 4,
            requests: u64::MAX,
            time: Duration::from_hours(1),
            timeout: Duration::from_mins(1),
            per_location: true,
        }),
        ..GroupModel::new("u", diagnostic::Origin::default())
    };
    let roster = Roster::build(&model, clock::now(), &mut upstream::resolve).unwrap();
    Group::new(Arc::new(roster), sweeper)
}

fn deadline() -> Instant {
    clock::now() + BOUND
}

fn permit(group: &Group) -> Permit {
    let now = clock::now();
    group.attempt(Affinity::default(), 0, now).choose(now).unwrap()
}

/// One request and its answer.
async fn exchange(carrier: &mut Carrier) {
    let Carrier::Connection(connection) = carrier else { unreachable!("HTTP/2 was not asked for") };
    connection.queue_head(&Method::Get, b"/", Version::Http11, &Fields::new(), RequestFraming::None);
    connection.queue_end(None);
    poll_fn(|cx| connection.poll_flush(cx)).await.unwrap();
    let mut head = ResponseHead::default();
    let kind = poll_fn(|cx| connection.poll_head(cx, 4096, &mut head)).await.unwrap();
    assert_eq!((kind, head.status), (Kind::Final, 200));
    while poll_fn(|cx| connection.poll_body(cx)).await.unwrap().is_some() {}
    assert!(connection.reusable());
}

/// A group with one idle connection that carried an exchange.
async fn with_idle_connection(sweeper: &Rc<Sweeper>) -> (Group, mpsc::Sender<Command>) {
    let (address, commands) = origin();
    let group = group(address, sweeper);
    let permit = permit(&group);
    let address = permit.peer().address();
    let connected = connect(address, &ConnectOptions::default(), deadline(), None, Speech::Http1).await.unwrap();
    let mut first = group.first(&permit, Class::default(), connected, clock::now());
    exchange(&mut first.connection).await;
    group.checkin(&permit, Class::default(), first, clock::now());
    assert_eq!(group.idle_connections(), 1);
    (group, commands)
}

#[test]
fn an_idle_connection_carries_the_next_exchange() {
    on_each_transport(|| async {
        let (group, _commands) = with_idle_connection(&Sweeper::new()).await;
        for _ in 0..3 {
            let permit = permit(&group);
            let mut pooled = group.checkout(&permit, Class::default(), clock::now()).expect("an idle connection");
            assert!(pooled.is_reused());
            exchange(&mut pooled.connection).await;
            group.checkin(&permit, Class::default(), pooled, clock::now());
        }
    });
}

#[test]
fn a_connection_that_the_peer_closed_is_swept_and_not_handed_out() {
    on_each_transport(|| async {
        let sweeper = Sweeper::new();
        let (group, commands) = with_idle_connection(&sweeper).await;
        commands.send(Command::Close).unwrap();
        tokio::task::spawn_local(Rc::clone(&sweeper).run());
        while group.idle_connections() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(group.checkout(&permit(&group), Class::default(), clock::now()).is_none());
    });
}

#[test]
fn a_connection_with_stray_bytes_is_not_handed_out() {
    on_each_transport(|| async {
        let (group, commands) = with_idle_connection(&Sweeper::new()).await;
        let permit = permit(&group);
        commands.send(Command::Stray).unwrap();
        // Handed out while the bytes are still under way, and refused once they are here.
        while let Some(pooled) = group.checkout(&permit, Class::default(), clock::now()) {
            tokio::task::yield_now().await;
            group.checkin(&permit, Class::default(), pooled, clock::now());
        }
        assert_eq!(group.idle_connections(), 0);
    });
}

#[test]
fn a_refused_connection_is_told() {
    on_each_transport(|| async {
        // Nobody else gets the port, and nobody listens.
        let closed = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        closed.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = closed.local_addr().unwrap().as_socket().unwrap();
        let failure =
            connect(&Address::Inet(address), &ConnectOptions::default(), deadline(), None, Speech::Http1).await;
        assert_eq!(failure.err().map(|failure| failure.cause()), Some(FailureCause::ConnectRefused));
    });
}

#[test]
fn a_missing_unix_socket_is_told() {
    on_each_transport(|| async {
        let nowhere = Address::Unix("/nonexistent/zaguan.sock".into());
        let failure = connect(&nowhere, &ConnectOptions::default(), deadline(), None, Speech::Http1).await;
        assert_eq!(failure.err().map(|failure| failure.cause()), Some(FailureCause::ConnectUnreachable));
    });
}

#[test]
fn connecting_ends_at_the_deadline() {
    // Nobody accepts, and the queue is short: soon a connection waits.
    let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = Address::Inet(listener.local_addr().unwrap().as_socket().unwrap());
    on_each_transport(|| async {
        let mut held = Vec::new();
        let failure = loop {
            let deadline = clock::now() + Duration::from_millis(100);
            match connect(&address, &ConnectOptions::default(), deadline, None, Speech::Http1).await {
                Ok(connection) => held.push(connection),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failure.cause(), FailureCause::ConnectTimeout);
    });
}
