//! What a handshake settled.

use crate::early::Early;
use crate::server::Offered;
use crate::verify::Rejected;
use rustls::pki_types::CertificateDer;
use rustls::{Connection, HandshakeKind, NamedGroup, ProtocolVersion, SupportedCipherSuite};

/// What a handshake settled, in OpenSSL's names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub protocol: &'static str,
    /// The cipher suite, such as `ECDHE-RSA-AES128-GCM-SHA256`.
    pub cipher: &'static str,
    /// The group of the key exchange; empty: a resumed session needed none.
    pub group: &'static str,
    /// The protocol chosen by ALPN; empty: none.
    pub application: Vec<u8>,
    /// The session's number; `None`: the other end has it.
    pub session: Option<[u8; 32]>,
    /// Whether the session was resumed.
    pub resumed: bool,
    /// The name that the client asked for; empty: none.
    pub server_name: String,
    /// The peer's certificates, its own first.
    pub certificates: Vec<CertificateDer<'static>>,
    /// What a client's certificates are worth; `None`: there are none, or nobody asked.
    pub verdict: Option<Result<(), Rejected>>,
    /// What a client offered.
    pub offered: Offered,
    /// Whether a client's first requests came before its handshake was over.
    pub early: Early,
}

impl Facts {
    pub(crate) fn of(connection: &Connection) -> Self {
        let server_name = match connection {
            Connection::Server(server) => server.server_name().unwrap_or_default().to_owned(),
            Connection::Client(_) => String::new(),
        };
        Self {
            protocol: connection.protocol_version().map_or("", protocol_name),
            cipher: connection.negotiated_cipher_suite().map_or("", cipher_name),
            group: connection.negotiated_key_exchange_group().map_or("", |group| group_name(group.name())),
            application: connection.alpn_protocol().unwrap_or_default().to_vec(),
            resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
            server_name,
            certificates: connection.peer_certificates().unwrap_or_default().to_vec(),
            ..Self::default()
        }
    }
}

fn protocol_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        _ => "",
    }
}

/// OpenSSL's name of a suite.
pub(crate) fn cipher_name(suite: SupportedCipherSuite) -> &'static str {
    use rustls::CipherSuite as Id;
    match suite.suite() {
        Id::TLS13_AES_256_GCM_SHA384 => "TLS_AES_256_GCM_SHA384",
        Id::TLS13_AES_128_GCM_SHA256 => "TLS_AES_128_GCM_SHA256",
        Id::TLS13_CHACHA20_POLY1305_SHA256 => "TLS_CHACHA20_POLY1305_SHA256",
        Id::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 => "ECDHE-ECDSA-AES256-GCM-SHA384",
        Id::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 => "ECDHE-ECDSA-AES128-GCM-SHA256",
        Id::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-ECDSA-CHACHA20-POLY1305",
        Id::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => "ECDHE-RSA-AES256-GCM-SHA384",
        Id::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "ECDHE-RSA-AES128-GCM-SHA256",
        Id::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => "ECDHE-RSA-CHACHA20-POLY1305",
        _ => "",
    }
}

/// OpenSSL's name of a group.
pub(crate) fn group_name(group: NamedGroup) -> &'static str {
    match group {
        NamedGroup::X25519 => "X25519",
        NamedGroup::secp256r1 => "prime256v1",
        NamedGroup::secp384r1 => "secp384r1",
        NamedGroup::secp521r1 => "secp521r1",
        NamedGroup::X25519MLKEM768 => "X25519MLKEM768",
        NamedGroup::secp256r1MLKEM768 => "SecP256r1MLKEM768",
        NamedGroup::MLKEM512 => "MLKEM512",
        NamedGroup::MLKEM768 => "MLKEM768",
        NamedGroup::MLKEM1024 => "MLKEM1024",
        _ => "",
    }
}
