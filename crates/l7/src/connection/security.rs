//! What TLS settled before the first request, and what follows for each.

use crate::exchange::Exchange;
use crate::plan::{Listener, Plan, Site};
use model::{ClientCertificates, Demand};
use protocol::{RequestHead, Version};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use telemetry::error_log::Level;
use tls::Facts;
use transport::Deadline;
use value::Captures;

/// How a connection is protected.
#[derive(Clone, Debug, Default)]
pub enum Security {
    /// It is not, nor is it meant to be.
    #[default]
    None,
    /// It is not, and should be.
    Missing,
    /// By TLS.
    Tls(Rc<Secured>),
}

/// A connection that TLS protects.
#[derive(Clone, Debug)]
pub struct Secured {
    /// What the handshake settled.
    pub facts: Facts,
    /// By which rules the client's certificate was judged.
    pub judged_by: Option<Arc<ClientCertificates>>,
}

impl Security {
    /// What the handshake settled, if there was one.
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Tls(secured) => Some(&secured.facts),
            Self::None | Self::Missing => None,
        }
    }
}

impl Security {
    /// Whether a request must wait for the end of its client's handshake: until then somebody else may have sent it, again,
    /// which only one that changes nothing bears (RFC 8470 §3). What is said in a tunnel may change anything.
    pub(super) fn doubts(&self, head: &RequestHead) -> bool {
        self.is_early() && (!head.method.is_safe() || head.opens_tunnel() || head.upgrade_requested())
    }

    /// Whether the handshake is not over yet.
    pub(super) fn is_early(&self) -> bool {
        self.facts().is_some_and(|facts| facts.early.is_pending())
    }

    /// Waits for that end while somebody reads on; false: it does not come.
    pub(super) fn poll_proven(&self, cx: &mut Context<'_>, deadline: &mut Deadline) -> Poll<bool> {
        match self.facts().map_or(Poll::Ready(true), |facts| facts.early.poll_end(cx)) {
            Poll::Ready(proven) => Poll::Ready(proven),
            Poll::Pending => deadline.poll_expired(cx).map(|()| false),
        }
    }
}

/// Refused: the client spoke plain HTTP to a port that is not for it.
const PLAIN: u16 = 497;
/// Refused: the client sent no certificate.
const NO_CERTIFICATE: u16 = 496;
/// Refused: the client's certificate is none to believe.
const BAD_CERTIFICATE: u16 = 495;
/// Refused: the connection was made for another site (RFC 9110 §15.5.20).
const MISDIRECTED: u16 = 421;

impl Plan {
    /// The site that answers a handshake for this name.
    pub fn securing_site(&self, listener: &Listener, name: Option<&str>) -> Option<&Site> {
        let mut captures = Captures::new();
        let name = name.map(|name| name.strip_suffix('.').unwrap_or(name));
        let found = name.and_then(|name| listener.hosts.find(name.as_bytes(), &mut captures).ok().flatten());
        let index = found.map(|found| *found.target);
        let answers = |index: usize| {
            let site = self.sites.get(index)?;
            site.tls.as_ref().filter(|tls| tls.answers()).map(|_| site)
        };
        index.and_then(answers).or_else(|| answers(listener.default_site))
    }
}

impl Exchange<'_> {
    /// The status with which a request is refused that its connection is not good for.
    pub fn insecure(&self) -> Option<u16> {
        let secured = match &self.connection.security {
            Security::None => return None,
            Security::Missing => {
                self.log_reading(|| "client sent plain HTTP request to HTTPS port".into());
                return Some(PLAIN);
            }
            Security::Tls(secured) => secured,
        };
        let Secured { facts, judged_by } = &**secured;
        let asked = self.place.site.tls.as_ref()?.clients.as_ref()?;
        let demand = asked.demand;
        let name = facts.server_name.strip_suffix('.').unwrap_or(&facts.server_name);
        // What another site's rules found says nothing here, even if no name was negotiated.
        let elsewhere = facts.verdict.is_some() && judged_by.as_ref() != Some(asked);
        if elsewhere || (!name.is_empty() && name.as_bytes() != &*self.request.host) {
            let text = "client attempted to request the server name different from the one that was negotiated";
            self.log_reading(|| text.into());
            return Some(MISDIRECTED);
        }
        match facts.verdict {
            Some(Err(why)) if !(demand == Demand::OptionalUnknown && why.is_unknown_authority()) => {
                self.log_reading(|| format!("client SSL certificate verify error: ({}:{why})", why.code()));
                Some(BAD_CERTIFICATE)
            }
            None if demand == Demand::Required => {
                self.log_reading(|| "client sent no required SSL certificate".into());
                Some(NO_CERTIFICATE)
            }
            Some(_) | None => None,
        }
    }

    /// The status with which a request is refused that came by HTTP/2, which its site does not offer.
    pub fn misdirected(&self, listener: &Listener) -> Option<u16> {
        if self.request.head.version != Version::Http2 || listener.http2 || self.place.site.http2.offered {
            return None;
        }
        self.log_reading(|| "client attempted to request the server name for which HTTP/2 is disabled".into());
        Some(MISDIRECTED)
    }

    fn log_reading(&self, text: impl FnOnce() -> String) {
        self.log_doing(Level::Info, Some("reading client request headers"), None, text);
    }
}
