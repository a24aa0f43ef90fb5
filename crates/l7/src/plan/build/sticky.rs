//! How clients come back to the server that they had, compiled from the model.

use crate::plan::Build;
use crate::plan::sticky::{Learning, RouteCookie, RouteSource, Stickiness};

impl Build<'_> {
    /// How a group's clients come back.
    pub fn stickiness(&mut self, rule: &model::Stickiness) -> Stickiness {
        let sources = rule.sources.iter().map(|source| self.route_source(source)).collect();
        let (cookie, learning) = match &rule.binding {
            model::Binding::Own => (None, None),
            model::Binding::Cookie(cookie) => (Some(self.route_cookie(cookie)), None),
            model::Binding::Learned(learning) => {
                let sessions = learning.sessions.iter().map(|session| self.template(session)).collect();
                (None, Some(Learning { sessions, at_head: learning.at_head }))
            }
        };
        Stickiness { sources, cookie, learning }
    }

    fn route_source(&mut self, source: &model::RouteSource) -> RouteSource {
        match source {
            model::RouteSource::Value(value) => RouteSource::Value(self.template(value)),
            model::RouteSource::Session { parameter, semicolon, cookie, separator } => RouteSource::Session {
                parameter: format!("{parameter}=").into_bytes().into(),
                ends: if *semicolon { b";?&" } else { b"?&" },
                cookie: cookie.as_bytes().into(),
                separator: separator.and_then(|separator| u8::try_from(separator).ok()),
            },
        }
    }

    fn route_cookie(&mut self, cookie: &model::RouteCookie) -> RouteCookie {
        let mut flags = Vec::new();
        if cookie.http_only {
            flags.extend_from_slice(b"; httponly");
        }
        if cookie.secure {
            flags.extend_from_slice(b"; secure");
        }
        RouteCookie {
            start: format!("{}=", cookie.name).into_bytes().into(),
            expires: cookie.expires,
            domain: cookie.domain.as_ref().map(|domain| self.template(domain)),
            flags: flags.into(),
            same_site: cookie.same_site.as_ref().map(|same_site| self.template(same_site)),
            path: cookie.path.as_ref().map(|path| format!("; path={path}").into_bytes().into()).unwrap_or_default(),
        }
    }
}
