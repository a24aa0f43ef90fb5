//! Versions of TLS: `SSLProtocol` and `SSLProxyProtocol`.

use diagnostic::Diagnostic;
use model::TlsVersions;

use crate::directive::Directive;
use crate::lower::Lowering;
use crate::value;

/// Each word adds a protocol, behind `-` takes it away, or alone means it only; `whom` ends the sentence of what is not spoken.
pub(super) fn versions(
    lowering: &mut Lowering<'_>,
    directive: &Directive,
    whom: &str,
) -> Result<TlsVersions, Diagnostic> {
    let mut versions = TlsVersions { v1_2: false, v1_3: false };
    let mut old = Vec::new();
    for word in &directive.arguments {
        let (on, name) = match word.text.split_at_checked(1) {
            Some(("+", name)) => (true, name),
            Some(("-", name)) => (false, name),
            _ => (true, word.text.as_str()),
        };
        match name.to_ascii_lowercase().as_str() {
            "all" => versions = TlsVersions { v1_2: on, v1_3: on },
            "tlsv1.2" => versions.v1_2 = on,
            "tlsv1.3" => versions.v1_3 = on,
            "sslv3" | "tlsv1" | "tlsv1.1" if on => old.push(word),
            "sslv2" | "sslv3" | "tlsv1" | "tlsv1.1" => {}
            _ => return Err(value::invalid(word, &["all", "TLSv1.2", "TLSv1.3"])),
        }
    }
    if !(versions.v1_2 || versions.v1_3) {
        let problem = Diagnostic::error("old-protocol", format!("none of these protocols is spoken{whom}"));
        let help = format!("write `{} TLSv1.2 TLSv1.3`", directive.name.text);
        return Err(problem.at(directive.origin()).help(help));
    }
    for word in old {
        let message = format!("{}{whom} is not spoken and is left out", word.text);
        lowering.report(Diagnostic::warning("old-protocol", message).at(word.origin));
    }
    Ok(versions)
}
