//! `proxy_redirect`: replacement in `Location` and `Refresh`.

use crate::exchange::Exchange;
use crate::plan::{Proxy, Redirect};

impl Exchange<'_> {
    /// A location as the client is told it.
    pub fn mapped_location(&self, proxy: &Proxy, location: &[u8]) -> Vec<u8> {
        match self.map_url(proxy, location) {
            Some(mapped) => self.absolute_location(&mapped),
            None => location.to_vec(),
        }
    }

    /// A `Refresh` field whose URL is mapped.
    pub fn mapped_refresh(&self, proxy: &Proxy, refresh: &[u8]) -> Vec<u8> {
        let lower = refresh.to_ascii_lowercase();
        let Some(at) = lower.windows(4).position(|window| window == b"url=") else { return refresh.to_vec() };
        let (before, url) = refresh.split_at(at + 4);
        let mapped = self.map_url(proxy, url).unwrap_or_else(|| url.to_vec());
        [before, &mapped].concat()
    }

    fn map_url(&self, proxy: &Proxy, url: &[u8]) -> Option<Vec<u8>> {
        for rule in &proxy.redirects {
            match rule {
                Redirect::Prefix { from, to } => {
                    let from = self.text_of(from);
                    if let Some(rest) = url.strip_prefix(from.as_slice()) {
                        let mut mapped = self.text_of(to);
                        mapped.extend_from_slice(rest);
                        return Some(mapped);
                    }
                }
                Redirect::Regex { pattern, to } => {
                    if self.bindings.bind(pattern, url, self.plan) == Ok(true) {
                        return Some(self.text_of(to));
                    }
                }
            }
        }
        None
    }
}
