//! What holds where nothing is written: what an empty configuration lowers to.

use diagnostic::FileId;
use model::{Http, LogFormat, Process, Proxy, Serve};

use super::http::Names;
use super::level::State;
use super::{access, filters, limits, proxy, section, serving, site, upstream_tls};
use crate::lower::{Options, lower};
use crate::parser::parse;

/// Says nothing about anything.
const EMPTY: &str = "events {} http { server { location / { proxy_pass http://127.0.0.1; } } }";

/// What holds where nothing is written.
pub(super) struct Defaults {
    pub(super) process: Process,
    /// The log format that needs no definition.
    pub(super) format: Option<LogFormat>,
    http: Http,
}

impl Defaults {
    pub(super) fn of(options: &Options) -> Self {
        let (tree, _) = parse(FileId::default(), EMPTY, false);
        let model = lower(&[&tree], options).model;
        let format = model.http.log_formats.first().cloned();
        Self { process: model.process, format, http: model.http }
    }

    /// What a level inherits where nothing is written around it.
    pub(super) fn state(&self) -> State {
        let mut settings = Vec::new();
        let names = Names::of(&self.http, self.format.as_ref());
        if let Some(site) = self.http.sites.first() {
            settings.extend(site::settings(site));
            settings.extend(section::settings(&site.section, &names));
            settings.push(section::root(&site.section));
        }
        settings.extend(access::usual());
        settings.extend(limits::usual());
        settings.push(section::mirror_body(true));
        settings.extend(filters::usual());
        settings.extend(serving::usual());
        settings.extend(self.proxy().map(|proxy| proxy::settings(proxy, &names)).unwrap_or_default());
        settings.extend(upstream_tls::usual());
        State::new(&settings)
    }

    fn proxy(&self) -> Option<&Proxy> {
        match &self.http.sites.first()?.locations.first()?.section.serve {
            Serve::Proxy(proxy) => Some(proxy),
            Serve::Files | Serve::Pixel | Serve::Purge(_) | Serve::StatusPage | Serve::Api { .. } => None,
        }
    }
}
