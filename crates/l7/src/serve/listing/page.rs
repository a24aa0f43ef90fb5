//! A directory's listing as a page.

use super::Line;
use std::io::Write as _;
use transport::file::FileKind;

/// Characters of a name that are shown.
const WIDTH: usize = 50;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How a page is written.
pub struct Style {
    /// Sizes are given to the byte.
    pub exact: bool,
    /// Seconds that its times are ahead of UTC.
    pub zone: i32,
    /// Names are cut by characters of UTF-8.
    pub utf8: bool,
}

/// The page of the directory at `path`.
pub fn write(path: &[u8], lines: &[Line], style: &Style) -> Vec<u8> {
    let mut out = Vec::with_capacity(512 + lines.len() * 160);
    out.extend_from_slice(b"<html>\r\n<head><title>Index of ");
    escape_html(path, &mut out);
    out.extend_from_slice(b"</title></head>\r\n<body>\r\n<h1>Index of ");
    escape_html(path, &mut out);
    out.extend_from_slice(b"</h1><hr><pre><a href=\"../\">../</a>\r\n");
    for line in lines {
        self::line(line, style, &mut out);
    }
    out.extend_from_slice(b"</pre><hr></body>\r\n</html>\r\n");
    out
}

fn line(line: &Line, style: &Style, out: &mut Vec<u8>) {
    let directory = line.kind == FileKind::Directory;
    out.extend_from_slice(b"<a href=\"");
    escape_component(&line.name, out);
    out.extend_from_slice(if directory { b"/\">" } else { b"\">" });
    let text = style.utf8.then(|| std::str::from_utf8(&line.name).ok()).flatten();
    let length = text.map_or(line.name.len(), |text| text.chars().count());
    if length > WIDTH {
        let cut = text.and_then(|text| text.char_indices().nth(WIDTH - 3)).map_or(WIDTH - 3, |(at, _)| at);
        escape_html(line.name.get(..cut).unwrap_or(&line.name), out);
        out.extend_from_slice(b"..&gt;</a>");
    } else {
        escape_html(&line.name, out);
        let slash = directory && length < WIDTH;
        out.extend_from_slice(if slash { b"/</a>" } else { b"</a>" });
        out.resize(out.len() + WIDTH - length - usize::from(slash), b' ');
    }
    out.push(b' ');
    append_time(line.modified.as_secs(), style.zone, out);
    append_size(line, style.exact, out);
    out.extend_from_slice(b"\r\n");
}

fn append_time(modified: u64, zone: i32, out: &mut Vec<u8>) {
    let (year, month, day, second) = civil(modified.saturating_add_signed(i64::from(zone)));
    let month = MONTHS.get(month - 1).copied().unwrap_or_default();
    // Writing to memory cannot fail.
    let _ = write!(out, "{day:02}-{month}-{year} {:02}:{:02} ", second / 3600, second / 60 % 60);
}

fn append_size(line: &Line, exact: bool, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = match (line.kind, exact) {
        (FileKind::Directory, true) => write!(out, "{:>19}", "-"),
        (FileKind::Directory, false) => write!(out, "{:>7}", "-"),
        (_, true) => write!(out, "{:>19}", line.size),
        (_, false) => {
            let (size, unit) = rounded(line.size);
            write!(out, "{:>7}", format!("{size}{unit}"))
        }
    };
}

/// A size in the unit that suits it.
fn rounded(size: u64) -> (u64, &'static str) {
    const K: u64 = 1 << 10;
    const M: u64 = 1 << 20;
    const G: u64 = 1 << 30;
    let (unit, letter) = match size {
        _ if size > G - 1 => (G, "G"),
        _ if size > M - 1 => (M, "M"),
        _ if size > 9999 => (K, "K"),
        _ => return (size, ""),
    };
    (size / unit + u64::from(size % unit > unit / 2 - 1), letter)
}

/// Year, month and day of a time since 1970, and the second of the day.
pub fn civil(seconds: u64) -> (u64, usize, u64, u64) {
    // Days are counted from 1 March of the year 0, so that leap days come last.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, usize::try_from(month).unwrap_or(1), day, seconds % 86_400)
}

/// Writes text so that it stands for itself in HTML and XML.
pub fn escape_html(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'&' => out.extend_from_slice(b"&amp;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            byte => out.push(*byte),
        }
    }
}

/// Writes a name as a part of a path: what is not unreserved (RFC 3986 §2.3) is escaped.
fn escape_component(name: &[u8], out: &mut Vec<u8>) {
    for byte in name {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(*byte);
        } else {
            // Writing to memory cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1, 0));
        assert_eq!(civil(951_827_696), (2000, 2, 29, 45_296));
        assert_eq!(civil(1_772_323_199), (2026, 2, 28, 86_399));
        assert_eq!(civil(4_107_542_400), (2100, 3, 1, 0));
    }

    #[test]
    fn sizes_are_rounded() {
        for (size, expected) in [
            (9999, (9999, "")),
            (10_000, (10, "K")),
            (1 << 20, (1, "M")),
            ((1 << 20) + (1 << 19), (2, "M")),
            (5 << 30, (5, "G")),
        ] {
            assert_eq!(rounded(size), expected);
        }
    }
}
