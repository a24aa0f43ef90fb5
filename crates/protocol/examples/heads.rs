//! Reads or writes one head over and over, for `valgrind --tool=callgrind`: `heads WHAT [COUNT]`.

use std::env::args;
use std::hint::black_box;

use protocol::h1::{
    HeadLimits, Length, Progress, RequestFraming, RequestParser, ResponseParser, encode_request_head,
    encode_response_head,
};
use protocol::{RequestHead, ResponseHead, Version};

const WRK: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";

const BROWSER: &[u8] = b"GET /shop/articles/4711?colour=blue&size=m HTTP/1.1\r\n\
    Host: www.example.com\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n\
    Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n\
    Accept-Language: en-US,en;q=0.5\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Referer: https://www.example.com/shop/articles\r\n\
    Connection: keep-alive\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Upgrade-Insecure-Requests: 1\r\n\
    Sec-Fetch-Mode: navigate\r\n\r\n";

const NGINX: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Server: nginx/1.31.3\r\n\
    Date: Sat, 01 Aug 2026 12:00:00 GMT\r\n\
    Content-Type: text/plain\r\n\
    Content-Length: 128\r\n\
    Connection: keep-alive\r\n\r\n";

fn main() {
    let what = args().nth(1).unwrap_or_default();
    let count = args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    match what.as_str() {
        "read-wrk" => read_requests(WRK, count),
        "read-browser" => read_requests(BROWSER, count),
        "read-nginx" => read_responses(count),
        "write-wrk" => write_requests(WRK, count),
        "write-browser" => write_requests(BROWSER, count),
        "write-nginx" => write_responses(count),
        _ => eprintln!("usage: heads read-wrk|read-browser|read-nginx|write-wrk|write-browser|write-nginx [COUNT]"),
    }
}

fn read_requests(raw: &[u8], count: usize) {
    let (limits, mut parser, mut head) = (HeadLimits::default(), RequestParser::new(), RequestHead::new());
    for _ in 0..count {
        let progress = parser.parse(black_box(raw), &limits, &mut head).ok();
        assert_eq!(progress, Some(Progress::Complete(raw.len())));
    }
}

fn read_responses(count: usize) {
    let (mut parser, mut head) = (ResponseParser::new(), ResponseHead::default());
    for _ in 0..count {
        let progress = parser.parse(black_box(NGINX), 4096, &mut head).ok();
        assert_eq!(progress, Some(Progress::Complete(NGINX.len())));
    }
}

fn write_requests(raw: &[u8], count: usize) {
    let mut head = RequestHead::new();
    let _ = RequestParser::new().parse(raw, &HeadLimits::default(), &mut head);
    let mut out = Vec::new();
    for _ in 0..count {
        out.clear();
        let head = black_box(&head);
        let target = head.path_and_query();
        encode_request_head(&mut out, &head.method, target, Version::Http11, &head.fields, RequestFraming::None);
        black_box(&out);
    }
}

fn write_responses(count: usize) {
    let mut head = ResponseHead::default();
    let _ = ResponseParser::new().parse(NGINX, 4096, &mut head);
    // As the proxy passes it on: field by field into a head of its own.
    let mut passed = ResponseHead::new(200);
    for (name, value) in head.fields.iter() {
        passed.fields.push(name, value);
    }
    let mut out = Vec::new();
    for _ in 0..count {
        out.clear();
        black_box(encode_response_head(&mut out, black_box(&passed), Length::Known(128), Version::Http11, false, true));
    }
}
