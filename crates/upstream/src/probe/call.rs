//! Asking a server of gRPC by the protocol that gRPC has for it: `grpc.health.v1.Health/Check`.

use std::io;

use model::HealthCall;
use protocol::Fields;
use protocol::h2::{self, Answer, Call};
use tokio::io::{AsyncRead, AsyncWrite};

const METHOD: &str = "/grpc.health.v1.Health/Check";
const FIELDS: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];
/// Largest answer that is read.
const LARGEST: usize = 64 << 10;
/// What a service that serves is said to be.
const SERVING: u64 = 1;

/// Whether the server says what is good.
///
/// # Errors
/// It says nothing that is understood.
pub(super) async fn ask(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    (host, secured): (&str, bool),
    call: &HealthCall,
) -> io::Result<bool> {
    let body = message(&call.service);
    let answer = h2::call(stream, Call { host, secured, path: METHOD, fields: &FIELDS, body }, LARGEST).await?;
    Ok(is_good(&answer, call.status))
}

/// The service's name as field 1 of a message that is not compressed.
fn message(service: &str) -> Vec<u8> {
    let mut fields = Vec::with_capacity(service.len() + 8);
    if !service.is_empty() {
        fields.push(0x0a);
        let mut length = service.len();
        while length >= 0x80 {
            fields.push(0x80 | u8::try_from(length & 0x7f).unwrap_or_default());
            length >>= 7;
        }
        fields.push(u8::try_from(length).unwrap_or_default());
        fields.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(fields.len()).unwrap_or_default().to_be_bytes();
    [&[0], &length[..], &fields].concat()
}

fn is_good(answer: &Answer, status: u32) -> bool {
    let said = |fields: &Fields| -> Option<u32> { std::str::from_utf8(fields.get(b"grpc-status")?).ok()?.parse().ok() };
    // An answer that is all head has its status there.
    let told = said(&answer.trailers).or_else(|| said(&answer.head.fields));
    answer.head.status == 200 && told == Some(status) && (status != 0 || serving_status(&answer.body) == Some(SERVING))
}

/// Field 1 of the answer's message.
fn serving_status(body: &[u8]) -> Option<u64> {
    let ([0, length @ ..], fields) = body.split_first_chunk::<5>()? else { return None };
    let mut fields = fields.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    let mut status = 0;
    while !fields.is_empty() {
        let key = read_number(&mut fields)?;
        match key & 7 {
            0 => {
                let value = read_number(&mut fields)?;
                if key >> 3 == 1 {
                    status = value;
                }
            }
            1 => fields = fields.get(8..)?,
            2 => {
                let length = usize::try_from(read_number(&mut fields)?).ok()?;
                fields = fields.get(length..)?;
            }
            5 => fields = fields.get(4..)?,
            _ => return None,
        }
    }
    Some(status)
}

/// A number of variable length, the least significant bits first.
fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{message, serving_status};

    #[test]
    fn a_service_is_named() {
        assert_eq!(message(""), [0, 0, 0, 0, 0]);
        assert_eq!(message("ab"), [0, 0, 0, 0, 4, 10, 2, b'a', b'b']);
        assert_eq!(message(&"x".repeat(300))[..8], [0, 0, 0, 1, 47, 10, 0xac, 2]);
    }

    #[test]
    fn what_a_service_is_said_to_be_is_read() {
        for (body, expected) in [
            (&b"\0\0\0\0\x02\x08\x01"[..], Some(1)),
            (b"\0\0\0\0\x02\x08\x02", Some(2)),
            (b"\0\0\0\0\0", Some(0)),
            // Fields that nobody knows, and the last of those that count.
            (b"\0\0\0\0\x09\x12\x01x\x08\x02\x08\x01\x18\x05", Some(1)),
            (b"\0\0\0\0\x03\x08\x01", None),
            (b"\x01\0\0\0\x02\x08\x01", None),
            (b"\0\0\0\0\x02\x08\xff", None),
            (b"\0\0\0\0\x02\x12\x7f", None),
            (b"", None),
        ] {
            assert_eq!(serving_status(body), expected, "{body:?}");
        }
    }
}
