//! A name that the system does not know yet: it is looked for until it does.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use transport::Address;

use super::{LEAST, Live, Report};
use crate::roster::{Found, NameKey};

/// The longest pause where nobody needs the name.
const MOST: Duration = Duration::from_secs(15);

/// One name of a group, looked for with growing pauses.
pub(super) struct Search {
    live: Weak<Live>,
    /// Told when a request needs it.
    wanted: Arc<Notify>,
    key: NameKey,
    report: Report,
    /// Who knows names: the system.
    resolve: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
}

impl Search {
    pub(super) fn new(live: &Arc<Live>, key: NameKey, report: Report) -> Self {
        Self { live: Arc::downgrade(live), wanted: Arc::clone(&live.wanted), key, report, resolve: crate::resolve }
    }

    /// Ends when the name is found, or with the group.
    pub(super) async fn run(self) {
        let mut pause = LEAST;
        while self.live.strong_count() > 0 {
            // The system may take its time, and the thread has other names to follow.
            let (host, resolve) = (self.key.host.clone(), self.resolve);
            if let Ok(Ok(found)) = spawn_blocking(move || resolve(&host, 0)).await {
                return self.take(found);
            }
            // A request that needs it shortens the pause.
            let wanted = self.wanted.notified();
            sleep(LEAST).await;
            let _ = timeout(pause.saturating_sub(LEAST), wanted).await;
            pause = (pause * 2).min(MOST);
        }
    }

    fn take(&self, found: Vec<SocketAddr>) {
        let Some(live) = self.live.upgrade() else { return };
        live.renew(&self.key, found.into_iter().map(|address| Found::of(Address::Inet(address))).collect());
        (self.report)(format_args!("host found in upstream \"{}\": {}", live.group.name, self.key.host));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use diagnostic::Origin;
    use model::{Group, Server, ServerAddress};
    use transport::clock;

    use super::*;
    use crate::roster::Roster;

    static ASKED: AtomicU32 = AtomicU32::new(0);

    /// It is known when it is asked for a second time.
    fn second_time(_: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        if asked == 0 { Err(io::ErrorKind::NotFound.into()) } else { Ok(vec![([10, 0, 0, 1], port).into()]) }
    }

    #[test]
    fn a_name_is_looked_for_until_it_is_found() {
        let address = ServerAddress::Host { host: "late.test".into(), port: 8080 };
        let origin = Origin::default();
        let group = Group { servers: vec![Server::new(address, origin)], ..Group::new("u", origin) };
        let roster = Roster::build(&group, clock::now(), &mut |_, _| Ok(Vec::new())).unwrap();
        let live = Live::of(&group, &Arc::new(roster), None).unwrap();
        let key = live.keys().remove(0);
        let search = Search { resolve: second_time, ..Search::new(&live, key, |_| {}) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(search.run());
        let roster = live.roster();
        assert_eq!(roster.peers().iter().map(crate::Peer::name).collect::<Vec<_>>(), ["10.0.0.1:8080"]);
        assert_eq!((roster.missing(), ASKED.load(Ordering::Relaxed)), (None, 2));
    }
}
