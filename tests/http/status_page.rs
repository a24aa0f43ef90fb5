//! Numbers of connections and requests, for programs to read; records of the PROXY protocol.

use testkit::{Setup, Site, cases, eventually};

cases!(status_page, Fresh, setup, [it_tells_what_connections_do, it_is_only_read, records_of_a_proxy_are_variables]);

fn setup() -> Setup {
    Setup::http(
        "
    server { listen {front}; location /status { stub_status; } location / { return 200 $connections_active; } }
    server {
        listen {front1} proxy_protocol;
        return 200 \"$proxy_protocol_tlv_alpn,$proxy_protocol_tlv_0x0ae,$proxy_protocol_tlv_ssl_verify,$proxy_protocol_tlv_ssl_cn\";
    }",
    )
}

fn it_tells_what_connections_do(site: &mut Site) {
    let idle = site.client();
    eventually("an idle connection is counted", || site.get("/status").text().contains("Waiting: 1"));
    let page = site.get("/status").text();
    assert!(page.starts_with("Active connections: 2 \nserver accepts handled requests\n "), "{page}");
    assert!(page.contains("\nReading: 0 Writing: 1 Waiting: 1 \n"), "{page}");
    drop(idle);
    eventually("the connection is gone", || site.get("/").text() == "1");
}

fn it_is_only_read(site: &mut Site) {
    assert_eq!(
        site.ask("POST /status HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").status,
        405
    );
}

fn records_of_a_proxy_are_variables(site: &mut Site) {
    let record = |kind: u8, value: &[u8]| [&[kind, 0, u8::try_from(value.len()).unwrap()], value].concat();
    let tls = [&[1, 0, 0, 0, 7][..], &record(0x22, b"name")].concat();
    let records = [record(0x01, b"h2"), record(0x20, &tls), record(0xae, b"own")].concat();
    let length = u8::try_from(12 + records.len()).unwrap();
    let mut header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0".to_vec();
    header.push(length);
    header.extend([127, 0, 0, 1, 127, 0, 0, 2, 0, 1, 0, 2]);
    header.extend(records);
    header.extend(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    let mut client = site.client_at("front1");
    client.send(header);
    assert_eq!(client.response().text(), "h2,own,7,name");
}
