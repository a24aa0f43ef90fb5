//! Browsers that need to be met halfway, by what `User-Agent` says.

use crate::exchange::Exchange;
use memchr::memmem::find;
use protocol::{Method, Name};

/// What is known of a client's browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Browser {
    /// Internet Explorer.
    pub explorer: bool,
    /// Internet Explorer 4, 5 or 6 without its second service pack.
    pub old_explorer: bool,
    /// Chrome, and what calls itself so.
    pub chrome: bool,
    /// Safari on macOS, and what calls itself so.
    pub safari: bool,
}

impl Browser {
    /// The browser of an agent.
    pub fn of(agent: &[u8]) -> Self {
        let says = |name: &str| find(agent, name.as_bytes()).is_some();
        if says("Opera") {
            return Self::default();
        }
        if let Some(at) = find(agent, b"MSIE ").filter(|at| at + 7 < agent.len()) {
            let version = agent.get(at + 5..).unwrap_or_default();
            let old_explorer = match version {
                [b'4' | b'5', b'.', ..] => true,
                [b'6', b'.', rest @ ..] => find(rest, b"SV1").is_none(),
                _ => false,
            };
            return Self { explorer: true, old_explorer, ..Self::default() };
        }
        if says("Gecko/") {
            return Self::default();
        }
        let chrome = says("Chrome/");
        Self { chrome, safari: !chrome && says("Safari/") && says("Mac OS X"), ..Self::default() }
    }
}

impl Exchange<'_> {
    /// The client's browser.
    pub fn browser(&self) -> Browser {
        self.request.head.fields.get_known(Name::UserAgent).map(Browser::of).unwrap_or_default()
    }

    /// Whether the client is of a browser whose connections are not kept.
    pub fn mistakes_kept_connections(&self) -> bool {
        let rule = &self.place.section.keep_alive.mistaken;
        (rule.old_explorer && self.request.method == Method::Post && self.browser().old_explorer)
            || (rule.safari && self.browser().safari)
    }
}

#[cfg(test)]
mod tests {
    use super::Browser;

    const NONE: Browser = Browser { explorer: false, old_explorer: false, chrome: false, safari: false };

    #[test]
    fn browsers_are_told_by_their_agents() {
        let explorer = Browser { explorer: true, ..NONE };
        let table = [
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", Browser { old_explorer: true, ..explorer }),
            ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; SV1)", explorer),
            ("Mozilla/4.0 (compatible; MSIE 5.5)", Browser { old_explorer: true, ..explorer }),
            ("Mozilla/4.0 (compatible; MSIE 7.0)", explorer),
            ("MSIE 5.0", Browser { old_explorer: true, ..explorer }),
            ("MSIE 5", NONE),
            ("Opera/9.0 (MSIE 6.0; )", NONE),
            ("Mozilla/5.0 Gecko/20100101 Firefox/9 Safari/1 Mac OS X", NONE),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit Safari/605", Browser { safari: true, ..NONE }),
            ("Mozilla/5.0 (Mac OS X) Chrome/120.0 Safari/537", Browser { chrome: true, ..NONE }),
            ("Mozilla/5.0 (Linux) Safari/537", NONE),
            ("", NONE),
        ];
        for (agent, browser) in table {
            assert_eq!(Browser::of(agent.as_bytes()), browser, "{agent}");
        }
    }
}
