//! Where requests may come from, as `Referer` tells.

use crate::exchange::Exchange;
use protocol::Name;
use value::{Captures, HostTable, Regex};

/// Longest host that is looked up.
const LONGEST_HOST: usize = 256;
/// The shortest URL that is one.
const SHORTEST: usize = "http://i.ru".len();

/// Places that requests may come from.
pub struct Referers {
    /// Requests without the field are good.
    pub none: bool,
    /// So are those whose field is no URL.
    pub blocked: bool,
    /// Hosts, and beginnings of paths there.
    pub hosts: HostTable<Option<Box<[u8]>>>,
    /// Expressions for URLs without their schemes.
    pub patterns: Vec<Regex>,
}

impl Exchange<'_> {
    /// Whether the request comes from a place that it may come from.
    pub fn has_valid_referer(&self, referers: &Referers) -> bool {
        let Some(referer) = self.request.head.fields.get_known(Name::Referer) else { return referers.none };
        let scheme = [&b"http://"[..], b"https://"].into_iter().find(|scheme| {
            referer.len() >= SHORTEST
                && referer.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
        });
        let Some(rest) = scheme.and_then(|scheme| referer.get(scheme.len()..)) else { return referers.blocked };
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b':')).unwrap_or(rest.len());
        let (host, tail) = rest.split_at(end);
        if host.len() > LONGEST_HOST {
            return false;
        }
        let found = referers.hosts.find(&host.to_ascii_lowercase(), &mut Captures::default()).ok().flatten();
        if let Some(found) = found {
            let path = tail.iter().position(|byte| *byte == b'/').and_then(|at| tail.get(at..)).unwrap_or_default();
            return found.target.as_ref().is_none_or(|beginning| path.starts_with(beginning));
        }
        referers.patterns.iter().any(|pattern| pattern.is_match(rest).unwrap_or(false))
    }
}
