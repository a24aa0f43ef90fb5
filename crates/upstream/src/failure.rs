//! What can go wrong between us and an upstream server, each with a stable name.

use model::Trouble;

/// Why an upstream exchange failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureCause {
    /// No peer of the group can be used.
    NoLivePeer,
    /// The name of the server that would be used has no addresses yet.
    NameUnknown,
    /// The connection was not made in time.
    ConnectTimeout,
    /// The server, or a host before it, refused the connection.
    ConnectRefused,
    /// There is no way to the server.
    ConnectUnreachable,
    /// The connection failed in another way, or could not be tried.
    ConnectFailed,
    /// Hands were not shaken in time.
    HandshakeTimeout,
    /// The TLS handshake failed.
    HandshakeFailed,
    /// The server's certificate is not believed.
    CertificateRefused,
    /// The server did not take the request in time.
    SendTimeout,
    /// The connection broke while the request was sent.
    SendFailed,
    /// The server says that it did nothing for the request (RFC 9113 §8.7).
    Refused,
    /// The head of the answer did not come in time.
    HeadTimeout,
    /// The connection ended before the head of an answer.
    HeadCut,
    /// The connection ended within the head of an answer.
    HeadPartial,
    /// What the server sent does not begin as an answer of HTTP/1.
    NoAnswer,
    /// The server switched protocols without being asked to.
    SwitchUnasked,
    /// The head of the answer is not HTTP.
    HeadInvalid,
    /// The head of the answer is larger than allowed.
    HeadTooLarge,
    /// The body of the answer paused for too long.
    BodyTimeout,
    /// The connection ended within the body of the answer.
    BodyCut,
    /// The body of the answer breaks its framing.
    BodyInvalid,
}

impl FailureCause {
    /// Its name in logs and metrics.
    pub fn id(self) -> &'static str {
        match self {
            Self::NoLivePeer => "no-live-peer",
            Self::NameUnknown => "name-unknown",
            Self::ConnectTimeout => "connect-timeout",
            Self::ConnectRefused => "connect-refused",
            Self::ConnectUnreachable => "connect-unreachable",
            Self::ConnectFailed => "connect-failed",
            Self::HandshakeTimeout => "handshake-timeout",
            Self::HandshakeFailed => "handshake-failed",
            Self::CertificateRefused => "certificate-refused",
            Self::SendTimeout => "send-timeout",
            Self::SendFailed => "send-failed",
            Self::Refused => "request-refused",
            Self::HeadTimeout => "head-timeout",
            Self::HeadCut => "head-cut",
            Self::HeadPartial => "head-partial",
            Self::NoAnswer => "no-answer",
            Self::SwitchUnasked => "switch-unasked",
            Self::HeadInvalid => "head-invalid",
            Self::HeadTooLarge => "head-too-large",
            Self::BodyTimeout => "body-timeout",
            Self::BodyCut => "body-cut",
            Self::BodyInvalid => "body-invalid",
        }
    }

    /// Its error type in the `Proxy-Status` field (RFC 9209 §2.3).
    pub fn proxy_status(self) -> &'static str {
        match self {
            Self::NoLivePeer => "destination_unavailable",
            Self::NameUnknown => "dns_error",
            Self::ConnectTimeout | Self::HandshakeTimeout => "connection_timeout",
            Self::HandshakeFailed => "tls_protocol_error",
            Self::CertificateRefused => "tls_certificate_error",
            Self::ConnectRefused => "connection_refused",
            Self::ConnectUnreachable => "destination_ip_unroutable",
            Self::ConnectFailed | Self::SendFailed | Self::Refused | Self::HeadCut | Self::HeadPartial => {
                "connection_terminated"
            }
            Self::SendTimeout => "connection_write_timeout",
            Self::HeadTimeout => "http_response_timeout",
            Self::HeadInvalid | Self::NoAnswer | Self::BodyInvalid => "http_protocol_error",
            Self::SwitchUnasked => "http_upgrade_failed",
            Self::HeadTooLarge => "http_response_header_section_size",
            Self::BodyTimeout => "connection_read_timeout",
            Self::BodyCut => "http_response_incomplete",
        }
    }

    /// Whether no connection was made: nothing can have been sent.
    pub fn is_unreachable(self) -> bool {
        matches!(
            self,
            Self::NoLivePeer
                | Self::NameUnknown
                | Self::ConnectTimeout
                | Self::ConnectRefused
                | Self::ConnectUnreachable
                | Self::ConnectFailed
                | Self::HandshakeTimeout
                | Self::HandshakeFailed
                | Self::CertificateRefused
        )
    }

    /// What `proxy_next_upstream` calls it; `None` where no other peer could help any more.
    pub fn trouble(self) -> Option<Trouble> {
        match self {
            Self::ConnectTimeout | Self::HandshakeTimeout | Self::SendTimeout | Self::HeadTimeout => {
                Some(Trouble::Timeout)
            }
            Self::ConnectRefused
            | Self::ConnectUnreachable
            | Self::ConnectFailed
            | Self::HandshakeFailed
            | Self::CertificateRefused
            | Self::SendFailed
            | Self::Refused
            | Self::HeadCut
            | Self::HeadPartial => Some(Trouble::Error),
            Self::HeadInvalid | Self::HeadTooLarge | Self::NoAnswer | Self::SwitchUnasked => {
                Some(Trouble::InvalidHeader)
            }
            Self::NoLivePeer | Self::NameUnknown | Self::BodyTimeout | Self::BodyCut | Self::BodyInvalid => None,
        }
    }
}
