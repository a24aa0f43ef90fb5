//! The use of one peer, counted while it lasts.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use model::Trouble;

use crate::group::PeerSet;
use crate::peer::Peer;
use crate::tally::Tally;

/// The use of one peer; it counts as a connection of the peer until it is dropped.
#[derive(Debug)]
pub struct Permit {
    set: Rc<PeerSet>,
    index: usize,
    /// When the peer was chosen, in milliseconds since the roster's epoch.
    chosen: u64,
    /// Until the answer's head was there.
    head_took: Option<u64>,
    /// It counts as unanswered.
    in_flight: bool,
    lesson: Option<Box<Lesson>>,
}

/// A session that will be known once the exchange has ended well.
#[derive(Debug)]
struct Lesson {
    session: Vec<u8>,
    create: bool,
}

impl Permit {
    /// Takes the peer into use.
    pub(crate) fn take(set: Rc<PeerSet>, index: usize, chosen: u64) -> Self {
        let mut in_flight = false;
        if let Some(candidate) = set.candidate(index) {
            candidate.health.chosen(candidate.peer, chosen);
            candidate.health.enter(set.is_shared());
            if set.roster.balancer.time().is_some_and(|rule| rule.in_flight)
                && let Some(ledger) = set.ledger(index)
            {
                ledger.enter(chosen);
                in_flight = true;
            }
        }
        if set.roster.attentive
            && let Some(tally) = set.observed(index).and_then(|state| state.tally.as_deref())
        {
            tally.chosen(chosen);
        }
        Self { set, index, chosen, head_took: None, in_flight, lesson: None }
    }

    /// The peer.
    pub fn peer(&self) -> &Peer {
        // The index was found in this very list, which never changes.
        self.set.roster.peers.get(self.index).unwrap_or_else(|| unreachable!("a permit is for a peer of its set"))
    }

    /// The peer's name, for as long as it is wanted.
    pub fn name(&self) -> PeerName {
        PeerName { set: Rc::clone(&self.set), index: Some(self.index) }
    }

    /// The head of the peer's answer is there; true: its status is one that counts as a failure, and the peer now rests.
    pub fn answered(&mut self, status: u16, now: Instant) -> bool {
        if !self.set.roster.attentive {
            return false;
        }
        let time = self.set.milliseconds(now);
        let took = time.saturating_sub(self.chosen);
        if let Some(state) = self.set.observed(self.index) {
            state.answered(status, took);
        }
        if self.set.roster.is_timed() {
            self.head_took = Some(took);
        }
        if self.set.roster.balancer.time().is_some_and(|rule| rule.in_flight && !rule.whole) {
            self.land(time);
            self.count_head();
        }
        self.set.roster.counts_answer(status) && self.count_failure(now)
    }

    /// The session that this exchange belongs to is to be remembered with the peer: now, or once the exchange ends well.
    /// One that is not known yet is remembered only where `create` says so.
    pub fn learn(&mut self, session: Vec<u8>, create: bool, at_once: bool, now: Instant) {
        let lesson = Lesson { session, create };
        if at_once {
            self.remember(&lesson, now);
        } else {
            self.lesson = Some(Box::new(lesson));
        }
    }

    fn remember(&self, lesson: &Lesson, now: Instant) {
        let sessions = self.set.roster.routes.as_ref().and_then(|routes| routes.sessions.as_ref());
        if let Some(sessions) = sessions {
            let route = self.peer().route.as_bytes();
            sessions.learn(&lesson.session, route, lesson.create, sessions.milliseconds(now));
        }
    }

    /// Counts bytes that went to the peer and came from it, where anything asks for them.
    pub fn add_traffic(&self, sent: u64, received: u64) {
        if let Some(ledger) = self.set.ledger(self.index) {
            ledger.add_traffic(sent, received);
        }
        if let Some(tally) = self.tally() {
            tally.sent.fetch_add(sent, Ordering::Relaxed);
            tally.received.fetch_add(received, Ordering::Relaxed);
        }
    }

    /// The exchange ended as it should: if the peer was on trial after failures, they are forgotten. (A permit that
    /// is only dropped says nothing of its peer.)
    pub fn succeeded(mut self, now: Instant) {
        if let Some(lesson) = self.lesson.take() {
            self.remember(&lesson, now);
        }
        if self.set.roster.single && !self.set.roster.attentive {
            return;
        }
        let time = self.set.milliseconds(now);
        if self.head_took.is_some()
            && let Some(candidate) = self.set.candidate(self.index)
        {
            candidate.health.add_time(true, time.saturating_sub(self.chosen));
            self.count_head();
        }
        if let Some(candidate) = self.set.candidate(self.index)
            && candidate.health.succeeded(candidate.peer, time)
            && let Some(tally) = self.tally()
        {
            tally.came_up(time);
        }
    }

    fn tally(&self) -> Option<&Tally> {
        self.set.observed(self.index)?.tally.as_deref()
    }

    /// A try ended like this.
    pub(crate) fn note_failure(&self, trouble: Trouble) {
        let Some(state) = self.set.observed(self.index) else { return };
        if let Some(tally) = &state.tally {
            tally.fails.fetch_add(1, Ordering::Relaxed);
        }
        // An answer was noted when it came.
        if let Some(window) = state.window.as_ref().filter(|_| !matches!(trouble, Trouble::Status(_))) {
            window.failed();
        }
    }

    /// The time until the head counts once.
    fn count_head(&mut self) {
        if let Some(took) = self.head_took.take()
            && let Some(candidate) = self.set.candidate(self.index)
        {
            candidate.health.add_time(false, took);
        }
    }

    /// Counts a failure; true: the peer now rests.
    pub(crate) fn count_failure(&self, now: Instant) -> bool {
        let roster = &self.set.roster;
        let Some(candidate) = self.set.candidate(self.index).filter(|_| !roster.single) else {
            return false;
        };
        let peer = candidate.peer;
        if let Some(loss) = peer.weight.checked_div(peer.max_fails).filter(|_| roster.eases_back) {
            candidate.health.lose(peer, loss);
        }
        let time = self.set.milliseconds(now);
        let rested = candidate.health.resting(peer, time);
        let rests = candidate.health.failed(peer, time);
        if rests
            && !rested
            && let Some(tally) = self.tally()
        {
            tally.rests.fetch_add(1, Ordering::Relaxed);
            tally.went_down(time);
        }
        rests
    }

    fn land(&mut self, now: u64) {
        if std::mem::take(&mut self.in_flight)
            && let Some(ledger) = self.set.ledger(self.index)
        {
            ledger.leave(now, now.saturating_sub(self.chosen));
        }
    }

    pub(crate) fn set(&self) -> &Rc<PeerSet> {
        &self.set
    }
}

/// The name of a peer, or of its group where no peer could be used; it costs no copy.
#[derive(Clone, Debug)]
pub struct PeerName {
    set: Rc<PeerSet>,
    index: Option<usize>,
}

impl PeerName {
    pub(crate) fn of_group(set: Rc<PeerSet>) -> Self {
        Self { set, index: None }
    }
}

impl Deref for PeerName {
    type Target = str;

    fn deref(&self) -> &str {
        let peer = self.index.and_then(|index| self.set.roster.peers.get(index));
        peer.map_or(self.set.roster.name(), Peer::name)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.in_flight {
            self.land(self.set.milliseconds(transport::clock::now()));
        }
        if let Some(candidate) = self.set.candidate(self.index) {
            candidate.health.leave(self.set.is_shared());
        }
        if self.set.waiting.get() > 0 {
            self.set.freed.notify_one();
        }
    }
}
