//! Asking servers themselves whether they are well, at regular times, apart from the clients' requests.

mod call;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use protocol::h1::{Progress, ResponseParser};
use protocol::{Fields, Name, ResponseHead};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use transport::{Address, clock};

use crate::live::Report;
use crate::names::Names;
use crate::peer::Peer;
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
    /// A connection that the next request may use, and until when.
    kept: Option<Kept>,
}

/// A connection that is kept between two requests.
struct Kept {
    stream: Box<dyn Wire>,
    until: Instant,
}

/// A connection to a server, secured or not.
trait Wire: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire for S {}

/// Whether an answer is good, and the connection if another request may follow on it.
type Asked = (bool, Option<Box<dyn Wire>>);

/// What makes a peer the same in another roster.
type Key = (u64, Box<str>, Box<str>);

impl std::fmt::Debug for Probe {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Probe").field("rule", &self.rule).finish_non_exhaustive()
    }
}

impl Probe {
    /// Made ready from the model.
    /// With `secured`, servers of that name are asked over TLS.
    pub fn new(rule: &model::Probe, judge: Judge, secured: Option<(Arc<Security>, String)>) -> Arc<Self> {
        let connection = if rule.keep.is_some() { "keep-alive" } else { "close" };
        let request = format!(
            "GET {} HTTP/1.0\r\nHost: {}\r\nConnection: {connection}\r\n\r\n",
            rule.target.as_str(),
            rule.host.as_str()
        );
        let secured = secured.map(|(security, name)| security.plain_connector(host_of(&name), rule.call.is_some()));
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
                let kept = records.get_mut(&key).and_then(|record| record.kept.take());
                round.spawn_local(async move {
                    let (good, kept) = probe.ask(&address, kept).await;
                    (key, good, kept)
                });
            }
            drop(current);
            while let Some(outcome) = round.join_next().await {
                if let (Ok((key, good, kept)), Some(current)) = (outcome, roster()) {
                    let record = records.entry(key.clone()).or_default();
                    record.kept = kept;
                    self.note(&current, record, &key, good, report);
                }
            }
            if let Some(current) = roster() {
                let keys: HashSet<_> = current.peers.iter().map(Peer::key).collect();
                records.retain(|key, _| keys.contains(&(key.0, &*key.1, &*key.2)));
            }
            tokio::time::sleep_until(next.max(clock::now() + LEAST).into()).await;
        }
    }

    /// Asks one server; whether its answer is good, and the connection if it is kept.
    async fn ask(&self, address: &Address, kept: Option<Kept>) -> (bool, Option<Kept>) {
        if !self.rule.jitter.is_zero() {
            tokio::time::sleep(self.rule.jitter.mul_f64(random())).await;
        }
        let kept = kept.filter(|kept| clock::now() < kept.until);
        let exchange = self.exchange(address, kept);
        let Ok(Ok((good, kept))) = tokio::time::timeout(self.rule.timeout, exchange).await else {
            return (false, None);
        };
        (good, kept)
    }

    /// Asks over the connection that was kept, or over a new one if that is closed by now.
    async fn exchange(&self, address: &Address, kept: Option<Kept>) -> io::Result<(bool, Option<Kept>)> {
        if let Some(Kept { stream, until }) = kept
            && let Ok((good, left)) = self.ask_over(stream).await
        {
            return Ok((good, left.map(|stream| Kept { stream, until })));
        }
        let until = clock::now() + self.rule.keep.unwrap_or_default();
        let (good, left) = match address {
            Address::Inet(address) => self.talk(TcpStream::connect(address).await?).await?,
            Address::Unix(path) => self.talk(UnixStream::connect(path).await?).await?,
        };
        Ok((good, left.map(|stream| Kept { stream, until })))
    }

    async fn talk(&self, stream: impl AsyncRead + AsyncWrite + Unpin + 'static) -> io::Result<Asked> {
        match &self.secured {
            Some(Ok(connector)) => self.ask_over(Box::new(connector.secure_other(stream).await?)).await,
            Some(Err(unready)) => Err(io::Error::other(unready.clone())),
            None => self.ask_over(Box::new(stream)).await,
        }
    }

    async fn ask_over(&self, mut stream: Box<dyn Wire>) -> io::Result<Asked> {
        if let Some(call) = &self.rule.call {
            return Ok((call::ask(stream, (&self.rule.host, self.secured.is_some()), call).await?, None));
        }
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
            if length == 0 && !complete {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if length == 0 || (complete && is_whole(&head, body.len())) {
                let reusable = self.rule.keep.is_some() && length > 0 && is_reusable(&head, body.len());
                body.truncate(LARGEST_BODY);
                let good = (self.judge)(head.status, &head.fields, &body);
                return Ok((good, reusable.then_some(stream)));
            }
        }
    }

    fn note(&self, roster: &Roster, record: &mut Record, key: &Key, good: bool, report: Report) {
        let found = roster.peers.iter().position(|peer| peer.key() == (key.0, &*key.1, &*key.2));
        let Some((index, peer)) = found.and_then(|index| Some((index, roster.peers.get(index)?))) else { return };
        let Some(health) = roster.health_of(index) else { return };
        let (fails, passes) = if good { (0, record.passes + 1) } else { (record.fails + 1, 0) };
        let first = !std::mem::replace(&mut record.known, true);
        (record.fails, record.passes) = (fails, passes);
        let unwell = match (good, health.is_unwell()) {
            (true, true) => passes < self.rule.passes && !first,
            (true, false) => false,
            (false, unwell) => unwell || fails >= self.rule.fails,
        };
        let now = roster.milliseconds(clock::now());
        let news = health.set_unwell(unwell, peer, now);
        if let Some(tally) = roster.tally(index) {
            tally.probed(good, unwell, news, now);
        }
        if news {
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
    received >= LARGEST_BODY || length_of(head).is_some_and(|length| received >= length)
}

/// The length of the body, where it is said; an answer in chunks has none.
fn length_of(head: &ResponseHead) -> Option<usize> {
    if matches!(head.status, 204 | 304) {
        return Some(0);
    }
    let length =
        head.fields.get_known(Name::ContentLength).filter(|_| !head.fields.contains(Name::TransferEncoding))?;
    std::str::from_utf8(length).ok()?.trim().parse().ok()
}

/// Whether another request may follow on the connection: the server keeps it, and sent no more than it said.
fn is_reusable(head: &ResponseHead, received: usize) -> bool {
    let kept = head.fields.get_known(Name::Connection).is_some_and(|value| value.eq_ignore_ascii_case(b"keep-alive"));
    kept && length_of(head) == Some(received)
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
