//! Users who prove themselves with a password.

use std::time::Duration;
use testkit::{Setup, Site, cases, timed};

cases!(
    auth_basic,
    setup,
    [
        without_a_password_there_is_a_challenge,
        each_kind_of_hash_verifies,
        a_wrong_password_or_user_is_refused,
        a_location_may_be_open,
        a_file_that_is_not_there_is_forbidden,
        a_changed_file_counts_at_once,
        a_refusal_may_be_delayed,
        an_address_or_a_password,
        the_user_has_a_name,
        padding_may_be_left_out,
    ]
);

const USERS: &str = "plain:{PLAIN}password\nsha:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n\
    ssha:{SSHA}yI6cZwQadOA1e+/f+T+H3eCQQhRzYWx0:comment\napr1:$apr1$salt$Xxd1irWT9ycqoYxGFn4cb.\n\
    md5:$1$salt$qJH7.N4xYta3aEG/dfqo/0\r\ndes:sa3tHJ3/KuYvI\n\
    bcrypt:$2y$04$AQEBAQEBAQEBAQEBAQEBAO5E/vPRaOUGHimTwD2kkFEMaOiWd9Tni\n\
    sha256:$5$salt$Gcm6FsVtF/Qa77ZKD.iwsJlCVPY0XSMgLJL0Hnww/c1\n\
    sha512:$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.";

fn setup() -> Setup {
    Setup::server(
        "
        auth_basic_user_file users;
        location / { auth_basic closed; proxy_pass http://{peer0}; }
        location /open { proxy_pass http://{peer0}; }
        location /off { auth_basic $arg_realm; proxy_pass http://{peer0}; }
        location /missing { auth_basic closed; auth_basic_user_file $arg_file; proxy_pass http://{peer0}; }
        location /changing { auth_basic closed; auth_basic_user_file changing; proxy_pass http://{peer0}; }
        location /slow { auth_basic closed; auth_delay 300ms; proxy_pass http://{peer0}; }
        location /any { satisfy any; allow 127.0.0.1; deny all; auth_basic closed; proxy_pass http://{peer0}; }
        location /user { auth_basic closed; proxy_set_header X-User $remote_user; proxy_pass http://{peer0}; }",
    )
    .file("users", USERS)
    .file("changing", "a:{PLAIN}one\n")
}

/// `Authorization` of a user; the only words that the tests need are written out.
fn as_user(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", base64(format!("{user}:{password}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            text.push(if place > three.len() { '=' } else { LETTERS[bits >> (18 - 6 * place) & 63] as char });
        }
    }
    text
}

fn without_a_password_there_is_a_challenge(site: &mut Site) {
    let response = site.get("/");
    assert_eq!((response.status, response.field("WWW-Authenticate")), (401, Some("Basic realm=\"closed\"")));
    assert_eq!(site.get_with("/", "Authorization: Basic OnBhc3N3b3Jk\r\n").status, 401);
    assert_eq!(site.get_with("/", "Authorization: Bearer x\r\n").status, 401);
    assert!(site.peer(0).requests().is_empty());
}

fn each_kind_of_hash_verifies(site: &mut Site) {
    for line in USERS.lines() {
        let user = line.split(':').next().unwrap();
        for _ in 0..2 {
            assert_eq!(site.get_with("/", &as_user(user, "password")).status, 200, "{user}");
            assert_eq!(site.get_with("/", &as_user(user, "Password")).status, 401, "{user}");
        }
    }
}

fn a_wrong_password_or_user_is_refused(site: &mut Site) {
    assert_eq!(site.get_with("/", &as_user("nobody", "password")).status, 401);
    assert_eq!(site.get_with("/", &as_user("plain", "")).status, 401);
    let log = site.error_log();
    assert!(log.contains("user \"nobody\" was not found in \"") && log.contains("user \"plain\": password mismatch"));
}

fn a_location_may_be_open(site: &mut Site) {
    assert_eq!(site.get("/open").status, 200);
    assert_eq!(site.get("/off?realm=off").status, 200);
    assert_eq!(site.get("/off?realm=x").field("WWW-Authenticate"), Some("Basic realm=\"x\""));
}

fn a_file_that_is_not_there_is_forbidden(site: &mut Site) {
    assert_eq!(site.get_with("/missing?file=none", &as_user("plain", "password")).status, 403);
    assert_eq!(site.get_with("/missing?file=users", &as_user("plain", "password")).status, 200);
}

fn a_changed_file_counts_at_once(site: &mut Site) {
    assert_eq!(site.get_with("/changing", &as_user("a", "one")).status, 200);
    site.prefix().write("changing", "a:{PLAIN}another\n");
    assert_eq!(site.get_with("/changing", &as_user("a", "one")).status, 401);
    assert_eq!(site.get_with("/changing", &as_user("a", "another")).status, 200);
    site.prefix().write("changing", "a:{PLAIN}one\n");
}

fn a_refusal_may_be_delayed(site: &mut Site) {
    let (response, time) = timed(|| site.get("/slow"));
    assert_eq!(response.status, 401);
    assert!(time >= Duration::from_millis(290), "{time:?}");
}

fn an_address_or_a_password(site: &mut Site) {
    assert_eq!(site.get("/any").status, 200);
}

fn the_user_has_a_name(site: &mut Site) {
    assert_eq!(site.get_with("/user", &as_user("plain", "password")).status, 200);
    assert_eq!(site.peer(0).request().field("X-User"), Some("plain"));
}

fn padding_may_be_left_out(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    // plain:password
    for encoded in ["cGxhaW46cGFzc3dvcmQ=", "cGxhaW46cGFzc3dvcmQ", "cGxhaW46cGFzc3dvcmR="] {
        assert_eq!(site.get_with("/user", &format!("Authorization: Basic {encoded}\r\n")).status, 200, "{encoded}");
    }
    assert!(site.peer(0).wait_for_requests(3).iter().all(|request| request.field("X-User") == Some("plain")));
    assert_eq!(site.get_with("/user", "Authorization: Basic cGxhaW46cGFzc3dvcmQ?\r\n").status, 401);
}
