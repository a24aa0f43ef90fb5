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
                Redirect::Url { from, to } => {
                    let from = self.text_of(from);
                    if let Some(rest) = after_url(url, &from) {
                        let mut mapped = self.text_of(to);
                        mapped.extend_from_slice(rest);
                        return Some(mapped);
                    }
                }
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

/// What follows the beginning of a URL; its scheme and host may be written in any case of letters.
fn after_url<'u>(url: &'u [u8], beginning: &[u8]) -> Option<&'u [u8]> {
    let (head, rest) = url.split_at_checked(beginning.len())?;
    let host = beginning.windows(3).position(|window| window == b"://").map_or(0, |at| at + 3);
    let path = beginning.get(host..)?.iter().position(|byte| *byte == b'/').map_or(beginning.len(), |at| host + at);
    let path = if host == 0 { 0 } else { path };
    let (own, given) = (head.split_at_checked(path)?, beginning.split_at_checked(path)?);
    (own.0.eq_ignore_ascii_case(given.0) && own.1 == given.1).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::after_url;

    #[test]
    fn the_host_of_a_url_is_compared_in_any_case() {
        let check = |url: &str, beginning: &str, expected: Option<&str>| {
            let found =
                after_url(url.as_bytes(), beginning.as_bytes()).map(|rest| String::from_utf8_lossy(rest).into_owned());
            assert_eq!(found.as_deref(), expected, "{url} {beginning}");
        };
        check("HTTP://Host:1/a/x", "http://host:1/a/", Some("x"));
        check("http://host/A/x", "http://host/a/", None);
        check("http://HOST", "http://host", Some(""));
        check("http://hos", "http://host", None);
        check("/path/x", "/path/", Some("x"));
        check("/Path/x", "/path/", None);
    }
}
