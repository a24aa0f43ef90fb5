//! Groups of upstream servers.

use std::time::Duration;

use diagnostic::Origin;
use model::{Balance, Group, IdlePool, Server};

use super::item::Item;
use super::proxy;
use super::word::{self, Word};

/// A group with its servers.
pub(super) fn item(group: &Group) -> Item {
    let Group { name, servers, balance, idle, zone, origin } = group;
    let mut items: Vec<Item> =
        zone.iter().map(|zone| Item::new("zone", [word::text(zone), Ok("64k".to_owned())], *origin)).collect();
    items.extend(self::balance(balance));
    items.extend(servers.iter().map(server));
    if servers.is_empty() {
        items.push(Item::unsaid("a group without servers", *origin));
    }
    items.extend(pool(idle.as_ref()));
    Item::block("upstream", [word::quote(name)], items)
}

fn balance(balance: &Balance) -> Option<Item> {
    let nowhere = Origin::default();
    match balance {
        Balance::RoundRobin => None,
        Balance::ClientAddress => Some(Item::new("ip_hash", [], nowhere)),
        Balance::Hash { key, consistent } => {
            let consistent = consistent.then(|| Ok("consistent".to_owned()));
            Some(Item::new("hash", [word::template(key)].into_iter().chain(consistent), key.origin))
        }
        Balance::LeastConnections => Some(Item::new("least_conn", [], nowhere)),
        Balance::Random { two } => Some(Item::new("random", two.then(|| Ok("two".to_owned())), nowhere)),
    }
}

fn server(server: &Server) -> Item {
    let Server { address, weight, max_fails, fail_timeout, max_connections, backup, down, origin } = server;
    let number = |name: &str, number: u32, usual: u32| (number != usual).then(|| Ok(format!("{name}={number}")));
    let flag = |on: bool, name: &str| on.then(|| Ok(name.to_owned()));
    let weight = match weight {
        0 => Some(Err("a server with the weight 0".to_owned())),
        weight => number("weight", *weight, 1),
    };
    let rest: Option<Word> = (*fail_timeout != Duration::from_secs(10))
        .then(|| word::seconds(*fail_timeout).map(|time| format!("fail_timeout={time}")));
    let parameters = [
        weight,
        number("max_conns", *max_connections, 0),
        number("max_fails", *max_fails, 1),
        rest,
        flag(*backup, "backup"),
        flag(*down, "down"),
    ];
    Item::new("server", [proxy::address(address)].into_iter().chain(parameters.into_iter().flatten()), *origin)
}

/// Idle connections: without a word there are 32, for each location apart.
fn pool(idle: Option<&IdlePool>) -> Vec<Item> {
    let nowhere = Origin::default();
    let Some(IdlePool { size, requests, time, timeout, per_location }) = idle else {
        return vec![Item::one("keepalive", "0")];
    };
    let mut items = Vec::new();
    if (*size, *per_location) != (32, true) {
        let local = per_location.then(|| Ok("local".to_owned()));
        let size = if *size == 0 { Err("a pool of no connections".to_owned()) } else { Ok(size.to_string()) };
        items.push(Item::new("keepalive", [size].into_iter().chain(local), nowhere));
    }
    let mut differing = |name: &str, differs: bool, word: Word| {
        if differs {
            items.push(Item::new(name, [word], nowhere));
        }
    };
    differing("keepalive_requests", *requests != 1000, Ok(word::number(*requests)));
    differing("keepalive_time", *time != Duration::from_hours(1), word::time(*time));
    differing("keepalive_timeout", *timeout != Duration::from_mins(1), word::time(*timeout));
    items
}
