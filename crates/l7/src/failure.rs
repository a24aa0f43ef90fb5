//! What can go wrong in flight, whose fault it is, and whether it may be tried again.

use model::{FailureStyle, PageStyle, Trouble};
use upstream::FailureCause;

/// A request that cannot be answered as asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Whose fault it is.
    pub side: Side,
    /// What happened.
    pub cause: Cause,
}

/// Whose fault a failure is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The client's.
    Client,
    /// The upstream server's.
    Upstream,
    /// Ours, or the configuration's.
    Proxy,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The path cannot be read.
    BadPath,
    /// The client did not send its body in time.
    BodyTimeout,
    /// The client's body is malformed.
    BadBody,
    /// The client's body is larger than allowed.
    BodyTooLarge,
    /// The client left.
    ClientLeft,
    /// The client does not take the answer.
    SendTimeout,
    /// More ways back than [`crate::reroute::MOST_REROUTES`].
    RerouteCycle,
    /// A value of the configuration came out unusable.
    BadValue,
    /// A file operation failed on our side.
    FileFailed,
    /// A body cannot be decompressed.
    BadCoding,
    /// The request was forwarded as often as it may be.
    TooManyForwards,
    /// What the configuration makes of the path is none.
    BadTarget,
    /// No server of that name.
    UnknownUpstream,
    /// The upstream exchange failed.
    Upstream(FailureCause),
}

impl Failure {
    /// A failure with the side that its cause names.
    pub fn new(cause: Cause) -> Self {
        let side = match cause {
            Cause::BadPath
            | Cause::BodyTimeout
            | Cause::BadBody
            | Cause::BodyTooLarge
            | Cause::ClientLeft
            | Cause::TooManyForwards
            | Cause::SendTimeout => Side::Client,
            Cause::RerouteCycle | Cause::BadValue | Cause::FileFailed | Cause::BadTarget | Cause::UnknownUpstream => {
                Side::Proxy
            }
            Cause::BadCoding | Cause::Upstream(_) => Side::Upstream,
        };
        Self { side, cause }
    }

    /// The status that answers it.
    pub fn status(self) -> u16 {
        match self.cause {
            Cause::BadPath | Cause::BadBody | Cause::TooManyForwards => 400,
            Cause::BodyTimeout | Cause::SendTimeout => 408,
            Cause::BodyTooLarge => 413,
            Cause::ClientLeft => 499,
            Cause::RerouteCycle
            | Cause::BadValue
            | Cause::FileFailed
            | Cause::BadCoding
            | Cause::BadTarget
            | Cause::UnknownUpstream => 500,
            Cause::Upstream(cause) if cause.trouble() == Some(Trouble::Timeout) => 504,
            Cause::Upstream(FailureCause::BodyTimeout) => 504,
            Cause::Upstream(_) => 502,
        }
    }

    /// The same where failures are told otherwise.
    pub fn status_in(self, style: FailureStyle) -> u16 {
        match self.cause {
            Cause::UnknownUpstream if style == FailureStyle::Service => 503,
            Cause::Upstream(
                FailureCause::HandshakeFailed | FailureCause::CertificateRefused | FailureCause::NameUnknown,
            ) if style == FailureStyle::Service => 500,
            Cause::Upstream(cause) if style == FailureStyle::Service => {
                if cause.is_unreachable() {
                    503
                } else {
                    502
                }
            }
            _ => self.status(),
        }
    }

    /// Whether it is told as one of the exchange with a server, whose answer was none, rather than of the answer.
    pub fn is_of_exchange(self, style: PageStyle) -> bool {
        use FailureCause::{
            CertificateRefused, HandshakeFailed, HeadCut, HeadTimeout, NameUnknown, NoAnswer, SendFailed, SendTimeout,
            SwitchUnasked,
        };
        let silent = matches!(
            self.cause,
            Cause::BadTarget
                | Cause::TooManyForwards
                | Cause::Upstream(
                    CertificateRefused
                        | HandshakeFailed
                        | HeadCut
                        | HeadTimeout
                        | NameUnknown
                        | NoAnswer
                        | SendFailed
                        | SendTimeout
                        | SwitchUnasked
                )
        );
        style == PageStyle::Document && silent
    }

    /// Its stable name, for logs and metrics.
    pub fn id(self) -> &'static str {
        match self.cause {
            Cause::BadPath => "bad-path",
            Cause::BodyTimeout => "body-timeout",
            Cause::BadBody => "bad-body",
            Cause::BodyTooLarge => "body-too-large",
            Cause::ClientLeft => "client-left",
            Cause::SendTimeout => "send-timeout",
            Cause::RerouteCycle => "reroute-cycle",
            Cause::BadValue => "bad-value",
            Cause::FileFailed => "file-failed",
            Cause::BadCoding => "bad-coding",
            Cause::TooManyForwards => "too-many-forwards",
            Cause::BadTarget => "bad-target",
            Cause::UnknownUpstream => "unknown-upstream",
            Cause::Upstream(cause) => cause.id(),
        }
    }
}

impl From<FailureCause> for Failure {
    fn from(cause: FailureCause) -> Self {
        Self::new(Cause::Upstream(cause))
    }
}
