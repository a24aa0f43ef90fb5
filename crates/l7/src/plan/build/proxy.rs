//! Rules of forwarding, compiled.

use crate::plan::gateway::{Gateway, GatewayParam, ParamEdit, ScriptPath};
use crate::plan::section::{FiledAnswers, NameSet, ProxyTls};
use crate::plan::{Build, CookieFlags, CookieRule, Proxy, Redirect, SetField, Target, TextMatch};
use diagnostic::{Diagnostic, Origin};
use model::Destination;
use protocol::{Name, Version};
use std::sync::Arc;
use upstream::{RetryRule, Security};
use value::Regex;

impl Build<'_> {
    /// The rules by which a place forwards.
    pub fn proxy(&mut self, proxy: &model::Proxy) -> Proxy {
        let set_fields = proxy.set_fields.iter().map(|field| self.set_field(field));
        // What is empty for every request is not looked at for each.
        let set_fields = set_fields.filter(|field| field.value.as_text() != Some(b"")).collect();
        let mut rules = Proxy {
            changed: 0,
            target: self.target(proxy),
            tls: proxy.tls.as_ref().and_then(|tls| self.tls(tls)).map(Box::new),
            resolver: proxy.resolver.as_ref().map(|resolver| self.resolver(resolver)),
            version: match proxy.version {
                ..11 => Version::Http10,
                11..20 => Version::Http11,
                20.. => Version::Http2,
            },
            for_files: proxy.for_files,
            gateway: proxy.gateway.as_ref().map(|gateway| Box::new(self.gateway(gateway))),
            method: proxy.method.as_ref().map(|method| self.template(method)),
            set_fields,
            set_names: NameSet::new(proxy.set_fields.iter().map(|field| field.name.as_bytes())),
            pass_request_fields: proxy.pass_request_fields,
            pass_request_body: proxy.pass_request_body,
            body: proxy.body.as_ref().map(|body| self.template(body)),
            hidden: NameSet::new(proxy.fields.hidden.iter().map(String::as_bytes)),
            ignored: NameSet::new(proxy.fields.ignored.iter().map(String::as_bytes)),
            redirects: proxy.redirects.iter().filter_map(|rule| self.redirect(rule)).collect(),
            cookie_domains: proxy.cookies.domains.iter().filter_map(|rule| self.cookie_rule(rule)).collect(),
            cookie_paths: proxy.cookies.paths.iter().filter_map(|rule| self.cookie_rule(rule)).collect(),
            maps_uri: proxy.redirects.iter().any(|rule| matches!(rule, model::Redirect::Url { .. })),
            cookies_whole: proxy.cookies.whole,
            cookie_flags: proxy.cookies.flags.iter().filter_map(|rule| self.cookie_flags(rule)).collect(),
            buffering: proxy.buffering.clone(),
            limit_rate: proxy.limit_rate.as_ref().map(|rate| self.template(rate)),
            intercept_errors: proxy.intercept_errors,
            intercepted: proxy.intercepted.clone(),
            added: proxy.fields.added.iter().map(|field| self.set_field(field)).collect(),
            timeouts: proxy.timeouts,
            ignore_client_abort: proxy.ignore_client_abort,
            retry: RetryRule::new(&proxy.next),
            bind: proxy.bind.as_ref().map(|bind| (self.template(&bind.address), bind.transparent)),
            socket_keep_alive: proxy.socket_keep_alive,
            force_ranges: proxy.force_ranges,
            pass_trailers: proxy.pass_trailers,
            early_hints: proxy.early_hints.as_ref().map(|hints| self.template(hints)),
            cache: proxy.cache.as_ref().and_then(|caching| {
                let ignored = NameSet::new(proxy.fields.ignored.iter().map(String::as_bytes)).bits();
                self.caching(caching, ignored).map(Box::new)
            }),
            filed: proxy.filed.as_ref().map(|filed| {
                let path = filed.path.as_ref().map(|path| self.template(path));
                Box::new(FiledAnswers { path, mode: filed.mode })
            }),
            class: self.places,
        };
        rules.changed = changed(&rules);
        rules
    }

    /// How programs are asked.
    fn gateway(&mut self, gateway: &model::Gateway) -> Gateway {
        let params = gateway.params.iter().map(|param| GatewayParam {
            name: param.name.as_bytes().into(),
            value: self.template(&param.value),
            unless_empty: param.unless_empty,
        });
        let params = params.collect();
        let fatal = gateway.fatal.iter().map(|text| text.as_bytes().into());
        let fatal = fatal.collect();
        let edits = gateway.edits.iter().filter_map(|edit| {
            let value = edit.value.as_ref().map(|value| self.template(value));
            Some(ParamEdit { condition: self.condition(&edit.condition)?, name: edit.name.as_bytes().into(), value })
        });
        let edits = edits.collect();
        let (protocol, fields, exports) = (gateway.protocol, gateway.fields, gateway.exports);
        Gateway { protocol, params, fields, exports, edits, fatal }
    }

    /// How paths are read that name scripts.
    pub(super) fn scripts(&mut self, scripts: &model::ScriptPath) -> ScriptPath {
        ScriptPath {
            index: scripts.index.as_ref().map(|index| self.template(index)),
            split: scripts.split.as_ref().and_then(|split| self.splitting(split)),
        }
    }

    /// What takes a path apart in two.
    fn splitting(&mut self, pattern: &model::Pattern) -> Option<Regex> {
        let regex = self.regex(pattern)?;
        if regex.groups() == 2 {
            return Some(regex);
        }
        let message = format!("pattern \"{}\" must have 2 captures", pattern.expression);
        let problem = Diagnostic::error("invalid-value", message).at(pattern.origin);
        let help = "the first is the script's name, the second what follows it: `^(.+?\\.php)(/.*)$`";
        self.diagnostics.push(problem.help(help));
        None
    }

    fn set_field(&mut self, field: &model::SetField) -> SetField {
        SetField {
            known: Name::of(field.name.as_bytes()),
            start: [field.name.as_bytes(), b": "].concat().into(),
            value: self.template(&field.value),
        }
    }

    /// TLS to servers.
    fn tls(&mut self, tls: &model::UpstreamTls) -> Option<ProxyTls> {
        let security = self.security(tls)?;
        let told = tls.identity.as_ref().filter(|_| security.telling().is_some());
        let identity = told.map(|identity| (self.template(&identity.certificate), self.template(&identity.key)));
        Some(ProxyTls { security, name: tls.name.as_ref().map(|name| self.template(name)), identity })
    }

    /// What is the same for many places is made once.
    pub(super) fn security(&mut self, tls: &model::UpstreamTls) -> Option<Arc<Security>> {
        // Neither where it was written nor the server's name has a part in it.
        let same = model::UpstreamTls { origin: Origin::default(), name: None, ..tls.clone() };
        if let Some((_, known)) = self.securities.iter().find(|(known, _)| *known == same) {
            return Some(Arc::clone(known));
        }
        match Security::new(tls, &self.model.documents) {
            Ok(security) => {
                self.securities.push((same, Arc::clone(&security)));
                Some(security)
            }
            Err(problem) => {
                self.diagnostics.push(problem);
                None
            }
        }
    }

    fn target(&mut self, proxy: &model::Proxy) -> Target {
        match &proxy.target {
            model::Target::Variable(url) => Target::Variable(self.template(url)),
            model::Target::Server(server) => Target::Server(self.template(server)),
            model::Target::Fixed { authority, destination, path, .. } => Target::Fixed {
                group: self.destination(destination, proxy.origin),
                authority: authority.as_bytes().into(),
                path: path.as_ref().map(|path| path.as_bytes().into()),
            },
            model::Target::Computed { authority, destination, target, .. } => Target::Computed {
                group: self.destination(destination, proxy.origin),
                authority: authority.as_bytes().into(),
                target: self.template(target),
            },
        }
    }

    fn destination(&mut self, destination: &Destination, origin: Origin) -> usize {
        match destination {
            Destination::Group(id) => usize::try_from(id.0).unwrap_or(usize::MAX),
            Destination::Server(server) => self.implicit_group(server, origin),
        }
    }

    fn redirect(&mut self, rule: &model::Redirect) -> Option<Redirect> {
        Some(match rule {
            model::Redirect::Url { from, to } => Redirect::Url { from: self.template(from), to: self.template(to) },
            model::Redirect::Prefix { from, to } => {
                Redirect::Prefix { from: self.template(from), to: self.template(to) }
            }
            model::Redirect::Regex { pattern, to } => {
                Redirect::Regex { pattern: self.regex(pattern)?, to: self.template(to) }
            }
        })
    }

    fn cookie_rule(&mut self, rule: &model::CookieRule) -> Option<CookieRule> {
        Some(CookieRule { from: self.text_match(&rule.from)?, to: self.template(&rule.to) })
    }

    fn cookie_flags(&mut self, rule: &model::CookieFlags) -> Option<CookieFlags> {
        let flags = rule.flags.iter().map(|flag| self.template(flag)).collect();
        Some(CookieFlags { cookie: self.text_match(&rule.cookie)?, flags })
    }

    fn text_match(&mut self, text: &model::TextMatch) -> Option<TextMatch> {
        Some(match text {
            model::TextMatch::Text(text) => TextMatch::Text(self.template(text)),
            model::TextMatch::Regex(pattern) => TextMatch::Regex(self.regex(pattern)?),
        })
    }
}

/// The bits of names of response fields that make something be passed on otherwise than it came.
fn changed(rules: &Proxy) -> u128 {
    let mut changed = 0;
    if !rules.redirects.is_empty() {
        changed |= Name::bits(&[Name::Location, Name::Refresh]);
    }
    if rules.maps_uri {
        changed |= Name::bits(&[Name::ContentLocation, Name::Destination]);
    }
    if rules.changes_cookies() {
        changed |= Name::SetCookie.bit();
    }
    changed
}
