//! TLS to upstream servers, as settings.

use diagnostic::Origin;
use model::{KeptIdentities, ServerTrust, TlsVersions, UpstreamIdentity, UpstreamTls};

use super::item::Item;
use super::level::Setting;
use super::section::{single, switch};
use super::word;

/// What holds where nothing is written.
pub(super) fn usual() -> Vec<Setting> {
    settings(&UpstreamTls::new(Origin::default()))
}

/// How servers are spoken to.
pub(super) fn settings(tls: &UpstreamTls) -> Vec<Setting> {
    let UpstreamTls { trust, checks_name, checks_time, name, sends_name, resumes, identity, versions, ciphers, origin } =
        tls;
    let mut settings = vec![
        Setting::maybe(
            "proxy_ssl_name",
            name.as_ref().map(|name| Item::new("proxy_ssl_name", [word::template(name)], name.origin)),
            Some(Item::one("proxy_ssl_name", "$proxy_host")),
        ),
        switch("proxy_ssl_server_name", *sends_name),
        switch("proxy_ssl_session_reuse", *resumes),
        protocols(*versions),
        Setting::maybe(
            "proxy_ssl_ciphers",
            ciphers.as_ref().map(|ciphers| Item::new("proxy_ssl_ciphers", [word::literal(ciphers)], *origin)),
            Some(Item::one("proxy_ssl_ciphers", "DEFAULT")),
        ),
    ];
    settings.extend(verification(trust.as_ref(), (*checks_name, *checks_time), *origin));
    settings.extend(self::identity(identity.as_ref()));
    settings
}

fn protocols(TlsVersions { v1_2, v1_3 }: TlsVersions) -> Setting {
    const NAME: &str = "proxy_ssl_protocols";
    let names = [(v1_2, "TLSv1.2"), (v1_3, "TLSv1.3")];
    let words = names.into_iter().filter(|(on, _)| *on).map(|(_, name)| Ok(name.to_owned()));
    Setting::one(NAME, Item::new(NAME, words, Origin::default()))
}

fn verification(trust: Option<&ServerTrust>, (name, time): (bool, bool), origin: Origin) -> Vec<Setting> {
    const VERIFY: &str = "proxy_ssl_verify";
    let unsaid = |what: &str| Setting::one(VERIFY, Item::unsaid(what, origin));
    let Some(ServerTrust { authorities, revoked, depth, takes_unknown }) = trust else {
        let some = name || time;
        return vec![if some { unsaid("servers' names without their authorities") } else { switch(VERIFY, false) }];
    };
    let [authorities] = authorities.as_slice() else {
        return vec![unsaid("authorities in several files")];
    };
    if *takes_unknown || !name {
        return vec![unsaid("servers that are looked at and believed all the same")];
    }
    let mut settings = vec![
        switch(VERIFY, true),
        single("proxy_ssl_trusted_certificate", word::path(authorities)),
        single("proxy_ssl_verify_depth", Ok(depth.to_string())),
    ];
    let revoked = revoked.as_ref().map(|revoked| Item::new("proxy_ssl_crl", [word::path(revoked)], origin));
    let undo = Item::unsaid("no revocation lists where others have them", origin);
    settings.push(Setting::maybe("proxy_ssl_crl", revoked, Some(undo)));
    settings
}

fn identity(identity: Option<&UpstreamIdentity>) -> Vec<Setting> {
    const CERTIFICATE: &str = "proxy_ssl_certificate";
    const CACHE: &str = "proxy_ssl_certificate_cache";
    let Some(UpstreamIdentity { certificate, key, chain, directory: _, passwords, kept }) = identity else {
        return vec![Setting::many(
            CERTIFICATE,
            Vec::new(),
            vec![Item::new(CERTIFICATE, [word::literal("")], Origin::default())],
        )];
    };
    let item = |name, template| Item::new(name, [word::template(template)], template.origin);
    let mut settings = vec![
        Setting::one(CERTIFICATE, item(CERTIFICATE, certificate)),
        Setting::one("proxy_ssl_certificate_key", item("proxy_ssl_certificate_key", key)),
    ];
    if chain.is_some() {
        let unsaid = Item::unsaid("certificates of a chain in a file of their own", certificate.origin);
        settings.push(Setting::many("the chain", vec![unsaid], Vec::new()));
    }
    if let Some(passwords) = passwords {
        settings.push(single("proxy_ssl_password_file", word::path(passwords)));
    }
    settings.push(match kept {
        None => single(CACHE, Ok("off".to_owned())),
        Some(KeptIdentities { size, inactive, valid }) => {
            let inactive = word::seconds(*inactive).map(|time| format!("inactive={time}"));
            let valid = word::seconds(*valid).map(|time| format!("valid={time}"));
            Setting::one(CACHE, Item::new(CACHE, [Ok(format!("max={size}")), inactive, valid], Origin::default()))
        }
    });
    settings
}
