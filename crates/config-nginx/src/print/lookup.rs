//! Variables whose value is found by an address or by chance.

use model::{AddressEntries, AddressMap, Split, TokenPart, TokenValue};

use super::item::Item;
use super::word;

/// A map of addresses with its entries.
pub(super) fn address_map(map: &AddressMap) -> Item {
    let AddressMap { variable, source, entries, default, proxies, recursive, volatile, origin } = map;
    let source = match source.as_ref().map(word::template).transpose() {
        Ok(source) => source,
        Err(why) => return Item::unsaid(format!("the map of `${variable}`: {why}"), *origin),
    };
    let flag = |on: bool, name: &str| on.then(|| Item::new(name, [], *origin));
    let ranges = matches!(entries, AddressEntries::Ranges(_));
    let flags = [flag(ranges, "ranges"), flag(*volatile, "volatile"), flag(*recursive, "proxy_recursive")];
    let mut items: Vec<Item> = flags.into_iter().flatten().collect();
    if !default.is_empty() {
        items.push(Item::new("default", [word::text(default)], *origin));
    }
    items.extend(proxies.iter().map(|proxy| Item::one("proxy", format!("{}/{}", proxy.address, proxy.prefix))));
    match entries {
        AddressEntries::Networks(networks) => items.extend(networks.iter().map(|(network, value)| {
            Item::new(&format!("{}/{}", network.address, network.prefix), [word::text(value)], *origin)
        })),
        AddressEntries::Ranges(ranges) => items.extend(
            ranges
                .iter()
                .map(|(first, last, value)| Item::new(&format!("{first}-{last}"), [word::text(value)], *origin)),
        ),
    }
    Item::block("geo", source.into_iter().chain([word::quote(&format!("${variable}"))]), items)
}

/// A variable that spreads requests, with its parts.
pub(super) fn split(split: &Split) -> Item {
    let Split { variable, source, shares, origin } = split;
    let source = match word::template(source) {
        Ok(source) => source,
        Err(why) => return Item::unsaid(format!("the parts of `${variable}`: {why}"), *origin),
    };
    let part = |(share, value): &(Option<u32>, String)| {
        let share = share.map_or("*".to_owned(), |share| format!("{}.{:02}%", share / 100, share % 100));
        Item::new(&share, [word::text(value)], *origin)
    };
    let parts = shares.iter().map(part).collect();
    Item::block("split_clients", [source, word::quote(&format!("${variable}"))], parts)
}

/// A variable whose value stands in a token.
pub(super) fn token_value(value: &TokenValue) -> Item {
    let TokenValue { variable, part, path, origin } = value;
    let name = match part {
        TokenPart::Header => "auth_jwt_header_set",
        TokenPart::Claims => "auth_jwt_claim_set",
    };
    let path = path.iter().map(|name| word::literal(name));
    Item::new(name, [Ok(word::quote(&format!("${variable}")))].into_iter().chain(path), *origin)
}
