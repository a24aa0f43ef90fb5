//! How directories are listed and clients told apart, as settings.

use diagnostic::Origin;
use model::{Listing, ListingFormat, OpenFiles, UserId, UserIdExpiry, UserIdKind};

use super::item::Item;
use super::level::Setting;
use super::section::{single, switch};
use super::word;

/// Whether and how directories are listed.
pub(super) fn listing(listing: Option<&Listing>) -> Vec<Setting> {
    let Some(Listing { format, exact_size, local_time }) = listing else { return vec![switch("autoindex", false)] };
    let mut settings = vec![switch("autoindex", true)];
    settings.extend(how_listed(*format, *exact_size, *local_time));
    settings
}

fn how_listed(format: ListingFormat, exact_size: bool, local_time: bool) -> [Setting; 3] {
    let format = match format {
        ListingFormat::Html => "html",
        ListingFormat::Json => "json",
        ListingFormat::JsonWithCallback => "jsonp",
        ListingFormat::Xml => "xml",
    };
    [
        single("autoindex_format", Ok(format.to_owned())),
        switch("autoindex_exact_size", exact_size),
        switch("autoindex_localtime", local_time),
    ]
}

/// Which files stay open.
pub(super) fn open_files(open_files: Option<&OpenFiles>) -> Vec<Setting> {
    let Some(OpenFiles { most, inactive, valid, least_uses, errors }) = open_files else {
        return vec![single("open_file_cache", Ok("off".to_owned()))];
    };
    let words = [Ok(format!("max={most}")), word::time(*inactive).map(|time| format!("inactive={time}"))];
    vec![
        Setting::one("open_file_cache", Item::new("open_file_cache", words, Origin::default())),
        single("open_file_cache_valid", word::seconds(*valid)),
        single("open_file_cache_min_uses", Ok(least_uses.to_string())),
        switch("open_file_cache_errors", *errors),
    ]
}

/// Whether a file is chosen at random.
pub(super) fn random(random: bool) -> Setting {
    let on = random.then(|| Item::switch("random_index", true));
    Setting::maybe("random_index", on, Some(Item::switch("random_index", false)))
}

/// The cookie that tells clients apart.
pub(super) fn user_id(user_id: Option<&UserId>) -> Vec<Setting> {
    let Some(user_id) = user_id else { return vec![single("userid", Ok("off".to_owned()))] };
    let kind = match user_id.kind {
        UserIdKind::ReadOnly => "log",
        UserIdKind::First => "v1",
        UserIdKind::Second => "on",
    };
    let mut settings = vec![single("userid", Ok(kind.to_owned()))];
    settings.extend(how_told_apart(user_id));
    settings
}

fn how_told_apart(user_id: &UserId) -> Vec<Setting> {
    let UserId { kind: _, name, domain, path, expires, secure, http_only, same_site, mark, p3p, service } = user_id;
    let or_none = |text: &Option<String>| word::text(text.as_deref().unwrap_or("none"));
    let expires = match expires {
        None => Ok("off".to_owned()),
        Some(UserIdExpiry::Latest) => Ok("max".to_owned()),
        Some(UserIdExpiry::After(span)) => word::seconds(*span),
    };
    let mut flags = Vec::new();
    flags.extend(secure.then(|| "secure".to_owned()));
    flags.extend(http_only.then(|| "httponly".to_owned()));
    flags.extend(same_site.as_ref().map(|site| format!("samesite={site}")));
    if flags.is_empty() {
        flags.push("off".to_owned());
    }
    let flags = Item::new("userid_flags", flags.into_iter().map(Ok), Origin::default());
    let service = service.map(|number| Item::one("userid_service", number.to_string()));
    vec![
        single("userid_name", word::text(name)),
        single("userid_domain", or_none(domain)),
        single("userid_path", word::text(path)),
        single("userid_expires", expires),
        Setting::one("userid_flags", flags),
        single("userid_mark", Ok(mark.map_or_else(|| "off".to_owned(), String::from))),
        single("userid_p3p", or_none(p3p)),
        Setting::maybe("userid_service", service, None),
    ]
}

/// What counts where these are on.
pub(super) fn usual() -> Vec<Setting> {
    let mut settings = how_listed(ListingFormat::Html, true, false).to_vec();
    settings.extend(how_told_apart(&UserId {
        kind: UserIdKind::Second,
        name: "uid".to_owned(),
        domain: None,
        path: "/".to_owned(),
        expires: None,
        secure: false,
        http_only: false,
        same_site: None,
        mark: None,
        p3p: None,
        service: None,
    }));
    settings
}
