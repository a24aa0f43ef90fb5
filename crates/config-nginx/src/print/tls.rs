//! TLS with clients.

use diagnostic::Origin;
use model::{
    ClientCertificates, Demand, KeptIdentities, SessionCache, Sessions, SiteIdentity, Staple, Termination, TlsVersions,
};

use super::item::Item;
use super::ocsp;
use super::word::{self, Word};

const SEVERAL: &str = "several files with the certificates of authorities";

/// What a site says, where it differs from what holds anyway.
pub(super) fn items(tls: &Termination) -> Vec<Item> {
    let Termination {
        identities,
        orders,
        directory: _,
        passwords,
        kept,
        compresses,
        rejects,
        versions,
        ciphers,
        suites,
        prefers_own_order,
        groups,
        sessions,
        early_data,
        staple,
        clients,
        record,
        origin,
    } = tls;
    let usual = Termination::new(*origin);
    let item = |name: &str, word: Word| Item::new(name, [word], *origin);
    let mut items = Vec::new();
    for SiteIdentity { certificate, key, chain } in identities {
        items.push(item("ssl_certificate", word::template(certificate)));
        items.push(item("ssl_certificate_key", word::template(key)));
        items.extend(chain.iter().map(|_| Item::unsaid("certificates of a chain in a file of their own", *origin)));
    }
    if !orders.is_empty() {
        items.push(Item::one("ssl_certificate", "$acme_certificate"));
        items.push(Item::one("ssl_certificate_key", "$acme_certificate_key"));
    }
    items.extend(passwords.iter().map(|file| item("ssl_password_file", word::path(file))));
    items.extend(kept.map(|kept| self::kept(kept, *origin)));
    let switches = [
        ("ssl_certificate_compression", *compresses),
        ("ssl_reject_handshake", *rejects),
        ("ssl_prefer_server_ciphers", *prefers_own_order),
        ("ssl_early_data", *early_data),
    ];
    items.extend(switches.into_iter().filter(|(_, on)| *on).map(|(name, on)| Item::switch(name, on)));
    if *versions != usual.versions {
        items.push(self::versions(*versions, *origin));
    }
    items.extend(ciphers.iter().map(|text| item("ssl_ciphers", word::text(text))));
    let suites = suites.iter().map(|text| [Ok("Ciphersuites".to_owned()), word::text(text)]);
    items.extend(suites.map(|words| Item::new("ssl_conf_command", words, *origin)));
    items.extend(groups.iter().map(|text| item("ssl_ecdh_curve", word::text(text))));
    items.extend(self::sessions(sessions, &usual.sessions, *origin));
    match staple {
        None => {}
        Some(Staple::File(file)) => {
            items.push(Item::switch("ssl_stapling", true));
            items.push(item("ssl_stapling_file", word::path(file)));
        }
        Some(Staple::Fetched(rule)) => items.extend(ocsp::fetched(rule, clients.as_ref(), *origin)),
    }
    items.extend(clients.iter().flat_map(|clients| self::clients(clients, *origin)));
    if *record != usual.record {
        items.push(item("ssl_buffer_size", Ok(word::size(*record))));
    }
    items
}

fn kept(KeptIdentities { size, inactive, valid }: KeptIdentities, origin: Origin) -> Item {
    let time = |name: &str, time| word::seconds(time).map(|text| format!("{name}={text}"));
    let words = [Ok(format!("max={size}")), time("inactive", inactive), time("valid", valid)];
    Item::new("ssl_certificate_cache", words, origin)
}

fn versions(TlsVersions { v1_2, v1_3 }: TlsVersions, origin: Origin) -> Item {
    let names = [(v1_2, "TLSv1.2"), (v1_3, "TLSv1.3")];
    let names = names.into_iter().filter(|(on, _)| *on).map(|(_, name)| Ok(name.to_owned()));
    Item::new("ssl_protocols", names, origin)
}

fn sessions(sessions: &Sessions, usual: &Sessions, origin: Origin) -> Vec<Item> {
    let Sessions { cache, tickets, ticket_keys, timeout } = sessions;
    let mut items = Vec::new();
    if let Some(SessionCache { name, size }) = cache {
        let word = match name {
            Some(name) => word::text(&format!("shared:{name}:{}", u64::from(*size) * 256)),
            None => Ok(format!("builtin:{size}")),
        };
        items.push(Item::new("ssl_session_cache", [word], origin));
    }
    if *tickets != usual.tickets {
        items.push(Item::switch("ssl_session_tickets", *tickets));
    }
    items.extend(ticket_keys.iter().map(|file| Item::new("ssl_session_ticket_key", [word::path(file)], origin)));
    if *timeout != usual.timeout {
        items.push(Item::new("ssl_session_timeout", [word::seconds(*timeout)], origin));
    }
    items
}

fn clients(clients: &ClientCertificates, origin: Origin) -> Vec<Item> {
    let ClientCertificates { demand, authorities, announced, revoked, depth, check } = clients;
    let demand = match demand {
        Demand::Required => "on",
        Demand::Optional => "optional",
        Demand::OptionalUnknown => "optional_no_ca",
    };
    let mut items = vec![Item::new("ssl_verify_client", [Ok(demand.to_owned())], origin)];
    match announced.as_slice() {
        [] => {}
        [file] => items.push(Item::new("ssl_client_certificate", [word::path(file)], origin)),
        _ => items.push(Item::unsaid(SEVERAL, origin)),
    }
    let others: Vec<_> = authorities.iter().filter(|file| !announced.contains(file)).collect();
    match others.as_slice() {
        [] => {}
        [file] => items.push(Item::new("ssl_trusted_certificate", [word::path(file)], origin)),
        _ => items.push(Item::unsaid(SEVERAL, origin)),
    }
    match revoked.as_slice() {
        [] => {}
        [file] => items.push(Item::new("ssl_crl", [word::path(file)], origin)),
        _ => items.push(Item::unsaid("several files with lists of what was revoked", origin)),
    }
    if *depth != 1 {
        items.push(Item::new("ssl_verify_depth", [Ok(depth.to_string())], origin));
    }
    items.extend(check.iter().flat_map(|check| ocsp::checked(check, origin)));
    items
}
