//! Which sockets are bound, what is shared between two sets, and what the operator reads when one cannot be.

use super::{Listeners, Sources, test_listeners, wanted_sockets};
use crate::{Inherited, Listener};
use model::{ListenAddress, ListenerOptions, Origin, SiteId};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};

fn address(text: &str) -> ListenAddress {
    ListenAddress::Inet(text.parse().unwrap())
}

fn listener(address: ListenAddress) -> Listener {
    Listener { address, options: ListenerOptions::default() }
}

fn open(wanted: &[Listener], previous: &Listeners) -> Result<Listeners, Vec<String>> {
    let mut inherited = Inherited::default();
    let from = Sources { previous, inherited: &mut inherited, patient: false };
    Listeners::open(wanted, 2, from).map(|(opened, notes)| {
        assert_eq!(notes, [""; 0]);
        opened
    })
}

/// A port that was free a moment ago.
fn free(host: &str) -> SocketAddr {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

#[test]
fn binds_what_no_wildcard_covers() {
    let model = |text: &str, options: ListenerOptions| model::Listener {
        address: address(text),
        options,
        sites: Vec::new(),
        tls: false,
        http2: false,
        default_site: SiteId(0),
        origin: Origin::default(),
    };
    let plain = ListenerOptions::default;
    let wanted = wanted_sockets(&[
        model("127.0.0.1:80", plain()),
        model("0.0.0.0:80", plain()),
        model("127.0.0.2:80", ListenerOptions { backlog: Some(5), ..plain() }),
        model("127.0.0.1:81", plain()),
        model("[::1]:80", plain()),
    ]);
    let names: Vec<ListenAddress> = wanted.into_iter().map(|listener| listener.address).collect();
    let expected = ["0.0.0.0:80", "127.0.0.2:80", "127.0.0.1:81", "[::1]:80"].map(address);
    assert_eq!(names, expected);
}

#[test]
fn says_as_nginx_does_that_an_address_is_in_use() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap();
    let wanted = [listener(ListenAddress::Inet(taken))];
    let lines = open(&wanted, &Listeners::default()).unwrap_err();
    let line = format!("bind() to {taken} failed (98: Address already in use)");
    assert_eq!(lines, [line]);
    assert_eq!(test_listeners(&wanted), Ok(()));
}

#[test]
fn shares_sockets_with_the_set_before_and_closes_the_others() {
    let (kept, gone) = (free("127.0.0.1"), free("127.0.0.1"));
    let first =
        open(&[listener(ListenAddress::Inet(kept)), listener(ListenAddress::Inet(gone))], &Listeners::default())
            .unwrap();
    let second = open(&[listener(ListenAddress::Inet(kept))], &first).unwrap();
    let number = |set: &Listeners| set.sockets().next().unwrap().as_raw_fd();
    assert_eq!(number(&first), number(&second));
    drop(first);
    assert!(TcpStream::connect(kept).is_ok());
    assert!(TcpStream::connect(gone).is_err());
}

#[test]
fn a_wildcard_takes_the_place_of_one_address_of_its_port() {
    let one = free("127.0.0.1");
    let first = open(&[listener(ListenAddress::Inet(one))], &Listeners::default()).unwrap();
    let all = address(&format!("0.0.0.0:{}", one.port()));
    let second = open(&[listener(all)], &first).unwrap();
    drop(first);
    assert!(TcpStream::connect(one).is_ok());
    drop(second);
    assert!(TcpStream::connect(one).is_err());
}

#[test]
fn binds_one_socket_a_thread_when_the_port_is_shared() {
    let wanted = Listener {
        address: ListenAddress::Inet(free("127.0.0.1")),
        options: ListenerOptions { reuse_port: true, ..ListenerOptions::default() },
    };
    let set = open(std::slice::from_ref(&wanted), &Listeners::default()).unwrap();
    assert_eq!(set.sockets().count(), 2);
    // Without the option the sockets stay: connections may wait in their queues.
    let plain = listener(wanted.address);
    assert_eq!(open(&[plain], &set).unwrap().sockets().count(), 2);
}

#[test]
fn takes_over_the_path_of_a_dead_unix_socket_and_removes_it_at_the_end() {
    let path = std::env::temp_dir().join(format!("zaguan-listen-{}", std::process::id()));
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let wanted = [listener(ListenAddress::Unix(path.clone()))];
    let set = open(&wanted, &Listeners::default()).unwrap();
    assert!(UnixStream::connect(&path).is_ok());
    let lines = open(&wanted, &Listeners::default()).unwrap_err();
    let line = format!("bind() to unix:{} failed (98: Address already in use)", path.display());
    assert_eq!(lines, [line]);
    set.unlink_except(&set);
    assert!(path.exists());
    set.unlink_except(&Listeners::default());
    assert!(!path.exists());
}
