//! Who is asked whether certificates still stand.

use diagnostic::Origin;
use model::{ClientCertificates, FetchedStaple, Responder, ResponderNames, RevocationCheck, Staple, Termination};

use super::item::Item;
use super::level::Setting;
use super::names;
use super::word;

/// Answers about a site's own certificates.
pub(super) fn fetched(rule: &FetchedStaple, clients: Option<&ClientCertificates>, origin: Origin) -> Vec<Item> {
    let FetchedStaple { responder, verified, trusted, names: _ } = rule;
    let mut items = vec![Item::switch("ssl_stapling", true)];
    items.extend(responder.iter().map(|url| Item::new("ssl_stapling_responder", [word::text(url)], origin)));
    if *verified {
        items.push(Item::switch("ssl_stapling_verify", true));
    }
    let said = |file| clients.is_some_and(|clients| clients.authorities.contains(file));
    let trusted = trusted.iter().filter(|file| !said(file));
    items.extend(trusted.map(|file| Item::new("ssl_trusted_certificate", [word::path(file)], origin)));
    items
}

/// Answers about clients' certificates.
pub(super) fn checked(check: &RevocationCheck, origin: Origin) -> Vec<Item> {
    let RevocationCheck { whole_chain, responder, kept, names: _ } = check;
    let mut items = vec![Item::one("ssl_ocsp", if *whole_chain { "on" } else { "leaf" })];
    items.extend(responder.iter().map(|Responder { url, always }| {
        if *always {
            return Item::new("ssl_ocsp_responder", [word::text(url)], origin);
        }
        Item::unsaid("who is asked about certificates that name nobody", origin)
    }));
    if let Some(kept) = kept {
        let text = format!("shared:{}:{}", kept.name, u64::from(kept.size) * 128);
        items.push(Item::new("ssl_ocsp_cache", [word::text(&text)], origin));
    }
    items
}

/// Who knows the addresses of those who are asked.
pub(super) fn resolver(tls: &Termination) -> Vec<Setting> {
    let check = tls.clients.as_ref().and_then(|clients| clients.check.as_ref()).map(|check| &check.names);
    let staple = match &tls.staple {
        Some(Staple::Fetched(rule)) => Some(&rule.names),
        Some(Staple::File(_)) | None => None,
    };
    match check.or(staple) {
        Some(ResponderNames::Servers(resolver)) => names::settings(Some(resolver)),
        Some(ResponderNames::System | ResponderNames::Nobody) | None => Vec::new(),
    }
}
