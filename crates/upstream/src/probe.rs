//! Asking servers themselves whether they are well, at regular times, apart from the clients' requests.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::h1::{Progress, ResponseParser};
use protocol::{Fields, Name, ResponseHead};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use transport::{Address, clock};

use crate::live::Report;
use crate::names::Names;
use crate::peer::{self, Peer};
use crate::roster::Roster;
use crate::security::{Security, host_of};

/// Largest head of an answer.
const LARGEST_HEAD: usize = 32 * 1024;
/// What is looked at of a body.
const LARGEST_BODY: usize = 256 * 1024;

/// Time between two rounds at least.
const LEAST: Duration = Duration::from_millis(10);

/// Whether an answer is good: its status, its fields, its body.
pub type Judge = Box<dyn Fn(u16, &Fields, &[u8]) -> bool + Send + Sync>;

/// How a group's servers are asked.
pub struct Probe {
    rule: model::Probe,
    judge: Judge,
    request: Vec<u8>,
    /// Secures the connections.
    secured: Option<Result<tls::Connector, tls::Unready>>,
    started: AtomicBool,
}

/// What is known of one peer between two rounds.
#[derive(Default)]
struct Record {
    fails: u32,
    passes: u32,
    /// It was asked once.
    known: bool,
}

/// What makes a peer the same in another roster.
type Key = (usize, Box<str>, Box<str>);

impl std::fmt::Debug for Probe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Probe").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Probe {
    /// Made ready from the model.
    /// With `secured`, servers of that name are asked over TLS.
    pub fn new(rule: &model::Probe, judge: Judge, secured: Option<(Arc<Security>, String)>) -> Arc<Self> {
        let request = format!(
            "GET {} HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n",
            rule.target.as_str(),
            rule.host.as_str()
        );
        let secured = secured.map(|(security, name)| security.plain_connector(host_of(&name)));
        let started = AtomicBool::new(false);
        Arc::new(Self { rule: rule.clone(), judge, request: request.into_bytes(), secured, started })
    }

    /// Begins to ask the peers that `roster` gives, for as long as it gives any; once is enough.
    pub fn start(
        self: &Arc<Self>,
        names: &Names,
        roster: impl Fn() -> Option<Arc<Roster>> + Send + 'static,
        report: Report,
    ) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let probe = Arc::clone(self);
        names.run(move |_| {
            tokio::task::spawn_local(probe.run(roster, report));
        });
    }

    async fn run(self: Arc<Self>, roster: impl Fn() -> Option<Arc<Roster>>, report: Report) {
        let mut records: HashMap<Key, Record> = HashMap::new();
        while let Some(current) = roster() {
            let next = clock::now() + self.rule.interval;
            let mut round = JoinSet::new();
            for peer in current.peers.iter().filter(|peer| !peer.down) {
                let (probe, key, address) = (Arc::clone(&self), owned(peer), self.address(peer));
                round.spawn_local(async move {
                    let good = probe.ask(&address).await;
                    (key, good)
                });
            }
            drop(current);
            while let Some(outcome) = round.join_next().await {
                if let (Ok((key, good)), Some(current)) = (outcome, roster()) {
                    self.note(&current, records.entry(key.clone()).or_default(), &key, good, report);
                }
            }
            tokio::time::sleep_until(next.max(clock::now() + LEAST).into()).await;
        }
    }

    /// Asks one server; whether its answer is good.
    async fn ask(&self, address: &Address) -> bool {
        if !self.rule.jitter.is_zero() {
            tokio::time::sleep(self.rule.jitter.mul_f64(random())).await;
        }
        let answer = tokio::time::timeout(self.rule.timeout, self.exchange(address)).await;
        matches!(answer, Ok(Ok(true)))
    }

    async fn exchange(&self, address: &Address) -> io::Result<bool> {
        match address {
            Address::Inet(address) => self.talk(TcpStream::connect(address).await?).await,
            Address::Unix(path) => self.talk(UnixStream::connect(path).await?).await,
        }
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
        match &self.secured {
            Some(Ok(connector)) => self.ask_over(connector.secure_other(stream).await?).await,
            Some(Err(unready)) => Err(io::Error::other(unready.clone())),
            None => self.ask_over(stream).await,
        }
    }

    async fn ask_over(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<bool> {
        stream.write_all(&self.request).await?;
        let mut parser = ResponseParser::new();
        let mut head = ResponseHead::default();
        let mut body = Vec::new();
        let mut complete = false;
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = stream.read(&mut buffer).await?;
            let mut piece = buffer.get(..length).unwrap_or_default();
            while !complete && !piece.is_empty() {
                match parser.parse(piece, LARGEST_HEAD, &mut head).map_err(io::Error::other)? {
                    Progress::Complete(taken) => {
                        piece = piece.get(taken..).unwrap_or_default();
                        complete = head.status >= 200;
                    }
                    Progress::Incomplete => break,
                }
            }
            if complete {
                body.extend_from_slice(piece);
            }
            if length == 0 || (complete && is_whole(&head, body.len())) {
                body.truncate(LARGEST_BODY);
                return Ok(complete && (self.judge)(head.status, &head.fields, &body));
            }
        }
    }

    fn note(&self, roster: &Roster, record: &mut Record, key: &Key, good: bool, report: Report) {
        let found = roster.peers.iter().position(|peer| peer.key() == (key.0, &*key.1, &*key.2));
        let Some((index, peer)) = found.and_then(|index| Some((index, roster.peers.get(index)?))) else { return };
        let Some(health) = roster.health_of(index) else { return };
        let (fails, passes) = if good { (0, record.passes + 1) } else { (record.fails + 1, 0) };
        let first = !std::mem::replace(record, Record { fails, passes, known: true }).known;
        let unwell = match (good, health.is_unwell()) {
            (true, true) => passes < self.rule.passes && !first,
            (true, false) => false,
            (false, unwell) => unwell || fails >= self.rule.fails,
        };
        let now = peer::milliseconds(clock::now().saturating_duration_since(roster.epoch));
        if health.set_unwell(unwell, peer, now) {
            let state = if unwell { "unhealthy" } else { "healthy" };
            report(format_args!("peer {} of upstream \"{}\" is {state} by its own answers", peer.name, roster.name));
        }
    }

    fn address(&self, peer: &Peer) -> Address {
        let mut address = peer.address.clone();
        if let (Address::Inet(inet), Some(port)) = (&mut address, self.rule.port) {
            inet.set_port(port);
        }
        address
    }
}

/// Whether nothing of the body is missing, or no more of it is looked at.
fn is_whole(head: &ResponseHead, received: usize) -> bool {
    let length = head.fields.get_known(Name::ContentLength);
    let length = length.and_then(|length| std::str::from_utf8(length).ok()?.trim().parse::<usize>().ok());
    received >= LARGEST_BODY || length.is_some_and(|length| received >= length) || matches!(head.status, 204 | 304)
}

fn owned(peer: &Peer) -> Key {
    let (server, name, written) = peer.key();
    (server, name.into(), written.into())
}

/// From 0 to 1.
fn random() -> f64 {
    use std::hash::{BuildHasher as _, RandomState};
    let bits = u32::try_from(RandomState::new().hash_one(0_u8) >> 32).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}
