//! TLS to a server: under which name, and as whom.

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::section::ProxyTls;
use crate::serve::proxy::target::Aim;
use std::rc::Rc;
use telemetry::{Level, SystemError};
use transport::{Address, clock};
use upstream::{ConnectFailure, Connector, HandshakeError, host_of};

/// What is being done while hands are shaken.
const SHAKING: &str = "SSL handshaking to upstream";

impl Exchange<'_> {
    /// What connects to a server over TLS; `None`: it is spoken to without.
    pub async fn connector(
        &self,
        tls: Option<&ProxyTls>,
        aim: &Aim<'_>,
        server: &Address,
        http2: bool,
    ) -> Result<Option<Rc<Connector>>, Failure> {
        let Some(tls) = tls.filter(|_| aim.scheme.is_secure()) else { return Ok(None) };
        let identity = match tls.identity.as_ref().zip(tls.security.telling()) {
            None => None,
            Some(((certificate, key), telling)) => {
                let names = (self.text_of(certificate), self.text_of(key));
                let known = &self.worker.connectors.identities;
                known.find(telling, (&names.0, &names.1), clock::now()).await.map_err(|failure| {
                    self.log_server(Level::Error, "connecting to upstream", aim, || failure.to_string());
                    Failure::new(Cause::BadValue)
                })?
            }
        };
        let name = tls.name.as_ref().map(|name| self.text_of(name));
        let name = String::from_utf8_lossy(name.as_deref().unwrap_or(&aim.authority));
        let made = self.worker.connectors.connector(&tls.security, host_of(&name), (identity.as_ref(), http2), server);
        made.map(Some).map_err(|unready| {
            self.log_server(Level::Error, SHAKING, aim, || unready.to_string());
            Failure::new(Cause::BadValue)
        })
    }

    /// Tells why there is no connection.
    pub fn log_unconnected(&self, aim: &Aim<'_>, failure: &ConnectFailure) {
        let timed_out = || "upstream timed out (110: Connection timed out)".to_owned();
        match failure {
            ConnectFailure::Timeout => self.log_server(Level::Error, "connecting to upstream", aim, timed_out),
            ConnectFailure::HandshakeTimeout => self.log_server(Level::Error, SHAKING, aim, timed_out),
            ConnectFailure::Io(error) => self.log_server(Level::Error, "connecting to upstream", aim, || {
                format!("connect() failed {}", SystemError(error))
            }),
            ConnectFailure::Handshake(error) => self.log_server(Level::Error, SHAKING, aim, || handshake_text(error)),
        }
    }
}

fn handshake_text(error: &HandshakeError) -> String {
    let error = match error {
        HandshakeError::Closed => return error.to_string(),
        HandshakeError::Io(error) => return format!("SSL_do_handshake() failed {}", SystemError(error)),
        HandshakeError::Protocol(error) => error,
    };
    match (error.refusal(), error.advice()) {
        (Some(refusal), _) => refusal.to_string(),
        (None, Some(advice)) => format!("SSL_do_handshake() failed (SSL: {error}); {advice}"),
        (None, None) => format!("SSL_do_handshake() failed (SSL: {error})"),
    }
}
