//! Names that are resolved while running.

use std::collections::HashMap;
use std::net::{Ipv4Addr, UdpSocket};
use std::thread;

use testkit::{Setup, Site, cases, eventually};

cases!(
    resolving,
    setup,
    [
        a_name_out_of_a_variable_is_resolved,
        a_name_that_does_not_exist_is_said_to_be_so,
        a_server_that_does_not_answer_is_followed_by_the_next,
        a_server_is_resolved_while_running,
        a_name_that_cannot_be_resolved_does_not_stop_the_start,
        good_addresses_outlive_an_outage,
        a_service_names_its_ports,
    ]
);

cases!(
    changing_answers,
    Fresh,
    setup,
    [a_name_that_moves_is_followed, a_name_that_loses_its_addresses_has_no_server, good_addresses_outlive_silence,]
);

fn setup() -> Setup {
    let server = name_server();
    Setup::http(
        &"
    resolver NAMES ipv6=off;
    resolver_timeout 5s;
    upstream moving { zone z5 64k; server turn-{peer0.host}-{peer1.host}.test:{port} resolve; }
    upstream emptied { zone z6 64k; server gone-{peer0.host}.test:{port} resolve; }
    upstream muted { zone z7 64k; resolver NAMES ipv6=off; resolver_timeout 1s; server mute-{peer0.host}.test:{port} resolve; }
    upstream resolved { zone z1 64k; server ip-{peer0.host}.test:{port} resolve; }
    upstream nowhere { zone z2 64k; server none.test resolve; }
    upstream flaky { zone z3 64k; server once-{peer0.host}.test:{port} resolve; }
    upstream service { zone z4 64k; server {peer1.host}.{port}.test service=app resolve; }
    server {
        listen {front};
        location / { return 404; }
        location /variable { proxy_pass http://$arg_name:{port}; }
        location /two { resolver {nobody} NAMES ipv6=off; proxy_pass http://$arg_name:{port}; }
        location /resolved { proxy_pass http://resolved; }
        location /nowhere { proxy_pass http://nowhere; }
        location /flaky { proxy_pass http://flaky; }
        location /service { proxy_pass http://service; }
        location /moving { proxy_pass http://moving; }
        location /emptied { proxy_pass http://emptied; }
        location /muted { proxy_pass http://muted; }
        location /silent { resolver NAMES ipv6=off; resolver_timeout 300ms; proxy_pass http://$arg_name:{port}; }
    }"
        .replace("NAMES", &server),
    )
}

/// A name server; the names say what it answers.
pub(super) fn name_server() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        let mut asked = HashMap::new();
        let mut buffer = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut buffer) {
            if let Some(answer) = answer(&buffer[..length], &mut asked) {
                let _ = socket.send_to(&answer, client);
            }
        }
    });
    address
}

/// `ip-ADDRESS.test` has that address, `once-ADDRESS.test` only when it is asked for first; then the server fails.
/// `_app._tcp.ADDRESS.PORT.test` is a service there. `turn-ONE-OTHER.test` moves from one address to the other,
/// `gone-ADDRESS.test` loses its own, of `mute-ADDRESS.test` nothing is said a second time. Nothing else exists.
fn answer(question: &[u8], asked: &mut HashMap<String, u32>) -> Option<Vec<u8>> {
    let (name, kind, end) = read_question(question)?;
    let count = asked.entry(format!("{name} {kind}")).or_default();
    *count += 1;
    let host = name.strip_suffix(".test")?;
    let octets = |address: &str| Some(address.parse::<Ipv4Addr>().ok()?.octets().to_vec());
    if kind == 1 && (host == "silent" || (host.starts_with("mute-") && *count > 1)) {
        return None;
    }
    let changing = match host.split('-').collect::<Vec<_>>()[..] {
        ["turn", one, other] => Some(octets(if *count > 1 { other } else { one })?),
        ["gone", _] if *count > 1 => Some(Vec::new()),
        ["gone" | "mute", address] => Some(octets(address)?),
        _ => None,
    };
    let (code, data) = match (host.strip_prefix("ip-"), host.strip_prefix("once-"), host.strip_prefix("_app._tcp.")) {
        _ if kind == 1 && changing.is_some() => (0, changing.unwrap_or_default()),
        (Some(address), _, _) if kind == 1 => (0, address.parse::<Ipv4Addr>().ok()?.octets().to_vec()),
        (_, Some(_), _) if *count > 1 => (2, Vec::new()),
        (_, Some(address), _) if kind == 1 => (0, address.parse::<Ipv4Addr>().ok()?.octets().to_vec()),
        (_, _, Some(place)) if kind == 33 => {
            let (address, port) = place.rsplit_once('.')?;
            let mut data = vec![0, 1, 0, 1];
            data.extend(port.parse::<u16>().ok()?.to_be_bytes());
            for label in format!("ip-{address}.test").split('.') {
                data.push(u8::try_from(label.len()).ok()?);
                data.extend(label.as_bytes());
            }
            data.push(0);
            (0, data)
        }
        _ => (3, Vec::new()),
    };
    let mut message = question.get(..2)?.to_vec();
    message.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(!data.is_empty()), 0, 0, 0, 0]);
    message.extend(question.get(12..end)?);
    if !data.is_empty() {
        message.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 1]);
        message.extend(u16::try_from(data.len()).ok()?.to_be_bytes());
        message.extend(data);
    }
    Some(message)
}

/// The name that is asked for, the kind of record, and where the question ends.
fn read_question(message: &[u8]) -> Option<(String, u8, usize)> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    Some((labels.join("."), *message.get(at + 1)?, at + 4))
}

fn host_of(site: &Site, peer: usize) -> String {
    let address = site.peer(peer).address();
    address.rsplit_once(':').map(|(host, _)| host.to_owned()).expect("a port")
}

fn a_name_out_of_a_variable_is_resolved(site: &mut Site) {
    for peer in [0, 1, 0] {
        let response = site.get(&format!("/variable?name=ip-{}.test", host_of(site, peer)));
        assert_eq!(response.field("X-Peer"), Some(format!("peer{peer}").as_str()));
    }
}

fn a_name_that_does_not_exist_is_said_to_be_so(site: &mut Site) {
    assert_eq!(site.get("/variable?name=none.test").status, 502);
    assert!(site.error_log().contains("none.test could not be resolved (3: Host not found)"));
}

fn a_server_that_does_not_answer_is_followed_by_the_next(site: &mut Site) {
    let target = format!("/two?name=ip-{}.test", host_of(site, 1));
    assert_eq!(site.get(&target).field("X-Peer"), Some("peer1"));
}

fn a_server_is_resolved_while_running(site: &mut Site) {
    eventually("its address is known", || site.get("/resolved").field("X-Peer") == Some("peer0"));
}

fn a_name_that_cannot_be_resolved_does_not_stop_the_start(site: &mut Site) {
    assert_eq!(site.get("/nowhere").status, 502);
    eventually("it is said why", || site.error_log().contains("none.test could not be resolved (3: Host not found)"));
    assert_eq!(site.get("/nowhere").status, 502);
}

fn good_addresses_outlive_an_outage(site: &mut Site) {
    eventually("its address is known", || site.get("/flaky").field("X-Peer") == Some("peer0"));
    eventually("the server fails", || site.error_log().contains("could not be resolved (2: Server failure)"));
    assert_eq!(site.get("/flaky").field("X-Peer"), Some("peer0"));
}

fn a_service_names_its_ports(site: &mut Site) {
    eventually("its address is known", || site.get("/service").field("X-Peer") == Some("peer1"));
}

fn a_name_that_moves_is_followed(site: &mut Site) {
    let mut seen = Vec::new();
    eventually("it moved", || {
        seen.push(site.get("/moving").field("X-Peer").unwrap_or("?").to_owned());
        seen.last().is_some_and(|last| last == "peer1")
    });
    // The first address is used for as long as its answer allows, no request falls between the two.
    let known = seen.iter().skip_while(|peer| *peer == "?");
    assert!(known.clone().any(|peer| peer == "peer0"), "{seen:?}");
    assert!(known.clone().all(|peer| peer != "?"), "{seen:?}");
}

fn a_name_that_loses_its_addresses_has_no_server(site: &mut Site) {
    let mut seen = Vec::new();
    eventually("it has none", || {
        seen.push(site.get("/emptied").status);
        seen.contains(&200) && seen.last() == Some(&502)
    });
    assert!(site.error_log().contains("no live upstreams while connecting to upstream"), "it is said what failed");
    assert!(site.error_log().contains("could not be resolved (3: Host not found)"), "and why");
}

fn good_addresses_outlive_silence(site: &mut Site) {
    eventually("its address is known", || site.get("/muted").field("X-Peer") == Some("peer0"));
    eventually("the server is silent", || {
        site.error_log().contains("could not be resolved (110: Operation timed out)")
    });
    assert_eq!(site.get("/muted").field("X-Peer"), Some("peer0"));
    assert_eq!(site.get("/silent?name=silent.test").status, 502, "who has no address yet is not kept waiting for ever");
}
