//! Variables that are looked up.

use model::{Map, MapKey};

use super::item::Item;
use super::word::{self, Word};

/// A map with its entries.
pub(super) fn item(map: &Map) -> Item {
    let Map { variable, source, entries, default, volatile, origin } = map;
    let source = match word::template(source) {
        Ok(source) => source,
        Err(why) => return Item::unsaid(format!("the map of `${variable}`: {why}"), *origin),
    };
    let flag = |on: bool, name: &str| on.then(|| Item::new(name, [], *origin));
    let hosts = entries.iter().any(|(key, _)| matches!(key, MapKey::Leading { .. } | MapKey::Trailing(_)));
    let mut items: Vec<Item> = flag(hosts, "hostnames").into_iter().chain(flag(*volatile, "volatile")).collect();
    if !default.parts.is_empty() {
        items.push(Item::new("default", [word::template(default)], *origin));
    }
    for (key, value) in entries {
        items.push(match self::key(key) {
            Ok(key) => Item::new(&key, [word::template(value)], value.origin),
            Err(why) => Item::unsaid(format!("in the map of `${variable}`: {why}"), value.origin),
        });
    }
    Item::block("map", [source, word::quote(&format!("${variable}"))], items)
}

fn key(key: &MapKey) -> Word {
    Ok(match key {
        MapKey::Exact(text) if text.bytes().any(|byte| byte.is_ascii_alphabetic()) => {
            return Err(format!("the key {text}, in which the case of letters counts"));
        }
        MapKey::Text(text) if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            return Err(format!("the key {text}, in which the case of letters counts"));
        }
        MapKey::Text(text) | MapKey::Exact(text) => {
            let special = ["default", "hostnames", "volatile", "include"].contains(&text.as_str());
            let special = special || text.starts_with(['~', '\\']);
            word::quote(&if special { format!("\\{text}") } else { text.clone() })
        }
        MapKey::Leading { suffix, bare: true } => word::quote(&format!(".{suffix}")),
        MapKey::Leading { suffix, bare: false } => word::quote(&format!("*.{suffix}")),
        MapKey::Trailing(prefix) => word::quote(&format!("{prefix}.*")),
        MapKey::Regex(pattern) => word::matching(pattern)?,
    })
}
