//! A transparent image of one pixel (`empty_gif`).

use crate::body::Body;
use crate::exchange::Exchange;
use crate::response::{Outcome, Response};
use protocol::Method;
use transport::Chunk;

/// The image, and when it was made as nginx's clients know it: 28 September 1970, 06:00.
const IMAGE: &[u8] = &[
    b'G', b'I', b'F', b'8', b'9', b'a', 1, 0, 1, 0, 0x80, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 1,
    0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0, 0x3b,
];
const MADE: u64 = 23_349_600;

impl Exchange<'_> {
    /// Sends the image.
    pub fn serve_pixel(&mut self) -> Outcome {
        if !matches!(self.request.method, Method::Get | Method::Head) {
            return self.refuse(405);
        }
        let mut response = Response::bytes(200, b"image/gif", Vec::new());
        response.head.fields.push(b"Last-Modified", b"Mon, 28 Sep 1970 06:00:00 GMT");
        response.modified = Some(MADE);
        response.conditional = true;
        response.length = Some(IMAGE.len() as u64);
        response.body = Body::Bytes(Chunk::from_static(IMAGE));
        Self::respond(response)
    }
}
