//! Whom proxies speak for, and what is found by an address, by chance, by where a request comes from.

use testkit::{Setup, Site, cases};

cases!(
    client_address,
    setup,
    [
        a_believed_proxy_tells_the_address,
        lists_are_read_from_their_ends,
        the_address_counts_for_access_and_logs,
        values_by_address,
        values_by_chance,
        places_that_requests_come_from,
        links_that_cannot_be_made_up,
    ]
);

fn setup() -> Setup {
    Setup::http(
        "
    geo $place { default far; 127.0.0.0/8 near; 127.0.0.1 here; 2001:db8::/32 doc; }
    geo $arg_a $ranged { ranges; default none; 10.0.0.0-10.0.0.255 all; 10.0.0.5-10.0.0.6 some; }
    geo $behind { proxy 127.0.0.0/8; default far; 192.0.2.0/24 told; }
    split_clients $arg_a $variant { 50% one; * two; }
    server {
        listen {front};
        location / {
            set_real_ip_from 127.0.0.0/8; real_ip_header X-Client;
            proxy_set_header X-Seen $remote_addr:$realip_remote_addr; proxy_pass http://{peer0};
        }
        location /list/ {
            set_real_ip_from 127.0.0.0/8; set_real_ip_from 192.0.2.1; real_ip_header X-Forwarded-For; real_ip_recursive on;
            proxy_set_header X-Seen $remote_addr; proxy_pass http://{peer0};
        }
        location /denied { set_real_ip_from 127.0.0.0/8; real_ip_header X-Client; deny 192.0.2.0/24; root {prefix}; }
        location /geo { add_header X-Values $place,$ranged,$behind,$variant; root {prefix}; }
        location /from { valid_referers none server_names *.good.example/path ~fine; set $bad $invalid_referer;
            add_header X-Bad [$invalid_referer]; root {prefix}; }
        location /link { secure_link $arg_md5,$arg_expires; secure_link_md5 secret$uri$arg_expires;
            add_header X-Link $secure_link:$secure_link_expires; root {prefix}; }
        server_name own.example;
    }",
    )
    .file("geo", "")
    .file("from", "")
    .file("link", "")
    .file("denied", "")
}

fn seen(site: &Site, path: &str, fields: &str) -> String {
    let before = site.peer(0).requests().len();
    assert_eq!(site.get_with(path, fields).status, 200);
    site.peer(0).wait_for_requests(before + 1)[before].field("X-Seen").unwrap().to_owned()
}

fn a_believed_proxy_tells_the_address(site: &mut Site) {
    let own = seen(site, "/", "");
    let peer = own.split(':').next().unwrap().to_owned();
    assert_eq!(seen(site, "/", "X-Client: 192.0.2.7\r\n"), format!("192.0.2.7:{peer}"));
    assert_eq!(seen(site, "/", "X-Client: nobody\r\n"), own);
}

fn lists_are_read_from_their_ends(site: &mut Site) {
    assert_eq!(seen(site, "/list/", "X-Forwarded-For: 198.51.100.1, 192.0.2.5, 192.0.2.1\r\n"), "192.0.2.5");
    let two = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 192.0.2.1\r\n";
    assert_eq!(seen(site, "/list/", two), "198.51.100.1");
}

fn the_address_counts_for_access_and_logs(site: &mut Site) {
    assert_eq!(site.get("/denied").status, 200);
    assert_eq!(site.get_with("/denied", "X-Client: 192.0.2.9\r\n").status, 403);
    assert!(site.error_log().contains("access forbidden by rule, client: 192.0.2.9"));
}

fn values_by_address(site: &mut Site) {
    let values = |path: &str, fields: &str| {
        let response = site.get_with(path, fields);
        let values = response.field("X-Values").unwrap().to_owned();
        values.rsplit_once(',').unwrap().0.to_owned()
    };
    assert_eq!(values("/geo?a=10.0.0.4", ""), "here,all,far");
    assert_eq!(values("/geo?a=10.0.0.6", ""), "here,some,far");
    assert_eq!(values("/geo?a=10.0.1.0", "X-Forwarded-For: 192.0.2.3\r\n"), "here,none,told");
    assert_eq!(values("/geo?a=x", "X-Forwarded-For: x\r\n"), "here,none,far");
}

fn values_by_chance(site: &mut Site) {
    let variant = |key: usize| {
        let response = site.get(&format!("/geo?a={key}"));
        response.field("X-Values").unwrap().rsplit_once(',').unwrap().1.to_owned()
    };
    let ones = (0..100).filter(|key| variant(*key) == "one").count();
    assert!((30..=70).contains(&ones), "{ones}");
    assert_eq!(variant(7), variant(7));
}

fn places_that_requests_come_from(site: &mut Site) {
    let is_bad = |referer: &str| {
        let field = if referer.is_empty() { String::new() } else { format!("Referer: {referer}\r\n") };
        site.get_with("/from", &field).field("X-Bad") == Some("[1]")
    };
    for good in ["", "http://own.example/", "https://a.good.example/path/x", "http://other.example/fine"] {
        assert!(!is_bad(good), "{good}");
    }
    for bad in ["nothing", "http://a.good.example/other", "http://bad.example/", "http://good.example/path"] {
        assert!(is_bad(bad), "{bad}");
    }
}

fn links_that_cannot_be_made_up(site: &mut Site) {
    let link = |query: &str| site.get(&format!("/link?{query}")).field("X-Link").map(str::to_owned);
    // The digest of `secret/link2000000000`, and of `secret/link1000000000`.
    assert_eq!(link("md5=GOOD&expires=2000000000").as_deref(), Some(":2000000000"));
    assert_eq!(link(&format!("md5={FAR}&expires=2000000000")).as_deref(), Some("1:2000000000"));
    assert_eq!(link(&format!("md5={PAST}&expires=1000000000")).as_deref(), Some("0:1000000000"));
}

const FAR: &str = "jrbrnlFaOgo0HwMQSHFFlg";
const PAST: &str = "1BdQhfDg-AC7jPiGgnfjig";
