//! Whom a system believes.

use std::path::Path;

/// Where systems keep the certificates of authorities.
const PLACES: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// The file with the certificates of the authorities that this system believes.
pub fn system_authorities() -> Option<&'static Path> {
    PLACES.iter().map(Path::new).find(|path| path.is_file())
}
