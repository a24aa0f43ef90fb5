//! Names of servers into addresses, through the system, when the configuration is loaded.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use transport::clock;

/// How long all names are waited for, together.
const PATIENCE: Duration = Duration::from_secs(2);

/// All addresses of a host name or IP literal, IPv4 first, as the system resolver gives them. Blocks.
///
/// # Errors
/// When the name is unknown, or the resolver fails.
pub fn resolve(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if addresses.is_empty() {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(addresses)
}

/// Names that the system is asked for all at once, and that nobody waits for beyond a bound: what is not known by then may
/// come later.
#[derive(Debug)]
pub struct Lookups {
    asked: HashMap<Box<str>, Lookup>,
    patience: Duration,
    /// Until when they are waited for.
    end: Option<Instant>,
    resolve: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self { asked: HashMap::new(), patience: PATIENCE, end: None, resolve }
    }
}

#[derive(Debug)]
enum Lookup {
    Pending(Receiver<Vec<IpAddr>>),
    Done(Vec<IpAddr>),
}

impl Lookups {
    /// Begins to ask for a host, unless it was asked for before.
    pub fn ask(&mut self, host: &str) {
        if self.asked.contains_key(host) {
            return;
        }
        let lookup = host.parse().map_or_else(|_| self.begin(host), |address| Lookup::Done(vec![address]));
        self.asked.insert(host.into(), lookup);
    }

    /// The addresses of a host; none where it is not known.
    pub fn addresses(&mut self, host: &str, port: u16) -> Vec<SocketAddr> {
        self.ask(host);
        let end = *self.end.get_or_insert_with(|| clock::now() + self.patience);
        let Some(lookup) = self.asked.get_mut(host) else { return Vec::new() };
        if let Lookup::Pending(found) = lookup {
            let left = end.saturating_duration_since(clock::now());
            *lookup = Lookup::Done(found.recv_timeout(left).unwrap_or_default());
        }
        let Lookup::Done(found) = lookup else { return Vec::new() };
        found.iter().map(|address| SocketAddr::new(*address, port)).collect()
    }

    /// A thread for each: one that the system has no answer for keeps no other waiting.
    fn begin(&self, host: &str) -> Lookup {
        let (sender, found) = channel();
        let (host, resolve) = (host.to_owned(), self.resolve);
        let ask = move || {
            let addresses = resolve(&host, 0).unwrap_or_default();
            // Whoever asked may have stopped waiting.
            let _ = sender.send(addresses.iter().map(SocketAddr::ip).collect());
        };
        match thread::Builder::new().name("lookup".to_owned()).spawn(ask) {
            Ok(_) => Lookup::Pending(found),
            Err(_) => Lookup::Done(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        match host {
            "known.test" => Ok(vec![([10, 0, 0, 1], port).into()]),
            "silent.test" => loop {
                thread::park();
            },
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    #[test]
    fn a_name_without_an_answer_keeps_no_other_waiting() {
        let mut lookups = Lookups { resolve: system, patience: Duration::from_millis(500), ..Lookups::default() };
        for host in ["silent.test", "known.test", "silent.test"] {
            lookups.ask(host);
        }
        assert_eq!(lookups.addresses("known.test", 80), [([10, 0, 0, 1], 80).into()]);
        let (before, second) = (clock::now(), Duration::from_secs(1));
        assert!(lookups.addresses("silent.test", 80).is_empty());
        assert!(lookups.addresses("silent.test", 81).is_empty());
        assert!(lookups.addresses("unknown.test", 80).is_empty());
        assert!(clock::now() - before < second);
        assert_eq!(lookups.addresses("known.test", 81), [([10, 0, 0, 1], 81).into()]);
        assert_eq!(lookups.addresses("::1", 82), ["[::1]:82".parse().unwrap()]);
    }
}
