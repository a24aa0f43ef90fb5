//! The handshake of TLS, after which a connection is served like any other.

use l7::{Accepted, Hall, Secured, Security, load_certificates};
use std::fmt::Display;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use telemetry::{Context, Level};
use tls::{Doubt, HandshakeError, Hello};
use tokio::task::spawn_local;
use tokio::time::timeout;
use transport::Chunk;

use super::handshakes::Counted;
use super::serve;

/// What a connection's first bytes came to.
enum Outcome {
    /// It is to be served, once it is known what is in doubt about the client.
    Served(Box<Accepted>, Option<Box<Doubt>>),
    /// The client is gone, or was told to go.
    Over,
}

/// Why there is no connection.
struct Failed {
    level: Level,
    text: String,
}

impl Failed {
    fn new(level: Level, text: impl Display) -> Self {
        Self { level, text: text.to_string() }
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::new(Level::Info, format_args!("peer closed connection in SSL handshake ({error})"))
    }
}

impl From<HandshakeError> for Failed {
    fn from(error: HandshakeError) -> Self {
        match error {
            HandshakeError::Closed => Self::new(Level::Info, error),
            HandshakeError::Io(error) => error.into(),
            HandshakeError::Protocol(error) => {
                Self::new(Level::Info, format_args!("SSL_do_handshake() failed (SSL: {error})"))
            }
        }
    }
}

/// Shakes hands with a client, and serves it.
pub(super) async fn serve_secured(hall: Rc<Hall>, accepted: Accepted, patience: Duration, counted: Counted) {
    let (facts, worker) = (accepted.facts.clone(), Rc::clone(&accepted.worker));
    let address = Rc::clone(&accepted.listener);
    let settled = timeout(patience, secure(Box::new(accepted))).await;
    let failed = match settled {
        Ok(Ok(Outcome::Served(mut accepted, doubt))) => {
            if let Some(doubt) = doubt {
                resolve(*doubt, &mut accepted.security).await;
            }
            drop(counted);
            if let Some(serving) = serve(hall, *accepted) {
                // A task of its own, whose memory the handshake has no part in.
                spawn_local(serving);
            }
            return;
        }
        Ok(Ok(Outcome::Over)) => return,
        Ok(Err(failed)) => failed,
        Err(_) => Failed::new(Level::Info, "client timed out (110: Connection timed out)"),
    };
    let log = &worker.shared.error_log;
    if log.enabled(failed.level) {
        let client = facts.peer.to_string();
        let client = client.rsplit_once(':').map_or(client.as_str(), |(host, _)| host);
        let server = match &*address {
            model::ListenAddress::Inet(address) => address.to_string(),
            model::ListenAddress::Unix(path) => format!("unix:{}", path.display()),
        };
        let context = Context {
            connection: Some(facts.serial),
            doing: Some("SSL handshaking"),
            client: Some(client.as_bytes()),
            server: Some(server.as_bytes()),
            ..Context::default()
        };
        log.log_in(failed.level, &context, format_args!("{}", failed.text));
    }
}

async fn secure(mut accepted: Box<Accepted>) -> Result<Outcome, Failed> {
    let first = match std::mem::take(&mut accepted.buffered) {
        buffered if buffered.is_empty() => accepted.stream.receive().await?,
        buffered => buffered,
    };
    match first.first() {
        None => return Err(HandshakeError::Closed.into()),
        // A record of a handshake, or the form of old.
        Some(0x16 | 0x80..) => accepted.stream.unread(first),
        Some(_) => {
            accepted.buffered = first;
            accepted.security = Security::Missing;
            return Ok(Outcome::Served(accepted, None));
        }
    }
    let Accepted { stream, facts, listener, worker, entry, .. } = *accepted;
    let hello = Hello::receive(stream).await?;
    let name = hello.server_name();
    let plan = &worker.plan;
    if let Some(proofs) = &plan.proofs
        && let Some(shown) = hello.challenged().and_then(|name| proofs.certificate(&name))
    {
        hello.prove(shown).await?;
        return Ok(Outcome::Over);
    }
    let site = plan
        .listener_at(&listener, &facts.local)
        .and_then(|(_, listener)| plan.securing_site(listener, name.as_deref()));
    let Some((site, tls)) = site.and_then(|site| Some((site, site.tls.as_ref()?))) else {
        hello.reject(true).await;
        return Ok(Outcome::Over);
    };
    if tls.rejects {
        hello.reject(false).await;
        return Err(Failed::new(Level::Info, "SSL_do_handshake() failed (SSL: the handshake is rejected)"));
    }
    if tls.terminator.lacks_identity() && tls.named.is_empty() {
        hello.reject(true).await;
        return Err(Failed::new(Level::Info, "SSL_do_handshake() failed (SSL: no certificate has been issued yet)"));
    }
    let loaded = match load_certificates(&worker, site, &facts, name.as_deref()).await {
        Ok(loaded) => loaded,
        Err(text) => {
            hello.reject(true).await;
            return Err(Failed::new(Level::Error, text));
        }
    };
    let tls::Secured { stream, facts: settled, doubt } = hello.answer(&tls.terminator, loaded).await?;
    let secured = Secured { facts: settled, judged_by: tls.clients.clone() };
    let security = Security::Tls(Rc::new(secured));
    let accepted = Accepted { stream, buffered: Chunk::new(), facts, security, listener, worker, entry };
    Ok(Outcome::Served(Box::new(accepted), doubt.map(Box::new)))
}

/// Waits for what others know of a client's certificates.
async fn resolve(doubt: Doubt, security: &mut Security) {
    if let Err(why) = doubt.resolve().await
        && let Security::Tls(secured) = security
    {
        Rc::make_mut(secured).facts.verdict = Some(Err(why));
    }
}
