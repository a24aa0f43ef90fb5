//! Certificates that the program orders itself: who issues them, and which a site orders.

use std::path::Path;
use std::time::Duration;

use model::{
    AccountKey, CertificateOrder, Challenge, DnsChanger, DnsChanges, DnsUpdate, ExternalAccount, Http, Issuer, KeyKind,
    Profile, Renewal, Secret, Termination,
};

use super::item::Item;
use super::word::{self, Word};

/// A block `acme_issuer`.
pub(super) fn issuer(issuer: &Issuer) -> Item {
    let Issuer {
        name,
        directory,
        account_key,
        contacts,
        external_account,
        challenges,
        dns,
        preferred_chain,
        profile,
        authorities,
        state,
        accepts_terms,
        common_name,
        // It stands around the block.
        resolver: _,
        origin,
    } = issuer;
    let item = |name: &str, words: Vec<Word>| Item::new(name, words, *origin);
    let mut block = vec![item("uri", vec![word::text(directory)])];
    block.extend(contacts.iter().map(|contact| item("contact", vec![word::text(contact)])));
    match account_key {
        AccountKey::Made(KeyKind::P256) => {}
        AccountKey::Made(kind) => block.push(item("account_key", vec![Ok(key(*kind).to_owned())])),
        AccountKey::File(file) => block.push(item("account_key", vec![word::path(file)])),
    }
    if let Some(ExternalAccount { key_id, key }) = external_account {
        let key = match key {
            Secret::File(file) => word::path(file),
            Secret::Text(text) => word::text(&format!("data:{text}")),
        };
        block.push(item("external_account_key", vec![word::text(key_id), key]));
    }
    match challenges.as_slice() {
        [Challenge::Http] => {}
        [one] => block.push(item("challenge", vec![Ok(challenge(*one).to_owned())])),
        _ => block.push(Item::unsaid("several ways to show that a name is ours", *origin)),
    }
    block.extend(dns.iter().filter(|_| challenges.contains(&Challenge::Dns)).flat_map(|dns| {
        let DnsChanges { by, delay } = dns;
        let delay = (*delay != Duration::ZERO).then(|| item("dns_delay", vec![word::time(*delay)]));
        [Some(changer(by, issuer)), delay].into_iter().flatten()
    }));
    block.extend(preferred_chain.iter().map(|chain| item("preferred_chain", vec![word::text(chain)])));
    if let Some(Profile { name, required }) = profile {
        let required = required.then(|| Ok("require".to_owned()));
        block.push(item("profile", [word::text(name)].into_iter().chain(required).collect()));
    }
    match authorities {
        None => block.push(Item::switch("ssl_verify", false)),
        Some(file) => block.push(item("ssl_trusted_certificate", vec![word::path(file)])),
    }
    let state = state.as_deref().unwrap_or(Path::new("off"));
    block.push(item("state_path", vec![word::path(state)]));
    if *accepts_terms {
        block.push(item("accept_terms_of_service", Vec::new()));
    }
    if *common_name {
        block.push(Item::switch("common_name_in_csr", true));
    }
    Item::block("acme_issuer", [word::quote(name)], block)
}

fn changer(by: &DnsChanger, issuer: &Issuer) -> Item {
    match by {
        DnsChanger::Command(words) => Item::new("dns_hook", words.iter().map(|text| word::text(text)), issuer.origin),
        DnsChanger::Update(DnsUpdate { server, key, zone, ttl }) => {
            let key = key.as_ref().map(|file| word::path(file).map(|file| format!("key={file}")));
            let zone = zone.as_ref().map(|zone| Ok(format!("zone={zone}")));
            let ttl = (*ttl != 60).then(|| Ok(format!("ttl={ttl}")));
            let words = [Some(Ok(server.to_string())), key, zone, ttl];
            Item::new("dns_update", words.into_iter().flatten(), issuer.origin)
        }
    }
}

/// What a site orders.
pub(super) fn orders(tls: &Termination, http: &Http) -> Vec<Item> {
    let orders = tls.orders.iter().filter_map(|id| http.orders.get(usize::try_from(id.0).ok()?));
    let orders: Vec<&CertificateOrder> = orders.collect();
    let [order] = orders.as_slice() else {
        let several = orders.first().map(|order| Item::unsaid("several ordered certificates", order.origin));
        return several.into_iter().collect();
    };
    let CertificateOrder { issuer, identifiers, key, renewal, origin } = order;
    let issuer = usize::try_from(*issuer).ok().and_then(|index| http.issuers.get(index));
    let mut words = vec![word::text(issuer.map_or("", |issuer| &issuer.name))];
    words.extend(identifiers.iter().map(|identifier| word::text(&identifier.to_string())));
    if *key != KeyKind::default() {
        words.push(Ok(format!("key={}", self::key(*key))));
    }
    let mut items = vec![Item::new("acme_certificate", words, *origin)];
    if *renewal != Renewal::Usual {
        items.push(Item::unsaid("when a certificate is ordered anew", *origin));
    }
    items
}

fn key(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::P256 => "ecdsa:256",
        KeyKind::P384 => "ecdsa:384",
        KeyKind::P521 => "ecdsa:521",
        KeyKind::Rsa2048 => "rsa:2048",
        KeyKind::Rsa3072 => "rsa:3072",
        KeyKind::Rsa4096 => "rsa:4096",
    }
}

fn challenge(challenge: Challenge) -> &'static str {
    match challenge {
        Challenge::Http => "http-01",
        Challenge::TlsAlpn => "tls-alpn-01",
        Challenge::Dns => "dns-01",
    }
}
