//! What values look like in a log line.

use super::*;

#[test]
fn values_in_each_way() {
    let check = |value: &[u8], default: &str, json: &str| {
        for (escape, expected) in [(Escape::Default, default), (Escape::Json, json)] {
            let mut out = b">".to_vec();
            escape.append(value, &mut out);
            assert_eq!(
                out.escape_ascii().to_string(),
                format!(">{expected}").escape_default().to_string(),
                "{escape:?}"
            );
            let mut applied = [b">", value].concat();
            escape.apply(&mut applied, 1);
            assert_eq!(applied, out, "{escape:?}");
        }
        let mut out = value.to_vec();
        Escape::None.apply(&mut out, 0);
        assert_eq!(out, value);
    };
    check(b"", "", "");
    check(b"GET / HTTP/1.1", "GET / HTTP/1.1", "GET / HTTP/1.1");
    check(b"\"a\\b\"", r"\x22a\x5Cb\x22", r#"\"a\\b\""#);
    check(b"\t\n\r\x08\x0c\x00\x1f", r"\x09\x0A\x0D\x08\x0C\x00\x1F", r"\t\n\r\b\f\u0000\u001F");
}

#[test]
fn bytes_above_ascii() {
    let mut out = Vec::new();
    Escape::Default.append("\u{7f}é~".as_bytes(), &mut out);
    assert_eq!(out, br"\x7F\xC3\xA9~");
    out.clear();
    Escape::Json.append("\u{7f}é~".as_bytes(), &mut out);
    assert_eq!(out, "\u{7f}é~".as_bytes());
}

#[test]
fn a_value_that_is_not_there() {
    for (escape, expected) in [(Escape::Default, "-"), (Escape::Json, ""), (Escape::None, "")] {
        let mut out = Vec::new();
        escape.append_missing(&mut out);
        assert_eq!(out, expected.as_bytes());
    }
}
