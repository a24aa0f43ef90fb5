//! A listening socket on the ring: one submission accepts again and again.
//!
//! A connection that comes wakes one of those who wait for it, the one that has waited longest. Where that is the ring of a
//! process that was killed, and that the kernel has not taken down yet, nobody accepts it until another one comes. So whoever
//! has just begun looks at the queue itself now and then.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::task::spawn_local;
use tokio::time::sleep;

use crate::kernel::{Completion, adopt};
use crate::worker::Worker;

use super::{Driver, Entry, Purpose};

/// Accepted connections that nobody has taken before accepting pauses.
const ACCEPTED_LIMIT: usize = 128;
/// Times that the queue of a listener that stops is looked at again.
const LAST_LOOKS: usize = 128;
/// When the queue of one that has begun is looked at first; then after twice that, and so on.
const FIRST_LOOK: Duration = Duration::from_millis(20);
/// Times that it is looked at: for ten seconds.
const FIRST_LOOKS: u32 = 9;

/// A listening socket.
pub(crate) struct Listener {
    acceptor: Rc<Acceptor>,
    worker: Rc<Worker>,
    driver: Rc<Driver>,
}

/// What the ring knows of a listener. It lives until its last completion.
pub(crate) struct Acceptor {
    key: usize,
    socket: socket2::Socket,
    accepted: RefCell<VecDeque<OwnedFd>>,
    failed: Cell<Option<i32>>,
    accepting: Cell<Accepting>,
    /// The listener stops: how often its queue may still be looked at; then it has ended.
    looks_left: Cell<Option<usize>>,
    ended: Cell<bool>,
    /// The listener was dropped.
    dropped: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum Accepting {
    Idle,
    Armed,
    /// Somebody else has made the listener non-blocking: it is waited for first.
    Polling,
    Cancelling,
}

impl Listener {
    pub(crate) fn new(worker: &Rc<Worker>, driver: &Rc<Driver>, socket: socket2::Socket) -> Self {
        let acceptor = driver.add(|key| {
            let acceptor = Rc::new(Acceptor {
                key,
                socket,
                accepted: RefCell::default(),
                failed: Cell::new(None),
                accepting: Cell::new(Accepting::Idle),
                looks_left: Cell::new(None),
                ended: Cell::new(false),
                dropped: Cell::new(false),
                waker: RefCell::default(),
            });
            (Rc::clone(&acceptor), Entry::Acceptor(acceptor))
        });
        spawn_local(look_at_first(Rc::downgrade(&acceptor), Rc::downgrade(worker), Rc::downgrade(driver)));
        Self { acceptor, worker: Rc::clone(worker), driver: Rc::clone(driver) }
    }

    pub(crate) async fn accept(&self) -> io::Result<socket2::Socket> {
        poll_fn(|cx| self.poll_accept(cx)).await.map(socket2::Socket::from)
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<OwnedFd>> {
        let acceptor = &self.acceptor;
        if let Some(accepted) = acceptor.accepted.borrow_mut().pop_front() {
            return Poll::Ready(Ok(accepted));
        }
        if let Some(number) = acceptor.failed.take() {
            return Poll::Ready(Err(io::Error::from_raw_os_error(number)));
        }
        if acceptor.ended.get() {
            return Poll::Ready(Err(io::ErrorKind::NotConnected.into()));
        }
        *acceptor.waker.borrow_mut() = Some(cx.waker().clone());
        if acceptor.accepting.get() == Accepting::Idle {
            acceptor.arm(&self.driver);
            self.worker.turn.schedule();
        }
        Poll::Pending
    }

    /// What came until now is still accepted.
    pub(crate) fn stop(&self) {
        self.acceptor.stop(&self.driver);
        self.worker.turn.schedule();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.acceptor.abandon(&self.driver);
        self.worker.turn.schedule();
    }
}

impl Acceptor {
    fn arm(&self, driver: &Driver) {
        self.accepting.set(Accepting::Armed);
        driver.ring.accept(self.socket.as_fd(), Purpose::Accept.token(self.key));
    }

    /// Something was accepted, or accepting has ended. Says whether a task was woken.
    pub(super) fn accepted(&self, driver: &Driver, completion: Completion) -> bool {
        let was = self.accepting.get();
        if !completion.more {
            self.accepting.set(Accepting::Idle);
        }
        if was != Accepting::Polling
            && let Some(descriptor) = adopt(completion.result)
        {
            self.accepted.borrow_mut().push_back(descriptor);
        }
        if self.dropped.get() {
            if !completion.more {
                driver.remove(self.key);
            }
            return false;
        }
        if self.looks_left.get().is_some() {
            if !completion.more {
                self.look_again(driver);
            }
            return self.wake();
        }
        if was == Accepting::Polling {
            self.arm(driver);
            return false;
        }
        match -completion.result {
            libc::EAGAIN => {
                self.accepting.set(Accepting::Polling);
                driver.ring.poll_listener(self.socket.as_fd(), Purpose::Accept.token(self.key));
                return false;
            }
            libc::ECANCELED | libc::EINTR => {}
            number if number > 0 => self.failed.set(Some(number)),
            _ => self.limit(driver),
        }
        self.wake()
    }

    fn wake(&self) -> bool {
        self.waker.take().is_some_and(|waker| {
            waker.wake();
            true
        })
    }

    fn limit(&self, driver: &Driver) {
        if self.accepted.borrow().len() >= ACCEPTED_LIMIT {
            self.pause(driver);
        }
    }

    /// Ends accepting for now: whoever waits begins it anew, which takes what is in the queue. Whether it was under way.
    fn pause(&self, driver: &Driver) -> bool {
        let armed = self.accepting.get() == Accepting::Armed;
        if armed {
            self.accepting.set(Accepting::Cancelling);
            driver.cancel(Purpose::Accept, self.key);
        }
        armed
    }

    /// What came until now is still accepted, then accepting ends.
    fn stop(&self, driver: &Driver) {
        if self.looks_left.get().is_some() {
            return;
        }
        self.looks_left.set(Some(LAST_LOOKS));
        match self.accepting.get() {
            Accepting::Idle => {
                self.look_again(driver);
                self.wake();
            }
            Accepting::Armed | Accepting::Polling => driver.cancel(Purpose::Accept, self.key),
            Accepting::Cancelling => {}
        }
    }

    /// The kernel accepts no more for a listener that stops. What its queue still holds would be reset when the last holder of
    /// the socket closes it, so that is accepted first.
    fn look_again(&self, driver: &Driver) {
        let left = self.looks_left.get().unwrap_or_default();
        if left == 0 || !self.has_more() {
            return self.ended.set(true);
        }
        self.looks_left.set(Some(left - 1));
        self.arm(driver);
        self.accepting.set(Accepting::Cancelling);
        driver.cancel(Purpose::Accept, self.key);
    }

    fn has_more(&self) -> bool {
        let mut sources = [PollFd::new(&self.socket, PollFlags::IN)];
        poll(&mut sources, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// The listener was dropped: accepting ends, and what was accepted and not taken is closed.
    pub(super) fn abandon(&self, driver: &Driver) {
        if self.dropped.replace(true) {
            return;
        }
        self.waker.take();
        match self.accepting.get() {
            Accepting::Idle => driver.remove(self.key),
            Accepting::Armed | Accepting::Polling => driver.cancel(Purpose::Accept, self.key),
            Accepting::Cancelling => {}
        }
    }
}

/// Accepts what nobody was woken for.
async fn look_at_first(acceptor: Weak<Acceptor>, worker: Weak<Worker>, driver: Weak<Driver>) {
    for look in 0..FIRST_LOOKS {
        sleep(FIRST_LOOK * (1 << look)).await;
        let (Some(acceptor), Some(worker), Some(driver)) = (acceptor.upgrade(), worker.upgrade(), driver.upgrade())
        else {
            return;
        };
        if acceptor.has_more() && acceptor.pause(&driver) {
            worker.turn.schedule();
        }
    }
}
