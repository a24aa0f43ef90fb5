//! Settings that are laid over those of a section: what a part of the requests has otherwise than the rest.

use crate::{ByteSize, CookieRule, Redirect, Section, Serve, SetField};
use serde::{Deserialize, Serialize};

/// Settings to lay over a [`Section`]; what is not said stays as it is there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Overrides {
    /// Largest request body; 0: unlimited.
    pub max_body: Option<ByteSize>,
    /// Whether redirects name the site rather than what the client sent.
    pub site_name_in_redirect: Option<bool>,
    /// How requests are forwarded.
    pub proxy: ProxyOverrides,
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
}

impl Section {
    /// Lays settings over those that are here.
    pub fn lay(&mut self, overrides: &Overrides) {
        if let Some(max_body) = overrides.max_body {
            self.client.max_body = max_body;
        }
        if let Some(site_name) = overrides.site_name_in_redirect {
            self.error_pages.site_name_in_redirect = site_name;
        }
        if let Serve::Proxy(proxy) = &mut self.serve {
            let over = &overrides.proxy;
            for field in &over.set_fields {
                proxy.set_fields.retain(|known| !known.name.eq_ignore_ascii_case(&field.name));
            }
            proxy.set_fields.extend(over.set_fields.iter().cloned());
            proxy.redirects.extend(over.redirects.iter().cloned());
            proxy.cookies.domains.extend(over.cookie_domains.iter().cloned());
            proxy.cookies.paths.extend(over.cookie_paths.iter().cloned());
            proxy.intercept_errors = over.intercept_errors.unwrap_or(proxy.intercept_errors);
        }
    }
}
