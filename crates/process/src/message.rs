//! What the parent and a worker say to each other.

use crate::channel::{self, Frame};
use model::ListenAddress;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

const APPLY: u32 = 1;
const REPLACE_LOGS: u32 = 2;
const DRAIN: u32 = 3;
const STOP: u32 = 4;

const APPLIED: u32 = 101;
const REFUSED: u32 = 102;
const DRAINED: u32 = 103;
const EXITED: u32 = 104;

/// Open log files by their paths.
pub type NamedDescriptors = Vec<(PathBuf, OwnedFd)>;

/// The descriptors that belong to a configuration.
#[derive(Debug, Default)]
pub struct Descriptors {
    /// Listening sockets: one a socket address, or one for each worker thread with `reuse_port`.
    pub listeners: Vec<(ListenAddress, Vec<OwnedFd>)>,
    /// Log files.
    pub logs: NamedDescriptors,
}

/// What the parent tells a worker.
#[derive(Debug)]
pub enum ToWorker {
    /// Serve by this configuration from now on, or say why not and keep the one before.
    Apply {
        /// The serialised model.
        model: Vec<u8>,
        /// Its descriptors.
        descriptors: Descriptors,
    },
    /// Write to these files from now on.
    ReplaceLogs(NamedDescriptors),
    /// Accept no more, finish what was begun, then end.
    Drain,
    /// End at once.
    Stop,
}

/// What a worker tells the parent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FromWorker {
    Applied,
    Refused(Vec<String>),
    Drained,
    /// A worker that is a thread of this process has ended.
    Exited(i32),
}

/// Descriptors to send, still owned by the parent.
#[derive(Debug, Default)]
pub(crate) struct Lent<'a> {
    pub(crate) listeners: Vec<(&'a ListenAddress, Vec<BorrowedFd<'a>>)>,
    pub(crate) logs: Vec<(&'a PathBuf, BorrowedFd<'a>)>,
}

/// The names of the descriptors that follow a frame, in their order.
#[derive(Serialize, Deserialize, Default)]
struct Names {
    listeners: Vec<(ListenAddress, usize)>,
    logs: Vec<PathBuf>,
}

impl Lent<'_> {
    fn names(&self) -> io::Result<Vec<u8>> {
        let names = Names {
            listeners: self.listeners.iter().map(|(address, all)| ((*address).clone(), all.len())).collect(),
            logs: self.logs.iter().map(|(path, _)| (*path).clone()).collect(),
        };
        Ok(serde_json::to_vec(&names)?)
    }

    fn all(&self) -> Vec<BorrowedFd<'_>> {
        let listeners = self.listeners.iter().flat_map(|(_, sockets)| sockets.iter().copied());
        listeners.chain(self.logs.iter().map(|(_, file)| *file)).collect()
    }
}

pub(crate) fn send_apply(socket: impl AsFd, model: &[u8], lent: &Lent<'_>) -> io::Result<()> {
    channel::send(socket.as_fd(), APPLY, &lent.names()?, model, &lent.all())
}

pub(crate) fn send_logs(socket: impl AsFd, lent: &Lent<'_>) -> io::Result<()> {
    channel::send(socket.as_fd(), REPLACE_LOGS, &lent.names()?, &[], &lent.all())
}

pub(crate) fn send_drain(socket: impl AsFd) -> io::Result<()> {
    channel::send(socket.as_fd(), DRAIN, &[], &[], &[])
}

pub(crate) fn send_stop(socket: impl AsFd) -> io::Result<()> {
    channel::send(socket.as_fd(), STOP, &[], &[], &[])
}

pub(crate) fn send_answer(socket: impl AsFd, answer: &FromWorker) -> io::Result<()> {
    let (kind, header) = match answer {
        FromWorker::Applied => (APPLIED, Vec::new()),
        FromWorker::Refused(lines) => (REFUSED, serde_json::to_vec(lines)?),
        FromWorker::Drained => (DRAINED, Vec::new()),
        FromWorker::Exited(code) => (EXITED, serde_json::to_vec(code)?),
    };
    channel::send(socket.as_fd(), kind, &header, &[], &[])
}

impl TryFrom<Frame> for ToWorker {
    type Error = io::Error;

    fn try_from(frame: Frame) -> io::Result<Self> {
        match frame.kind {
            APPLY => Ok(Self::Apply { descriptors: named(&frame.header, frame.descriptors)?, model: frame.body }),
            REPLACE_LOGS => Ok(Self::ReplaceLogs(named(&frame.header, frame.descriptors)?.logs)),
            DRAIN => Ok(Self::Drain),
            STOP => Ok(Self::Stop),
            kind => Err(io::Error::other(format!("unknown message {kind}"))),
        }
    }
}

impl TryFrom<Frame> for FromWorker {
    type Error = io::Error;

    fn try_from(frame: Frame) -> io::Result<Self> {
        match frame.kind {
            APPLIED => Ok(Self::Applied),
            REFUSED => Ok(Self::Refused(serde_json::from_slice(&frame.header)?)),
            DRAINED => Ok(Self::Drained),
            EXITED => Ok(Self::Exited(serde_json::from_slice(&frame.header)?)),
            kind => Err(io::Error::other(format!("unknown answer {kind}"))),
        }
    }
}

/// Gives the descriptors of a frame their names.
fn named(header: &[u8], descriptors: Vec<OwnedFd>) -> io::Result<Descriptors> {
    let names: Names = serde_json::from_slice(header)?;
    let mut descriptors = descriptors.into_iter();
    let mut result = Descriptors::default();
    for (address, count) in names.listeners {
        result.listeners.push((address, descriptors.by_ref().take(count).collect()));
    }
    result.logs = names.logs.into_iter().zip(descriptors).collect();
    Ok(result)
}
