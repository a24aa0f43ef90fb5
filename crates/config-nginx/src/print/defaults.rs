//! What holds where nothing is written: what an empty configuration lowers to.

use diagnostic::FileId;
use model::{Http, LogFormat, Model, Process, Proxy, Serve, TypeTableId};

use super::http::Names;
use super::level::State;
use super::{access, filters, limits, proxy, section, serving, site};
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

    /// A model in which what no request asks for is what holds where nothing is written.
    pub(super) fn used(&self, model: &Model) -> Model {
        let Some(site) = self.http.sites.first() else { return model.plain(None) };
        let mut model = model.clone();
        let mut usual = site.section.clone();
        let TypeTableId(own) = usual.files.types;
        let table = usize::try_from(own).ok().and_then(|own| self.http.type_tables.get(own));
        usual.files.types = TypeTableId(u32::try_from(model.http.type_tables.len()).unwrap_or(u32::MAX));
        model.http.type_tables.extend(table.cloned());
        model.plain(Some(&usual))
    }

    /// What a level inherits where nothing is written around it.
    pub(super) fn state(&self) -> State {
        let mut settings = Vec::new();
        if let Some(site) = self.http.sites.first() {
            settings.extend(site::settings(site));
            settings.extend(section::settings(&site.section, &Names::of(&self.http, self.format.as_ref())));
            settings.push(section::root(&site.section));
        }
        settings.extend(access::usual());
        settings.extend(limits::usual());
        settings.push(section::mirror_body(true));
        settings.extend(filters::usual());
        settings.extend(serving::usual());
        settings.extend(self.proxy().map(proxy::settings).unwrap_or_default());
        State::new(&settings)
    }

    fn proxy(&self) -> Option<&Proxy> {
        match &self.http.sites.first()?.locations.first()?.section.serve {
            Serve::Proxy(proxy) => Some(proxy),
            Serve::Files | Serve::Pixel | Serve::StatusPage => None,
        }
    }
}
