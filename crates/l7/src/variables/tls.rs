//! Variables of TLS with the client.

use crate::exchange::Exchange;
use std::fmt::Write as _;
use tls::{Aspect, Facts, describe};

/// What can be asked of TLS with the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfTls {
    Application,
    Certificate(Aspect),
    /// A certificate of the client's chain, its own being number 0, in PEM on one line.
    Chain(u8),
    /// The site's own certificate.
    Own(Aspect),
    /// The certificate in PEM, with a tab before each line but the first: so it is one field.
    CertificateInField,
    /// The certificate in PEM, as a part of a URL.
    CertificateEscaped,
    Cipher,
    Ciphers,
    EarlyData,
    Group,
    Groups,
    Protocol,
    Resumed,
    ServerName,
    SessionNumber,
    Verdict,
}

impl OfTls {
    /// What a name stands for.
    pub fn of_name(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("certificate:") {
            return Self::of_certificate(rest);
        }
        Some(match name {
            "ssl_alpn_protocol" => Self::Application,
            "ssl_cipher" => Self::Cipher,
            "ssl_ciphers" => Self::Ciphers,
            "ssl_client_cert" => Self::CertificateInField,
            "ssl_client_escaped_cert" => Self::CertificateEscaped,
            "ssl_client_fingerprint" => Self::Certificate(Aspect::Fingerprint),
            "ssl_client_i_dn" => Self::Certificate(Aspect::Issuer),
            "ssl_client_i_dn_legacy" => Self::Certificate(Aspect::IssuerInSlashes),
            "ssl_client_raw_cert" => Self::Certificate(Aspect::Pem),
            "ssl_client_s_dn" => Self::Certificate(Aspect::Subject),
            "ssl_client_s_dn_legacy" => Self::Certificate(Aspect::SubjectInSlashes),
            "ssl_client_serial" => Self::Certificate(Aspect::Serial),
            "ssl_client_v_end" => Self::Certificate(Aspect::End),
            "ssl_client_v_remain" => Self::Certificate(Aspect::DaysLeft),
            "ssl_client_v_start" => Self::Certificate(Aspect::Start),
            "ssl_client_verify" => Self::Verdict,
            "ssl_curve" => Self::Group,
            "ssl_curves" => Self::Groups,
            "ssl_early_data" => Self::EarlyData,
            "ssl_protocol" => Self::Protocol,
            "ssl_server_name" => Self::ServerName,
            "ssl_session_id" => Self::SessionNumber,
            "ssl_session_reused" => Self::Resumed,
            _ => return None,
        })
    }

    /// What is asked of one of both ends' certificates: `client:subject:CN:0`, `server:serial`.
    fn of_certificate(name: &str) -> Option<Self> {
        match name.split_once(':')? {
            ("client", aspect) => match aspect.strip_prefix("chain:") {
                Some(number) => number.parse().ok().map(Self::Chain),
                None => Aspect::named(aspect).map(Self::Certificate),
            },
            ("server", aspect) => Aspect::named(aspect).map(Self::Own),
            _ => None,
        }
    }
}

impl Exchange<'_> {
    /// Appends a variable of TLS; false: it has no value.
    pub fn append_tls(&self, of: OfTls, out: &mut Vec<u8>) -> bool {
        let Some(facts) = self.connection.security.facts() else { return false };
        let before = out.len();
        match of {
            OfTls::Application => out.extend_from_slice(&facts.application),
            OfTls::Certificate(aspect) => out.extend_from_slice(said(facts, aspect).as_bytes()),
            OfTls::Chain(number) => {
                let certificate = facts.certificates.get(usize::from(number));
                let text = certificate.and_then(|certificate| describe(certificate, Aspect::Line));
                out.extend_from_slice(text.unwrap_or_default().as_bytes());
            }
            OfTls::Own(aspect) => {
                let own = self.place.site.tls.as_ref().and_then(|tls| tls.terminator.certificate());
                let text = own.and_then(|certificate| describe(certificate, aspect));
                out.extend_from_slice(text.unwrap_or_default().as_bytes());
            }
            OfTls::CertificateInField => {
                let text = said(facts, Aspect::Pem);
                out.extend_from_slice(text.trim_end().replace('\n', "\n\t").as_bytes());
            }
            OfTls::CertificateEscaped => escape(&said(facts, Aspect::Pem), out),
            OfTls::Cipher => out.extend_from_slice(facts.cipher.as_bytes()),
            OfTls::Ciphers => out.extend_from_slice(facts.offered.cipher_names().as_bytes()),
            OfTls::EarlyData if facts.early.is_pending() => out.push(b'1'),
            OfTls::EarlyData => {}
            OfTls::Group => out.extend_from_slice(facts.group.as_bytes()),
            OfTls::Groups => out.extend_from_slice(facts.offered.group_names().as_bytes()),
            OfTls::Protocol => out.extend_from_slice(facts.protocol.as_bytes()),
            OfTls::Resumed => out.push(if facts.resumed { b'r' } else { b'.' }),
            OfTls::ServerName => out.extend_from_slice(facts.server_name.as_bytes()),
            OfTls::SessionNumber => {
                let number = facts.session.iter().flatten();
                number.for_each(|byte| out.extend_from_slice(format!("{byte:02x}").as_bytes()));
            }
            OfTls::Verdict => out.extend_from_slice(verdict(facts).as_bytes()),
        }
        out.len() > before
    }
}

fn said(facts: &Facts, aspect: Aspect) -> String {
    facts.certificates.first().and_then(|certificate| describe(certificate, aspect)).unwrap_or_default()
}

fn verdict(facts: &Facts) -> String {
    match facts.verdict {
        None => "NONE".to_owned(),
        Some(Ok(())) => "SUCCESS".to_owned(),
        Some(Err(why)) => format!("FAILED:{why}"),
    }
}

/// As a part of a URL: letters, digits and a few signs stay.
fn escape(text: &str, out: &mut Vec<u8>) {
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to memory cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    out.extend_from_slice(escaped.as_bytes());
}
