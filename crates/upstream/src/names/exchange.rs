//! Questions and answers on the wire (RFC 1035): over UDP, over TCP where an answer does not fit.

use std::cell::Cell;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout_at;
use transport::clock;

use super::NameFailure;

/// A server that says nothing for so long is asked again, or another in its place.
const PATIENCE: Duration = Duration::from_secs(2);
/// Largest answer over UDP.
const LARGEST: usize = 4096;

/// The servers, asked in turn.
pub(super) struct Servers {
    addresses: Vec<SocketAddr>,
    next: Cell<usize>,
}

/// What one server's answer comes to.
enum Reply {
    Records(Vec<Record>),
    Failed(NameFailure),
    Truncated,
}

impl Servers {
    pub(super) fn new(addresses: Vec<SocketAddr>) -> Self {
        Self { addresses, next: Cell::new(0) }
    }

    /// The records that answer a question. A server that fails is followed by the next; one that is silent too, for as
    /// long as there is time.
    pub(super) async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
        deadline: Instant,
    ) -> Result<Vec<Record>, NameFailure> {
        let mut failed = 0;
        loop {
            let Some(server) = self.turn() else { return Err(NameFailure::ServerFailure) };
            let limit = deadline.min(clock::now() + PATIENCE);
            let failure = match timeout_at(limit.into(), ask_server(server, name, kind)).await {
                Ok(Ok(Reply::Records(records))) => return Ok(records),
                Ok(Ok(Reply::Failed(NameFailure::NotFound))) => return Err(NameFailure::NotFound),
                Ok(Ok(Reply::Failed(failure))) => failure,
                // What cannot be asked is as silent as what does not answer, but tells so at once.
                Ok(Ok(Reply::Truncated) | Err(_)) => {
                    tokio::time::sleep_until(limit.into()).await;
                    NameFailure::Timeout
                }
                Err(_) => NameFailure::Timeout,
            };
            if clock::now() >= deadline {
                return Err(failure);
            }
            if failure != NameFailure::Timeout {
                failed += 1;
                if failed >= self.addresses.len() {
                    return Err(failure);
                }
            }
        }
    }

    fn turn(&self) -> Option<SocketAddr> {
        let index = self.next.get();
        self.next.set(index.wrapping_add(1));
        self.addresses.get(index.checked_rem(self.addresses.len())?).copied()
    }
}

async fn ask_server(server: SocketAddr, name: &Name, kind: RecordType) -> io::Result<Reply> {
    let mut question = Message::query();
    question.metadata.recursion_desired = true;
    question.add_query(Query::query(name.clone(), kind));
    let bytes = question.to_vec().map_err(io::Error::other)?;
    match over_udp(server, &question, &bytes).await? {
        Reply::Truncated => over_tcp(server, &question, &bytes).await,
        reply => Ok(reply),
    }
}

/// Each question has a socket of its own, so that answers are hard to forge.
async fn over_udp(server: SocketAddr, question: &Message, bytes: &[u8]) -> io::Result<Reply> {
    let any: SocketAddr = match server {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    socket.send(bytes).await?;
    let mut buffer = vec![0; LARGEST];
    loop {
        let length = socket.recv(&mut buffer).await?;
        if let Some(reply) = read(question, buffer.get(..length).unwrap_or_default()) {
            return Ok(reply);
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Message, bytes: &[u8]) -> io::Result<Reply> {
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(bytes);
    stream.write_all(&framed).await?;
    let length = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await?;
    read(question, &answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// What an answer says; `None`: it is none to this question.
fn read(question: &Message, bytes: &[u8]) -> Option<Reply> {
    let answer = Message::from_vec(bytes).ok()?;
    let asked = question.queries.first()?;
    let heard = answer.queries.first();
    let same =
        heard.is_some_and(|heard| heard.query_type == asked.query_type && heard.name.eq_ignore_root(&asked.name));
    let own = answer.metadata.message_type == MessageType::Response && answer.metadata.id == question.metadata.id;
    // A server that cannot read a question may leave it out of its answer.
    let code = answer.metadata.response_code;
    if !own || !(same || (heard.is_none() && code != ResponseCode::NoError)) {
        return None;
    }
    if answer.metadata.truncation {
        return Some(Reply::Truncated);
    }
    Some(match code {
        ResponseCode::NoError => Reply::Records(answer.answers),
        ResponseCode::NXDomain => Reply::Failed(NameFailure::NotFound),
        ResponseCode::FormErr => Reply::Failed(NameFailure::FormatError),
        ResponseCode::Refused => Reply::Failed(NameFailure::Refused),
        _ => Reply::Failed(NameFailure::ServerFailure),
    })
}
