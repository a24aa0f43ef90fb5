//! What the directives that ask programs (`fastcgi_…`, `scgi_…`, `uwsgi_…`) have in common.

mod rows;

pub(crate) use rows::{merged, shared_rows};

use diagnostic::Diagnostic;
use model::{
    Gateway, GatewayFields, GatewayParam, GatewayProtocol, Part, Pattern, Proxy, Scheme, ScriptPath, Template, Trouble,
};

use super::proxy::ProxySettings;
use super::proxy::target::{TargetSetting, Url};
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, LocationKind, Lowering};
use crate::modules::http_core::listen::strip_prefix_ignoring_case;
use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

/// Fields of programs' answers that are not passed, where nothing is said.
pub(crate) const HIDDEN: [&str; 6] =
    ["status", "x-accel-expires", "x-accel-redirect", "x-accel-limit-rate", "x-accel-buffering", "x-accel-charset"];

/// What tells answers apart where no key is written.
const KEY: [&str; 4] = ["scheme", "request_method", "host", "request_uri"];

settings! {
    /// What is inherited about asking programs.
    struct GatewaySettings {
        proxy: ProxySettings,
        params: List<GatewayParam>,
        index: Slot<Template>,
        split: Slot<Pattern>,
        keeps: Slot<bool>,
        fatal: List<String>,
        first_modifier: Slot<u8>,
        second_modifier: Slot<u8>,
    }
}

impl GatewaySettings {
    /// How paths are read that name scripts.
    pub(crate) fn scripts(&self) -> Option<Box<ScriptPath>> {
        let (index, split) = (self.index.get().cloned(), self.split.get().cloned());
        (index.is_some() || split.is_some()).then(|| Box::new(ScriptPath { index, split }))
    }
}

/// `…_param name value [if_not_empty]`
pub(crate) fn param(list: &mut List<GatewayParam>, directive: &Directive) -> Outcome {
    let unless_empty = match directive.argument(2) {
        Some(word) if word.text != "if_not_empty" => return Err(value::invalid_parameter(word, &["if_not_empty"])),
        word => word.is_some(),
    };
    let (name, word) = (value::first(directive)?.text.clone(), value::argument(directive, 1)?);
    // One in the place of a client's field takes it away if it says nothing: `HTTP_PROXY ""`.
    let unless_empty = unless_empty || name.starts_with("HTTP_") && word.text.is_empty();
    let value = value::template(word)?;
    list.push(GatewayParam { name, value, unless_empty, url: String::new(), origin: directive.origin() });
    Ok(())
}

/// `…_next_upstream trouble …`: programs answer with neither 502 nor 504.
pub(crate) fn next_upstream(
    lowering: &mut Lowering<'_>,
    slot: &mut Slot<(Vec<Trouble>, bool)>,
    directive: &Directive,
) -> Outcome {
    match directive.arguments.iter().find(|word| matches!(word.text.as_str(), "http_502" | "http_504")) {
        Some(word) => Err(value::invalid(directive, word)),
        None => super::proxy::next_upstream(lowering, slot, directive),
    }
}

/// `…_pass [scheme://]server`; without a scheme it is the first of `schemes`.
pub(crate) fn pass(
    level: &mut Level,
    of: fn(&mut Level) -> &mut GatewaySettings,
    schemes: &[Scheme],
    directive: &Directive,
) -> Outcome {
    let word = value::first(directive)?;
    if !matches!(level.location.kind, LocationKind::Regex(_)) && level.location.name.ends_with('/') {
        level.location.redirect_bare = true;
    }
    let target = if value::has_variables(&word.text) {
        TargetSetting::Server(value::template(word)?)
    } else {
        let written = |scheme: &Scheme| {
            // A protocol that is spoken in one way only is not named.
            let start = format!("{}://", scheme.name());
            let server = strip_prefix_ignoring_case(&word.text, &start).filter(|_| schemes.len() > 1)?;
            Some((*scheme, server))
        };
        let usual = schemes.first().copied().unwrap_or_default();
        let (scheme, server) = schemes.iter().find_map(written).unwrap_or((usual, word.text.as_str()));
        TargetSetting::Fixed(Url::server(word, scheme, server).map_err(|problem| {
            Diagnostic::error("invalid-address", format!("{problem} in upstream \"{server}\""))
                .at(word.origin)
                .help("write `HOST:PORT`, `unix:/PATH`, or the name of an `upstream`")
        })?)
    };
    of(level).proxy.target.put(directive, target)
}

/// The model of a level that asks programs so; `prefix` is what its directives begin with.
pub(crate) fn finish(
    lowering: &mut Lowering<'_>,
    settings: &GatewaySettings,
    prefix: &str,
    protocol: impl FnOnce(&GatewaySettings) -> GatewayProtocol,
) -> Option<Proxy> {
    settings.proxy.target.get()?;
    let buffering = settings.proxy.buffering(lowering, prefix);
    let proxy = settings.proxy.model(lowering, prefix, buffering, &HIDDEN)?;
    let gateway = Gateway {
        protocol: protocol(settings),
        params: settings.params.to_vec(),
        fields: GatewayFields::Every,
        exports: false,
        edits: Vec::new(),
        fatal: settings.fatal.to_vec(),
        origin: proxy.origin,
    };
    let cache = proxy.cache.map(|mut caching| {
        if caching.key.is_none() {
            let message = format!("no \"{prefix}_cache_key\" for \"{prefix}_cache\"");
            lowering.report_once(Diagnostic::warning("missing-key", message).at(caching.origin).help(
                "answers are told apart by scheme, method, host and URI as they were asked for, as if it were \
                 `$scheme$request_method$host$request_uri`",
            ));
            let parts = KEY.map(|name| Part::Variable(name.to_owned())).to_vec();
            caching.key = Some(Template { parts, origin: caching.origin });
        }
        // Programs are told the method by a parameter, which says what the client asked.
        caching.head_as_get = false;
        caching
    });
    Some(Proxy { gateway: Some(Box::new(gateway)), set_fields: Vec::new(), redirects: Vec::new(), cache, ..proxy })
}
