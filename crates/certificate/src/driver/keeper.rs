//! Keeps one certificate fresh: orders it, waits, orders it anew.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use telemetry::Level;
use tls::Proofs;
use tokio::time::{sleep, timeout};

use super::Notice;
use crate::authority::Authority;
use crate::clock;
use crate::failure::Failure;
use crate::leaf::Leaf;
use crate::order::{Obtained, Wish, obtain};
use crate::prepared::OrderWork;
use crate::renewal::{self, Window};
use crate::showing::Showing;
use crate::state::Trouble;

/// The wall's clock may be set: it is looked at this often.
const LONGEST_SLEEP: u64 = 60 * 60;
/// Time for an order with all that belongs to it.
const PATIENCE: Duration = Duration::from_hours(1);

/// Keeps one certificate fresh.
pub(super) struct Keeper {
    work: Arc<OrderWork>,
    authority: Rc<Authority>,
    proofs: Proofs,
    notice: Rc<Notice>,
    /// The certificate that is there.
    current: Option<Leaf>,
    /// When the next is ordered, in seconds since the Unix epoch.
    due: u64,
    /// When the issuer is asked for advice.
    ask_at: u64,
    /// What it advised last.
    advised: Option<Window>,
    /// Failures in a row.
    fails: u32,
    /// What was told last.
    told: Option<String>,
}

impl Keeper {
    pub(super) fn new(work: Arc<OrderWork>, authority: Rc<Authority>, proofs: Proofs, notice: Rc<Notice>) -> Self {
        let current = work.issued.newest().and_then(|identity| Leaf::of_der(identity.leaf()).ok());
        let due = current.as_ref().map_or(0, |leaf| Window::of(leaf, work.order.renewal).moment());
        Self { work, authority, proofs, notice, current, due, ask_at: 0, advised: None, fails: 0, told: None }
    }

    pub(super) async fn run(mut self) {
        while !self.notice.retired.get() {
            let now = clock::now();
            let asks = self.current.is_some();
            if asks && now >= self.ask_at {
                self.seek_advice().await;
            } else if now >= self.due {
                self.order().await;
            } else {
                let next = if asks { self.due.min(self.ask_at) } else { self.due };
                self.wait(next - now).await;
            }
        }
    }

    /// Until it is time, or something has changed: then what failed is tried again.
    async fn wait(&mut self, seconds: u64) {
        let time = Duration::from_secs(seconds.clamp(1, LONGEST_SLEEP));
        tokio::select! {
            () = sleep(time) => {}
            () = self.notice.changed.notified() => {
                if self.fails > 0 {
                    self.due = 0;
                }
            }
        }
    }

    /// RFC 9773 §4.2.
    async fn seek_advice(&mut self) {
        let Some(leaf) = &self.current else { return };
        match renewal::advice(&self.authority, leaf).await {
            Ok(Some(advice)) => {
                self.ask_at = advice.ask_at;
                if self.fails == 0 && self.advised != Some(advice.window) {
                    self.advised = Some(advice.window);
                    self.due = advice.window.moment();
                    let why = advice.explanation.map(|url| format!(", see {url}")).unwrap_or_default();
                    let when = date(self.due);
                    self.log(Level::Info, format_args!("the issuer wants it renewed: that is done at {when}{why}"));
                }
            }
            Ok(None) => self.ask_at = u64::MAX,
            Err(failure) => {
                self.ask_at = renewal::after_silence();
                self.log(Level::Info, format_args!("nothing is known of when the issuer wants it renewed: {failure}"));
            }
        }
    }

    async fn order(&mut self) {
        let outcome = {
            // The turn is never taken away.
            let _turn = self.authority.turn.acquire().await;
            let order = &self.work.order;
            let replaces = self.current.as_ref().and_then(|leaf| leaf.id.as_deref());
            let wish = Wish { identifiers: &order.identifiers, key: order.key, replaces };
            let showing = Showing { work: &self.work.issuer, proofs: &self.proofs };
            let ordering = timeout(PATIENCE, obtain(&self.authority, &wish, &showing));
            ordering.await.unwrap_or(Err(Failure::Slow("for all of it")))
        };
        match outcome {
            Ok(obtained) => self.take(obtained),
            Err(failure) => self.fail(&failure),
        }
    }

    fn take(&mut self, obtained: Obtained) {
        let Obtained { chain, key, identity, leaf } = obtained;
        if let Some(state) = &self.work.issuer.state {
            if let Err(why) = state.keep_certificate(&self.work.file, &chain, &key) {
                self.log(Level::Error, format_args!("it is not kept: {why}"));
            }
            state.forget_trouble(&self.work.file);
        }
        self.work.issued.replace(identity);
        self.due = Window::of(&leaf, self.work.order.renewal).moment();
        (self.ask_at, self.advised, self.fails, self.told) = (0, None, 0, None);
        let (until, next) = (date(leaf.ends), date(self.due));
        self.log(
            Level::Notice,
            format_args!("it was issued and is valid until {until}; the next is ordered at {next}"),
        );
        self.current = Some(leaf);
    }

    fn fail(&mut self, failure: &Failure) {
        self.authority.forget();
        self.fails = self.fails.saturating_add(1);
        let now = clock::now();
        let left = self.current.as_ref().map(|leaf| leaf.ends.saturating_sub(now));
        let pause = renewal::pause(self.fails, failure.again(), left).as_secs();
        self.due = now + pause;
        if let Some(state) = &self.work.issuer.state {
            let trouble = Trouble { at: now, again: self.due, text: failure.to_string() };
            // That the directory cannot be written is said when there is something to lose.
            let _ = state.keep_trouble(&self.work.file, &trouble);
        }
        if self.told.as_ref() == Some(&failure.kind()) {
            return;
        }
        self.told = Some(failure.kind());
        match left {
            None => self.log(Level::Error, format_args!("it could not be ordered: {failure}; there is none, and it is tried again in {pause} s")),
            Some(left) => self.log(Level::Error, format_args!("it could not be ordered anew: {failure}; the one that is there lasts {left} s more, and it is tried again in {pause} s")),
        }
    }

    fn log(&self, level: Level, text: std::fmt::Arguments<'_>) {
        let (name, issuer) = (self.work.name(), &self.work.issuer.issuer.name);
        telemetry::error_log::process()
            .log(level, format_args!("acme: certificate for \"{name}\" from issuer \"{issuer}\": {text}"));
    }
}

fn date(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}
