//! Error-log lines with what they are about.

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::serve::proxy::{after_peer, complaint};
use protocol::Name;
use telemetry::{Context, Level};
use upstream::FailureCause;

impl Exchange<'_> {
    /// Writes a line about this exchange; the text is made only if some log takes it.
    pub fn log(&self, level: Level, text: impl FnOnce() -> String) {
        self.log_doing(level, None, None, text);
    }

    /// Writes a line at level error.
    pub fn log_error(&self, text: impl FnOnce() -> String) {
        self.log(Level::Error, text);
    }

    /// Writes down a step on the way of the exchange.
    pub fn log_passage(&self, text: impl FnOnce() -> String) {
        self.log(Level::Debug, text);
    }

    /// Writes a line about what was being done with an upstream server.
    pub fn log_doing(&self, level: Level, doing: Option<&str>, upstream: Option<&[u8]>, text: impl FnOnce() -> String) {
        let log = self.worker.error_log(self.place.section);
        let watched = self.connection.is_watched;
        if !watched && !log.enabled(level) {
            return;
        }
        let fields = &self.request.head.fields;
        let request = self.request.head.request_line();
        let context = Context {
            connection: Some(self.connection.facts.serial),
            doing,
            client: Some(self.client_text()),
            server: Some(self.place.site.primary_name.as_bytes()),
            request: (!request.is_empty()).then_some(request),
            subrequest: self.is_child().then_some(&self.request.path),
            upstream,
            host: fields.get_known(Name::Host),
            referrer: fields.get_known(Name::Referer),
        };
        if watched {
            log.log_watched(level, &context, format_args!("{}", text()));
        } else {
            log.log_in(level, &context, format_args!("{}", text()));
        }
    }

    /// A response broke off: by the server that it came from, or by its client.
    pub fn log_broken_delivery(&self, failure: Failure) {
        let server = match failure.cause {
            Cause::Upstream(FailureCause::BodyTimeout) => "upstream timed out (110: Connection timed out)",
            Cause::Upstream(FailureCause::BodyCut) => "upstream prematurely closed connection",
            Cause::Upstream(FailureCause::BodyInvalid) => "upstream sent an invalid body",
            _ => return self.log_broken_sending(failure),
        };
        self.log_about_answer(|| server.into());
    }

    /// What a program complains of while its answer is passed on.
    pub fn log_complaint(&self, text: &[u8]) {
        self.log_about_answer(|| complaint(text));
    }

    fn log_about_answer(&self, text: impl FnOnce() -> String) {
        let peer = self.attempts.last().map_or("", |attempted| &attempted.peer);
        let url = [self.upstream.scheme.name().as_bytes(), b"://", peer.as_bytes(), after_peer(peer)].concat();
        self.log_doing(Level::Error, Some("reading upstream"), Some(&url), text);
    }

    fn log_broken_sending(&self, failure: Failure) {
        let text = || match failure.cause {
            Cause::ClientLeft => "client prematurely closed connection".into(),
            Cause::SendTimeout => "client timed out".into(),
            _ => format!("the response broke off: {}", failure.id()),
        };
        let doing = Some("sending to client");
        self.log_doing(Level::Info, doing, None, text);
    }
}
