//! What a certificate says, in the forms that OpenSSL prints and nginx's variables have.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use crate::clock::unix_seconds;
use crate::verify::parse;

/// What can be asked of a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aspect {
    /// The whole, in PEM.
    Pem,
    /// Whom it is for, as RFC 2253 writes names.
    Subject,
    /// Who signed it, likewise.
    Issuer,
    /// Whom it is for, with a slash before each part.
    SubjectInSlashes,
    /// Who signed it, likewise.
    IssuerInSlashes,
    /// Its number.
    Serial,
    /// The SHA-1 digest of the whole.
    Fingerprint,
    /// When its time begins.
    Start,
    /// When its time ends.
    End,
    /// Days until then.
    DaysLeft,
}

/// Short names of parts of a name, by the last bytes of their number below 2.5.4, or by the whole number.
const SHORT: [(&str, &str); 16] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// What a certificate says; `None`: it cannot be read.
pub fn describe(certificate: &CertificateDer<'_>, aspect: Aspect) -> Option<String> {
    match aspect {
        Aspect::Pem => Some(in_pem(certificate)),
        Aspect::Fingerprint => Some(hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref(), false)),
        _ => parse(certificate).map(|parsed| of_parsed(&parsed, aspect)),
    }
}

fn of_parsed(certificate: &X509Certificate<'_>, aspect: Aspect) -> String {
    let validity = certificate.validity();
    match aspect {
        Aspect::Subject => rfc_2253(certificate.subject()),
        Aspect::Issuer => rfc_2253(certificate.issuer()),
        Aspect::SubjectInSlashes => in_slashes(certificate.subject()),
        Aspect::IssuerInSlashes => in_slashes(certificate.issuer()),
        Aspect::Serial => {
            // A number that is not negative may begin with a byte that says just that.
            let raw = certificate.raw_serial();
            hexadecimal(raw.strip_prefix(&[0]).filter(|rest| !rest.is_empty()).unwrap_or(raw), true)
        }
        Aspect::Start => time(validity.not_before),
        Aspect::End => time(validity.not_after),
        Aspect::DaysLeft => {
            let left = u64::try_from(validity.not_after.timestamp()).unwrap_or(0).saturating_sub(unix_seconds());
            (left / 86400).to_string()
        }
        Aspect::Pem | Aspect::Fingerprint => String::new(),
    }
}

fn in_pem(certificate: &[u8]) -> String {
    let block = pem::Pem::new("CERTIFICATE", certificate);
    pem::encode_config(&block, pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF))
}

fn hexadecimal(bytes: &[u8], upper: bool) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to memory cannot fail.
        let _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        text
    })
}

/// As OpenSSL prints times: `Nov  1 18:52:59 2026 GMT`
fn time(time: ASN1Time) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let time = time.to_datetime();
    let month = MONTHS.get(usize::from(u8::from(time.month())).saturating_sub(1)).copied().unwrap_or_default();
    let (hour, minute, second) = time.to_hms();
    format!("{month} {:2} {hour:02}:{minute:02}:{second:02} {} GMT", time.day(), time.year())
}

/// The parts of a name: which, and the text; those of one set together.
fn parts<'a>(name: &'a X509Name<'_>) -> Vec<Vec<(String, Vec<u8>)>> {
    let part = |attribute: &x509_parser::x509::AttributeTypeAndValue<'a>| {
        let number = attribute.attr_type().to_id_string();
        let known = SHORT.iter().find(|(known, _)| *known == number);
        let text =
            attribute.as_str().map_or_else(|_| attribute.attr_value().data.to_vec(), |text| text.as_bytes().to_vec());
        (known.map_or(number, |(_, short)| (*short).to_owned()), text)
    };
    name.iter().map(|set| set.iter().map(part).collect()).collect()
}

/// RFC 2253: the last part first, `,` between them.
fn rfc_2253(name: &X509Name<'_>) -> String {
    let mut sets: Vec<String> = Vec::new();
    for set in parts(name).iter().rev() {
        let shown: Vec<String> = set.iter().rev().map(|(part, text)| format!("{part}={}", escaped(text))).collect();
        sets.push(shown.join("+"));
    }
    sets.join(",")
}

/// RFC 2253 §2.4; what is not ASCII is shown byte by byte, as OpenSSL does.
fn escaped(text: &[u8]) -> String {
    let mut shown = String::new();
    for (index, byte) in text.iter().enumerate() {
        let at_end = index + 1 == text.len();
        let special = match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => true,
            b'#' => index == 0,
            b' ' => index == 0 || at_end,
            _ => false,
        };
        if special {
            shown.push('\\');
            shown.push(char::from(*byte));
        } else if byte.is_ascii_graphic() || *byte == b' ' {
            shown.push(char::from(*byte));
        } else {
            let _ = write!(shown, "\\{byte:02X}");
        }
    }
    shown
}

/// The form of old: `/C=US/CN=name`.
fn in_slashes(name: &X509Name<'_>) -> String {
    let mut shown = String::new();
    for set in parts(name) {
        for (part, text) in set {
            let _ = write!(shown, "/{part}=");
            for byte in text {
                if byte.is_ascii_graphic() || byte == b' ' {
                    shown.push(char::from(byte));
                } else {
                    let _ = write!(shown, "\\x{byte:02X}");
                }
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, KeyPair, SerialNumber, date_time_ymd};

    fn certificate() -> CertificateDer<'static> {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "US");
        params.distinguished_name.push(DnType::OrganizationName, "A, B");
        params.distinguished_name.push(DnType::CommonName, "ü ");
        params.serial_number = Some(SerialNumber::from_slice(&[0x0a, 0xbc]));
        params.not_before = date_time_ymd(2020, 1, 2);
        params.not_after = date_time_ymd(2021, 12, 31);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    #[test]
    fn a_certificate_is_told_as_openssl_prints_it() {
        let certificate = certificate();
        let say = |aspect| describe(&certificate, aspect).unwrap();
        assert_eq!(say(Aspect::Subject), "CN=\\C3\\BC\\ ,O=A\\, B,C=US");
        assert_eq!(say(Aspect::IssuerInSlashes), "/C=US/O=A, B/CN=\\xC3\\xBC ");
        assert_eq!(say(Aspect::Serial), "0ABC");
        assert_eq!(say(Aspect::Start), "Jan  2 00:00:00 2020 GMT");
        assert_eq!(say(Aspect::End), "Dec 31 00:00:00 2021 GMT");
        assert_eq!(say(Aspect::DaysLeft), "0");
        assert_eq!(say(Aspect::Fingerprint).len(), 40);
        assert!(say(Aspect::Pem).starts_with("-----BEGIN CERTIFICATE-----\n"));
    }
}
