//! Whether a certificate is for a name (RFC 6125; OpenSSL's `X509_check_host`).

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::parse;

/// Whether a certificate is for `name`, a host's or an IP address: one of its alternative names is; where it has none for
/// hosts, one of its subject's common names.
pub fn matches_name(certificate: &CertificateDer<'_>, name: &str) -> bool {
    parse(certificate).is_some_and(|certificate| is_for(&certificate, name))
}

fn is_for(certificate: &X509Certificate<'_>, name: &str) -> bool {
    let Ok(alternatives) = certificate.subject_alternative_name() else { return false };
    let alternatives = alternatives.map_or(&[][..], |names| &names.value.general_names);
    if let Ok(ip) = name.trim_matches(['[', ']']).parse::<IpAddr>()
        && alternatives.iter().any(|known| matches!(known, GeneralName::IPAddress(bytes) if is_address(bytes, ip)))
    {
        return true;
    }
    let mut hosts = alternatives.iter().filter_map(host).peekable();
    if hosts.peek().is_some() {
        return hosts.any(|pattern| covers(pattern, name));
    }
    let mut common = certificate.subject().iter_common_name().filter_map(|common| common.as_str().ok());
    common.any(|pattern| covers(pattern, name))
}

fn host<'a>(name: &GeneralName<'a>) -> Option<&'a str> {
    match name {
        GeneralName::DNSName(host) => Some(host),
        _ => None,
    }
}

fn is_address(bytes: &[u8], ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => bytes == ip.octets(),
        IpAddr::V6(ip) => bytes == ip.octets(),
    }
}

/// Whether a pattern covers a name: a `*` stands in its first label, for one label or a part of one.
fn covers(pattern: &str, name: &str) -> bool {
    if pattern.is_empty() || name.is_empty() {
        return false;
    }
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let Some(((label, parent), (own, own_parent))) = pattern.split_once('.').zip(name.split_once('.')) else {
        return false;
    };
    let Some((before, after)) = label.split_once('*') else { return false };
    // `*.com` would stand for everybody's names.
    let broad = !parent.contains('.') || parent.contains('*') || after.contains('*');
    // A part of an internationalised label means nothing.
    let partial = !(before.is_empty() && after.is_empty());
    let international = is_international(own) || is_international(label);
    !(broad || partial && international)
        && parent.eq_ignore_ascii_case(own_parent)
        && own.len() > before.len() + after.len()
        && own.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && starts_with(own, before)
        && ends_with(own, after)
}

fn is_international(label: &str) -> bool {
    starts_with(label, "xn--")
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

fn ends_with(text: &str, end: &str) -> bool {
    text.len().checked_sub(end.len()).and_then(|at| text.get(at..)).is_some_and(|found| found.eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_pattern_covers_one_label() {
        for (pattern, name, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", ".example.com", false),
            ("f*o.example.com", "foo.example.com", true),
            ("f*.example.com", "xn--f.example.com", false),
            ("f*.example.com", "f.example.com", false),
            ("*.com", "example.com", false),
            ("a.*.example.com", "a.b.example.com", false),
            ("**.example.com", "ab.example.com", false),
            ("*", "localhost", false),
            ("", "", false),
            ("1.2.3.4", "1.2.3.4", true),
        ] {
            assert_eq!(covers(pattern, name), expected, "{pattern} {name}");
        }
    }
}
