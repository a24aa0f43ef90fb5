//! Redirects, and the absolute form of where they lead.

use crate::connection::usual_port;
use crate::exchange::Exchange;
use crate::response::{Outcome, Response};
use crate::uri;
use crate::variables::append_number;
use model::RedirectPort;
use protocol::{Name, Version};

impl Exchange<'_> {
    /// A redirect; a location that is only a path gets scheme, host and port if the section says so.
    pub fn redirect_to(&mut self, status: u16, location: Vec<u8>) -> Outcome {
        self.pending_location = Some(location);
        self.refuse(status)
    }

    /// A redirect to the request's path with a slash at its end.
    pub fn redirect_to_slash(&mut self) -> Outcome {
        let mut location = Vec::with_capacity(self.request.path.len() + 1);
        uri::escape_path(&self.request.path, &mut location);
        location.push(b'/');
        let bare = self.tells_methods() && self.request.target_valid && self.request.head.request_uri().ends_with(b"?");
        if !self.request.arguments.is_empty() || bare {
            location.push(b'?');
            location.extend_from_slice(&self.request.arguments);
        }
        self.redirect_to(301, location)
    }

    /// The location as it is sent.
    pub fn absolute_location(&self, location: &[u8]) -> Vec<u8> {
        let pages = &self.place.section.error_pages;
        if !pages.absolute_redirect || location.first() != Some(&b'/') {
            return location.to_vec();
        }
        let scheme = pages.redirect_scheme.as_deref().unwrap_or(self.connection.scheme());
        let usual = usual_port(scheme);
        let mut out = scheme.as_bytes().to_vec();
        out.extend_from_slice(b"://");
        self.append_redirect_host(&mut out);
        let port = match pages.port_in_redirect {
            RedirectPort::None => None,
            RedirectPort::OfConnection => self.connection.odd_port(),
            RedirectPort::OfRequest { otherwise } => {
                let named = self.request.port.filter(|_| !pages.site_name_in_redirect);
                named.or(otherwise).filter(|port| *port != usual)
            }
        };
        if let Some(port) = port {
            out.push(b':');
            append_number(u64::from(port), &mut out);
        }
        out.extend_from_slice(location);
        out
    }

    fn append_redirect_host(&self, out: &mut Vec<u8>) {
        let pages = &self.place.section.error_pages;
        let of_request = matches!(pages.port_in_redirect, RedirectPort::OfRequest { .. });
        let nameless = self.request.host.is_empty() && of_request;
        if pages.site_name_in_redirect || nameless {
            out.extend_from_slice(self.place.site.primary_name.as_bytes());
        } else if !self.request.host.is_empty() {
            out.extend_from_slice(&self.request.host);
        } else {
            self.connection.append_server_address(out);
        }
    }

    /// Adds the pending location of a redirect to a response.
    pub fn place_location(&mut self, response: &mut Response) {
        if let Some(location) = self.pending_location.take()
            && !response.head.fields.contains(Name::Location)
        {
            let location = self.absolute_location(&location);
            response.head.fields.push(b"Location", &location);
        }
    }

    /// Whether the client speaks a version that knows persistent connections by default.
    pub fn is_http11(&self) -> bool {
        self.request.head.version >= Version::Http11
    }
}
