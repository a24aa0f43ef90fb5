//! Who is asked for names while running.

use std::time::Duration;

use model::{Resolver, ServerAddress};

use super::item::Item;
use super::level::Setting;
use super::word::{self, Word};

/// The setting of a level.
pub(super) fn settings(resolver: Option<&Resolver>) -> Vec<Setting> {
    let mut items = resolver.map(items).unwrap_or_default().into_iter();
    vec![Setting::maybe("resolver", items.next(), None), Setting::maybe("resolver_timeout", items.next(), None)]
}

/// The servers and, if it is not the usual one, the time that they have.
pub(super) fn items(resolver: &Resolver) -> Vec<Item> {
    let Resolver { servers, valid, ipv4, ipv6, timeout, origin } = resolver;
    let off = |on: bool, name: &str| (!on).then(|| Ok(format!("{name}=off")));
    let valid = valid.map(|valid| word::seconds(valid).map(|valid| format!("valid={valid}")));
    let parameters = [valid, off(*ipv4, "ipv4"), off(*ipv6, "ipv6")];
    let words = servers.iter().map(server).chain(parameters.into_iter().flatten());
    let mut items = vec![Item::new("resolver", words, *origin)];
    if *timeout != Duration::from_secs(30) {
        items.push(Item::new("resolver_timeout", [word::time(*timeout)], *origin));
    }
    items
}

fn server(server: &ServerAddress) -> Word {
    let ServerAddress::Host { host, port } = server else { return Err("a name server on a Unix socket".to_owned()) };
    let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    word::literal(&if *port == 53 { host } else { format!("{host}:{port}") })
}
