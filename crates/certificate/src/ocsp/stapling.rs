//! Answers about the server's own certificates: fetched before they are needed, and anew before they expire.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use telemetry::Level;
use tls::ocsp::{Answer, Standing};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::work::StapleWork;
use super::{Webs, ask};
use crate::clock;
use crate::driver::Notice;
use crate::renewal;
use crate::web::Web;

/// An answer is fetched anew after so many seconds at the latest, and at the earliest.
const USUAL: (u64, u64) = (60 * 60, 5);
/// Who fails is asked again after so many seconds at the latest.
const LONGEST_PAUSE: u64 = 60 * 60;
/// Responders that are asked at once.
const MOST_AT_ONCE: usize = 8;

/// All that is asked.
pub(crate) struct Stapling {
    running: Vec<(Arc<StapleWork>, Rc<Notice>)>,
    turns: Rc<Semaphore>,
    webs: Rc<Webs>,
}

impl Stapling {
    pub(crate) fn new(webs: Rc<Webs>) -> Self {
        Self { running: Vec::new(), turns: Rc::new(Semaphore::new(MOST_AT_ONCE)), webs }
    }

    /// Starts tasks for what is new, and retires those of what is gone.
    pub(crate) fn succeed(&mut self, wanted: &[Arc<StapleWork>]) {
        let mut before = std::mem::take(&mut self.running);
        for work in wanted {
            if let Some(index) = before.iter().position(|(known, _)| known.is_same(work)) {
                self.running.push(before.swap_remove(index));
                continue;
            }
            let notice = Rc::new(Notice::default());
            self.running.push((Arc::clone(work), Rc::clone(&notice)));
            let (_, web) = self.webs.find(&work.names);
            let turns = Rc::clone(&self.turns);
            let keeper = Keeper { work: Arc::clone(work), web, notice, turns, fails: 0, told: None };
            tokio::task::spawn_local(keeper.run());
        }
        for (_, notice) in &before {
            notice.retired.set(true);
        }
        for (_, notice) in self.running.iter().chain(&before) {
            notice.changed.notify_one();
        }
    }
}

/// Keeps the answer about one certificate fresh.
struct Keeper {
    work: Arc<StapleWork>,
    web: Rc<Web>,
    notice: Rc<Notice>,
    turns: Rc<Semaphore>,
    /// Failures in a row.
    fails: u32,
    /// What was told last.
    told: Option<String>,
}

impl Keeper {
    async fn run(mut self) {
        while !self.notice.retired.get() {
            let pause = self.fetch().await;
            self.wait(pause).await;
        }
    }

    /// Until it is time, or the configuration was read again: then what failed is tried at once.
    async fn wait(&self, pause: Duration) {
        let waited = sleep(pause);
        tokio::pin!(waited);
        loop {
            tokio::select! {
                () = &mut waited => return,
                () = self.notice.changed.notified() => {
                    if self.notice.retired.get() || self.fails > 0 {
                        return;
                    }
                }
            }
        }
    }

    /// How long the answer is good enough, or nothing is tried.
    async fn fetch(&mut self) -> Duration {
        let work = Arc::clone(&self.work);
        let outcome = {
            // The turn is never taken away.
            let _turn = self.turns.acquire().await;
            ask(&self.web, &work.responder, &work.inquiry, work.voucher).await
        };
        match outcome {
            Ok((answer, bytes)) => self.take(answer, bytes),
            Err(why) => self.fail(&why.to_string(), why.again()),
        }
    }

    fn take(&mut self, answer: Answer, bytes: Vec<u8>) -> Duration {
        match answer.standing {
            Standing::Good => {}
            Standing::Revoked => {
                self.work.stapled.withdraw();
                return self.fail("the certificate was revoked", None);
            }
            Standing::Unknown => return self.fail("the responder does not know the certificate", None),
        }
        let until = answer.until.unwrap_or(u64::MAX);
        let left = until.saturating_sub(clock::now());
        if left == 0 {
            return self.fail("its answer has expired", None);
        }
        self.work.stapled.replace(bytes, until);
        if self.told.take().is_some() {
            self.log(Level::Notice, format_args!("it is fetched again"));
        }
        self.fails = 0;
        // In the midst of its time at the latest, so that there is time for failures.
        clock::about(Duration::from_secs((left / 2).clamp(USUAL.1, USUAL.0)))
    }

    fn fail(&mut self, why: &str, again: Option<Duration>) -> Duration {
        self.fails = self.fails.saturating_add(1);
        let left = self.work.stapled.until().map(|until| until.saturating_sub(clock::now()));
        let pause = renewal::pause(self.fails, again, left).min(Duration::from_secs(LONGEST_PAUSE));
        if self.told.as_deref() != Some(why) {
            self.told = Some(why.to_owned());
            let pause = pause.as_secs();
            let given = match left.filter(|left| *left > 0) {
                None => "none is given".to_owned(),
                Some(left) => format!("the one that is there lasts {left} s more"),
            };
            self.log(Level::Error, format_args!("{why}; {given}, and it is asked again in {pause} s"));
        }
        pause
    }

    fn log(&self, level: Level, text: std::fmt::Arguments<'_>) {
        let name = &self.work.name;
        let text = format_args!("OCSP answer for the certificate \"{name}\": {text}");
        telemetry::error_log::process().log(level, text);
    }
}
