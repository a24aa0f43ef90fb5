//! Variables of the response.

use crate::exchange::Exchange;
use crate::variables::request::same_name;
use crate::variables::{OfResponse, append_number};
use protocol::Fields;

impl Exchange<'_> {
    /// Appends a variable of the response; false: it has no value.
    pub fn append_response(&self, of: &OfResponse, out: &mut Vec<u8>) -> bool {
        use OfResponse as R;
        let sent = &self.sent;
        match of {
            R::BodyBytes => append_number(sent.bytes.saturating_sub(sent.head_bytes), out),
            R::Bytes => append_number(sent.bytes, out),
            R::Completion => out.extend_from_slice(if sent.complete { b"OK" } else { b"" }),
            R::Field(name) => return self.append_sent_field(name, out),
            R::GzipRatio => return self.append_gzip_ratio(out),
            R::Status => {
                // A page in place of an error has that one's status, though the client may know the page already.
                let hidden = matches!(sent.status, 0 | 304);
                append_status(self.error_status.filter(|_| hidden).unwrap_or(sent.status), out);
            }
            R::UserIdSet => return self.append_user_id_set(out),
            R::Trailer(name) => return append_all(&sent.trailers, name, b", ", out),
        }
        true
    }

    /// How many times smaller the body became, in hundredths.
    fn append_gzip_ratio(&self, out: &mut Vec<u8>) -> bool {
        let Some(gzipped) = self.sent.gzipped.as_ref().map(|gzipped| gzipped.get()) else { return false };
        let thousandths = gzipped.before.saturating_mul(1000).checked_div(gzipped.after);
        let Some(hundredths) = thousandths.map(|ratio| ratio.saturating_add(5) / 10) else { return false };
        append_number(hundredths / 100, out);
        out.push(b'.');
        append_number(hundredths % 100 / 10, out);
        append_number(hundredths % 10, out);
        true
    }

    fn append_sent_field(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let sent = &self.sent;
        match name {
            b"connection" if sent.status == 101 => out.extend_from_slice(b"upgrade"),
            b"connection" => out.extend_from_slice(if sent.keep_alive { b"keep-alive" } else { b"close" }),
            b"content-length" => match sent.length {
                Some(length) => append_number(length, out),
                None => return false,
            },
            b"transfer-encoding" if sent.chunked => out.extend_from_slice(b"chunked"),
            b"keep-alive" => match self.place.section.keep_alive.announced {
                Some(span) if sent.keep_alive => {
                    out.extend_from_slice(b"timeout=");
                    append_number(span.as_secs(), out);
                }
                _ => return false,
            },
            name => return append_all(&sent.fields, name, b", ", out),
        }
        true
    }
}

/// Appends all values of a field, one after the other.
pub fn append_all(fields: &Fields, name: &[u8], separator: &[u8], out: &mut Vec<u8>) -> bool {
    let mut found = false;
    for (own, value) in fields.iter() {
        if !same_name(own, name) {
            continue;
        }
        if found {
            out.extend_from_slice(separator);
        }
        out.extend_from_slice(value);
        found = true;
    }
    found
}

/// Appends a status in three digits.
pub fn append_status(status: u16, out: &mut Vec<u8>) {
    if status < 100 {
        out.push(b'0');
    }
    if status < 10 {
        out.push(b'0');
    }
    append_number(u64::from(status), out);
}
