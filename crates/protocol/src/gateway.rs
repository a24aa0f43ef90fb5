//! Protocols by which a gateway asks programs (FastCGI, SCGI, uwsgi): a request is parameters and content, its answer has
//! the head of a CGI program (RFC 3875 §6).

mod client;
mod params;
mod records;

pub use client::ClientConnection;
pub use params::{ParamsText, TooManyParams};

/// Which of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Protocol {
    /// FastCGI 1.0: records, and connections that may be kept.
    FastCgi,
    /// SCGI: a netstring of parameters.
    Scgi,
    /// uwsgi: a packet of parameters.
    Uwsgi,
}

impl Protocol {
    /// Its name, as in URLs of log lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::FastCgi => "fastcgi",
            Self::Scgi => "scgi",
            Self::Uwsgi => "uwsgi",
        }
    }
}
