//! Names of servers become peers, or diagnostics.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use diagnostic::{FileId, Origin};
use model::{Balance, Server, ServerAddress};

use transport::Address;

use super::{Found, Roster};
use crate::fixture::{group_model, server, start};
use crate::peer::Peer;

fn named(host: &str, port: u16, line: u32) -> Server {
    Server {
        address: ServerAddress::Host { host: host.into(), port },
        origin: Origin { file: FileId(0), line, column: 1, length: 1 },
        ..server(1)
    }
}

fn two_addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    match host {
        "two.test" => Ok(vec![([10, 0, 0, 1], port).into(), ([10, 0, 0, 2], port).into()]),
        "none.test" => Err(io::ErrorKind::NotFound.into()),
        "late.test" => Ok(Vec::new()),
        _ => crate::resolve(host, port),
    }
}

#[test]
fn every_address_is_a_peer() {
    let servers = vec![
        named("two.test", 8080, 1),
        Server { backup: true, ..named("127.0.0.1", 80, 2) },
        named("::1", 81, 3),
        Server { address: ServerAddress::Unix(PathBuf::from("/run/app.sock")), ..server(1) },
    ];
    let group = group_model(servers, Balance::RoundRobin);
    let roster = Roster::build(&group, start(), &mut two_addresses).unwrap();
    let names: Vec<_> = roster.peers().iter().map(|peer| (peer.name(), peer.written())).collect();
    assert_eq!(
        names,
        [
            ("10.0.0.1:8080", "two.test:8080"),
            ("10.0.0.2:8080", "two.test:8080"),
            ("[::1]:81", "[::1]:81"),
            ("unix:/run/app.sock", "unix:/run/app.sock"),
            ("127.0.0.1:80", "127.0.0.1"),
        ]
    );
}

#[test]
fn every_unknown_name_is_told_with_its_place() {
    let servers = vec![named("none.test", 80, 4), named("127.0.0.1", 80, 5), named("none.test", 99, 6)];
    let group = group_model(servers, Balance::RoundRobin);
    let diagnostics = Roster::build(&group, start(), &mut two_addresses).unwrap_err();
    let told: Vec<_> =
        diagnostics.iter().map(|found| (found.message.as_str(), found.origin.map(|origin| origin.line))).collect();
    assert_eq!(
        told,
        [
            ("host not found in upstream \"none.test\"", Some(4)),
            ("host not found in upstream \"none.test:99\"", Some(6)),
        ]
    );
}

#[test]
fn a_group_needs_a_primary() {
    for servers in [Vec::new(), vec![Server { backup: true, ..server(1) }]] {
        let group = group_model(servers, Balance::RoundRobin);
        let diagnostics = Roster::build(&group, start(), &mut two_addresses).unwrap_err();
        assert_eq!(diagnostics[0].message, "no servers in upstream \"u\"");
    }
}

#[test]
fn a_server_without_a_group_has_its_addresses_and_no_pool() {
    let address = ServerAddress::Host { host: "two.test".into(), port: 5000 };
    let roster = Roster::implicit(&address, Origin::default(), start(), &mut two_addresses).unwrap();
    assert_eq!(roster.peers().len(), 2);
    assert_eq!(roster.name(), "two.test:5000");
    assert!(roster.idle().is_none());
}

#[test]
fn a_name_that_may_come_later_is_told_and_has_no_peers() {
    let servers = vec![named("late.test", 80, 4), Server { backup: true, ..named("127.0.0.1", 80, 5) }];
    let group = group_model(servers, Balance::RoundRobin);
    let roster = Roster::build(&group, start(), &mut two_addresses).unwrap();
    assert_eq!(roster.peers().iter().map(Peer::name).collect::<Vec<_>>(), ["127.0.0.1:80"]);
    assert_eq!(roster.missing(), Some("late.test"));
    let told = roster.awaited();
    assert_eq!((told.len(), told[0].is_error(), told[0].origin.map(|origin| origin.line)), (1, false, Some(4)));

    let name = roster.names().next().unwrap();
    let found = Found::of(Address::Inet(([10, 0, 0, 1], 0).into()));
    let roster = roster.renewed(&group, name, vec![found]);
    assert_eq!(roster.peers().iter().map(Peer::name).collect::<Vec<_>>(), ["10.0.0.1:80", "127.0.0.1:80"]);
    assert_eq!((roster.missing(), roster.awaited().len()), (None, 0));
}

#[test]
fn a_name_is_not_missed_where_its_server_is_not_to_be_used() {
    let group = group_model(vec![Server { down: true, ..named("late.test", 80, 4) }], Balance::RoundRobin);
    let roster = Roster::build(&group, start(), &mut two_addresses).unwrap();
    assert_eq!((roster.missing(), roster.awaited().len()), (None, 1));
}
