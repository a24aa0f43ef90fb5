//! Changes of a response's body, in nginx's order.

use crate::exchange::Exchange;
use crate::response::Response;

impl Exchange<'_> {
    /// Puts the place's filters around the body, and tells in the head what they do.
    pub fn filter(&mut self, response: &mut Response) {
        let filters = self.place.section.filters.as_deref();
        if filters.is_none() && response.charset.is_none() {
            return;
        }
        if let Some(filters) = filters {
            if filters.gunzip {
                self.gunzip(filters, response);
            }
            self.substitute(filters, response);
        }
        self.set_charset(filters, response);
        if let Some(filters) = filters {
            self.include(filters, response);
            self.add_around(filters, response);
            if !filters.codings.is_empty() {
                self.compress(filters, response);
            }
            if self.varies && filters.vary {
                response.head.fields.push(b"Vary", b"Accept-Encoding");
            }
        }
    }
}
