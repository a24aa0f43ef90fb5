//! Built-in pages as documents: the status is the title, a redirect has a link to where it leads.

use crate::exchange::Exchange;
use crate::response::Response;
use model::PageStyle;
use protocol::{Method, status};

/// The media type of these pages; their text is ASCII, and what comes from requests is escaped to be so.
const TYPE: &[u8] = b"text/html; charset=iso-8859-1";

impl Exchange<'_> {
    /// The document that stands for a status.
    pub fn document(&self, status: u16, phrase: &[u8]) -> Response {
        let mut response = Response::empty(status);
        response.head.set_reason(phrase);
        if matches!(status, 204 | 304) {
            return response;
        }
        let target = self.pending_location.as_deref().map(|location| self.absolute_location(location));
        let page = page(status, phrase, target.as_deref());
        response.head.fields.push(b"Content-Type", TYPE);
        response.length = Some(page.len() as u64);
        self.untold_length(&mut response);
        response.body = crate::body::Body::Bytes(page.into());
        response
    }

    /// Leaves out the length of a page that is not made, since the client would not get it.
    pub fn untold_length(&self, response: &mut Response) {
        if self.request.head.method == Method::Head && self.place.section.style.pages == PageStyle::Document {
            response.length = None;
        }
    }

    /// The same with the words that usually go with the status.
    pub fn usual_document(&self, status: u16) -> Response {
        let phrase = status::phrase(status);
        if phrase.is_empty() {
            self.document(500, status::phrase(500).as_bytes())
        } else {
            self.document(status, phrase.as_bytes())
        }
    }
}

fn page(status: u16, phrase: &[u8], target: Option<&[u8]>) -> Vec<u8> {
    let mut page = Vec::with_capacity(320);
    page.extend_from_slice(
        b"<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n\
          <html><head>\n<title>",
    );
    page.extend_from_slice(status.to_string().as_bytes());
    page.push(b' ');
    escape(phrase, &mut page);
    page.extend_from_slice(b"</title>\n</head><body>\n<h1>");
    escape(phrase, &mut page);
    page.extend_from_slice(b"</h1>\n");
    if let Some(target) = target {
        page.extend_from_slice(b"<p>It is <a href=\"");
        escape(target, &mut page);
        page.extend_from_slice(b"\">there</a>.</p>\n");
    }
    page.extend_from_slice(b"</body></html>\n");
    page
}

/// Appends a text so that it is no markup.
fn escape(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            byte => out.push(*byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_redirect_leads_is_no_markup() {
        let page = page(302, b"Found", Some(b"http://a/?x=<b>&\"y\""));
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("<a href=\"http://a/?x=&lt;b&gt;&amp;&quot;y&quot;\">"), "{page}");
        assert!(page.contains("<title>302 Found</title>"), "{page}");
    }
}
