//! A WebSocket (RFC 6455) that says back what it is told.

use super::sha1;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{self, Read, Write};
use std::net::TcpStream;

/// RFC 6455 §1.3.
const SALT: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FRAME_LIMIT: u64 = 16 * 1024 * 1024;

/// One frame, unmasked.
struct Frame {
    last: bool,
    kind: u8,
    payload: Vec<u8>,
}

/// Accepts the handshake and echoes until the client closes.
pub(super) fn serve(key: &str, reader: &mut impl Read, mut client: &TcpStream) -> io::Result<()> {
    let accept = accept(key);
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    client.write_all(head.as_bytes())?;
    loop {
        let frame = Frame::read(reader)?;
        match frame.kind {
            PING => Frame { kind: PONG, ..frame }.write(client)?,
            PONG => {}
            CLOSE => return frame.write(client),
            _ => frame.write(client)?,
        }
    }
}

fn accept(key: &str) -> String {
    STANDARD.encode(sha1::digest(format!("{key}{SALT}").as_bytes()))
}

impl Frame {
    /// RFC 6455 §5.2; a client's frames are masked.
    fn read(reader: &mut impl Read) -> io::Result<Self> {
        let [first, second] = read_array(reader)?;
        let length = match second & 0x7f {
            126 => u64::from(u16::from_be_bytes(read_array(reader)?)),
            127 => u64::from_be_bytes(read_array(reader)?),
            short => u64::from(short),
        };
        if second & 0x80 == 0 || length > FRAME_LIMIT {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mask: [u8; 4] = read_array(reader)?;
        let mut payload = Vec::new();
        reader.take(length).read_to_end(&mut payload)?;
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        Ok(Self { last: first & 0x80 != 0, kind: first & 0x0f, payload })
    }

    fn write(&self, mut client: &TcpStream) -> io::Result<()> {
        let mut bytes = vec![self.kind | if self.last { 0x80 } else { 0 }];
        match (u8::try_from(self.payload.len()), u16::try_from(self.payload.len())) {
            (Ok(length @ ..126), _) => bytes.push(length),
            (_, Ok(length)) => {
                bytes.push(126);
                bytes.extend(length.to_be_bytes());
            }
            _ => {
                bytes.push(127);
                bytes.extend(u64::try_from(self.payload.len()).unwrap_or_default().to_be_bytes());
            }
        }
        bytes.extend_from_slice(&self.payload);
        client.write_all(&bytes)
    }
}

fn read_array<const N: usize>(reader: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    reader.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{accept, serve};
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn accepts_the_key_of_the_standards_example() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn echoes_unmasked_and_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        std::thread::spawn(move || serve("x", &mut &server, &server));
        // "Hello", masked, as in RFC 6455 §5.7; then an empty ping and a close.
        client.write_all(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]).unwrap();
        client.write_all(&[0x89, 0x80, 0, 0, 0, 0, 0x88, 0x80, 0, 0, 0, 0]).unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        let frames = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(&answer[frames..], b"\x81\x05Hello\x8a\x00\x88\x00");
    }
}
