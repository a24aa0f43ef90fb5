//! `proxy_redirect`: replacement in `Location` and `Refresh`.

use crate::exchange::Exchange;
use crate::plan::{Proxy, Redirect};

impl Exchange<'_> {
    /// A location as the client is told it.
    pub fn mapped_location(&self, proxy: &Proxy, location: &[u8]) -> Vec<u8> {
        let mapped = self.map_url(proxy, location).unwrap_or_else(|| location.to_vec());
        self.absolute_location_if_rewritten(location, mapped)
    }

    fn absolute_location_if_rewritten(&self, before: &[u8], mapped: Vec<u8>) -> Vec<u8> {
        if mapped.first() == Some(&b'/') && before != mapped { self.absolute_location(&mapped) } else { mapped }
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
                    if let Some(rest) = strip_prefix_ignoring_case(url, &from) {
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

/// What follows a beginning, letters compared in any case.
pub fn strip_prefix_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
