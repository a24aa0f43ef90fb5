//! Clients who show a signed token: where it comes from, where keys come from, and what the token says.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use testkit::{Response, Setup, Site, cases};

cases!(
    auth_jwt,
    setup,
    [
        a_good_token_comes_in,
        who_shows_nothing_is_asked,
        a_bad_token_is_told_so,
        a_token_that_is_not_signed_stays_out,
        times_are_kept,
        a_token_comes_from_a_variable,
        values_of_the_token_are_variables,
        requirements_are_kept,
        keys_come_from_another_place,
        keys_of_another_place_are_kept_as_long_as_is_said,
        keys_that_cannot_be_had_are_an_error,
        a_changed_file_of_keys_is_read_again,
        nothing_is_known_of_a_token_that_is_not_good,
        off_asks_for_nothing,
        any_of_several_checks_may_let_in,
        the_file_of_keys_may_be_named_by_the_token,
    ]
);

const SECRET: &[u8] = b"a secret of thirty-two octets...";

fn setup() -> Setup {
    Setup::http(
        r#"
    map $jwt_claim_role $is_admin { admin 1; default 0; }
    auth_jwt_claim_set $first_mail contact mail;
    auth_jwt_header_set $token_type typ;
    server {
        listen {front};
        auth_jwt_key_file keys.json;
        auth_jwt "a site";
        add_header X-Sub "[$jwt_claim_sub]";
        location / { try_files /in =404; }
        location /cookie { auth_jwt other token=$cookie_token; try_files /in =404; }
        location /says { add_header X-Says "$jwt_claim_sub|$jwt_claim_roles|$jwt_claim_n|$first_mail|$token_type|$jwt_header_alg|$jwt_claim_none"; }
        location /admin { auth_jwt_require $is_admin $jwt_claim_sub error=403; try_files /in =404; }
        location /strict { auth_jwt_require $jwt_claim_none; try_files /in =404; }
        location /asked { auth_jwt_key_request /keys; proxy_pass http://{peer0}; }
        location /kept { auth_jwt_key_request /keys?kept; auth_jwt_key_cache 1h; proxy_pass http://{peer0}; }
        location /missing { auth_jwt_key_file missing.json; proxy_pass http://{peer0}; }
        location /changing { auth_jwt_key_file changing.json; proxy_pass http://{peer0}; }
        location /named { auth_jwt_key_file $jwt_claim_iss.json; try_files /in =404; }
        location = /keys { internal; auth_jwt off; proxy_pass http://{peer1}/keys; }
        location /off { auth_jwt off; try_files /in =404; }
        location /leeway { auth_jwt_leeway 1h; proxy_pass http://{peer0}; }
        location /any { satisfy any; allow 127.0.0.0/8; deny all; try_files /in =404; }
    }"#,
    )
    .file("keys.json", key(SECRET))
    .file("issuer.json", key(SECRET))
    .file("changing.json", key(b"another secret, as long as that."))
    .file("html/in", "in")
    .file("html/says", "says")
}

fn key(secret: &[u8]) -> String {
    format!("{{\"keys\":[{{\"kty\":\"oct\",\"k\":\"{}\"}}]}}", URL_SAFE_NO_PAD.encode(secret))
}

fn token_of(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn token(claims: &str) -> String {
    token_of("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims)
}

fn show(site: &Site, path: &str, token: &str) -> Response {
    site.get_with(path, &format!("Authorization: Bearer {token}\r\n"))
}

fn asked(response: &Response) -> &str {
    assert_eq!(response.status, 401);
    response.field("WWW-Authenticate").unwrap()
}

fn a_good_token_comes_in(site: &mut Site) {
    let response = show(site, "/", &token("{}"));
    assert_eq!((response.status, response.text().as_str()), (200, "in"));
}

fn who_shows_nothing_is_asked(site: &mut Site) {
    for fields in ["", "Authorization: Basic YTpi\r\n", "Authorization: Bearer \r\n", "Authorization: Bearer\r\n"] {
        assert_eq!(asked(&site.get_with("/", fields)), "Bearer realm=\"a site\"", "{fields}");
    }
}

fn a_bad_token_is_told_so(site: &mut Site) {
    let good = token("{}");
    for bad in [&good[..good.len() - 2], "a.b.c", "nonsense", &format!("{good}.{good}")] {
        assert_eq!(asked(&show(site, "/", bad)), "Bearer realm=\"a site\", error=\"invalid_token\"", "{bad}");
    }
}

fn a_token_that_is_not_signed_stays_out(site: &mut Site) {
    for algorithm in ["none", "NONE", "HS256", "RS256"] {
        let header = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{algorithm}\"}}"));
        let bare = format!("{header}.{}.", URL_SAFE_NO_PAD.encode("{}"));
        assert_eq!(show(site, "/", &bare).status, 401, "{algorithm}");
    }
}

fn times_are_kept(site: &mut Site) {
    #[expect(clippy::disallowed_methods, reason = "a token's time is the wall's")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let at = |name: &str, time: u64| token(&format!("{{\"{name}\":{time}}}"));
    let cases =
        [("exp", now + 1000, 200), ("exp", now - 1000, 401), ("nbf", now - 1000, 200), ("nbf", now + 1000, 401)];
    for (name, time, status) in cases {
        assert_eq!(show(site, "/", &at(name, time)).status, status, "{name} {time}");
        site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(show(site, "/leeway", &at(name, time)).status, 200, "{name} {time}");
    }
}

fn a_token_comes_from_a_variable(site: &mut Site) {
    let good = token("{}");
    assert_eq!(site.get_with("/cookie", &format!("Cookie: token={good}\r\n")).status, 200);
    assert_eq!(asked(&show(site, "/cookie", &good)), "Bearer realm=\"other\"");
}

fn values_of_the_token_are_variables(site: &mut Site) {
    let claims = r#"{"sub":"anna","roles":["a","b",3],"n":1.5,"contact":{"mail":"a@b.example"},"none":null}"#;
    let response = show(site, "/says", &token(claims));
    assert_eq!(response.field("X-Says"), Some("anna|a,b,3|1.5|a@b.example|JWT|HS256|"));
}

fn requirements_are_kept(site: &mut Site) {
    assert_eq!(show(site, "/admin", &token(r#"{"sub":"a","role":"admin"}"#)).status, 200);
    assert_eq!(show(site, "/admin", &token(r#"{"sub":"a","role":"guest"}"#)).status, 403);
    assert_eq!(show(site, "/admin", &token(r#"{"role":"admin"}"#)).status, 403);
    assert_eq!(asked(&show(site, "/strict", &token("{}"))), "Bearer realm=\"a site\"");
}

fn answer_with_keys(site: &Site, secret: &[u8]) {
    let keys = key(secret);
    site.peer(1).reply(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{keys}", keys.len()));
    site.peer(0).reply("HTTP/1.1 204 No Content\r\n\r\n");
}

fn keys_come_from_another_place(site: &mut Site) {
    answer_with_keys(site, SECRET);
    assert_eq!(show(site, "/asked", &token("{}")).status, 204);
    assert_eq!(site.peer(1).request().line(), "GET /keys HTTP/1.1");
    answer_with_keys(site, b"another secret, as long as that.");
    assert_eq!(show(site, "/asked", &token("{}")).status, 401);
}

fn keys_of_another_place_are_kept_as_long_as_is_said(site: &mut Site) {
    answer_with_keys(site, SECRET);
    assert_eq!(show(site, "/kept", &token("{}")).status, 204);
    answer_with_keys(site, b"another secret, as long as that.");
    assert_eq!(show(site, "/kept", &token("{}")).status, 204);
}

fn keys_that_cannot_be_had_are_an_error(site: &mut Site) {
    assert_eq!(show(site, "/missing", &token("{}")).status, 500);
    for answer in
        ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]
    {
        site.peer(1).reply(answer);
        assert_eq!(show(site, "/asked", &token("{}")).status, 500, "{answer}");
    }
    // Who shows nothing needs no keys.
    assert_eq!(site.get("/missing").status, 401);
}

fn a_changed_file_of_keys_is_read_again(site: &mut Site) {
    assert_eq!(show(site, "/changing", &token("{}")).status, 401);
    site.prefix().write("changing.json", format!("{}\n", key(SECRET)));
    site.peer(0).reply("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(show(site, "/changing", &token("{}")).status, 204);
}

fn nothing_is_known_of_a_token_that_is_not_good(site: &mut Site) {
    let good = token(r#"{"sub":"mallory"}"#);
    let response = show(site, "/any", &good[..good.len() - 2]);
    assert_eq!((response.status, response.field("X-Sub")), (200, Some("[]")));
}

fn off_asks_for_nothing(site: &mut Site) {
    let response = show(site, "/off", &token(r#"{"sub":"a"}"#));
    assert_eq!((response.status, response.field("X-Sub")), (200, Some("[]")));
}

fn any_of_several_checks_may_let_in(site: &mut Site) {
    assert_eq!(site.get("/any").status, 200);
}

fn the_file_of_keys_may_be_named_by_the_token(site: &mut Site) {
    assert_eq!(show(site, "/named", &token(r#"{"iss":"issuer"}"#)).status, 200);
    assert_eq!(show(site, "/named", &token(r#"{"iss":"nobody"}"#)).status, 500);
}
