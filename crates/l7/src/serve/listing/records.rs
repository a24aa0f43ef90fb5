//! A directory's listing as JSON or XML.

use super::Line;
use super::page::{civil, escape_html};
use std::io::Write as _;
use transport::clock;
use transport::file::FileKind;

/// As JSON, or as the argument of a function of JavaScript.
pub fn json(lines: &[Line], callback: Option<&[u8]>) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + lines.len() * 120);
    if let Some(callback) = callback {
        // As nginx begins it: what the client chose is not the first that a browser sees.
        out.extend_from_slice(b"/* callback */\r\n");
        out.extend_from_slice(callback);
        out.push(b'(');
    }
    out.push(b'[');
    for (index, line) in lines.iter().enumerate() {
        out.extend_from_slice(if index > 0 { b",\r\n" } else { b"\r\n" });
        out.extend_from_slice(b"{ \"name\":\"");
        escape_json(&line.name, &mut out);
        let kind: &[u8] = match line.kind {
            FileKind::Directory => b"directory",
            FileKind::File => b"file",
            FileKind::Other => b"other",
        };
        out.extend_from_slice(b"\", \"type\":\"");
        out.extend_from_slice(kind);
        out.extend_from_slice(b"\", \"mtime\":\"");
        out.extend_from_slice(&clock::format_date(line.modified));
        out.push(b'"');
        if line.kind == FileKind::File {
            // Writing to memory cannot fail.
            let _ = write!(out, ", \"size\":{}", line.size);
        }
        out.extend_from_slice(b" }");
    }
    out.extend_from_slice(b"\r\n]");
    if callback.is_some() {
        out.extend_from_slice(b");");
    }
    out
}

/// As XML.
pub fn xml(lines: &[Line]) -> Vec<u8> {
    let mut out = b"<?xml version=\"1.0\"?>\r\n<list>\r\n".to_vec();
    for line in lines {
        let kind = match line.kind {
            FileKind::Directory => "directory",
            FileKind::File => "file",
            FileKind::Other => "other",
        };
        let (year, month, day, second) = civil(line.modified.as_secs());
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        // Writing to memory cannot fail.
        let _ = write!(out, "<{kind} mtime=\"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z\"");
        if line.kind == FileKind::File {
            let _ = write!(out, " size=\"{}\"", line.size);
        }
        out.push(b'>');
        escape_html(&line.name, &mut out);
        let _ = write!(out, "</{kind}>\r\n");
    }
    out.extend_from_slice(b"</list>\r\n");
    out
}

/// Writes text as it stands between the quotes of JSON.
fn escape_json(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            0..0x20 => {
                // Writing to memory cannot fail.
                let _ = write!(out, "\\u{byte:04X}");
            }
            byte => out.push(*byte),
        }
    }
}
