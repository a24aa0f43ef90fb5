//! The headers of both versions, whole and cut at every byte.

use proptest::prelude::*;

use super::*;

fn addresses(source: &str, destination: &str) -> Addresses {
    Addresses { source: source.parse().unwrap(), destination: destination.parse().unwrap() }
}

/// `bytes` is `expected` when whole, and incomplete when cut anywhere before its end.
fn check(bytes: &[u8], expected: Option<Addresses>) {
    for cut in 0..bytes.len() {
        assert_eq!(parse(&bytes[..cut]), Ok(Parsed::Incomplete), "cut at {cut}");
    }
    let mut longer = bytes.to_vec();
    longer.extend_from_slice(b"GET / HTTP/1.1\r\n");
    let Ok(Parsed::Header(header)) = parse(&longer) else { panic!("not a header: {:?}", parse(&longer)) };
    assert_eq!((header.addresses, header.length), (expected, bytes.len()));
}

#[test]
fn version_1_lines() {
    let four = addresses("192.168.0.1:56324", "192.168.0.11:443");
    check(b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", Some(four));
    let six = addresses("[2001:db8::1]:1", "[::1]:65535");
    check(b"PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", Some(six));
    check(b"PROXY UNKNOWN\r\n", None);
    check(b"PROXY UNKNOWN ffff::1 whatever else\r\n", None);
}

#[test]
fn version_1_lines_that_are_wrong() {
    let long = [b"PROXY UNKNOWN ".as_slice(), &[b'x'; 100]].concat();
    let wrong: [&[u8]; 8] = [
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324\r\n",
        b"PROXY TCP4 192.168.0.1 ::1 56324 443\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 65536\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 +6324 443\r\n",
        b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443 1\r\n",
        b"PROXY TCP5 192.168.0.1 192.168.0.11 56324 443\r\n",
        b"PROXY TCP4  192.168.0.1 192.168.0.11 56324 443\r\n",
        &long,
    ];
    for line in wrong {
        assert_eq!(parse(line), Err(Invalid::Line), "{}", line.escape_ascii());
    }
}

#[test]
fn what_is_no_header() {
    assert_eq!(parse(b"GET / HTTP/1.1\r\n"), Err(Invalid::Signature));
    assert_eq!(parse(b"\r\n\r\n\0\r\nQUIX\n"), Err(Invalid::Signature));
    let third_version = b"\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0";
    assert_eq!(parse(third_version), Err(Invalid::Binary));
    let no_room_for_addresses = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x04abcd";
    assert_eq!(parse(no_room_for_addresses), Err(Invalid::Binary));
}

#[test]
fn version_2_keeps_its_records_and_ignores_other_families() {
    let mut bytes = Vec::new();
    encode_v2(Some(addresses("10.0.0.1:1", "10.0.0.2:2")), &mut bytes);
    bytes[15] += 5;
    bytes.extend_from_slice(b"\x04\0\x02hi");
    let Ok(Parsed::Header(header)) = parse(&bytes) else { panic!("not a header") };
    assert_eq!(header.records, b"\x04\0\x02hi");
    let unix = [b"\r\n\r\n\0\r\nQUIT\n\x21\x31\0\xd8".as_slice(), &[0; 216]].concat();
    check(&unix, None);
}

#[test]
fn without_addresses_both_say_so() {
    for encode in [encode_v1, encode_v2] {
        let mut bytes = Vec::new();
        encode(None, &mut bytes);
        check(&bytes, None);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_read_back(source: SocketAddr, destination: SocketAddr) {
        let plain = |address: SocketAddr| SocketAddr::new(address.ip(), address.port());
        let addresses = Addresses { source: plain(source), destination: plain(destination) };
        let expected = (source.is_ipv4() == destination.is_ipv4()).then_some(addresses);
        for encode in [encode_v1, encode_v2] {
            let mut bytes = Vec::new();
            encode(Some(addresses), &mut bytes);
            check(&bytes, expected);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes);
        let _ = parse(&[v2::SIGNATURE, &bytes].concat());
        let _ = parse(&[v1::SIGNATURE, &bytes].concat());
    }
}
