//! Tasks that serve one stream after the other: to make a task costs more than many a stream has to do.

use super::visit::Visit;
use protocol::RequestHead;
use protocol::h1::HeadError;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::task::spawn_local;
use transport::Deadline;

/// Tasks of a worker that may wait for streams, a few KiB each.
const MOST_RESTING: usize = 128;

/// The tasks of a worker that wait for a stream.
#[derive(Default)]
pub(in crate::connection) struct Crew(RefCell<Vec<Rc<Seat>>>);

/// What a task is to serve.
pub(super) struct Order {
    pub(super) visit: Visit,
    pub(super) head: Box<RequestHead>,
    /// What is wrong with the head.
    pub(super) bad: Option<HeadError>,
}

/// Where a task waits for its next order.
#[derive(Default)]
struct Seat {
    order: Cell<Option<Order>>,
    waiting: Cell<Option<Waker>>,
}

impl Crew {
    /// Serves a stream, in a task that waits for one or in a new one.
    pub(super) fn serve(self: &Rc<Self>, order: Order) {
        let resting = self.0.borrow_mut().pop();
        let seat = resting.unwrap_or_else(|| {
            let seat = Rc::<Seat>::default();
            spawn_local(work(Rc::clone(self), Rc::clone(&seat)));
            seat
        });
        seat.order.set(Some(order));
        if let Some(waker) = seat.waiting.take() {
            waker.wake();
        }
    }

    /// Whether the task at this seat may wait for another stream.
    fn rest(&self, seat: &Rc<Seat>) -> bool {
        let mut resting = self.0.borrow_mut();
        let has_room = resting.len() < MOST_RESTING;
        if has_room {
            resting.push(Rc::clone(seat));
        }
        has_room
    }
}

async fn work(crew: Rc<Crew>, seat: Rc<Seat>) {
    let mut deadline = Deadline::new();
    loop {
        let Order { visit, head, bad } = poll_fn(|cx| seat.poll_order(cx)).await;
        visit.serve(head, bad, &mut deadline).await;
        deadline.clear();
        if !crew.rest(&seat) {
            return;
        }
    }
}

impl Seat {
    fn poll_order(&self, cx: &Context<'_>) -> Poll<Order> {
        if let Some(order) = self.order.take() {
            return Poll::Ready(order);
        }
        self.waiting.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}
