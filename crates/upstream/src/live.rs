//! A group whose names are resolved while it runs: the thread that asks puts a new roster in its place with each change.

mod search;

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use transport::{Address, clock};

use crate::names::{Answer, Desk, NameFailure, Names, ResolverRule, Subject};
use crate::roster::{Found, NameKey, Roster};
use search::Search;

/// Names are not asked for more often.
const LEAST: Duration = Duration::from_secs(1);
/// After an answer that there is nothing, if nothing else is configured.
const AFTER_NOTHING: Duration = Duration::from_secs(10);

/// What happened to a name, for whoever writes logs.
pub type Report = fn(std::fmt::Arguments<'_>);

/// A group whose peers may change, and its present roster. All changes are made on the thread that asks for names.
pub struct Live {
    pub(crate) group: model::Group,
    /// Whom to ask for names.
    pub(crate) rule: Option<Arc<ResolverRule>>,
    pub(crate) current: ArcSwap<Roster>,
    /// A request needs a name that is looked for.
    pub(crate) wanted: Arc<Notify>,
    started: AtomicBool,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Live").field("group", &self.group.name).finish_non_exhaustive()
    }
}

impl Live {
    /// Makes a group live that has names to be resolved while running, or whose servers may be changed; `None`: neither.
    pub fn of(group: &model::Group, roster: &Arc<Roster>, rule: Option<Arc<ResolverRule>>) -> Option<Arc<Self>> {
        let follows = roster.names().any(|name| name.late || rule.is_some());
        (follows || group.editable).then(|| {
            Arc::new(Self {
                group: group.clone(),
                rule,
                current: ArcSwap::new(Arc::clone(roster)),
                wanted: Arc::default(),
                started: AtomicBool::new(false),
            })
        })
    }

    /// The present roster.
    pub fn roster(&self) -> Arc<Roster> {
        self.current.load_full()
    }

    pub(crate) fn current(&self) -> arc_swap::Guard<Arc<Roster>> {
        self.current.load()
    }

    /// Begins to ask for its names; once is enough. It ends with the group.
    pub fn start(self: &Arc<Self>, names: &Names, report: Report) {
        if self.started.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut keys = self.keys();
        keys.sort_by(|one, other| one.host.cmp(&other.host));
        keys.dedup();
        if keys.is_empty() {
            return;
        }
        let live = Arc::clone(self);
        names.run(move |desk| keys.into_iter().for_each(|key| live.watch(key, desk, report)));
    }

    /// The names that it follows.
    pub(crate) fn keys(&self) -> Vec<NameKey> {
        self.current().names().collect()
    }

    /// Follows a name for as long as the group has it, or looks for it until it is found. To be called on the thread that
    /// asks for names.
    pub(crate) fn watch(self: &Arc<Self>, key: NameKey, desk: &Rc<Desk>, report: Report) {
        if key.late {
            tokio::task::spawn_local(Search::new(self, key, report).run());
            return;
        }
        let Some(rule) = self.rule.clone() else { return };
        let watch = Watch { live: Arc::downgrade(self), rule, key, report };
        tokio::task::spawn_local(watch.run(Rc::clone(desk)));
    }

    fn renew(&self, key: &NameKey, found: Vec<Found>) {
        let current = self.current.load_full();
        if current.stands_for(key) != Some(&found) {
            self.current.store(Arc::new(current.renewed(&self.group, key.clone(), found)));
        }
    }
}

/// One name of a group, asked for again and again.
struct Watch {
    live: Weak<Live>,
    rule: Arc<ResolverRule>,
    key: NameKey,
    report: Report,
}

impl Watch {
    async fn run(self, desk: Rc<Desk>) {
        let subject = match &self.key.service {
            Some(service) => Subject::service(&self.key.host, service),
            None => Subject::host(&self.key.host),
        };
        while self.live.upgrade().is_some_and(|live| live.keys().contains(&self.key)) {
            let outcome = desk.ask(&self.rule, &subject).await;
            let pause = self.take(outcome.as_deref().map_err(|failure| *failure));
            tokio::time::sleep(pause.max(LEAST)).await;
        }
    }

    /// Does what an answer asks for; how long to wait before the next. While the servers fail, the last good addresses
    /// stay.
    fn take(&self, outcome: Result<&Answer, NameFailure>) -> Duration {
        let Some(live) = self.live.upgrade() else { return LEAST };
        match outcome {
            Ok(answer) => {
                live.renew(&self.key, places(answer));
                answer.expires.saturating_duration_since(clock::now())
            }
            Err(failure) => {
                let host = &self.key.host;
                match &self.key.service {
                    Some(service) => {
                        (self.report)(format_args!("service {service} of {host} could not be resolved ({failure})"));
                    }
                    None => (self.report)(format_args!("{host} could not be resolved ({failure})")),
                }
                if failure != NameFailure::NotFound {
                    return self.rule.timeout;
                }
                live.renew(&self.key, Vec::new());
                self.rule.valid.unwrap_or(AFTER_NOTHING)
            }
        }
    }
}

/// What an answer means for servers of a group: the services that come first, and those in reserve.
fn places(answer: &Answer) -> Vec<Found> {
    let priorities = answer.places.iter().filter_map(|place| Some(place.service.as_ref()?.priority));
    let first = priorities.min().unwrap_or(0);
    let places = answer.places.iter().map(|place| {
        let service = place.service.as_ref();
        let port = service.map_or(0, |service| service.port);
        Found {
            address: Address::Inet((place.ip, port).into()),
            weight: service.map(|service| u32::from(service.weight)),
            reserve: service.is_some_and(|service| service.priority > first),
            written: service.map(|service| service.host.clone()),
        }
    });
    places.collect()
}
