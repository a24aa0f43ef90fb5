//! What a certificate says, in the forms that OpenSSL prints and nginx's variables have.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
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
    /// The version of X.509.
    Version,
    /// The kind of its signature.
    Signature,
    /// The kind of its key.
    Key,
    /// The whole in PEM, with blanks in place of the ends of lines.
    Line,
    /// Whom it is for, as RFC 2253 writes names but for letters beyond ASCII, which stay.
    SubjectText,
    /// Who signed it, likewise.
    IssuerText,
    /// One part of whom it is for, by its short name; the number tells those of one name apart, from 0.
    SubjectPart(&'static str, u8),
    /// One part of who signed it, likewise.
    IssuerPart(&'static str, u8),
    /// An alternative name that is a host's.
    HostName(u8),
    /// An alternative name that is an address of mail.
    MailName(u8),
}

impl Aspect {
    /// The aspect that a text names: `subject:cn:0`, `version`.
    pub fn named(text: &str) -> Option<Self> {
        let mut words = text.split(':');
        let (kind, part) = (words.next()?, words.next());
        let number = words.next().unwrap_or("0").parse().ok()?;
        let short = || {
            part.and_then(|part| SHORT.iter().find(|(_, short)| short.eq_ignore_ascii_case(part)))
                .map(|(_, short)| *short)
        };
        Some(match (kind, part) {
            ("version", None) => Self::Version,
            ("serial", None) => Self::Serial,
            ("subject", None) => Self::SubjectText,
            ("issuer", None) => Self::IssuerText,
            ("start", None) => Self::Start,
            ("end", None) => Self::End,
            ("remain", None) => Self::DaysLeft,
            ("signature", None) => Self::Signature,
            ("key", None) => Self::Key,
            ("line", None) => Self::Line,
            ("subject", Some(_)) => Self::SubjectPart(short()?, number),
            ("issuer", Some(_)) => Self::IssuerPart(short()?, number),
            ("name", Some("dns")) => Self::HostName(number),
            ("name", Some("mail")) => Self::MailName(number),
            _ => return None,
        })
    }
}

/// What OpenSSL calls kinds of keys and signatures.
const KINDS: [(&str, &str); 12] = [
    ("1.2.840.113549.1.1.1", "rsaEncryption"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.10", "rsassaPss"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.2.840.10045.2.1", "id-ecPublicKey"),
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.3.101.112", "ED25519"),
    ("1.3.101.113", "ED448"),
];

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
        Aspect::Line => Some(in_pem(certificate).replace('\n', " ")),
        Aspect::Fingerprint => Some(hexadecimal(digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref(), false)),
        _ => parse(certificate).map(|parsed| of_parsed(&parsed, aspect)),
    }
}

fn of_parsed(certificate: &X509Certificate<'_>, aspect: Aspect) -> String {
    let validity = certificate.validity();
    match aspect {
        Aspect::Subject => rfc_2253(certificate.subject(), false),
        Aspect::Issuer => rfc_2253(certificate.issuer(), false),
        Aspect::SubjectText => rfc_2253(certificate.subject(), true),
        Aspect::IssuerText => rfc_2253(certificate.issuer(), true),
        Aspect::SubjectPart(part, number) => one_part(certificate.subject(), part, number),
        Aspect::IssuerPart(part, number) => one_part(certificate.issuer(), part, number),
        Aspect::HostName(number) => alternative(certificate, number, |name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        }),
        Aspect::MailName(number) => alternative(certificate, number, |name| match name {
            GeneralName::RFC822Name(name) => Some(*name),
            _ => None,
        }),
        Aspect::Version => (certificate.version().0 + 1).to_string(),
        Aspect::Signature => kind(&certificate.signature_algorithm.algorithm.to_id_string()),
        Aspect::Key => kind(&certificate.public_key().algorithm.algorithm.to_id_string()),
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
        Aspect::Pem | Aspect::Line | Aspect::Fingerprint => String::new(),
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

/// What OpenSSL calls a kind of key or signature.
fn kind(number: &str) -> String {
    KINDS.iter().find(|(known, _)| *known == number).map_or(number, |(_, name)| name).to_owned()
}

/// One of the parts of a name with this short name.
fn one_part(name: &X509Name<'_>, short: &str, number: u8) -> String {
    let mut found = parts(name).into_iter().flatten().filter(|(part, _)| part == short);
    let text = found.nth(usize::from(number)).map(|(_, text)| text).unwrap_or_default();
    on_one_line(&String::from_utf8_lossy(&text))
}

/// A text without what could end a field: anybody may ask anything of an authority.
fn on_one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// One of the alternative names of a kind.
fn alternative<'a>(
    certificate: &'a X509Certificate<'_>,
    number: u8,
    of_kind: impl Fn(&'a GeneralName<'a>) -> Option<&'a str>,
) -> String {
    let names = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    let mut names = names.into_iter().flatten().filter_map(of_kind);
    on_one_line(names.nth(usize::from(number)).unwrap_or_default())
}

/// RFC 2253: the last part first, `,` between them; `letters`: those beyond ASCII stay as they are.
fn rfc_2253(name: &X509Name<'_>, letters: bool) -> String {
    let mut sets: Vec<String> = Vec::new();
    for set in parts(name).iter().rev() {
        let shown: Vec<String> =
            set.iter().rev().map(|(part, text)| format!("{part}={}", escaped(text, letters))).collect();
        sets.push(shown.join("+"));
    }
    sets.join(",")
}

/// RFC 2253 §2.4; what is not ASCII is shown byte by byte, as OpenSSL does, unless `letters` are to stay.
fn escaped(text: &[u8], letters: bool) -> String {
    let mut shown = String::new();
    if letters
        && let Ok(text) = std::str::from_utf8(text)
        && !text.is_ascii()
    {
        let kept = text.chars().map(|letter| match letter {
            letter if letter.is_ascii() => escaped(&[letter as u8], false),
            letter => letter.to_string(),
        });
        return kept.collect();
    }
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
        assert_eq!(say(Aspect::SubjectText), "CN=ü\\ ,O=A\\, B,C=US");
        assert_eq!(say(Aspect::named("subject:O:0").unwrap()), "A, B");
        assert_eq!(say(Aspect::named("subject:O:1").unwrap()), "");
        assert_eq!(say(Aspect::Version), "3");
        assert_eq!(say(Aspect::Signature), "ecdsa-with-SHA256");
        assert_eq!(say(Aspect::Key), "id-ecPublicKey");
        assert!(say(Aspect::Line).starts_with("-----BEGIN CERTIFICATE----- MI"));
        assert_eq!(Aspect::named("subject:XX:0"), None);
        assert_eq!(on_one_line("a\r\nX-Admin: yes"), "a  X-Admin: yes");
        assert_eq!(say(Aspect::Serial), "0ABC");
        assert_eq!(say(Aspect::Start), "Jan  2 00:00:00 2020 GMT");
        assert_eq!(say(Aspect::End), "Dec 31 00:00:00 2021 GMT");
        assert_eq!(say(Aspect::DaysLeft), "0");
        assert_eq!(say(Aspect::Fingerprint).len(), 40);
        assert!(say(Aspect::Pem).starts_with("-----BEGIN CERTIFICATE-----\n"));
    }
}
