//! The thread that orders certificates and asks whether they still stand: a task for each, which waits for most of its life.

mod keeper;

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use telemetry::Level;
use tokio::sync::{Notify, mpsc};
use tokio::task::LocalSet;

use crate::authority::Authority;
use crate::ocsp::{Stapling, Webs, answer};
use crate::prepared::{OrderWork, Prepared};
use keeper::Keeper;

/// Orders certificates, on a thread that starts with the first order.
#[derive(Default)]
pub struct Driver {
    thread: Option<mpsc::UnboundedSender<Prepared>>,
}

/// What the task of an order is told.
#[derive(Default)]
pub(crate) struct Notice {
    /// The order is another's, or nobody's, from now on.
    pub(crate) retired: Cell<bool>,
    pub(crate) changed: Notify,
}

/// An order that has a task.
struct Running {
    work: Arc<OrderWork>,
    notice: Rc<Notice>,
}

impl Driver {
    /// Orders this from now on. What is the same as before goes on, and is tried at once if it failed last.
    pub fn apply(&mut self, prepared: Prepared) {
        if prepared.is_idle() && self.thread.is_none() {
            return;
        }
        let thread = self.thread.get_or_insert_with(|| {
            let (sender, plans) = mpsc::unbounded_channel();
            if let Err(error) = thread::Builder::new().name("certificates".to_owned()).spawn(|| serve(plans)) {
                let text = format_args!("no certificates are ordered or asked about, for want of a thread: {error}");
                telemetry::error_log::process().log(Level::Alert, text);
            }
            sender
        });
        // Whether it ended was said then.
        let _ = thread.send(prepared);
    }
}

fn serve(mut plans: mpsc::UnboundedReceiver<Prepared>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    LocalSet::new().block_on(&runtime, async move {
        let mut running = Vec::new();
        let mut authorities = HashMap::new();
        let webs = Rc::new(Webs::default());
        let mut stapling = Stapling::new(Rc::clone(&webs));
        while let Some(mut prepared) = plans.recv().await {
            if let Some(asked) = prepared.asked.take() {
                tokio::task::spawn_local(answer(asked, Rc::clone(&webs)));
            }
            stapling.succeed(&prepared.staples);
            running = succeed(running, &prepared, &mut authorities);
        }
    });
}

/// Starts tasks for what is new, and retires those of what is gone.
fn succeed(
    mut before: Vec<Running>,
    prepared: &Prepared,
    authorities: &mut HashMap<[u8; 32], Rc<Authority>>,
) -> Vec<Running> {
    let wanted = |mark: &[u8; 32]| prepared.orders.iter().any(|work| work.issuer.mark == *mark);
    authorities.retain(|mark, _| wanted(mark));
    let mut running = Vec::new();
    for work in &prepared.orders {
        if let Some(index) = before.iter().position(|known| known.work.is_same(work)) {
            running.push(before.swap_remove(index));
            continue;
        }
        let authority = authorities.entry(work.issuer.mark);
        let authority = Rc::clone(authority.or_insert_with(|| Rc::new(Authority::new(Arc::clone(&work.issuer)))));
        let notice = Rc::new(Notice::default());
        running.push(Running { work: Arc::clone(work), notice: Rc::clone(&notice) });
        let keeper = Keeper::new(Arc::clone(work), authority, prepared.proofs.clone(), notice);
        tokio::task::spawn_local(keeper.run());
    }
    for gone in &before {
        gone.notice.retired.set(true);
    }
    for known in running.iter().chain(&before) {
        known.notice.changed.notify_one();
    }
    running
}
