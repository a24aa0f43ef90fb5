//! Whether certificates still stand: what is stapled to the server's own, and what becomes of clients'.

use std::net::SocketAddrV4;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use testkit::{Authority, Gate, Issued, Setup, Signal, Site, Standing, Visitor, cases, eventually};

use super::tls::{body, issued};

cases!(
    ocsp,
    Fresh,
    setup,
    [
        an_answer_is_stapled_once_there_is_one,
        an_answer_is_fetched_anew_before_it_expires,
        an_answer_is_given_as_long_as_it_is_good,
        no_bad_answer_is_stapled,
        nobody_waits_for_an_answer_to_staple,
        clients_are_looked_up,
        who_does_not_answer_vouches_for_nobody,
        a_request_waits_for_what_is_known_of_its_client,
        what_is_known_is_kept,
        every_certificate_up_to_the_authority_is_looked_up,
        the_responder_of_the_configuration_needs_no_resolver,
        a_new_certificate_of_the_same_number_has_an_answer_of_its_own,
        one_thread_asks_for_the_names_of_all_responders,
    ]
);

static ROOT: LazyLock<Authority> = LazyLock::new(|| Authority::new("root"));
static LOWER: LazyLock<Authority> = LazyLock::new(|| ROOT.lower("lower"));
static FOREIGN: LazyLock<Authority> = LazyLock::new(|| Authority::new("foreign"));

/// The serial numbers of the server's own certificate and of a client's.
const OWN: u8 = 5;
const CLIENT: u8 = 6;
const DAY: i64 = 24 * 60 * 60;

fn setup() -> Setup {
    let own = ROOT.issue_with(&["one"], |params| params.serial_number = Some(u64::from(OWN).into()));
    let client = ROOT.issue_with(&["client"], |params| params.serial_number = Some(u64::from(CLIENT).into()));
    let under = LOWER.issue_with(&["under"], |params| params.serial_number = Some(u64::from(CLIENT).into()));
    let under = Issued { certificate: under.certificate + &LOWER.certificate(), ..under };
    let mut setup = Setup::http(CONFIG).file("root.crt", ROOT.certificate());
    for (name, issued) in [("one", own), ("client", client), ("under", under)] {
        setup = setup.file(&format!("{name}.crt"), issued.certificate).file(&format!("{name}.key"), issued.key);
    }
    setup
}

const CONFIG: &str = "
    ssl_certificate one.crt;
    ssl_certificate_key one.key;
    ssl_trusted_certificate root.crt;
    server {
        listen {front} ssl;
        ssl_stapling on;
        ssl_stapling_verify on;
        ssl_stapling_responder http://{peer0}/stapled;
        location / { return 200 one; }
    }
    server {
        listen {front1} ssl;
        server_name leaf;
        ssl_verify_client optional;
        ssl_ocsp leaf;
        ssl_ocsp_responder http://{peer1}/asked;
        location / { return 200 '$ssl_client_verify'; }
    }
    server {
        listen {front1} ssl;
        server_name kept;
        ssl_verify_client on;
        ssl_ocsp leaf;
        ssl_ocsp_cache shared:ocsp:1m;
        ssl_ocsp_responder http://{peer1}/asked;
        location / { return 200 '$ssl_client_verify'; }
    }
    server {
        listen {front1} ssl;
        server_name whole;
        ssl_verify_client on;
        ssl_verify_depth 2;
        ssl_ocsp on;
        ssl_ocsp_responder http://{peer1}/;
        location / { return 200 '$ssl_client_verify'; }
    }";

/// What a responder sends.
fn response(answer: &[u8]) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/ocsp-response\r\nConnection: close\r\n\r\n";
    [head.as_bytes(), answer].concat()
}

/// What comes with the server's certificate.
fn stapled(site: &Site) -> Vec<u8> {
    let visitor = Visitor::new(None, false);
    assert_eq!(body(&visitor.visit(site.socket(), "one", b"").unwrap().get("one", "/")), "one");
    visitor.stapled()
}

/// A responder sends this from now on.
fn sending(site: &Site, peer: usize, bytes: Vec<u8>) {
    site.peer(peer).script(move |conversation| {
        conversation.send(&bytes);
        conversation.close();
    });
}

/// The same, once it is open.
fn sending_behind(gate: &Gate, site: &Site, peer: usize, bytes: Vec<u8>) {
    let gate = gate.clone();
    site.peer(peer).script(move |conversation| {
        gate.wait();
        conversation.send(&bytes);
        conversation.close();
    });
}

/// The responder of the server's own certificate was asked, and had nothing to say.
fn asked_before(site: &Site) {
    eventually("it was asked before", || site.error_log().contains("OCSP answer for the certificate"));
}

/// The responder of the server's own certificate sends this from now on, and is asked now.
fn answering(site: &mut Site, bytes: Vec<u8>) {
    asked_before(site);
    sending(site, 0, bytes);
    site.server().signal(Signal::HUP);
}

/// What a client with a certificate is told of itself, where the responder sends this.
fn told(site: &Site, host: &str, name: &str, bytes: Vec<u8>) -> String {
    sending(site, 1, bytes);
    tell(site, host, name)
}

fn tell(site: &Site, host: &str, name: &str) -> String {
    let visitor = Visitor::new(Some(&issued(site, name)), false);
    visitor.visit(site.place("front1").socket(), host, b"").unwrap().get(host, "/")
}

fn is_refused(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 400") && answer.contains("The SSL certificate error")
}

fn an_answer_is_stapled_once_there_is_one(site: &mut Site) {
    assert!(stapled(site).is_empty());
    eventually("the log tells why there is none", || site.error_log().contains("no answer of OCSP"));
    let good = ROOT.answers(OWN, Standing::Good, DAY);
    answering(site, response(&good));
    eventually("the answer is there", || stapled(site) == good);
    let request = site.peer(0).requests().pop().unwrap();
    assert!(request.line().starts_with("GET /stapled/MEIwQDA%2BMDwwOjAJBgUrDgMCGgUABBR"), "{}", request.line());
    // It lives on when the configuration is read again.
    site.server().signal(Signal::HUP);
    assert_eq!(stapled(site), good);
}

fn an_answer_is_fetched_anew_before_it_expires(site: &mut Site) {
    asked_before(site);
    let (brief, good) = (ROOT.answers(OWN, Standing::Good, 12), ROOT.answers(OWN, Standing::Good, DAY));
    let answers = [response(&brief), response(&good)];
    let first = AtomicBool::new(true);
    site.peer(0).script(move |conversation| {
        let first = first.swap(false, Ordering::Relaxed);
        conversation.send(&answers[usize::from(!first)]);
        conversation.close();
    });
    site.server().signal(Signal::HUP);
    eventually("the first is there", || stapled(site) == brief);
    eventually("the second is there", || {
        let now = stapled(site);
        assert!(!now.is_empty(), "the first is given until then");
        now == good
    });
}

fn an_answer_is_given_as_long_as_it_is_good(site: &mut Site) {
    let brief = ROOT.answers(OWN, Standing::Good, 12);
    answering(site, response(&brief));
    eventually("the answer is there", || stapled(site) == brief);
    site.peer(0).script(testkit::Conversation::abort);
    eventually("the log tells how long it lasts", || site.error_log().contains("the one that is there lasts"));
    assert_eq!(stapled(site), brief);
    eventually("its time is over", || stapled(site).is_empty());
}

fn no_bad_answer_is_stapled(site: &mut Site) {
    for (answer, why) in [
        (ROOT.answers(OWN, Standing::Revoked, DAY), "the certificate was revoked"),
        (ROOT.answers(OWN, Standing::Unknown, DAY), "the responder does not know the certificate"),
        (FOREIGN.answers(OWN, Standing::Good, DAY), "its answer is not signed by the certificate's issuer or for it"),
        (ROOT.answers(OWN, Standing::Good, -900), "its answer has expired"),
        (ROOT.answers(CLIENT, Standing::Good, DAY), "its answer is about other certificates"),
        (b"nothing".to_vec(), "its answer cannot be read"),
        (vec![0; 70000], "its answer is too large"),
    ] {
        answering(site, response(&answer));
        eventually(why, || site.error_log().contains(why));
        assert!(stapled(site).is_empty(), "{why}");
    }
    answering(site, b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n".to_vec());
    eventually("its status is told", || site.error_log().contains("with status 503"));
    assert!(stapled(site).is_empty());
}

fn nobody_waits_for_an_answer_to_staple(site: &mut Site) {
    let gate = Gate::new();
    let good = ROOT.answers(OWN, Standing::Good, DAY);
    asked_before(site);
    sending_behind(&gate, site, 0, response(&good));
    let asked = site.peer(0).requests().len();
    site.server().signal(Signal::HUP);
    eventually("the responder is asked", || site.peer(0).requests().len() > asked);
    assert!(stapled(site).is_empty(), "and nobody waits");
    gate.open();
    eventually("the answer is there", || stapled(site) == good);
}

fn clients_are_looked_up(site: &mut Site) {
    let good = told(site, "leaf", "client", response(&ROOT.answers(CLIENT, Standing::Good, DAY)));
    assert_eq!(body(&good), "SUCCESS");
    let line = site.peer(1).requests().pop().unwrap().line().to_owned();
    assert!(line.starts_with("GET /asked/MEIwQDA%2BMDwwOjAJBgUrDgMCGgUABBR"), "{line}");
    let revoked = told(site, "leaf", "client", response(&ROOT.answers(CLIENT, Standing::Revoked, DAY)));
    assert!(is_refused(&revoked), "{revoked}");
    let text = "client SSL certificate verify error: (23:certificate revoked)";
    eventually("the log tells why", || site.error_log().contains(text));
    let asked = site.peer(1).requests().len();
    let nobody = Visitor::new(None, false).visit(site.place("front1").socket(), "leaf", b"").unwrap().get("leaf", "/");
    assert_eq!(
        (body(&nobody), site.peer(1).requests().len()),
        ("NONE", asked),
        "without a certificate nobody is asked"
    );
}

fn who_does_not_answer_vouches_for_nobody(site: &mut Site) {
    for answer in [
        ROOT.answers(CLIENT, Standing::Unknown, DAY),
        FOREIGN.answers(CLIENT, Standing::Good, DAY),
        ROOT.answers(CLIENT, Standing::Good, -900),
        ROOT.answers(OWN, Standing::Good, DAY),
    ] {
        assert!(is_refused(&told(site, "leaf", "client", response(&answer))));
    }
    let busy = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n".to_vec();
    assert!(is_refused(&told(site, "leaf", "client", busy)));
    let text = "client SSL certificate verify error: (74:certificate status request failed)";
    eventually("the log tells why", || site.error_log().contains(text));
}

fn a_request_waits_for_what_is_known_of_its_client(site: &mut Site) {
    let gate = Gate::new();
    sending_behind(&gate, site, 1, response(&ROOT.answers(CLIENT, Standing::Good, DAY)));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| tell(site, "leaf", "client"));
        eventually("the responder is asked", || !site.peer(1).requests().is_empty());
        assert!(stapled(site).is_empty(), "the worker serves others meanwhile");
        assert!(!waiting.is_finished());
        gate.open();
        assert_eq!(body(&waiting.join().unwrap()), "SUCCESS");
    });
}

fn what_is_known_is_kept(site: &mut Site) {
    assert_eq!(body(&told(site, "kept", "client", response(&ROOT.answers(CLIENT, Standing::Good, DAY)))), "SUCCESS");
    assert_eq!(body(&told(site, "kept", "client", response(&ROOT.answers(CLIENT, Standing::Revoked, DAY)))), "SUCCESS");
    assert_eq!(site.peer(1).requests().len(), 1);
}

fn every_certificate_up_to_the_authority_is_looked_up(site: &mut Site) {
    let good = response(&LOWER.answers(CLIENT, Standing::Good, DAY));
    // What is said of the client says nothing of the authority between.
    assert!(is_refused(&told(site, "whole", "under", good)));
    assert_eq!(site.peer(1).requests().len(), 2);
    assert!(
        is_refused(&told(site, "whole", "under", response(&ROOT.answers(CLIENT, Standing::Good, DAY)))),
        "another's number"
    );
}

fn the_responder_of_the_configuration_needs_no_resolver(site: &mut Site) {
    let place = site.peer(1).address();
    let place: SocketAddrV4 = place.parse().unwrap();
    // The system knows the address of this; it is none itself.
    let named = format!("http://{}:{}/named", place.ip().to_bits(), place.port());
    site.rewrite_config(&Setup::http(&CONFIG.replace("http://{peer1}/asked", &named)));
    site.server().signal(Signal::HUP);
    site.server().wait_for_log("the new configuration is in force");
    let good = response(&ROOT.answers(CLIENT, Standing::Good, DAY));
    assert_eq!(body(&told(site, "leaf", "client", good)), "SUCCESS");
    assert!(site.peer(1).request().line().starts_with("GET /named/"));
}

fn a_new_certificate_of_the_same_number_has_an_answer_of_its_own(site: &mut Site) {
    let good = ROOT.answers(OWN, Standing::Good, DAY);
    answering(site, response(&good));
    eventually("the answer is there", || stapled(site) == good);
    let new = ROOT.issue_with(&["one"], |params| params.serial_number = Some(u64::from(OWN).into()));
    site.server().prefix().write("one.crt", new.certificate);
    site.server().prefix().write("one.key", new.key);
    let shown = |site: &Site| Visitor::new(None, false).visit(site.socket(), "one", b"").unwrap().certificate();
    let first = shown(site);
    site.server().signal(Signal::HUP);
    eventually("it is shown", || shown(site) != first);
    eventually("with an answer", || stapled(site) == good);
}

fn one_thread_asks_for_the_names_of_all_responders(site: &mut Site) {
    let names = ["one", "client", "under"];
    let server = |name: &&str| {
        format!(
            "server {{ listen {{front}} ssl; server_name {name}; ssl_certificate {name}.crt; ssl_certificate_key {name}.key; }}\n"
        )
    };
    let common = "ssl_trusted_certificate root.crt; ssl_stapling on; ssl_stapling_responder http://responder.example/;\n\
                  resolver {peer0}; resolver_timeout 300ms;\n";
    site.rewrite_config(&Setup::http(&(common.to_owned() + &names.iter().map(server).collect::<String>())));
    site.server().signal(Signal::HUP);
    for name in names {
        let is_told = |line: &str| line.contains(&format!("{name}.crt")) && line.contains("could not be resolved");
        eventually("the name is asked for", || site.error_log().lines().any(is_told));
    }
    let threads = |pid: u32| std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().map(|entry| entry.unwrap().path());
    let is_asking = |path: &std::path::PathBuf| {
        std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim_end() == "names")
    };
    assert_eq!(site.server().workers().into_iter().flat_map(threads).filter(is_asking).count(), 1);
}
