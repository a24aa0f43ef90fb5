//! Who is asked whether certificates still stand.

use diagnostic::Origin;
use model::{
    ClientCertificates, FetchedStaple, Reach, Resolver, Responder, ResponderNames, RevocationCheck, Staple, Termination,
};

use super::item::Item;
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
    let RevocationCheck { reach, responder, kept, names: _ } = check;
    let reach = match reach {
        Reach::Leaf => "leaf",
        Reach::Chain => "on",
    };
    let mut items = vec![Item::one("ssl_ocsp", reach)];
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

/// Who knows the addresses of those who are asked about certificates of a site.
pub(super) struct Names<'a> {
    staple: Option<&'a ResponderNames>,
    check: Option<&'a RevocationCheck>,
    origin: Origin,
}

impl<'a> Names<'a> {
    /// `None`: nobody is asked.
    pub(super) fn of(tls: &'a Termination) -> Option<Self> {
        let check = tls.clients.as_ref().and_then(|clients| clients.check.as_ref());
        let staple = match &tls.staple {
            Some(Staple::Fetched(rule)) => Some(&rule.names),
            Some(Staple::File(_)) | None => None,
        };
        (check.is_some() || staple.is_some()).then_some(Self { staple, check, origin: tls.origin })
    }

    /// The name servers; the language has one set for all.
    pub(super) fn resolver(&self) -> Option<&'a Resolver> {
        self.staple.into_iter().chain(self.check.map(|check| &check.names)).find_map(|names| match names {
            ResponderNames::Servers(resolver) => Some(resolver),
            ResponderNames::System | ResponderNames::Nobody => None,
        })
    }

    /// What does not come of what is written.
    pub(super) fn unsaid(&self) -> Option<Item> {
        let comes = |otherwise| ResponderNames::of(self.resolver().cloned(), otherwise);
        let usual = |check: &RevocationCheck| ResponderNames::for_clients(check.responder.as_ref());
        let staple = self.staple.is_some_and(|names| *names != comes(ResponderNames::System));
        let check = self.check.is_some_and(|check| check.names != comes(usual(check)));
        let what = "who knows the addresses of responders for certificates";
        (staple || check).then(|| Item::unsaid(what, self.origin))
    }
}
