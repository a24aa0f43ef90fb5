//! Asking programs: what differs from what is usual stands in the block itself, under the names of its own module.

use model::{
    Caching, Gateway, GatewayFields, GatewayParam, GatewayProtocol, ParamEdit, Part, Proxy, ScriptPath, Target,
    Template,
};

use super::http::Scope;
use super::item::Item;
use super::level::{Forwarding, Setting};
use super::proxy;
use super::word;
use crate::modules::{is_directive, proxy as language};

/// Where programs are asked, and how.
pub(super) fn forwarding(proxy: &Proxy, gateway: &Gateway, scope: &Scope<'_>) -> Forwarding {
    let prefix = prefix(gateway.protocol);
    let mut target = vec![pass(proxy, prefix, scope)];
    target.extend(settings(proxy, prefix, scope));
    target.extend(own(gateway, scope.asking.get() > 0));
    if proxy.for_files {
        target.push(Item::unsaid("a program in the place of files, but not of folders".to_owned(), proxy.origin));
    }
    target.extend(gateway.params.iter().map(|param| self::param(param, prefix)));
    target.extend(unnamed(gateway, prefix));
    if gateway.exports {
        target.extend(scope.http.exported.iter().map(|(name, _)| exported(name, gateway, prefix)));
    }
    let edit = |edit: &ParamEdit| Item::unsaid(format!("a change of the parameter {}", edit.name), gateway.origin);
    target.extend(gateway.edits.iter().map(edit));
    Forwarding { target, url: None, redirects: Vec::new() }
}

fn prefix(protocol: GatewayProtocol) -> &'static str {
    match protocol {
        GatewayProtocol::FastCgi { .. } => "fastcgi",
        GatewayProtocol::Scgi => "scgi",
        GatewayProtocol::Uwsgi { .. } => "uwsgi",
    }
}

fn pass(proxy: &Proxy, prefix: &str, scope: &Scope<'_>) -> Item {
    let word = match &proxy.target {
        Target::Server(server) => word::template(server),
        Target::Fixed { scheme, authority, destination, .. } => {
            let (server, _) = proxy::server(*scheme, destination, authority, scope.http);
            let server = server.strip_suffix(':').unwrap_or(&server);
            let scheme = if scheme.is_secure() { format!("{}://", scheme.name()) } else { String::new() };
            word::text(&format!("{scheme}{server}"))
        }
        Target::Variable(_) | Target::Computed { .. } => Err("programs at a URL".to_owned()),
    };
    Item::new(&format!("{prefix}_pass"), [word], proxy.origin)
}

/// What is said as for servers of HTTP.
fn settings(proxy: &Proxy, prefix: &str, scope: &Scope<'_>) -> Vec<Item> {
    let mut plain = Proxy { set_fields: language::complete_fields(&[]), ..proxy.clone() };
    plain.cache = plain.cache.map(|caching| Box::new(Caching { head_as_get: true, ..*caching }));
    let directory = &mut plain.buffering.temp_directory;
    // What blocks around say holds here, too, unless it is said again.
    let all = scope.asking.get() > 0;
    if !all && directory.ends_with(format!("{prefix}_temp")) {
        directory.set_file_name("proxy_temp");
    }
    let said = proxy::settings(&plain, &scope.names).into_iter();
    let said = said.filter(|setting| all || !scope.usual.is_default(setting));
    said.flat_map(|setting| if setting.lines.is_empty() && all { setting.undo } else { setting.lines })
        .filter_map(|line| renamed(line, prefix))
        .collect()
}

/// A directive of another module; what has no namesake there belongs to none.
fn renamed(line: Item, prefix: &str) -> Option<Item> {
    match line {
        Item::Directive { name, words, block } => {
            let name = format!("{prefix}_{}", name.strip_prefix("proxy_")?);
            let name = Some(name).filter(|name| is_directive(name))?;
            Some(Item::Directive { name, words, block })
        }
        other => Some(other),
    }
}

/// What only some protocols have.
/// `all`: also what is usual.
fn own(gateway: &Gateway, all: bool) -> Vec<Item> {
    let mut items = Vec::new();
    match gateway.protocol {
        GatewayProtocol::FastCgi { keeps } if keeps || all => items.push(Item::switch("fastcgi_keep_conn", keeps)),
        GatewayProtocol::Uwsgi { modifiers } => {
            for (name, modifier) in ["uwsgi_modifier1", "uwsgi_modifier2"].into_iter().zip(modifiers) {
                if modifier > 0 || all {
                    items.push(Item::one(name, modifier.to_string()));
                }
            }
        }
        GatewayProtocol::FastCgi { .. } | GatewayProtocol::Scgi => {}
    }
    items.extend(gateway.fatal.iter().map(|text| Item::one("fastcgi_catch_stderr", word::quote(text))));
    items
}

/// How paths are read that name scripts.
pub(super) fn scripts(scripts: Option<&ScriptPath>) -> [Setting; 2] {
    const INDEX: &str = "fastcgi_index";
    const SPLIT: &str = "fastcgi_split_path_info";
    let index = scripts.and_then(|scripts| scripts.index.as_ref());
    let index = index.map(|index| {
        let text = index.as_text().map(word::quote);
        Item::new(INDEX, [text.ok_or_else(|| "an index with variables".to_owned())], index.origin)
    });
    let split = scripts.and_then(|scripts| scripts.split.as_ref());
    let split = split.map(|split| Item::one(SPLIT, word::expression(split)));
    [Setting::maybe(INDEX, index, None), Setting::maybe(SPLIT, split, None)]
}

/// Fields of clients that are no parameters.
fn unnamed(gateway: &Gateway, prefix: &str) -> Vec<Item> {
    let GatewayFields::Named { credentials } = gateway.fields else { return Vec::new() };
    let proofs: &[&str] = if credentials { &[] } else { &["HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION"] };
    let names = ["HTTP_CONTENT_LENGTH", "HTTP_CONTENT_TYPE"].iter().chain(proofs);
    names.map(|name| nothing(name, Template::default(), gateway, prefix)).collect()
}

/// A variable of the environment.
fn exported(name: &str, gateway: &Gateway, prefix: &str) -> Item {
    if name == "HTTPS" {
        let parts = vec![Part::Variable("https".to_owned())];
        return nothing(name, Template { parts, origin: gateway.origin }, gateway, prefix);
    }
    Item::unsaid(format!("the variable {name} as a parameter"), gateway.origin)
}

/// A parameter that is left out where it is empty.
fn nothing(name: &str, value: Template, gateway: &Gateway, prefix: &str) -> Item {
    let (name, origin) = (name.to_owned(), gateway.origin);
    param(&GatewayParam { name, value, unless_empty: true, url: String::new(), origin }, prefix)
}

fn param(GatewayParam { name, value, unless_empty, url: _, origin }: &GatewayParam, prefix: &str) -> Item {
    let condition = unless_empty.then(|| Ok("if_not_empty".to_owned()));
    let words = [word::text(name), word::template(value)].into_iter().chain(condition);
    Item::new(&format!("{prefix}_param"), words, *origin)
}
