//! Settings that are laid over those of a section: what a part of the requests has otherwise than the rest.

use crate::{
    Access, BasicUsers, ByteSize, CacheOverrides, CacheRules, CertificateUsers, Charset, Check, Coding, Compress,
    Compressor, CookieRule, ErrorPage, ExpiresByType, ExpiresRule, ExpiresTime, Extensions, FieldEdit,
    GatewayOverrides, GzipRules, MediaTypes, MomentsOverrides, Origin, Proxied, Proxy, Redirect, Requirement, Satisfy,
    Section, Serve, SetField, Template,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// Settings to lay over a [`Section`]; what is not said stays as it is there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Overrides {
    /// Who may come in.
    pub access: AccessOverrides,
    /// Most bytes of a body that is not forwarded to a server of HTTP.
    pub max_body: Option<ByteSize>,
    /// Whether redirects name the site rather than what the client sent.
    pub site_name_in_redirect: Option<bool>,
    /// Where files lie and how they are named.
    pub files: FilesOverrides,
    /// What answers in place of an error, by status; `None`: the built-in page.
    pub error_pages: Vec<(u16, Option<ErrorPage>)>,
    /// What is run once the settings are known.
    pub moments: MomentsOverrides,
    /// Changes of the request's fields, after those that are there.
    pub request_edits: Vec<FieldEdit>,
    /// Changes of responses' fields, after those that are there.
    pub response_edits: Vec<FieldEdit>,
    /// Who answers in the place of files.
    pub handler: Given<Box<Proxy>>,
    /// How requests are forwarded.
    pub proxy: ProxyOverrides,
    /// When responses expire.
    pub expires: ExpiresOverrides,
    /// What is compressed.
    pub compress: CompressOverrides,
}

/// When responses expire.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ExpiresOverrides {
    /// Whether they are told at all; they are not before it is said.
    pub active: Option<bool>,
    /// By media type, each in place of what was said of the same.
    pub types: Vec<(String, ExpiresTime)>,
    /// Of other types.
    pub default: Option<ExpiresTime>,
}

/// What is compressed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CompressOverrides {
    /// Whether everything is.
    pub any: Option<bool>,
    /// Media types beside those that are said already.
    pub types: Vec<String>,
    /// How hard it is tried, from 1 to 9.
    pub level: Option<u8>,
}

/// Who may come in.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct AccessOverrides {
    /// What must be so.
    pub requirement: Option<Requirement>,
    /// What becomes of the requirement that was there.
    pub joined: Joined,
    /// What is asked before the requirement, and how both count together.
    pub first: Option<(Requirement, Satisfy)>,
    /// Whether users prove themselves with a password.
    pub passwords: Option<bool>,
    /// What the client is told that it may enter.
    pub realm: Option<Template>,
    /// The file of users.
    pub users: Option<PathBuf>,
    /// Whether clients' certificates count for users here; `None`: they do nowhere.
    pub certificates: Option<bool>,
}

/// What becomes of a requirement when another is laid over it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Joined {
    /// The new one holds.
    #[default]
    Replaced,
    /// Both hold.
    All,
    /// One of them must hold.
    Any,
}

/// A setting that may also be taken away.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub enum Given<T> {
    /// What is there stays.
    #[default]
    Unsaid,
    /// There is none any more.
    Nothing,
    /// This.
    This(T),
}

impl<T: Clone> Given<T> {
    fn put_into(&self, slot: &mut Option<T>) {
        match self {
            Self::Unsaid => {}
            Self::Nothing => *slot = None,
            Self::This(value) => *slot = Some(value.clone()),
        }
    }
}

/// Settings to lay over those of [`crate::Files`].
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct FilesOverrides {
    /// Names tried in a directory.
    pub index: Option<Vec<Template>>,
    /// The status of a redirect to an index.
    pub index_redirect: Given<u16>,
    /// Whether files carry an entity tag.
    pub etag: Option<bool>,
    /// Where requests go whose file is not there.
    pub fallback: Given<Template>,
    /// Whether a directory is answered with a redirect to its path with a slash.
    pub directory_redirect: Option<bool>,
    /// What extensions say; each takes the place of what the same one said.
    pub extensions: Extensions,
    /// Whether a forced type that was there is taken away.
    pub unforced_type: bool,
    /// The character set of texts that name none.
    pub charset: Given<String>,
}

/// Settings to lay over those of a [`crate::Proxy`].
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ProxyOverrides {
    /// Fields that are set in requests: each takes the place of those of its name.
    pub set_fields: Vec<SetField>,
    /// Replacements of `Location`, after those that are there.
    pub redirects: Vec<Redirect>,
    /// Replacements of cookies' domains, after those that are there.
    pub cookie_domains: Vec<CookieRule>,
    /// Replacements of cookies' paths, after those that are there.
    pub cookie_paths: Vec<CookieRule>,
    /// Whether errors of the upstream get our error pages.
    pub intercept_errors: Option<bool>,
    /// Which statuses are errors in this sense.
    pub intercepted: Option<Vec<u16>>,
    /// How answers are kept.
    pub cache: CacheOverrides,
    /// How programs are asked.
    pub gateway: GatewayOverrides,
}

/// Bodies of fewer bytes are not worth the frame that compression puts around them.
const LEAST_COMPRESSED: u64 = 69;

impl Section {
    /// Lays settings over those that are here, one after the other.
    pub fn lay(&mut self, layers: &[&Overrides]) {
        self.lay_handler(layers);
        self.lay_access(layers);
        let mut moments = MomentsOverrides::default();
        for layer in layers {
            moments.lay(&layer.moments);
        }
        // Who is to prove to be the user that the certificate names is nobody before.
        let certified = layers.iter().rev().find_map(|layer| layer.access.certificates);
        moments.user = moments.user.filter(|_| certified != Some(true));
        self.moments = moments.into_moments().or(self.moments.take());
        self.lay_expires(layers);
        self.lay_compress(layers);
        for overrides in layers {
            if !matches!(&self.serve, Serve::Proxy(proxy) if proxy.gateway.is_none()) {
                put(&mut self.client.max_body, overrides.max_body.as_ref());
            }
            put(&mut self.error_pages.site_name_in_redirect, overrides.site_name_in_redirect.as_ref());
            put(&mut self.files.index, overrides.files.index.as_ref());
            self.lay_files(&overrides.files);
            for (status, page) in &overrides.error_pages {
                self.error_pages.pages.retain(|known| known.statuses != [*status]);
                self.error_pages.pages.extend(page.clone());
            }
            self.request_edits.extend(overrides.request_edits.iter().cloned());
            self.fields.edits.extend(overrides.response_edits.iter().cloned());
            self.lay_proxy(&overrides.proxy);
        }
        if let Serve::Proxy(proxy) = &mut self.serve
            && let Some(gateway) = &mut proxy.gateway
        {
            gateway.lay(layers.iter().map(|layer| &layer.proxy.gateway));
        }
    }

    /// Whoever is named last answers in the place of files; what is forwarded anyway, is.
    fn lay_handler(&mut self, layers: &[&Overrides]) {
        if matches!(self.serve, Serve::Files) {
            let said = layers.iter().rev().map(|layer| &layer.handler).find(|handler| **handler != Given::Unsaid);
            if let Some(Given::This(proxy)) = said {
                self.serve = Serve::Proxy(proxy.clone());
            }
        }
    }

    fn lay_expires(&mut self, layers: &[&Overrides]) {
        let mut whole = ExpiresOverrides::default();
        for over in layers.iter().map(|layer| &layer.expires) {
            whole.active = over.active.or(whole.active);
            whole.default = over.default.or(whole.default);
            whole.types.retain(|(known, _)| !over.types.iter().any(|(other, _)| other == known));
            whole.types.extend(over.types.iter().cloned());
        }
        if whole.active == Some(true) && (whole.default.is_some() || !whole.types.is_empty()) {
            // One type is more than all that begin alike.
            whole.types.sort_by_key(|(name, _)| name.ends_with("/*"));
            let rule = ExpiresByType { types: whole.types, default: whole.default };
            self.fields.expires = Some(ExpiresRule::ByType(rule));
        }
    }

    fn lay_compress(&mut self, layers: &[&Overrides]) {
        let mut types: Vec<String> = Vec::new();
        let (mut any, mut level) = (None, None);
        for over in layers.iter().map(|layer| &layer.compress) {
            any = over.any.or(any);
            level = over.level.or(level);
            types.extend(over.types.iter().cloned());
        }
        let types = match any {
            Some(true) => MediaTypes::Any,
            _ if types.is_empty() => return,
            _ => MediaTypes::These(types),
        };
        let rule = Compressor {
            coding: Coding::Gzip,
            level: level.unwrap_or(6),
            window: None,
            least: LEAST_COMPRESSED,
            types,
        };
        let gzip = GzipRules { version: 10, proxied: vec![Proxied::Any], disabled: Vec::new() };
        self.filters.compress = Compress { codings: vec![rule], vary: true, gzip, ..self.filters.compress.clone() };
    }

    fn lay_files(&mut self, over: &FilesOverrides) {
        over.fallback.put_into(&mut self.files.fallback);
        over.index_redirect.put_into(&mut self.files.index_redirect);
        put(&mut self.files.etag, over.etag.as_ref());
        put(&mut self.files.directory_redirect, over.directory_redirect.as_ref());
        if over.extensions != Extensions::default() || over.unforced_type {
            let extensions = self.files.extensions.get_or_insert_default();
            if over.unforced_type {
                extensions.forced_type = None;
            }
            extensions.lay(&over.extensions);
        }
        let charset = match &over.charset {
            Given::Unsaid => return,
            Given::Nothing => None,
            Given::This(charset) => Some(Charset {
                target: Some(Template::text(charset.clone(), Origin::default())),
                source: None,
                override_own: false,
                types: MediaTypes::These(vec!["text/plain".to_owned(), "text/html".to_owned()]),
            }),
        };
        self.filters.charset = charset;
    }

    fn lay_proxy(&mut self, over: &ProxyOverrides) {
        let Serve::Proxy(proxy) = &mut self.serve else { return };
        for field in &over.set_fields {
            proxy.set_fields.retain(|known| !known.name.eq_ignore_ascii_case(&field.name));
        }
        proxy.set_fields.extend(over.set_fields.iter().cloned());
        proxy.redirects.extend(over.redirects.iter().cloned());
        proxy.cookies.domains.extend(over.cookie_domains.iter().cloned());
        proxy.cookies.paths.extend(over.cookie_paths.iter().cloned());
        put(&mut proxy.intercept_errors, over.intercept_errors.as_ref());
        put(&mut proxy.intercepted, over.intercepted.as_ref());
        if let Some(caching) = &mut proxy.cache
            && let CacheRules::Tuned(tuning) = &mut caching.rules
        {
            over.cache.put_into(tuning);
        }
    }

    /// What is asked is known only when all is said: users may be named in one layer and asked for in another.
    fn lay_access(&mut self, layers: &[&Overrides]) {
        let mut whole = AccessOverrides::default();
        for layer in layers {
            whole.lay(&layer.access);
        }
        let user = whole.basic_users();
        let (first, satisfy) = whole.first.unzip();
        let first = first.map(|requirement| Check::Require { requirement, user: None });
        let then = whole.requirement.map(|requirement| Check::Require { requirement, user });
        let checks: Vec<Check> = first.into_iter().chain(then).collect();
        if !checks.is_empty() {
            let satisfy = satisfy.unwrap_or_default();
            self.access = Some(Box::new(Access { checks, satisfy, delay: Duration::ZERO }));
        }
    }
}

impl Extensions {
    /// Says what another says, too, in place of what was said of the same extensions.
    fn lay(&mut self, over: &Self) {
        let lists = [
            (&mut self.types, &over.types),
            (&mut self.charsets, &over.charsets),
            (&mut self.codings, &over.codings),
            (&mut self.languages, &over.languages),
        ];
        for (own, new) in lists {
            own.retain(|(extension, _)| !new.iter().any(|(other, _)| other == extension));
            own.extend(new.iter().cloned());
        }
        self.default_language = over.default_language.clone().or(self.default_language.take());
        self.forced_type = over.forced_type.clone().or(self.forced_type.take());
    }
}

impl AccessOverrides {
    fn lay(&mut self, over: &Self) {
        self.requirement = match (self.requirement.take(), over.requirement.clone(), over.joined) {
            (Some(old), Some(new), Joined::All) => Some(Requirement::AllOf(vec![old, new])),
            (Some(old), Some(new), Joined::Any) => Some(Requirement::AnyOf(vec![old, new])),
            (old, new, _) => new.or(old),
        };
        if over.first.is_some() {
            self.first.clone_from(&over.first);
        }
        self.passwords = over.passwords.or(self.passwords);
        self.realm = over.realm.clone().or(self.realm.take());
        self.users = over.users.clone().or(self.users.take());
        self.certificates = over.certificates.or(self.certificates);
    }

    fn basic_users(&self) -> Option<BasicUsers> {
        let file = self.users.as_ref().filter(|_| self.passwords == Some(true))?;
        let realm = self.realm.clone().unwrap_or_default();
        let origin = realm.origin;
        let file = Template::text(file.display().to_string(), Origin::default());
        let certificates = match self.certificates {
            Some(true) => CertificateUsers::Taken,
            Some(false) => CertificateUsers::Guarded,
            None => CertificateUsers::Unknown,
        };
        Some(BasicUsers { realm, file, directory: PathBuf::new(), certificates, origin })
    }
}

impl Overrides {
    /// The same with all that another layer could bring to bear in force, so that what is wrong with it is found.
    #[must_use]
    pub fn shown(&self) -> Self {
        let moments = MomentsOverrides { runs_admitted: Some(true), ..self.moments.clone() };
        Self { moments, ..self.clone() }
    }
}

fn put<T: Clone>(slot: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        slot.clone_from(value);
    }
}
