//! The directives of `ngx_http_ssl_module`.

mod ocsp;
mod settings;

use diagnostic::Diagnostic;
use model::Demand;

use super::verify;
use crate::table::{Module, Row, SITES, at_least, between, no_effect, pending, row, take};
use crate::value;

pub(crate) use settings::{TlsSettings, Use, both, check_listeners, document, kept_identities, versions};

pub(crate) static MODULE: Module = Module { name: "ngx_http_ssl_module", rows: ROWS };

const DEMANDS: [(&str, Option<Demand>); 4] = [
    ("off", None),
    ("on", Some(Demand::Required)),
    ("optional", Some(Demand::Optional)),
    ("optional_no_ca", Some(Demand::OptionalUnknown)),
];

const NO_TICKETS: &str = "with `ssl_early_data on` sessions are kept by the server, each for one use";
const NO_STAPLES: &str = "nothing is fetched for certificates that are ordered, or loaded on demand";
const NO_FINITE_FIELDS: &str = "keys are exchanged over elliptic curves and ML-KEM only, which need no parameters";

const ROWS: &[Row] = &[
    row("ssl_buffer_size", SITES, take(1), |_, l, d| l.tls.record.size(d)),
    row("ssl_certificate", SITES, take(1), |lowering, l, d| l.tls.certificate(lowering, d)),
    row("ssl_certificate_cache", SITES, between(1, 3), |_, l, d| l.tls.kept(d)),
    row("ssl_certificate_compression", SITES, take(1), |_, l, d| l.tls.compresses.flag(d)),
    row("ssl_certificate_key", SITES, take(1), |lowering, l, d| l.tls.key(lowering, d)),
    row("ssl_ciphers", SITES, take(1), |_, l, d| l.tls.ciphers.text(d))
        .partial("suites with ECDHE and AES-GCM or ChaCha20; others are left out"),
    row("ssl_client_certificate", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.client_certificate.put(d, path)
    }),
    row("ssl_conf_command", SITES, take(2), |lowering, l, d| l.tls.command(lowering, d))
        .partial("the commands `Certificate`, `PrivateKey`, `CipherString`, `Ciphersuites`, `Curves`, `Groups`, `Options`, and those without effect"),
    row("ssl_crl", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.revoked.put(d, path)
    }),
    no_effect("ssl_dhparam", SITES, take(1), verify::ANY, NO_FINITE_FIELDS),
    row("ssl_early_data", SITES, take(1), |_, l, d| l.tls.early_data.flag(d)),
    row("ssl_ecdh_curve", SITES, take(1), |_, l, d| l.tls.groups.text(d))
        .partial("X25519MLKEM768, X25519, prime256v1 and secp384r1; others are left out"),
    pending("ssl_ech_file", SITES, take(1)),
    row("ssl_ocsp", SITES, take(1), |_, l, d| l.tls.check.reach.choice(d, &ocsp::REACHES)),
    row("ssl_ocsp_cache", SITES, take(1), |_, l, d| l.tls.check.kept(d)),
    row("ssl_ocsp_responder", SITES, take(1), |_, l, d| l.tls.check.responder(d)),
    row("ssl_password_file", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.passwords.put(d, path)
    }),
    row("ssl_prefer_server_ciphers", SITES, take(1), |_, l, d| l.tls.prefers_own_order.flag(d)),
    row("ssl_protocols", SITES, at_least(1), |lowering, l, d| l.tls.protocols(lowering, d))
        .partial("`TLSv1.2` and `TLSv1.3`; older ones are left out, with a warning"),
    row("ssl_reject_handshake", SITES, take(1), |_, l, d| l.tls.rejects.flag(d)),
    row("ssl_session_cache", SITES, between(1, 2), |_, l, d| l.tls.session_cache(d)),
    row("ssl_session_ticket_key", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.ticket_keys.push((path, d.origin()));
        Ok(())
    }),
    row("ssl_session_tickets", SITES, take(1), |_, l, d| l.tls.tickets.flag(d)),
    row("ssl_session_timeout", SITES, take(1), |_, l, d| {
        let timeout = value::seconds(d, value::first(d)?)?;
        l.tls.timeout.put(d, timeout)
    }),
    row("ssl_stapling", SITES, take(1), |_, l, d| l.tls.staples.flag(d))
        .partial(NO_STAPLES),
    row("ssl_stapling_file", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.staple.put(d, path)
    }),
    row("ssl_stapling_responder", SITES, take(1), |lowering, l, d| l.tls.stapling.responder(lowering, d)),
    row("ssl_stapling_verify", SITES, take(1), |_, l, d| l.tls.stapling.verified.flag(d)),
    row("ssl_trusted_certificate", SITES, take(1), |lowering, l, d| {
        let path = lowering.document(&value::first(d)?.text);
        l.tls.trusted.put(d, path)
    }),
    row("ssl_verify_client", SITES, take(1), |_, l, d| l.tls.demand.choice(d, &DEMANDS)),
    row("ssl_verify_depth", SITES, take(1), |_, l, d| l.tls.depth.small_number(d)),
];

/// A key or certificate of a device.
fn hardware(word: &crate::tree::Word, device: &str) -> Diagnostic {
    let message = format!("certificates and keys are not loaded from \"{device}\"");
    Diagnostic::error("unsupported", message).at(word.origin).help("name a file in PEM format")
}
