//! WebSocket frames (RFC 6455 §5.2), as far as a test of tunnels needs them: short text frames both ways.

use std::io;

use crate::peer::Conversation;
use crate::wire::Wire;

/// A client's masked text frame.
pub fn masked_text(text: &str) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![0x81, 0x80 | short_length(text)];
    frame.extend(MASK);
    frame.extend(text.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// A server's text frame.
pub fn text(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, short_length(text)];
    frame.extend(text.bytes());
    frame
}

fn short_length(text: &str) -> u8 {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
    length.expect("tests send short frames")
}

/// Reads one short frame and takes its mask off.
pub fn read_text(wire: &mut Wire) -> io::Result<String> {
    let head = wire.read_exactly(2)?;
    let mask = if head[1] & 0x80 == 0 { vec![0; 4] } else { wire.read_exactly(4)? };
    let mut payload = wire.read_exactly(usize::from(head[1] & 0x7f))?;
    payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    Ok(String::from_utf8_lossy(&payload).into_owned())
}

/// A peer's script: switches protocols, then sends every text back until the client leaves.
pub fn echo(conversation: &mut Conversation) {
    conversation.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    while let Ok(message) = read_text(conversation.wire()) {
        conversation.send(text(&message));
    }
    conversation.close();
}
