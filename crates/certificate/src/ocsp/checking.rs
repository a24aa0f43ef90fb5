//! Questions of workers about clients' certificates: what is known is told at once, the same question is asked once.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::{KeptAnswers, RevocationCheck};
use telemetry::Level;
use tls::Asked;
use tls::ocsp::{Answer, CertificateId, Inquiry, Standing, Voucher};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;

use super::{Webs, ask};
use crate::clock;
use crate::web::Web;

/// Time for one answer, with the wait for a turn.
const PATIENCE: Duration = Duration::from_secs(15);
/// Responders that are asked at once.
const MOST_AT_ONCE: usize = 64;
/// An answer that does not say how long it holds is kept for so many seconds.
const UNBOUNDED: u64 = 60 * 60;

/// What is asked about, and who.
type Subject = (CertificateId, String);

/// A question; who knows the responder's address, by number.
type Question = (Subject, usize);

/// Who wants to know, and by which rule.
type Asking = (oneshot::Sender<Standing>, Arc<RevocationCheck>);

/// Who waits for the answer to a question.
struct Waiting {
    /// The task that asks.
    task: Id,
    who: Vec<Asking>,
}

/// What is known, and what is being asked.
struct Desk {
    webs: Rc<Webs>,
    kept: HashMap<String, Kept>,
    waiting: HashMap<Question, Waiting>,
    asking: JoinSet<(Question, Option<Answer>)>,
    turns: Rc<Semaphore>,
}

/// A store of answers; the oldest give way.
#[derive(Default)]
struct Kept {
    /// With the time until when it holds, in seconds since the Unix epoch.
    answers: HashMap<Subject, (Standing, u64)>,
    order: VecDeque<Subject>,
}

/// Answers until nobody asks any more.
pub(crate) async fn answer(mut asked: mpsc::Receiver<Asked>, webs: Rc<Webs>) {
    let mut desk = Desk::new(webs);
    loop {
        tokio::select! {
            asked = asked.recv() => match asked {
                Some(asked) => desk.take(asked),
                None => return,
            },
            Some(done) = desk.asking.join_next() => desk.end(done),
        }
    }
}

impl Desk {
    fn new(webs: Rc<Webs>) -> Self {
        Self {
            webs,
            kept: HashMap::new(),
            waiting: HashMap::new(),
            asking: JoinSet::new(),
            turns: Rc::new(Semaphore::new(MOST_AT_ONCE)),
        }
    }

    fn take(&mut self, asked: Asked) {
        let Asked { about, rule, answer } = asked;
        let said = rule.responder.as_ref();
        let always = said.filter(|said| said.always || about.responder().is_none());
        let Some(url) = always.map(|said| said.url.as_str()).or(about.responder()).map(str::to_owned) else {
            return log(Level::Error, "no OCSP responder URL in certificate");
        };
        if let Err(why) = model::check_responder(&url) {
            return log(Level::Error, &format!("{why} in OCSP responder \"{url}\""));
        }
        let subject = (about.id().clone(), url);
        let kept = rule.kept.as_ref().and_then(|kept| self.kept.get(&kept.name));
        if let Some(standing) = kept.and_then(|kept| kept.find(&subject)) {
            // Who asked may be gone.
            let _ = answer.send(standing);
            return;
        }
        let (number, web) = self.webs.find(&rule.names);
        let question = (subject, number);
        if let Some(waiting) = self.waiting.get_mut(&question) {
            return waiting.who.push((answer, rule));
        }
        let asked = question.clone();
        let turns = Rc::clone(&self.turns);
        let task = self.asking.spawn_local(async move {
            let answer = fetch(&web, &asked.0.1, &about, &turns).await;
            (asked, answer)
        });
        self.waiting.insert(question, Waiting { task: task.id(), who: vec![(answer, rule)] });
    }

    fn end(&mut self, done: Result<(Question, Option<Answer>), JoinError>) {
        match done {
            Ok((question, answer)) => self.settle(&question, answer),
            // It broke down: who waits for it is let go, and the next to ask begins anew.
            Err(broken) => self.waiting.retain(|_, waiting| waiting.task != broken.id()),
        }
    }

    fn settle(&mut self, question: &Question, answer: Option<Answer>) {
        let Some(waiting) = self.waiting.remove(question) else { return };
        // Without an answer all that wait are let go.
        let Some(Answer { standing, until }) = answer else { return };
        for (who, rule) in waiting.who {
            if let Some(KeptAnswers { name, size }) = &rule.kept {
                let until = until.unwrap_or_else(|| clock::now() + UNBOUNDED);
                let kept = self.kept.entry(name.clone()).or_default();
                kept.keep(question.0.clone(), (standing, until), *size);
            }
            let _ = who.send(standing);
        }
    }
}

async fn fetch(web: &Web, url: &str, about: &Inquiry, turns: &Semaphore) -> Option<Answer> {
    let asking = async {
        // The turn is never taken away.
        let _turn = turns.acquire().await;
        ask(web, url, about, Voucher::Issuer).await.map_err(|why| why.to_string())
    };
    match timeout(PATIENCE, asking).await.unwrap_or_else(|_| Err(format!("{url} does not answer in time"))) {
        Ok((answer, _)) => Some(answer),
        Err(why) => {
            log(Level::Error, &why);
            None
        }
    }
}

fn log(level: Level, text: &str) {
    telemetry::error_log::process().log(level, format_args!("{text} while requesting certificate status"));
}

impl Kept {
    fn find(&self, subject: &Subject) -> Option<Standing> {
        self.answers.get(subject).filter(|(_, until)| *until > clock::now()).map(|(standing, _)| *standing)
    }

    fn keep(&mut self, subject: Subject, answer: (Standing, u64), size: u32) {
        if self.answers.insert(subject.clone(), answer).is_none() {
            self.order.push_back(subject);
        }
        while self.order.len() > usize::try_from(size).unwrap_or(usize::MAX).max(1) {
            if let Some(oldest) = self.order.pop_front() {
                self.answers.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
