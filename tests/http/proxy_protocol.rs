//! The PROXY protocol on listeners; toward peers it is not spoken by HTTP.

use testkit::{Setup, Site, cases};

cases!(
    proxy_protocol,
    setup,
    [
        version_1_tells_the_true_client,
        version_2_tells_the_true_client,
        ipv6_addresses_are_told,
        unknown_and_local_tell_nothing,
        a_header_cut_anywhere_is_read,
        the_first_request_may_follow_at_once,
        without_a_header_the_connection_is_refused,
        malformed_headers_are_refused,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r#"
    server {
        listen {front} proxy_protocol;
        location / { return 200 "$proxy_protocol_addr:$proxy_protocol_port|$proxy_protocol_server_addr:$proxy_protocol_server_port"; }
        location /direct { return 200 "$remote_addr"; }
        location /proxied {
            proxy_set_header X-Forwarded-For $proxy_protocol_addr;
            proxy_pass http://{peer0};
        }
    }"#,
    )
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

fn told(site: &Site, header: &[u8]) -> String {
    let mut client = site.client();
    client.send([header, REQUEST.as_bytes()].concat());
    client.response().text()
}

fn version_2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let mut header = b"\r\n\r\n\0\r\nQUIT\n".to_vec();
    header.extend([0x20 | command, family, 0, u8::try_from(addresses.len()).unwrap()]);
    header.extend(addresses);
    header
}

fn version_1_tells_the_true_client(site: &mut Site) {
    let answer = told(site, b"PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n");
    assert_eq!(answer, "192.0.2.1:4711|198.51.100.2:443");
}

fn version_2_tells_the_true_client(site: &mut Site) {
    let addresses = [192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x67, 0x01, 0xbb];
    assert_eq!(told(site, &version_2(1, 0x11, &addresses)), "192.0.2.1:4711|198.51.100.2:443");
    // What follows the addresses (TLVs) is passed over, and never read as a request.
    let with_more = [addresses.as_slice(), &[0xea, 0, 3, b'G', b'E', b'T']].concat();
    assert_eq!(told(site, &version_2(1, 0x11, &with_more)), "192.0.2.1:4711|198.51.100.2:443");
}

fn ipv6_addresses_are_told(site: &mut Site) {
    let answer = told(site, b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n");
    assert_eq!(answer, "2001:db8::1:4711|2001:db8::2:443");
    let mut addresses = [0; 36];
    addresses[..4].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]);
    addresses[15] = 1;
    addresses[16..20].copy_from_slice(&[0x20, 1, 0x0d, 0xb8]);
    addresses[31] = 2;
    addresses[32..].copy_from_slice(&[0x12, 0x67, 0x01, 0xbb]);
    assert_eq!(told(site, &version_2(1, 0x21, &addresses)), "2001:db8::1:4711|2001:db8::2:443");
}

fn unknown_and_local_tell_nothing(site: &mut Site) {
    assert_eq!(told(site, b"PROXY UNKNOWN\r\n"), ":|:");
    assert_eq!(told(site, b"PROXY UNKNOWN 1 2 3 4\r\n"), ":|:");
    assert_eq!(told(site, &version_2(0, 0, &[])), ":|:");
}

fn a_header_cut_anywhere_is_read(site: &mut Site) {
    if testkit::skip_on_nginx("it wants the header in one piece") {
        return;
    }
    let header = "PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\n";
    for at in 1..header.len() {
        let mut client = site.client();
        client.send(&header[..at]);
        client.send(format!("{}{REQUEST}", &header[at..]));
        assert!(client.response().text().starts_with("192.0.2.1:4711|"), "cut at {at}");
    }
}

fn the_first_request_may_follow_at_once(site: &mut Site) {
    let mut client = site.client();
    client.send("PROXY TCP4 192.0.2.1 198.51.100.2 4711 443\r\nGET /direct HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().text(), "127.0.0.1", "without real_ip the connection's own address stays");
    client.send("GET /proxied HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    assert_eq!(site.peer(0).request().field("X-Forwarded-For"), Some("192.0.2.1"));
}

fn without_a_header_the_connection_is_refused(site: &mut Site) {
    assert_eq!(site.raw(REQUEST), "");
    assert!(site.error_log().contains("broken header"));
}

fn malformed_headers_are_refused(site: &mut Site) {
    let headers = [
        "PROXY\r\n",
        "PROXY TCP4\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 4711\r\n",
        "PROXY TCP4 192.0.2.x 198.51.100.2 4711 443\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 4711 99999\r\n",
        "PROXY TCP7 192.0.2.1 198.51.100.2 4711 443\r\n",
    ];
    for header in headers {
        let answer = site.raw(format!("{header}{REQUEST}"));
        assert!(answer.is_empty(), "{header:?} was taken: {answer}");
    }
}
