//! A connection as the ring knows it: what was received and not read, what is being sent, and what is under way.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::task::Waker;

use crate::HIGH_WATER;
use crate::chunk::Chunk;
use crate::kernel::{Completion, Lease, MORE, ONCE, Receive, SOME, Sending};
use crate::output::Output;
use crate::sendfile;
use crate::stream::SocketState;

use super::{Driver, Entry, Purpose};

/// What is received and not read before receiving pauses.
const INPUT_LIMIT: usize = HIGH_WATER;
/// A chunk this small behind unread ones is copied to them, so that a trickle does not hold a buffer for each of its drops.
const SMALL_INPUT: usize = 2048;

/// After this many small receives in a row a stream gets small buffers again.
const SMALL_RUN: u8 = 4;

/// A socket on the ring. It lives until its last completion, although its stream may be gone.
pub(crate) struct Connection {
    key: usize,
    socket: socket2::Socket,
    pub(super) state: SocketState,
    pub(super) input: RefCell<Input>,
    pub(super) sender: RefCell<Sender>,
    /// Whether it waits in the driver's list.
    unsettled: Cell<bool>,
    orphaned: Cell<bool>,
    closed: Cell<bool>,
}

/// The receiving side.
#[derive(Default)]
pub(super) struct Input {
    received: VecDeque<Chunk>,
    held: usize,
    receiving: Receiving,
    /// How the receive that is under way receives.
    how: Receive,
    /// The stream gets much: it receives into large buffers, one by one.
    bulk: bool,
    /// Receives in a row that brought little.
    small: u8,
    /// More had arrived than was received.
    nonempty: bool,
    end: Option<End>,
    reader: Option<Waker>,
}

#[derive(Copy, Clone, PartialEq, Eq, Default)]
enum Receiving {
    #[default]
    Idle,
    Wanted,
    Armed,
    Cancelling,
    /// No buffer was free.
    Starved,
}

#[derive(Copy, Clone)]
pub(super) enum End {
    Closed,
    Failed(i32),
}

/// The sending side.
#[derive(Default)]
pub(super) struct Sender {
    pub(super) output: Output,
    sending: Sending,
    writer: Option<Waker>,
    /// How little must be left for the writer to be woken.
    wakes_at: usize,
    cancelled: bool,
    /// What is queued is not to be sent any more.
    discard: bool,
}

impl Input {
    pub(super) fn end(&self) -> Option<End> {
        self.end
    }

    pub(super) fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    pub(super) fn held(&self) -> usize {
        self.held
    }

    pub(super) fn pop(&mut self) -> Option<Chunk> {
        let chunk = self.received.pop_front()?;
        self.held -= chunk.len();
        Some(chunk)
    }

    pub(super) fn wait(&mut self, waker: &Waker) {
        keep(&mut self.reader, waker);
    }

    /// Whether a receive should be submitted: nothing ended, nothing under way, and room.
    pub(super) fn wants_more(&mut self) -> bool {
        let wants = self.end.is_none() && self.receiving == Receiving::Idle && self.held < INPUT_LIMIT;
        if wants {
            self.receiving = Receiving::Wanted;
        }
        wants
    }

    fn next(&self) -> Receive {
        if self.bulk { Receive::Bulk { arrived: self.nonempty } } else { Receive::Stream }
    }

    /// Learns from a receive of `length` bytes what the stream is like.
    fn observe(&mut self, length: usize, buffer: usize, nonempty: bool) {
        self.nonempty = nonempty;
        self.small = if length <= SMALL_INPUT { self.small.saturating_add(1) } else { 0 };
        self.bulk = length == buffer || (self.bulk && self.small < SMALL_RUN);
    }

    fn push(&mut self, lease: Lease, low: bool) {
        self.held += lease.len();
        let chunk = Chunk::from_lease(lease);
        let small = chunk.len() <= SMALL_INPUT && !self.received.is_empty();
        self.received.push_back(if low || small { chunk.into_owned() } else { chunk });
    }
}

impl Sender {
    pub(super) fn queued(&self) -> usize {
        self.output.len() + self.sending.len()
    }

    /// Whether a send should be submitted.
    pub(super) fn wants_to_send(&self) -> bool {
        !self.sending.is_busy() && self.queued() > 0
    }

    pub(super) fn wait(&mut self, waker: &Waker, wakes_at: usize) {
        keep(&mut self.writer, waker);
        self.wakes_at = wakes_at;
    }
}

fn keep(place: &mut Option<Waker>, waker: &Waker) {
    if !place.as_ref().is_some_and(|kept| kept.will_wake(waker)) {
        *place = Some(waker.clone());
    }
}

fn wake(waker: Option<Waker>) -> bool {
    waker.is_some_and(|waker| {
        waker.wake();
        true
    })
}

impl Connection {
    pub(super) fn open(driver: &Driver, socket: socket2::Socket) -> Rc<Self> {
        driver.add(|key| {
            let connection = Rc::new(Self {
                key,
                socket,
                state: SocketState::default(),
                input: RefCell::default(),
                sender: RefCell::default(),
                unsettled: Cell::new(false),
                orphaned: Cell::new(false),
                closed: Cell::new(false),
            });
            (Rc::clone(&connection), Entry::Connection(connection))
        })
    }

    pub(super) fn socket(&self) -> &socket2::Socket {
        &self.socket
    }

    pub(super) fn is_orphaned(&self) -> bool {
        self.orphaned.get()
    }

    /// Has the connection looked at before the next submission.
    pub(super) fn unsettle(self: &Rc<Self>, driver: &Driver) {
        if !self.unsettled.replace(true) {
            driver.unsettled.borrow_mut().push(Rc::clone(self));
        }
    }

    /// A buffer is free again.
    pub(super) fn feed(self: &Rc<Self>, driver: &Driver) {
        let mut input = self.input.borrow_mut();
        if input.receiving == Receiving::Starved {
            input.receiving = Receiving::Wanted;
            self.unsettle(driver);
        }
    }

    /// Submits whatever there is to submit.
    pub(super) fn settle(self: &Rc<Self>, driver: &Driver) {
        self.unsettled.set(false);
        if self.orphaned.get() {
            self.settle_orphan(driver);
            return;
        }
        {
            let mut input = self.input.borrow_mut();
            if input.receiving == Receiving::Wanted {
                input.receiving = Receiving::Armed;
                input.how = input.next();
                driver.ring.receive(self.socket.as_fd(), input.how, Purpose::Receive.token(self.key));
            }
        }
        let mut sender = self.sender.borrow_mut();
        let before = sender.queued();
        self.send(driver, &mut sender, SOME);
        // A file was sent at once: nobody will tell of it later.
        if sender.queued() < before && sender.queued() <= sender.wakes_at && wake(sender.writer.take()) {
            driver.woke.set(true);
        }
        if self.state.wants_shutdown() && sender.queued() == 0 && self.state.check_sendable().is_ok() {
            // An error here is told by whatever the peer does next.
            let _ = self.state.shut_down(&self.socket);
        }
    }

    fn send(&self, driver: &Driver, sender: &mut Sender, flags: i32) {
        let Sender { output, sending, .. } = sender;
        if sending.is_busy() || self.state.check_sendable().is_err() {
            return;
        }
        loop {
            let sent = if sending.len() == 0 { sendfile::send_up_to_file(&self.socket, output) } else { None };
            let Some(sent) = sent else {
                sending.load(output);
                if sending.len() > 0 {
                    let flags = if output.next_file().is_some() { flags | MORE } else { flags };
                    driver.ring.send(self.socket.as_fd(), sending, flags, Purpose::Send.token(self.key));
                }
                return;
            };
            match sent {
                Ok(sent) => {
                    output.advance(sent);
                    self.state.sent(sent);
                }
                // Of a stream that is gone nobody waits for the rest to go.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && flags == ONCE => return output.clear(),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    driver.ring.await_room(self.socket.as_fd(), sending, Purpose::Send.token(self.key));
                    return;
                }
                Err(error) => {
                    self.state.fail(&error);
                    output.clear();
                    return;
                }
            }
        }
    }

    /// The stream is gone: what was to be sent is tried once, what waits is cancelled, and then the socket is closed.
    fn settle_orphan(self: &Rc<Self>, driver: &Driver) {
        let mut input = self.input.borrow_mut();
        let mut sender = self.sender.borrow_mut();
        if input.receiving == Receiving::Armed {
            input.receiving = Receiving::Cancelling;
            driver.cancel(Purpose::Receive, self.key);
        }
        if sender.sending.is_busy() {
            if !sender.cancelled {
                sender.cancelled = true;
                driver.cancel(Purpose::Send, self.key);
            }
        } else if !sender.discard {
            sender.discard = true;
            self.send(driver, &mut sender, ONCE);
        }
        let idle = input.receiving != Receiving::Cancelling && !sender.sending.is_busy();
        drop((input, sender));
        if idle {
            self.close(driver);
        }
    }

    /// Nothing is under way any more.
    fn close(self: &Rc<Self>, driver: &Driver) {
        if !self.closed.replace(true) {
            driver.remove(self.key);
            driver.finished.borrow_mut().push(Rc::clone(self));
        }
    }

    /// The socket, to be closed.
    pub(super) fn into_descriptor(self) -> OwnedFd {
        self.socket.into()
    }

    /// The stream was dropped.
    pub(super) fn orphan(self: &Rc<Self>, driver: &Driver) {
        self.orphaned.set(true);
        let mut input = self.input.borrow_mut();
        input.reader = None;
        input.received.clear();
        drop(input);
        self.sender.borrow_mut().writer = None;
        self.unsettle(driver);
    }

    /// What is queued is given up: the connection is to be reset.
    pub(super) fn discard(&self) {
        let mut sender = self.sender.borrow_mut();
        sender.output.clear();
        sender.sending.clear();
        sender.discard = true;
    }

    /// A receive has completed. Says whether a task was woken.
    pub(super) fn received(self: &Rc<Self>, driver: &Driver, completion: Completion) -> bool {
        let mut input = self.input.borrow_mut();
        if !completion.more {
            input.receiving = Receiving::Idle;
        }
        let pool = driver.pools.of(input.how);
        let low = pool.is_low();
        let lease = driver.ring.received(completion, input.how);
        if self.orphaned.get() {
            if !completion.more {
                self.unsettle(driver);
            }
            return false;
        }
        match (lease, completion.result) {
            (Some(lease), 1..) => {
                self.state.received(lease.len());
                input.observe(lease.len(), pool.size(), completion.nonempty);
                input.push(lease, low);
            }
            (_, 0..) => input.end = Some(End::Closed),
            (_, result) => self.receive_failed(driver, &mut input, -result),
        }
        if input.receiving == Receiving::Armed && (input.held >= INPUT_LIMIT || input.bulk != input.how.is_bulk()) {
            input.receiving = Receiving::Cancelling;
            driver.cancel(Purpose::Receive, self.key);
        }
        // Whether or not somebody reads now, the stream's end must be seen.
        if input.wants_more() {
            self.unsettle(driver);
        }
        let reader = if input.received.is_empty() && input.end.is_none() { None } else { input.reader.take() };
        drop(input);
        wake(reader)
    }

    fn receive_failed(self: &Rc<Self>, driver: &Driver, input: &mut Input, number: i32) {
        match number {
            libc::ENOBUFS => {
                driver.pools.of(input.how).exhausted();
                input.receiving = Receiving::Starved;
                driver.starved.borrow_mut().push_back(Rc::clone(self));
            }
            // Cancelled to pause, or interrupted.
            libc::ECANCELED | libc::EINTR | libc::EAGAIN => {}
            number => input.end = Some(End::Failed(number)),
        }
    }

    /// A send has completed. Says whether a task was woken.
    pub(super) fn sent(self: &Rc<Self>, driver: &Driver, completion: Completion) -> bool {
        let mut sender = self.sender.borrow_mut();
        self.state.sent(sender.sending.done(completion.result));
        if completion.result < 0 && !matches!(-completion.result, libc::EINTR | libc::EAGAIN) {
            self.state.fail(&io::Error::from_raw_os_error(-completion.result));
        }
        if self.state.check_sendable().is_err() || self.orphaned.get() {
            sender.output.clear();
            sender.sending.clear();
        }
        if sender.queued() > 0 || self.orphaned.get() || self.state.wants_shutdown() {
            self.unsettle(driver);
        }
        let writer = if sender.queued() <= sender.wakes_at { sender.writer.take() } else { None };
        drop(sender);
        wake(writer)
    }
}
