//! What workers say.

use super::worker::{State, Who};
use super::{Phase, Supervisor};
use crate::message::FromWorker;
use crate::reason;
use model::Level;

impl Supervisor<'_> {
    /// Reads and obeys what has come from every worker.
    pub(super) fn take_answers(&mut self) {
        let mut index = 0;
        while let Some(worker) = self.workers.get(index).map(|worker| worker.who) {
            self.take_answers_of(worker);
            // A worker that is a thread is taken off the list by its last answer.
            if self.workers.get(index).is_some_and(|found| found.who == worker) {
                index += 1;
            }
        }
    }

    pub(super) fn take_answers_of(&mut self, who: Who) {
        let Some(worker) = self.workers.iter_mut().find(|worker| worker.who == who && worker.hears) else {
            return;
        };
        let more = worker.incoming.fill(&worker.socket);
        worker.hears = matches!(more, Ok(true));
        let ended = matches!(more, Ok(false));
        let mut failure = more.err();
        let mut answers = Vec::new();
        while failure.is_none() {
            match worker.incoming.next().and_then(|frame| frame.map(FromWorker::try_from).transpose()) {
                Ok(Some(answer)) => answers.push(answer),
                Ok(None) => break,
                Err(error) => failure = Some(error),
            }
        }
        for answer in answers {
            self.take_answer(who, answer);
        }
        if let Some(error) = failure {
            let line = format!("a worker process makes no sense {}, killing it", reason(&error));
            self.host.log(Level::Alert, &line);
        } else if !ended {
            return;
        }
        // Nothing more can be said to it or heard from it.
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.who == who) {
            worker.hears = false;
            if matches!(worker.state, State::Starting | State::Serving) {
                worker.deadline = Some(crate::clock::now() + super::children::SILENCE_LIMIT);
            }
        }
    }

    fn take_answer(&mut self, who: Who, answer: FromWorker) {
        let state = self.workers.iter().find(|worker| worker.who == who).map(|worker| worker.state);
        match (answer, state) {
            (FromWorker::Applied, Some(State::Starting)) => self.worker_serves(who),
            (FromWorker::Applied, Some(State::Serving)) => self.commit_reload(),
            (FromWorker::Refused(lines), Some(State::Starting)) => self.worker_refuses(who, &lines),
            (FromWorker::Refused(lines), Some(State::Serving)) => self.refuse_reload(&lines),
            (FromWorker::Exited(code), Some(_)) => self.thread_ended(code),
            // What a worker says on its way out changes nothing.
            (FromWorker::Applied | FromWorker::Refused(_) | FromWorker::Drained, _) | (FromWorker::Exited(_), None) => {
            }
        }
    }

    fn worker_serves(&mut self, who: Who) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.who == who) {
            worker.state = State::Serving;
        }
        if self.phase == Phase::Starting {
            self.announce();
        }
        self.commit_reload();
    }

    fn worker_refuses(&mut self, who: Who, lines: &[String]) {
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.who == who) {
            worker.stop();
        }
        if self.reload.is_pending() {
            self.refuse_reload(lines);
            self.worker_failed(&[]);
        } else {
            self.worker_failed(lines);
        }
    }

    /// The worker was a thread, so the server ends with it.
    fn thread_ended(&mut self, code: i32) {
        self.workers.retain(|worker| worker.who != Who::Thread);
        if matches!(self.phase, Phase::Starting | Phase::Running) {
            self.exit_code = if code == 0 { 1 } else { code };
            self.stop();
        }
    }
}
